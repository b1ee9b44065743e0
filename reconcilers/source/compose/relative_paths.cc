#include "reconcilers/source/compose/relative_paths.h"

#include <algorithm>
#include <string>

#include "reconcilers/source/compose/model_path.h"
#include "reconcilers/source/compose/secret_mark.h"
#include "reconcilers/source/compose/tree_path.h"

namespace tinyforge::compose {
namespace {

using doc::Node;
using doc::Type;

// Values that are a path and nothing else. The list of env files has both forms.
constexpr std::string_view kPaths[] = {
    "services.*.env_file.*", "services.*.env_file.*.path",      "services.*.label_file.*",
    "configs.*.file",        "services.*.develop.watch.*.path", "secrets.*.file",
};
// Values that may name something that is no folder of this machine.
constexpr std::string_view kContexts[] = {"services.*.build.context", "services.*.build.additional_contexts.*"};

bool MatchesAny(const ModelPath& path, const auto& patterns) {
  return std::ranges::any_of(patterns, [&](std::string_view pattern) { return Matches(path, pattern); });
}

bool IsRemote(std::string_view context) {
  if (context.find("://") != std::string_view::npos) return true;
  constexpr std::string_view kPrefixes[] = {"service:", "git@", "github.com/"};
  return std::ranges::any_of(kPrefixes, [&](std::string_view prefix) { return context.starts_with(prefix); });
}

bool Says(Node& map, std::string_view key, std::string_view value) {
  const Node* member = FindMember(map, key);
  return member != nullptr && member->text == value;
}

class Rebaser {
 public:
  explicit Rebaser(std::string_view prefix) : prefix_(prefix) {}

  bool Visit(Node& node, const ModelPath& path) const {
    if (node.type == Type::String) Text(node, path);
    if (node.type == Type::Map && Matches(path, "services.*.volumes.*") && Says(node, "type", "bind"))
      Member(node, "source");
    if (node.type == Type::Map && Matches(path, "volumes.*")) LocalVolume(node);
    return true;
  }

 private:
  void Text(Node& node, const ModelPath& path) const {
    if (MatchesAny(path, kPaths) || (MatchesAny(path, kContexts) && !IsRemote(node.text))) Rebase(node.text);
    if (Matches(path, "services.*.volumes.*")) ShortMount(node.text);
  }

  // SOURCE:TARGET[:MODE], where only what begins with a dot is a relative path.
  void ShortMount(std::string& text) const {
    const std::size_t colon = text.find(':');
    if (!text.starts_with('.') || colon == std::string::npos) return;
    std::string source = text.substr(0, colon);
    Rebase(source);
    text.replace(0, colon, source);
  }

  void LocalVolume(Node& volume) const {
    Node* options = FindMember(volume, "driver_opts");
    if (options != nullptr && Says(volume, "driver", "local") && Says(*options, "o", "bind"))
      Member(*options, "device");
  }

  void Member(Node& map, std::string_view key) const {
    Node* member = FindMember(map, key);
    if (member != nullptr && member->type == Type::String) Rebase(member->text);
  }

  void Rebase(std::string& path) const {
    if (path.empty() || path.front() == '/' || path.front() == '~' || HasMark(path)) return;
    std::string joined = Join(prefix_, path);
    // A short mount tells a path from the name of a volume by its dot.
    path = IsInTree(joined) ? "./" + joined : std::move(joined);
  }

  std::string_view prefix_;
};

}  // namespace

void RebasePaths(Node& model, std::string_view prefix) {
  if (prefix == ".") return;
  const Rebaser rebaser(prefix);
  Walk(model, [&](Node& node, const ModelPath& path) { return rebaser.Visit(node, path); });
}

}  // namespace tinyforge::compose
