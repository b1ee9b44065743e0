#include "reconcilers/inbound/webhook.h"

#include <algorithm>

#include "api-types/doc/json.h"
#include "reconcilers/inbound/form.h"
#include "reconcilers/inbound/label.h"
#include "reconcilers/inbound/vendors.h"

namespace tinyforge::inbound {
namespace {

constexpr std::string_view kForm = "application/x-www-form-urlencoded";
constexpr std::string_view kBlanks = " \t\r\n";

const Vendor* VendorByHeader(const HeaderLookup& header) {
  const auto vendors = Vendors();
  const auto sends = [&](const Vendor& vendor) {
    if (vendor.by_header != nullptr) return vendor.by_header(header);
    return !vendor.event_header.empty() && !header(vendor.event_header).empty();
  };
  const auto found = std::find_if(vendors.begin(), vendors.end(), sends);
  return found == vendors.end() ? nullptr : &*found;
}

const Vendor& VendorByShape(const doc::Node& body) {
  const auto vendors = Vendors();
  const auto fits = [&](const Vendor& vendor) { return vendor.by_shape != nullptr && vendor.by_shape(body); };
  return *std::find_if(vendors.begin(), vendors.end(), fits);
}

Error BodyError(std::string_view vendor, std::string_view place, std::string_view expected) {
  std::string message(vendor);
  message.append(": the body").append(place).append(": expected ").append(expected);
  return {ErrorKind::Invalid, std::move(message)};
}

// curl calls everything a form unless told otherwise, JSON too.
bool IsForm(const WebhookRequest& request) {
  const std::size_t first = request.body.find_first_not_of(kBlanks);
  const bool json = first != std::string_view::npos && (request.body[first] == '{' || request.body[first] == '[');
  return !json && ToLower(std::string(request.header("Content-Type").substr(0, kForm.size()))) == kForm;
}

// The parser's own message may repeat what it read; of it, only the place is passed on.
Expected<doc::Node> ParseBody(std::string_view vendor, std::string_view text) {
  const doc::Limits limits;
  if (text.size() > limits.bytes) return BodyError(vendor, "", "at most " + std::to_string(limits.bytes) + " bytes");
  auto body = doc::ParseJson(text, limits);
  if (body) return body;
  const std::string& message = body.error().message;
  const std::string place = message.substr(0, message.find_first_not_of("0123456789:"));
  return BodyError(vendor, place.empty() ? "" : " at " + place.substr(0, place.size() - 1),
                   "JSON (RFC 8259) without a key twice, of at most " + std::to_string(limits.depth) + " levels and " +
                       std::to_string(limits.nodes) + " values");
}

Expected<WebhookDelivery> Read(const Vendor& vendor, const doc::Node& body, const HeaderLookup& header) {
  WebhookDelivery delivery{.vendor = vendor.name};
  if (!vendor.event_header.empty()) delivery.event = LabelText(header(vendor.event_header));
  if (!vendor.id_header.empty()) delivery.id = LabelText(header(vendor.id_header));
  Payload payload(vendor.name, body);
  vendor.read(payload.Root(), delivery);
  if (payload.error()) return *payload.error();
  if (delivery.events.empty()) delivery.events.push_back(Ignored{"it tells of nothing"});
  return delivery;
}

}  // namespace

Expected<WebhookDelivery> ReadWebhook(const WebhookRequest& request) {
  const Vendor* vendor = VendorByHeader(request.header);
  const bool blank = request.body.find_first_not_of(kBlanks) == std::string_view::npos;
  if (vendor == nullptr && blank) return WebhookDelivery{.vendor = Vendors().back().name, .events = {Fired{}}};
  const std::string_view name = vendor != nullptr ? vendor->name : Vendors().back().name;
  std::string decoded;
  std::string_view text = request.body;
  if (IsForm(request)) {
    auto value = FormValue(text, "payload");
    if (!value) return BodyError(name, "", "a form whose field payload is JSON, percent-encoded");
    decoded = std::move(*value);
    text = decoded;
  }
  auto body = ParseBody(name, text);
  if (!body) return std::move(body).error();
  return Read(vendor != nullptr ? *vendor : VendorByShape(*body), *body, request.header);
}

}  // namespace tinyforge::inbound
