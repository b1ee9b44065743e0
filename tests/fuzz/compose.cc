// Compose projects: whatever loads is free of what a load does away with, and loads again as itself; what decodes
// keeps the promises of its model, and is rendered or refused with a reason.
//
// The input is the files of the project: a line "#### PATH" begins one, what stands before the first is compose.yaml.
#include <set>

#include "api-types/doc/json.h"
#include "reconcilers/source/compose/compose_source.h"
#include "reconcilers/source/compose/model_path.h"
#include "reconcilers/source/compose/secret_mark.h"
#include "tests/fakes/fake_tree.h"
#include "tests/fuzz/property.h"

using namespace tinyforge;

namespace {

FakeTree ReadTree(fuzz::Input input) {
  constexpr std::string_view kMarker = "#### ";
  FakeTree tree;
  std::string path = "compose.yaml";
  tree.files[path];
  while (!input.empty()) {
    const std::string_view line = input.Line();
    if (line.starts_with(kMarker))
      path = line.substr(kMarker.size());
    else
      tree.files[path].append(line).append("\n");
  }
  return tree;
}

compose::LoadRequest Request() {
  compose::LoadRequest request;
  request.files = {{"compose.yaml"}};
  request.default_name = "project";
  request.environment = {{"SET", "value"}, {"EMPTY", ""}};
  request.secrets = {{"SECRET", {"name", "key"}}};
  request.profiles = {"on"};
  return request;
}

void CheckNode(const compose::LoadedProject& project, doc::Node& root) {
  compose::Walk(root, [&](doc::Node& node, const compose::ModelPath&) {
    fuzz::Require(node.tag == doc::Tag::None, "no tag is left");
    fuzz::Require(node.mark.file < project.files.size() || project.files.empty(), "a mark names a file");
    return true;
  });
}

// Whether the text means the same when it is read once more: neither secrets nor what YAML takes in escapes only.
bool ReadsBack(doc::Node& root) {
  bool good = true;
  compose::Walk(root, [&](doc::Node& node, const compose::ModelPath&) {
    good = good && !compose::HasMark(node.text) && node.text.find('\x7F') == std::string::npos;
    for (const auto& member : node.members) good = good && member.key.find('\x7F') == std::string::npos;
    return good;
  });
  return good;
}

void EscapeDollars(doc::Node& root) {
  compose::Walk(root, [](doc::Node& node, const compose::ModelPath&) {
    std::string text;
    for (const char c : node.text) text.append(c == '$' && node.type == doc::Type::String ? 2 : 1, c);
    node.text = std::move(text);
    return true;
  });
}

// A file says no content of a secret: it names a variable.
StringMap NameContents(doc::Node& root) {
  StringMap variables;
  compose::Walk(root, [&](doc::Node& node, const compose::ModelPath& path) {
    if (!compose::Matches(path, "secrets.*")) return path.size() < 2;
    for (doc::Node::Member& member : node.members) {
      if (member.key != "content") continue;
      const std::string name = "CONTENT_" + std::to_string(variables.size());
      variables[name] = member.value.text;
      member = {"environment", member.mark, doc::Node::Of(name)};
    }
    return false;
  });
  return variables;
}

void CheckAgain(doc::Node root) {
  const std::string expected = doc::CanonicalJson(root);
  compose::LoadRequest request = Request();
  request.environment = NameContents(root);
  EscapeDollars(root);
  request.files = {{"again.yaml", doc::CanonicalJson(root)}};
  FakeTree tree;
  ReadSet read_set;
  const auto again = compose::Load(request, tree, read_set);
  fuzz::Require(again.has_value(), "what was loaded loads", again ? "" : again.error().message + "\n" + expected);
  fuzz::RequireSame(doc::CanonicalJson(again->root), expected, "what was loaded loads as itself");
}

// Every reference resolves.
void CheckProject(const compose::Project& project) {
  fuzz::Require(!project.services.empty(), "a project has services");
  for (const auto& [name, service] : project.services) {
    fuzz::Require(service.image || service.build, "a service has an image or a build", name);
    for (const auto& [key, joined] : service.networks)
      fuzz::Require(project.networks.contains(key), "a service's networks are there", key);
    for (const compose::ServiceVolume& volume : service.volumes)
      if (volume.type == MountType::Volume && !volume.source.empty())
        fuzz::Require(project.volumes.contains(volume.source), "a service's volumes are there", volume.source);
    for (const compose::FileGrant& grant : service.secrets)
      fuzz::Require(project.secrets.contains(grant.source), "a service's secrets are there", grant.source);
    for (const compose::FileGrant& grant : service.configs)
      fuzz::Require(project.configs.contains(grant.source), "a service's configs are there", grant.source);
    for (const auto& [on, dependency] : service.depends_on)
      fuzz::Require(project.services.contains(on) || !dependency.required, "a dependency is there", on);
  }
}

// Each service stands after those that it waits for.
void CheckOrder(const DesiredServices& services) {
  std::set<std::string> before;
  for (const DesiredState& service : services) {
    for (const ServiceDependency& on : service.after)
      fuzz::Require(before.contains(on.service), "a service comes after what it depends on", service.service);
    fuzz::Require(before.insert(service.service).second, "a service is rendered once", service.service);
  }
}

v1::Object Workload() {
  v1::ComposeSource source{.file = "compose.yaml", .project_directory = "/srv/project", .profiles = {"on"}};
  source.env = {{.name = "SET", .value = "value"}, {.name = "EMPTY", .value = ""}};
  source.env.push_back({.name = "SECRET", .secret = v1::SecretKeyRef{"name", "key"}});
  v1::WorkloadSpec spec;
  spec.source.compose = std::move(source);
  v1::Object workload{.key = {Kind::Workload, "project"}, .spec = std::move(spec)};
  workload.position.path = "workload.yaml";
  return workload;
}

void CheckRendered(const FakeTree& tree) {
  const v1::Object workload = Workload();
  FakeSecrets secrets;
  secrets.values[{"name", "key"}] = "hush";
  const HostPaths paths{"/volumes", "/files"};
  const RenderRequest request{
      .workload = workload, .tree = tree, .secrets = secrets, .paths = paths, .project = "project"};
  ReadSet read_set;
  const auto project = compose::ReadProject(request, read_set);
  if (project)
    CheckProject(project->project);
  else
    fuzz::Require(!project.error().message.empty(), "an error of decoding says what is wrong");
  const auto services = ComposeSourceKind().Render(request, read_set);
  if (!services) return fuzz::Require(!services.error().message.empty(), "an error of rendering says what is wrong");
  fuzz::Require(project.has_value(), "only what decodes is rendered");
  fuzz::Require(services->size() == project->project.services.size(), "every service is rendered");
  CheckOrder(*services);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const FakeTree tree = ReadTree(fuzz::Input(data, size));
  ReadSet read_set;
  auto project = compose::Load(Request(), tree, read_set);
  fuzz::Require(read_set.paths.contains(".env"), "what was looked for is in the read set");
  if (!project) {
    fuzz::Require(!project.error().message.empty(), "an error says what is wrong");
    return 0;
  }
  fuzz::Require(read_set.paths.contains("compose.yaml"), "what was read is in the read set");
  fuzz::Require(!project->name.empty(), "a project has a name");
  CheckNode(*project, project->root);
  CheckRendered(tree);
  if (ReadsBack(project->root)) CheckAgain(std::move(project->root));
  return 0;
}
