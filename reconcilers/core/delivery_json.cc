#include "reconcilers/core/delivery_json.h"

#include <array>
#include <utility>

#include "api-types/doc/json.h"

namespace tinyforge {
namespace {

using doc::Node;

constexpr doc::Limits kLimits{.bytes = std::size_t{8} << 20, .depth = 8, .documents = 1, .nodes = 1'000'000};

// The members of T that are plain texts, with their keys.
template <class T>
using TextFields = std::pair<std::string_view, std::string T::*>;

constexpr std::array kDeliveryTexts = {
    TextFields<Delivery>("id", &Delivery::id),
    TextFields<Delivery>("trigger", &Delivery::trigger),
    TextFields<Delivery>("cause", &Delivery::cause),
    TextFields<Delivery>("vendor", &Delivery::vendor),
    TextFields<Delivery>("event", &Delivery::event),
    TextFields<Delivery>("vendorId", &Delivery::vendor_id),
    TextFields<Delivery>("source", &Delivery::source),
    TextFields<Delivery>("secret", &Delivery::secret),
    TextFields<Delivery>("replayOf", &Delivery::replay_of),
};
constexpr std::array kOutcomeTexts = {
    TextFields<DeliveryOutcome>("binding", &DeliveryOutcome::binding),
    TextFields<DeliveryOutcome>("workload", &DeliveryOutcome::workload),
    TextFields<DeliveryOutcome>("service", &DeliveryOutcome::service),
};
constexpr std::array kImageTexts = {
    TextFields<ImagePushed>("host", &ImagePushed::host),
    TextFields<ImagePushed>("path", &ImagePushed::path),
    TextFields<ImagePushed>("tag", &ImagePushed::tag),
    TextFields<ImagePushed>("digest", &ImagePushed::digest),
};
constexpr std::array kGitTexts = {
    TextFields<GitPushed>("repository", &GitPushed::repository),
    TextFields<GitPushed>("name", &GitPushed::name),
    TextFields<GitPushed>("commit", &GitPushed::commit),
    TextFields<GitPushed>("before", &GitPushed::before),
};

// Reading: what is absent or of another type is left as it is, what cannot be understood is named once.
class DeliveryParser {
 public:
  Expected<Delivery> Run(const Node& node) {
    Delivery delivery;
    if (node.type != doc::Type::Map) return Error{ErrorKind::Invalid, "delivery: expected a mapping"};
    ReadTexts(node, kDeliveryTexts, delivery);
    if (const Node* headers = node.Find("headers"))
      for (const Node::Member& header : headers->members) delivery.headers.emplace(header.key, header.value.text);
    ReadTime(node, "received", delivery.received);
    ReadTime(node, "ended", delivery.ended);
    for (const Node& event : Items(node, "events")) delivery.events.push_back(Event(event));
    for (const Node& outcome : Items(node, "outcomes")) AddOutcome(outcome, delivery);
    if (delivery.id.empty()) problem_ = "delivery: it has no id";
    if (!problem_.empty()) return Error{ErrorKind::Invalid, problem_};
    return delivery;
  }

 private:
  static std::string Text(const Node& map, std::string_view key) {
    const Node* value = map.Find(key);
    return value && value->type == doc::Type::String ? value->text : std::string();
  }

  static const std::vector<Node>& Items(const Node& map, std::string_view key) {
    static const std::vector<Node> none;
    const Node* list = map.Find(key);
    return list ? list->items : none;
  }

  static std::vector<std::string> Texts(const std::vector<Node>& items) {
    std::vector<std::string> texts;
    for (const Node& item : items) texts.push_back(item.text);
    return texts;
  }

  template <class T, class Fields>
  static void ReadTexts(const Node& map, const Fields& fields, T& out) {
    for (const auto& [key, member] : fields) out.*member = Text(map, key);
  }

  void ReadTime(const Node& map, std::string_view key, SysTime& out) {
    const std::string text = Text(map, key);
    if (text.empty()) return;
    const auto time = ParseRfc3339(text);
    if (time)
      out = *time;
    else
      problem_ = "delivery." + std::string(key) + ": expected a time of RFC 3339";
  }

  InboundEvent Event(const Node& node) {
    const std::string type = Text(node, "type");
    if (type == "ImagePushed") {
      ImagePushed event;
      ReadTexts(node, kImageTexts, event);
      return event;
    }
    if (type == "GitPushed") return Push(node);
    if (type == "Fired") return Fired{};
    if (type == "Ignored") return Ignored{Text(node, "reason")};
    problem_ = "delivery.events: expected a type of ImagePushed, GitPushed, Fired or Ignored";
    return Fired{};
  }

  static GitPushed Push(const Node& node) {
    GitPushed event;
    ReadTexts(node, kGitTexts, event);
    event.ref = Text(node, "ref") == "tag" ? GitPushed::Ref::Tag : GitPushed::Ref::Branch;
    event.urls = Texts(Items(node, "urls"));
    if (node.Find("files")) event.files = Texts(Items(node, "files"));
    return event;
  }

  void AddOutcome(const Node& node, Delivery& delivery) {
    const DeliveryOutcome outcome = Outcome(node);
    if (node.Find("of") == nullptr) return delivery.outcomes.push_back(outcome);
    const std::vector<Node>& names = Items(node, "of");
    if (outcome.message.size() * names.size() > kLimits.bytes) {
      problem_ = "delivery.outcomes: the messages are too long for so many";
      return;
    }
    for (const Node& name : names) {
      std::vector<std::string> parts = Texts(name.items);
      parts.resize(3);
      DeliveryOutcome& one = delivery.outcomes.emplace_back(outcome);
      one.binding = std::move(parts[0]);
      one.workload = std::move(parts[1]);
      one.service = std::move(parts[2]);
    }
  }

  DeliveryOutcome Outcome(const Node& node) {
    DeliveryOutcome outcome;
    ReadTexts(node, kOutcomeTexts, outcome);
    outcome.message = Text(node, "message");
    const auto result = ParseDeliveryResult(Text(node, "result"));
    if (result)
      outcome.result = *result;
    else
      problem_ = "delivery.outcomes: expected a result such as deployed";
    ReadTime(node, "at", outcome.at);
    return outcome;
  }

  std::string problem_;
};

}  // namespace

Expected<Delivery> ParseDelivery(std::string_view json) {
  const auto node = doc::ParseJson(json, kLimits);
  if (!node) return Error(node.error()).Within("delivery");
  return DeliveryParser().Run(*node);
}

}  // namespace tinyforge
