#include "reconcilers/source/compose/loader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "reconcilers/source/compose/model_loader.h"
#include "reconcilers/source/compose/model_path.h"
#include "reconcilers/source/compose/profiles.h"
#include "reconcilers/source/compose/project_environment.h"
#include "reconcilers/source/compose/project_name.h"
#include "reconcilers/source/compose/secret_mark.h"
#include "reconcilers/source/compose/tree_path.h"

namespace tinyforge::compose {
namespace {

using doc::Node;
using doc::Type;

constexpr std::string_view kNameVariable = "COMPOSE_PROJECT_NAME";
constexpr std::string_view kProfilesVariable = "COMPOSE_PROFILES";

Error Terminal(std::string message) {
  return {ErrorKind::Terminal, std::move(message)};
}

// Where marks of secrets may stand.
bool MayHoldSecret(const ModelPath& path) {
  constexpr std::array<std::string_view, 5> kPlaces = {
      "services.*.environment.*", "services.*.post_start.*.environment.*", "services.*.pre_stop.*.environment.*",
      "secrets.*.content", "configs.*.content"};
  return std::ranges::any_of(kPlaces, [&](std::string_view pattern) { return Matches(path, pattern); });
}

Expected<void> CheckSecretPlaces(LoadSession& session, Node& model) {
  std::optional<Error> error;
  Walk(model, [&](Node& node, const ModelPath& path) {
    if (error) return false;
    if (HasMark(node.text) && !MayHoldSecret(path))
      error = session.Fail(node.mark, PrintMarks(Print(path)) + ": a secret may not stand here");
    for (const Node::Member& member : node.members)
      if (HasMark(member.key)) error = session.Fail(member.mark, Print(path) + ": a secret may not stand in a key");
    return !error;
  });
  if (error) return *std::move(error);
  return {};
}

class ProjectLoader {
 public:
  ProjectLoader(const LoadRequest& request, const TreeReader& tree, ReadSet& read_set)
      : request_(request), read_set_(read_set), session_(tree, read_set, Join("", request.directory)) {}

  Expected<LoadedProject> Run() {
    if (auto done = CheckRequest(); !done) return std::move(done).error();
    if (auto done = FillEnvironment(); !done) return std::move(done).error();
    ModelRequest model;
    if (auto done = ParseAll(model.files); !done) return std::move(done).error();
    if (auto done = FindName(model.files); !done) return std::move(done).error();
    model.scope = {session_.directory(), project_.environment};
    auto root = LoadModel(session_, std::move(model));
    if (!root) return std::move(root).error();
    if (auto done = Finish(*root); !done) return std::move(done).error();
    project_.root = std::move(*root);
    project_.files = session_.files();
    project_.warnings = session_.warnings();
    return std::move(project_);
  }

 private:
  Expected<void> CheckRequest() const {
    if (request_.files.empty()) return Terminal("no compose file is named");
    if (!IsInTree(session_.directory()))
      return Terminal("the project directory " + request_.directory + " lies outside the repository");
    for (const auto& [name, value] : request_.environment)
      if (HasMark(value)) return Terminal("the variable " + name + " has the character U+0001 or U+0002");
    return {};
  }

  Expected<void> FillEnvironment() {
    for (const auto& [name, ref] : request_.secrets) {
      read_set_.secrets.insert(ref.name);
      project_.environment.emplace(name, MarkOf({.ref = ref}));
    }
    project_.environment.insert(request_.environment.begin(), request_.environment.end());
    EnvFiles files{Join(session_.directory(), ".env"), {}};
    for (const VariablesFile& file : request_.env_files) {
      NamedFile named{Join("", file.path)};
      for (const SecretHandle& variable : file.variables)
        named.values.emplace(variable.variable, variable.fingerprint.empty() ? "" : MarkOf(variable));
      if (!files.named) files.named.emplace();
      files.named->push_back(std::move(named));
    }
    return AddEnvFiles(session_, files, {}, project_.environment);
  }

  std::string MarkOf(const SecretHandle& secret) {
    project_.secrets.push_back(secret);
    return SecretMark(project_.secrets.size() - 1);
  }

  Expected<void> ParseAll(std::vector<ParsedFile>& files) {
    for (const ComposeFile& file : request_.files) {
      auto parsed = ParseFile(session_, file);
      if (!parsed) return std::move(parsed).error();
      files.push_back(std::move(*parsed));
    }
    return {};
  }

  Expected<void> FindName(const std::vector<ParsedFile>& files) {
    std::string name = request_.project_name;
    if (name.empty()) name = LookupIn(project_.environment)(kNameVariable).value_or("");
    for (auto file = files.rbegin(); name.empty() && file != files.rend(); ++file)
      if (auto done = NameOf(*file, name); !done) return done;
    if (name.empty()) name = request_.default_name;
    if (name.empty()) name = session_.directory().substr(session_.directory().rfind('/') + 1);
    if (HasMark(name)) return Terminal("the name of the project may not be a secret");
    project_.name = SanitiseProjectName(name);
    if (project_.name.empty())
      return Terminal("the project has no name: \"" + name + "\" has no letter and no digit; set projectName");
    project_.environment.insert_or_assign(std::string(kNameVariable), project_.name);
    return {};
  }

  // The last `name` of a file, interpolated.
  Expected<void> NameOf(const ParsedFile& file, std::string& name) {
    for (auto document = file.documents.rbegin(); name.empty() && document != file.documents.rend(); ++document) {
      const Node* node = document->Find("name");
      if (node == nullptr || node->type == Type::Null) continue;
      if (node->type != Type::String) return session_.Fail(node->mark, "name: expected the name of the project");
      Interpolation with{LookupIn(project_.environment)};
      auto text = Interpolate(node->text, with);
      if (!text) return session_.Fail(node->mark, text.error().message);
      name = std::move(*text);
    }
    return {};
  }

  Expected<void> Finish(Node& root) {
    if (const Node* version = root.Find("version"))
      session_.Warn(version->mark, "version is obsolete and means nothing; leave it out");
    std::erase_if(root.members,
                  [](const Node::Member& member) { return member.key == "version" || member.key == "name"; });
    auto disabled = ApplyProfiles(session_, root, Profiles());
    if (!disabled) return std::move(disabled).error();
    project_.disabled = std::move(*disabled);
    return CheckSecretPlaces(session_, root);
  }

  std::set<std::string> Profiles() const {
    if (!request_.profiles.empty()) return request_.profiles;
    std::set<std::string> profiles;
    const std::string variable = LookupIn(project_.environment)(kProfilesVariable).value_or("");
    std::string_view rest = variable;
    while (!rest.empty()) {
      const std::string_view name = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(name.size() + 1, rest.size()));
      if (!name.empty()) profiles.emplace(name);
    }
    return profiles;
  }

  const LoadRequest& request_;
  ReadSet& read_set_;
  LoadSession session_;
  LoadedProject project_;
};

}  // namespace

Expected<LoadedProject> Load(const LoadRequest& request, const TreeReader& tree, ReadSet& read_set) {
  return ProjectLoader(request, tree, read_set).Run();
}

}  // namespace tinyforge::compose
