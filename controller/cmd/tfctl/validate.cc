#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include "api-types/codec/manifest_loader.h"
#include "controller/cmd/tfctl/field_position.h"
#include "controller/cmd/tfctl/local_files.h"
#include "controller/cmd/tfctl/offline.h"
#include "controller/cmd/tfctl/session.h"
#include "controller/cmd/tfctl/source_check.h"
#include "controller/cmd/tfctl/text.h"
#include "reconcilers/trigger/route_table.h"

namespace tinyforge::tfctl {
namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>;

// Every file that a path leads to, by the name that messages show.
Expected<Files> Collect(const std::vector<std::string>& paths) {
  Files files;
  for (const auto& path : paths) {
    if (!fs::is_directory(path)) {
      auto content = ReadFile(path);
      if (!content) return std::move(content).error();
      files.emplace(path, std::move(*content));
      continue;
    }
    auto folder = ReadFolder(path);
    if (!folder) return folder;
    for (auto& [name, content] : *folder)
      files.emplace((fs::path(path) / name).lexically_normal().string(), std::move(content));
  }
  return files;
}

v1::ObjectSet Load(const Files& files) {
  std::vector<codec::TreeChange> tree;
  for (const auto& [path, content] : files) tree.push_back({path, "here"});
  codec::ManifestLoader loader;
  return loader.Load("", tree, [&files](const std::string& path, const std::string&) -> Expected<std::string> {
    return files.at(path);
  });
}

// The same at the field, for a diagnostic that stands at its document.
v1::Diagnostic AtField(const Files& files, v1::Diagnostic diagnostic) {
  const auto file = files.find(diagnostic.position.path);
  if (file != files.end()) diagnostic.position = PositionOf(file->second, diagnostic.position, diagnostic.field);
  return diagnostic;
}

// What the rules between triggers, bindings and workloads say.
class RouteCheck {
 public:
  RouteCheck(const v1::ObjectSet& set, bool partial, ImageLookup images)
      : set_(set), partial_(partial), images_(std::move(images)) {}

  std::vector<Finding> Run() const {
    std::vector<Finding> findings;
    for (RouteProblem& problem : ResolveRoutes(set_, "", images_).problems)
      if (!Follows(problem)) findings.push_back({std::move(problem.diagnostic), IsWarning(problem.reason)});
    return findings;
  }

 private:
  // Whether an error that is told anyway is behind it.
  bool Follows(const RouteProblem& problem) const {
    if (problem.reason == route_reason::kTriggerInvalid) return true;
    if (problem.reason == route_reason::kServicesUnknown) return true;
    const v1::Object* object = set_.Find(problem.object);
    if (!object || object->key.kind != Kind::Binding) return false;
    const auto& binding = std::get<v1::BindingSpec>(object->spec);
    if (problem.reason == route_reason::kTriggerNotFound) return IsBroken({Kind::Trigger, binding.trigger});
    return problem.reason == route_reason::kWorkloadNotFound && IsBroken({Kind::Workload, *binding.workload});
  }

  bool IsBroken(const ObjectKey& key) const { return std::ranges::find(set_.broken, key) != set_.broken.end(); }

  // What a selector selects may come with the next manifest; what lies outside of the part that is seen may be there.
  bool IsWarning(std::string_view reason) const {
    const bool dangles = reason == route_reason::kTriggerNotFound || reason == route_reason::kWorkloadNotFound;
    return reason == route_reason::kNothingSelected || (dangles && partial_);
  }

  const v1::ObjectSet& set_;
  const bool partial_;
  const ImageLookup images_;
};

std::string Count(std::size_t number, const std::string& thing) {
  return std::to_string(number) + " " + thing + (number == 1 ? "" : "s");
}

// A folder that is all of the configuration is the whole tree; of anything else the rest lies around it.
LocalTree TreeOf(const v1::Object& object, const ValidateOptions& options) {
  const bool whole = options.paths.size() == 1 && fs::is_directory(options.paths.front()) && !options.partial;
  return whole ? LocalTree::Of(options.paths.front()) : LocalTree::Around(object.position.path);
}

// What is wrong with the files that the sources of workloads name.
std::vector<Finding> CheckSources(const v1::ObjectSet& set, const Files& files, const ValidateOptions& options) {
  std::vector<Finding> findings;
  for (const auto& [key, object] : set.objects) {
    if (key.kind != Kind::Workload) continue;
    const LocalTree tree = TreeOf(*object, options);
    ReadSet reads;
    std::ranges::move(CheckSource({*object, files.at(object->position.path)}, tree, reads),
                      std::back_inserter(findings));
  }
  return findings;
}

std::vector<Finding> Check(const v1::ObjectSet& set, const Files& files, const ValidateOptions& options) {
  const bool partial =
      options.partial || std::ranges::none_of(options.paths, [](const auto& path) { return fs::is_directory(path); });
  AnySecrets secrets;
  const auto images = [&](const v1::Object& workload) -> Expected<SourceImages> {
    const auto kind = FindSourceKind(workload.workload().source);
    if (!kind) return kind.error();
    const LocalTree tree = TreeOf(workload, options);
    return (*kind)->Images(InTree(workload, tree), tree, secrets);
  };
  std::vector<Finding> findings = CheckSources(set, files, options);
  for (const v1::Diagnostic& error : set.errors) findings.push_back({error});
  for (Finding& finding : RouteCheck(set, partial, images).Run())
    findings.push_back({AtField(files, std::move(finding.what)), finding.warning});
  std::ranges::stable_sort(findings, {}, [](const Finding& f) {
    return std::tie(f.what.position.path, f.what.position.line, f.what.position.column);
  });
  return findings;
}

}  // namespace

int Validate(const Terminal& terminal, const ValidateOptions& options) {
  const auto files = Collect(options.paths);
  if (!files) {
    Report(terminal, files.error());
    return kFailed;
  }
  const v1::ObjectSet set = Load(*files);
  const auto findings = Check(set, *files, options);
  for (const Finding& finding : findings) terminal.out << OneLine(LineOf(finding)) << "\n";
  std::set<std::string> sources;
  for (const auto& [key, object] : set.objects) sources.insert(object->position.path);
  const auto warnings = static_cast<std::size_t>(std::ranges::count_if(findings, &Finding::warning));
  const std::size_t errors = findings.size() - warnings;
  terminal.out << Count(set.objects.size(), "object") << " in " << Count(sources.size(), "file") << ", "
               << Count(errors, "error") << (warnings == 0 ? "" : ", " + Count(warnings, "warning")) << "\n";
  return errors == 0 ? kDone : kFailed;
}

}  // namespace tinyforge::tfctl
