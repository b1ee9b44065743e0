#include "reconcilers/source/compose/limits.h"

#include <algorithm>

#include "api-types/codec/formats.h"
#include "reconcilers/source/compose/mapping.h"

namespace tinyforge::compose {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr int kAll = -1;

std::optional<v1::Ulimit> ReadUlimit(const Value::Entry& entry, std::string_view section) {
  v1::Ulimit limit{.name = entry.key};
  if (!codec::format::kUlimit.valid(entry.key)) {
    entry.value.Fail("is no limit; expected " + std::string(codec::format::kUlimit.expected));
    return std::nullopt;
  }
  if (!entry.value.Is(doc::Type::Map)) {
    const auto both = entry.value.Integer(-1, kMax);
    if (!both) return std::nullopt;
    limit.soft = limit.hard = *both;
    return limit;
  }
  const Section keys(entry.value, section);
  const bool complete = keys.Require("soft") && keys.Require("hard");
  keys.TakeInteger("soft", limit.soft, -1, kMax);
  keys.TakeInteger("hard", limit.hard, -1, kMax);
  if (complete && limit.hard >= 0 && (limit.soft > limit.hard || limit.soft < 0))
    entry.value.Fail("the soft limit is above the hard one");
  return limit;
}

std::optional<int> ReadCount(const Value& value) {
  if (value.Is(doc::Type::String) && value.node().text == "all") return kAll;
  const auto count = value.Integer(-1, std::numeric_limits<int>::max());
  return count ? std::optional<int>(static_cast<int>(*count)) : std::nullopt;
}

DeviceRequest ReadDeviceRequest(const Value& item, std::string_view section) {
  const Section keys(item, section);
  DeviceRequest request;
  keys.Take("capabilities", request.capabilities, &Value::Texts);
  keys.Take("driver", request.driver, &Value::Text);
  keys.Take("device_ids", request.ids, &Value::Texts);
  keys.Take("options", request.options, ReadMapping);
  keys.Take("count", request.count, ReadCount);
  const bool counted = keys.Find("count").has_value();
  if (counted && keys.Find("device_ids")) item.Fail("count and device_ids exclude each other; keep one");
  if (!counted && request.ids.empty()) request.count = kAll;
  return request;
}

}  // namespace

std::optional<std::vector<v1::Ulimit>> ReadUlimits(const Value& value, std::string_view section) {
  std::vector<v1::Ulimit> limits;
  for (const Value::Entry& entry : value.Entries(true))
    if (auto limit = ReadUlimit(entry, section)) limits.push_back(*std::move(limit));
  std::sort(limits.begin(), limits.end(), [](const v1::Ulimit& a, const v1::Ulimit& b) { return a.name < b.name; });
  return limits;
}

// `gpus: all` is one request for all; an entry of gpus asks for the capability "gpu" whatever else it says.
std::optional<std::vector<DeviceRequest>> ReadDeviceRequests(const Value& value, std::string_view section) {
  if (value.Is(doc::Type::String) && value.node().text == "all" && section == "services.*.gpus[]")
    return std::vector<DeviceRequest>{{.count = kAll, .capabilities = {"gpu"}}};
  std::vector<DeviceRequest> requests;
  for (const Value& item : value.Items()) {
    DeviceRequest request = ReadDeviceRequest(item, section);
    std::vector<std::string>& wanted = request.capabilities;
    if (section == "services.*.gpus[]" && std::find(wanted.begin(), wanted.end(), "gpu") == wanted.end())
      wanted.push_back("gpu");
    if (wanted.empty()) item.Fail("needs the key \"capabilities\"");
    requests.push_back(std::move(request));
  }
  return requests;
}

}  // namespace tinyforge::compose
