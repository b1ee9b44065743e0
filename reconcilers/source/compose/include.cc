#include "reconcilers/source/compose/include.h"

#include <algorithm>
#include <map>
#include <utility>

#include "reconcilers/source/compose/merge.h"
#include "reconcilers/source/compose/model_loader.h"
#include "reconcilers/source/compose/model_path.h"
#include "reconcilers/source/compose/project_environment.h"
#include "reconcilers/source/compose/tree_path.h"

namespace tinyforge::compose {
namespace {

using doc::Node;
using doc::Type;

constexpr std::string_view kSections[] = {"services", "networks", "volumes", "secrets", "configs", "models"};

struct Inclusion {
  doc::Mark mark;
  std::vector<std::string> paths;
  std::optional<std::string> folder;
  std::optional<std::vector<std::string>> env_files;
};

class Includer {
 public:
  Includer(LoadSession& session, const Scope& scope, const std::vector<std::string>& including)
      : session_(session), scope_(scope), including_(including) {}

  Expected<void> Apply(Node& document, const Node& entry) {
    auto inclusion = Read(entry);
    if (!inclusion) return std::move(inclusion).error();
    if (auto done = Check(*inclusion); !done) return done;
    auto model = Load(*inclusion);
    if (!model) return std::move(model).error();
    if (auto done = CheckTopLevel(session_, *model); !done) return done;
    for (const std::string_view section : kSections)
      if (Node* from = FindMember(*model, section))
        if (auto done = Import(document, section, std::move(*from)); !done) return done;
    return {};
  }

 private:
  Expected<Inclusion> Read(const Node& entry) const {
    Inclusion inclusion{entry.mark, {}, {}, {}};
    if (entry.type == Type::String) {
      inclusion.paths = {Join(scope_.folder, entry.text)};
      return inclusion;
    }
    if (entry.type != Type::Map)
      return session_.Fail(entry.mark, "an item of include is a path, or a mapping with path");
    for (const Node::Member& member : entry.members)
      if (auto done = ReadMember(member, inclusion); !done) return std::move(done).error();
    if (inclusion.paths.empty()) return session_.Fail(entry.mark, "an item of include must say a path");
    return inclusion;
  }

  Expected<void> ReadMember(const Node::Member& member, Inclusion& inclusion) const {
    auto paths = Paths(member);
    if (!paths) return std::move(paths).error();
    if (member.key == "path") {
      inclusion.paths = std::move(*paths);
    } else if (member.key == "env_file") {
      inclusion.env_files = std::move(*paths);
    } else if (member.key == "project_directory" && paths->size() == 1) {
      inclusion.folder = paths->front();
    } else {
      return session_.Fail(member.mark,
                           "an item of include has the keys path, project_directory (one path) and env_file");
    }
    return {};
  }

  // One path or a list of them, as paths of the tree.
  Expected<std::vector<std::string>> Paths(const Node::Member& member) const {
    std::vector<std::string> paths;
    const auto add = [&](const Node& node) {
      if (node.type == Type::String && !node.text.empty()) paths.push_back(Join(scope_.folder, node.text));
      return node.type == Type::String && !node.text.empty();
    };
    const bool good =
        member.value.type == Type::List ? std::ranges::all_of(member.value.items, add) : add(member.value);
    if (!good) return session_.Fail(member.mark, "include." + member.key + " is a path or a list of paths");
    return paths;
  }

  Expected<void> Check(const Inclusion& inclusion) const {
    std::string chain;
    for (const std::string& file : including_) chain += file + " includes ";
    if (including_.size() > kMaxIncludeDepth)
      return session_.Fail(inclusion.mark,
                           "files include one another over more than " + std::to_string(kMaxIncludeDepth) + " levels");
    for (const std::string& path : inclusion.paths) {
      if (std::ranges::find(including_, path) != including_.end())
        return session_.Fail(inclusion.mark, "files include one another in a circle: " + chain + path);
    }
    return {};
  }

  Expected<Node> Load(const Inclusion& inclusion) {
    ModelRequest request;
    request.including = including_;
    request.scope.folder = inclusion.folder.value_or(FolderOf(inclusion.paths.front()));
    request.scope.environment = scope_.environment;
    EnvFiles files{Join(request.scope.folder, ".env"), {}};
    if (inclusion.env_files) files.named.emplace();
    for (const std::string& path : inclusion.env_files.value_or(std::vector<std::string>()))
      if (path != "/dev/null") files.named->push_back({path});
    if (auto done = AddEnvFiles(session_, files, inclusion.mark, request.scope.environment); !done)
      return std::move(done).error();
    for (const std::string& path : inclusion.paths) {
      auto parsed = ParseFile(session_, {path}, inclusion.mark);
      if (!parsed) return std::move(parsed).error();
      request.files.push_back(std::move(*parsed));
    }
    return LoadModel(session_, std::move(request));
  }

  Expected<void> Import(Node& document, std::string_view section, Node from) {
    Node* own = FindMember(document, section);
    if (own == nullptr || own->type == Type::Null) {
      std::erase_if(document.members, [&](const Node::Member& member) { return member.key == section; });
      document.members.push_back({std::string(section), from.mark, std::move(from)});
      return {};
    }
    if (own->type != Type::Map) return {};
    std::map<std::string, std::size_t> index;
    for (const Node::Member& resource : own->members) index.emplace(resource.key, index.size());
    for (Node::Member& resource : from.members) {
      const auto there = index.find(resource.key);
      if (there == index.end()) {
        own->members.push_back(std::move(resource));
      } else if (auto done = Override(resource, own->members[there->second].value, section); !done) {
        return done;
      }
    }
    return {};
  }

  // The document's own resource on the included one of that name.
  Expected<void> Override(Node::Member& included, Node& own, std::string_view section) {
    if (own.tag != doc::Tag::None || SaysTheSame(included.value, own)) return {};
    session_.Warn(own.mark, std::string(section) + "." + included.key + " is included from " +
                                Where(session_.files(), included.mark) + " too; what stands here is merged on it");
    Retract(included.value, own);
    const ModelPath place = {section, included.key};
    auto merged = Merge(session_, included.value, std::move(own), place);
    own = std::move(included.value);
    return merged;
  }

  LoadSession& session_;
  const Scope& scope_;
  const std::vector<std::string>& including_;
};

}  // namespace

Expected<void> ApplyIncludes(LoadSession& session, Node& document, const Scope& scope,
                             const std::vector<std::string>& including) {
  Node* found = FindMember(document, "include");
  if (found == nullptr) return {};
  const Node list = std::move(*found);
  std::erase_if(document.members, [](const Node::Member& member) { return member.key == "include"; });
  if (list.type == Type::Null) return {};
  if (list.type != Type::List) return session.Fail(list.mark, "include is a list of paths");
  if (const auto mark = FindMark(list)) return session.Fail(*mark, "a secret may not stand here");
  Includer includer(session, scope, including);
  for (const Node& entry : list.items)
    if (auto done = includer.Apply(document, entry); !done) return done;
  return {};
}

}  // namespace tinyforge::compose
