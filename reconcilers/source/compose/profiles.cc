#include "reconcilers/source/compose/profiles.h"

#include <algorithm>
#include <map>
#include <utility>

#include "reconcilers/source/compose/model_path.h"

namespace tinyforge::compose {
namespace {

using doc::Node;
using doc::Type;

// Services that are not enabled, with their profiles for messages.
using Disabled = std::map<std::string, std::string, std::less<>>;

bool IsEnabled(const Node& service, const std::set<std::string>& active) {
  const Node* profiles = service.Find("profiles");
  if (profiles == nullptr || profiles->items.empty() || active.contains("*")) return true;
  return std::ranges::any_of(profiles->items, [&](const Node& name) { return active.contains(name.text); });
}

std::string Names(const Node& list) {
  std::string out;
  for (const Node& item : list.items) out += (out.empty() ? "" : ", ") + item.text;
  return out;
}

Disabled TakeDisabled(Node& services, const std::set<std::string>& active) {
  Disabled disabled;
  std::erase_if(services.members, [&](const Node::Member& member) {
    if (IsEnabled(member.value, active)) return false;
    disabled.emplace(member.key, Names(*member.value.Find("profiles")));
    return true;
  });
  return disabled;
}

bool IsOptional(const Node& dependency) {
  const Node* required = dependency.Find("required");
  if (required == nullptr) return false;
  return required->type == Type::Bool ? !required->boolean : required->text == "false";
}

class References {
 public:
  References(LoadSession& session, const Disabled& disabled) : session_(session), disabled_(disabled) {}

  Expected<void> Check(Node::Member& service) {
    name_ = service.key;
    if (Node* dependencies = FindMember(service.value, "depends_on"))
      if (auto done = Dependencies(*dependencies); !done) return done;
    for (const std::string_view key : {"links", "volumes_from"})
      if (const Node* list = service.value.Find(key))
        for (const Node& item : list->items)
          if (auto done = CheckName(key, item.mark, item.text.substr(0, item.text.find(':'))); !done) return done;
    for (const std::string_view key : {"network_mode", "ipc", "pid"})
      if (const Node* mode = service.value.Find(key); mode != nullptr && mode->text.starts_with("service:"))
        if (auto done = CheckName(key, mode->mark, mode->text.substr(8)); !done) return done;
    return {};
  }

 private:
  Expected<void> Dependencies(Node& dependencies) {
    std::erase_if(dependencies.members, [&](const Node::Member& member) {
      return disabled_.contains(member.key) && IsOptional(member.value);
    });
    for (const Node::Member& member : dependencies.members)
      if (auto done = CheckName("depends_on", member.mark, member.key); !done) return done;
    return {};
  }

  Expected<void> CheckName(std::string_view key, doc::Mark mark, const std::string& name) {
    const auto found = disabled_.find(name);
    if (found == disabled_.end()) return {};
    return session_.Fail(mark, "services." + name_ + "." + std::string(key) + ": the service " + name +
                                   " is not enabled; it needs one of the profiles " + found->second);
  }

  LoadSession& session_;
  const Disabled& disabled_;
  std::string name_;
};

}  // namespace

Expected<void> ApplyProfiles(LoadSession& session, Node& model, const std::set<std::string>& active) {
  Node* services = FindMember(model, "services");
  if (services == nullptr) return {};
  const Disabled disabled = TakeDisabled(*services, active);
  if (disabled.empty()) return {};
  References references(session, disabled);
  for (Node::Member& service : services->members)
    if (auto done = references.Check(service); !done) return done;
  return {};
}

}  // namespace tinyforge::compose
