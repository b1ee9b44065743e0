#include "reconcilers/workload/ownership.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace tinyforge {
namespace {

int Number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value > 0 ? value : 0;
}

// Empty: nothing speaks against it.
std::string_view ReasonAgainst(const ObservedContainer& container) {
  if (container.Label(label::kManaged) != "true") return "it lacks the label tinyforge.managed=true";
  if (container.Label(label::kRole).empty() || ReplicaOf(container) == 0 || SeqOf(container) == 0 ||
      container.Label(label::kTemplateHash).empty())
    return "its labels are incomplete";
  if (container.Label(label::kImage) != container.image_id)
    return "its image is not the one that its label tinyforge.image names";
  return {};
}

bool Earlier(const ObservedContainer* a, const ObservedContainer* b) {
  return std::pair(a->created, std::string_view(a->id)) < std::pair(b->created, std::string_view(b->id));
}

}  // namespace

int SeqOf(const ObservedContainer& container) {
  return Number(container.Label(label::kSeq));
}
int ReplicaOf(const ObservedContainer& container) {
  return Number(container.Label(label::kReplica));
}

Ownership ClassifyOwnership(const std::vector<ObservedContainer>& containers) {
  Ownership result;
  std::map<std::pair<int, std::string_view>, const ObservedContainer*> by_seq;  // of each service
  auto report = [&](const ObservedContainer& c, std::string_view reason) {
    result.foreign.push_back({c.id, c.name, std::string(reason)});
  };
  for (const ObservedContainer& container : containers) {
    if (auto reason = ReasonAgainst(container); !reason.empty()) {
      report(container, reason);
      continue;
    }
    auto [slot, fresh] = by_seq.try_emplace({SeqOf(container), ServiceOf(container)}, &container);
    if (fresh) continue;
    const bool first = Earlier(&container, slot->second);
    report(first ? *slot->second : container, "it carries the labels of another container");
    if (first) slot->second = &container;
  }
  for (const auto& [seq, container] : by_seq) result.owned.push_back(container);
  return result;
}

}  // namespace tinyforge
