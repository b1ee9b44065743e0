#include "reconcilers/source/compose/merge.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace tinyforge::compose {
namespace {

using doc::Node;
using doc::Tag;
using doc::Type;

// Whose value is never merged.
constexpr std::string_view kReplaced[] = {
    "services.*.command",
    "services.*.entrypoint",
    "services.*.healthcheck.test",
    "services.*.ulimits.*",
    "services.*.environment.*",
    "services.*.labels.*",
    "services.*.annotations.*",
    "services.*.sysctls.*",
    "services.*.extra_hosts.*",
    "services.*.deploy.labels.*",
    "services.*.build.args.*",
    "services.*.build.labels.*",
    "services.*.build.extra_hosts.*",
    "networks.*.labels.*",
    "volumes.*.labels.*",
};

bool IsReplaced(const ModelPath& path) {
  return std::ranges::any_of(kReplaced, [&](std::string_view pattern) { return Matches(path, pattern); });
}

// The places of a mapping's members by their keys.
using Index = std::map<std::string, std::size_t, std::less<>>;

Index IndexOf(const Node& map) {
  Index index;
  for (std::size_t at = 0; at < map.members.size(); ++at) index.emplace(map.members[at].key, at);
  return index;
}

bool NamesAnotherDriver(const Node& base, const Node& over) {
  const Node* one = base.Find("driver");
  const Node* two = over.Find("driver");
  return one != nullptr && two != nullptr && one->text != two->text;
}

class Merger {
 public:
  Merger(LoadSession& session, const ModelPath& place) : session_(session), path_(place) {}

  Expected<void> Merge(Node& base, Node over) {
    if (IsReplaced(path_) || over.tag != Tag::None) return Replace(base, std::move(over));
    if (over.type == Type::Null) return {};
    const bool structured = base.type == Type::Map || base.type == Type::List;
    if (!structured) return Replace(base, std::move(over));
    if (over.type != base.type) return Mismatch(base, over);
    if (base.type == Type::List) return MergeLists(base, std::move(over));
    if (Matches(path_, "services.*.logging") && NamesAnotherDriver(base, over)) return Replace(base, std::move(over));
    return MergeMaps(base, std::move(over));
  }

 private:
  static Expected<void> Replace(Node& base, Node over) {
    base = std::move(over);
    return {};
  }

  Error Mismatch(const Node& base, const Node& over) const {
    return session_.Fail(over.mark, Print(path_) + " is " + std::string(Describe(over.type)) + " here, but " +
                                        std::string(Describe(base.type)) + " at " + Where(session_.files(), base.mark) +
                                        "; write both in one form, or replace the earlier one with !override");
  }

  Expected<void> MergeMaps(Node& base, Node over) {
    const Index index = IndexOf(base);
    for (Node::Member& member : over.members) {
      const auto found = index.find(member.key);
      if (found == index.end()) {
        base.members.push_back(std::move(member));
        continue;
      }
      path_.push_back(found->first);
      auto merged = Merge(base.members[found->second].value, std::move(member.value));
      path_.pop_back();
      if (!merged) return merged;
    }
    return {};
  }

  Expected<void> MergeLists(Node& base, Node over) {
    const bool by_subnet = Matches(path_, "networks.*.ipam.config");
    for (Node& item : over.items) {
      Node* same = by_subnet ? OfSubnet(base, item) : nullptr;
      if (same == nullptr) {
        base.items.push_back(std::move(item));
      } else if (auto merged = MergeMaps(*same, std::move(item)); !merged) {
        return merged;
      }
    }
    return {};
  }

  static Node* OfSubnet(Node& base, const Node& item) {
    const Node* subnet = item.Find("subnet");
    if (subnet == nullptr) return nullptr;
    const auto found = std::ranges::find_if(base.items, [&](const Node& candidate) {
      const Node* other = candidate.Find("subnet");
      return other != nullptr && other->text == subnet->text;
    });
    return found == base.items.end() ? nullptr : &*found;
  }

  LoadSession& session_;
  ModelPath path_;
};

const Node* FindItemReset(const Node& node) {
  for (const Node& item : node.items)
    if (item.tag == Tag::Reset) return &item;
  return nullptr;
}

}  // namespace

void Retract(Node& base, const Node& over) {
  if (base.type != Type::Map || over.type != Type::Map) return;
  const Index index = IndexOf(over);
  std::erase_if(base.members, [&](const Node::Member& member) {
    const auto found = index.find(member.key);
    return found != index.end() && over.members[found->second].value.tag != Tag::None;
  });
  for (Node::Member& member : base.members)
    if (const auto found = index.find(member.key); found != index.end())
      Retract(member.value, over.members[found->second].value);
}

Expected<void> Merge(LoadSession& session, Node& base, Node over, const ModelPath& place) {
  return Merger(session, place).Merge(base, std::move(over));
}

Expected<void> SettleTags(LoadSession& session, Node& model) {
  std::optional<Error> error;
  Walk(model, [&](Node& node, const ModelPath& path) {
    node.tag = Tag::None;
    std::erase_if(node.members, [](const Node::Member& member) { return member.value.tag == Tag::Reset; });
    if (const Node* item = error ? nullptr : FindItemReset(node))
      error = session.Fail(item->mark, Print(path) + ": !reset takes the value of a key away, not an item of a list");
    return !error;
  });
  if (error) return *std::move(error);
  return {};
}

bool SaysTheSame(const Node& a, const Node& b) {
  if (a.type != b.type || a.boolean != b.boolean || a.text != b.text || a.tag != b.tag) return false;
  const auto same_member = [](const Node::Member& x, const Node::Member& y) {
    return x.key == y.key && SaysTheSame(x.value, y.value);
  };
  return std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), SaysTheSame) &&
         std::equal(a.members.begin(), a.members.end(), b.members.begin(), b.members.end(), same_member);
}

}  // namespace tinyforge::compose
