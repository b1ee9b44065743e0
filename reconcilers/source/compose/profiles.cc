#include "reconcilers/source/compose/profiles.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "reconcilers/source/compose/model_path.h"
#include "reconcilers/source/compose/scalar.h"

namespace tinyforge::compose {
namespace {

using doc::Node;
using doc::Type;

// [a-zA-Z0-9][a-zA-Z0-9_.-]* as docker compose takes them; by the specification two characters at least.
bool IsProfile(const Node& name) {
  const auto is_alnum = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  const std::string& text = name.text;
  return name.type == Type::String && !text.empty() && is_alnum(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
}

// A list that cannot be read must not count as none: the service would run where it should not.
Expected<void> CheckProfiles(const LoadSession& session, const Node::Member& service) {
  const Node* profiles = service.value.Find("profiles");
  if (profiles == nullptr) return {};
  const std::string place = "services." + service.key + ".profiles: ";
  if (profiles->type != Type::List) return session.Fail(profiles->mark, place + "expected a list of names");
  for (const Node& name : profiles->items)
    if (!IsProfile(name))
      return session.Fail(name.mark, place +
                                         "expected a name of letters, digits, _ . and -, which begins with a letter "
                                         "or digit");
  return {};
}

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

// Takes the services that are not enabled out of `services`.
Node TakeDisabled(Node& services, const std::set<std::string>& active) {
  Node disabled = Node::Map();
  const auto first = std::stable_partition(services.members.begin(), services.members.end(),
                                           [&](const auto& member) { return IsEnabled(member.value, active); });
  disabled.members.assign(std::make_move_iterator(first), std::make_move_iterator(services.members.end()));
  services.members.erase(first, services.members.end());
  return disabled;
}

bool IsOptional(const Node& dependency) {
  const Node* required = dependency.Find("required");
  if (required == nullptr) return false;
  return AsBoolean(*required) == false;
}

class References {
 public:
  References(LoadSession& session, const Node& disabled) : session_(session) {
    for (const Node::Member& service : disabled.members)
      disabled_.emplace(service.key, Names(*service.value.Find("profiles")));
  }

  Expected<void> Check(Node::Member& service) {
    name_ = service.key;
    if (Node* dependencies = FindMember(service.value, "depends_on"))
      if (auto done = Dependencies(*dependencies); !done) return done;
    if (const Node* links = service.value.Find("links"))
      for (const Node& item : links->items)
        if (auto done = CheckName("links", item.mark, item.text.substr(0, item.text.find(':'))); !done) return done;
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
  std::map<std::string, std::string, std::less<>> disabled_;  // with their profiles, for messages
  std::string name_;
};

}  // namespace

Expected<Node> ApplyProfiles(LoadSession& session, Node& model, const std::set<std::string>& active) {
  Node* services = FindMember(model, "services");
  if (services == nullptr) return Node::Map();
  for (const Node::Member& service : services->members)
    if (auto done = CheckProfiles(session, service); !done) return std::move(done).error();
  Node disabled = TakeDisabled(*services, active);
  if (disabled.members.empty()) return disabled;
  References references(session, disabled);
  for (Node::Member& service : services->members)
    if (auto done = references.Check(service); !done) return std::move(done).error();
  return disabled;
}

}  // namespace tinyforge::compose
