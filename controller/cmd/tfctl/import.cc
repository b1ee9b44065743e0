#include "controller/cmd/tfctl/import.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "api-types/codec/manifest.h"
#include "controller/cmd/tfctl/import_notes.h"
#include "controller/cmd/tfctl/printer.h"
#include "controller/cmd/tfctl/session.h"
#include "controller/cmd/tfctl/source_check.h"
#include "controller/cmd/tfctl/text.h"

namespace tinyforge::tfctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 63;

// The nearest that a workload can be called: "My_shop" -> "my-shop"; empty when nothing is left.
std::string LabelOf(std::string name) {
  std::ranges::replace(name, '_', '-');
  name.resize(std::min(name.size(), kLongestName));
  while (name.ends_with('-')) name.pop_back();
  name.erase(0, std::min(name.find_first_not_of('-'), name.size()));
  return name;
}

class Importer {
 public:
  Importer(const Terminal& terminal, const ImportOptions& options)
      : terminal_(terminal),
        options_(options),
        tree_(LocalTree::Around(options.files.front())),
        folder_(
            fs::path(options.output.empty() || ToTerminal() ? options.files.front() : options.output).parent_path()) {}

  // Nothing: the findings are told.
  Expected<int> Run() {
    if (auto done = FillSource(); !done) return std::move(done).error();
    if (!Read()) return kFailed;
    auto manifest = Manifest();
    if (!manifest) return std::move(manifest).error();
    if (!Check(*manifest)) return kFailed;
    if (auto done = Write(*manifest); !done) return std::move(done).error();
    for (const std::string& note : NotesOf({*project_, reads_, tree_})) Tell("note: " + note);
    return kDone;
  }

 private:
  bool ToTerminal() const { return options_.output == "-"; }

  void Tell(const std::string& line) const { terminal_.err << OneLine(line) << "\n"; }

  // Findings, to be told; false when there is an error among them.
  bool Tell(const std::vector<Finding>& findings) const {
    for (const Finding& finding : findings) Tell(LineOf(finding));
    return std::ranges::all_of(findings, &Finding::warning);
  }

  // A file of the command line as the manifest names it.
  Expected<std::string> FromManifest(const std::string& file) const {
    const auto folder = tree_.PathOf((folder_ / "x").string());
    const auto path = tree_.PathOf(file);
    if (!folder || !path)
      return Error{ErrorKind::Invalid, "the manifest and " + file + " are not in one repository; give -o a file in it"};
    return fs::path(*path).lexically_relative(fs::path(*folder).parent_path()).generic_string();
  }

  Expected<void> FillSource() {
    for (const std::string& file : options_.files) {
      auto path = FromManifest(file);
      if (!path) return std::move(path).error();
      source_.files.push_back(std::move(*path));
    }
    for (const std::string& file : options_.env_files) {
      auto path = FromManifest(file);
      if (!path) return std::move(path).error();
      source_.env_files.push_back({.path = std::move(*path), .secret = {}});
    }
    source_.profiles = options_.profiles;
    if (!options_.project_name.empty()) source_.project_name = options_.project_name;
    source_.adopt = options_.adopt;
    if (!options_.project_directory.empty()) source_.project_directory = options_.project_directory;
    return {};
  }

  // The project as a workload of that name has it.
  Expected<compose::SourceProject> ReadAs(const std::string& name) {
    workload_.key = {Kind::Workload, name};
    workload_.position.path = Output(name);
    v1::WorkloadSpec spec;
    spec.source.compose = source_;
    workload_.spec = spec;
    const v1::Object workload = InTree(workload_, tree_);
    AnySecrets secrets;
    const HostPaths paths{"/volumes", "/files"};
    return compose::ReadProject(
        {.workload = workload, .tree = tree_, .secrets = secrets, .paths = paths, .project = name}, reads_);
  }

  // Docker compose names the project after the folder. A workload of another name says so.
  bool Read() {
    const fs::path file = fs::weakly_canonical(fs::absolute(options_.files.front()));
    auto project = ReadAs(file.parent_path().filename().string());
    if (project) {
      name_ = options_.name.empty() ? LabelOf(project->project.name) : options_.name;
      auto named = ReadAs(name_);
      if (named && named->project.name != project->project.name) source_.project_name = project->project.name;
      project_ = std::move(*project);
    }
    if (!project) return Tell(FindingsOf(project.error(), {workload_, ""}, tree_, reads_));
    return ToldOfBinds();
  }

  bool ToldOfBinds() const {
    if (source_.project_directory) return true;
    const auto missing = MissingBinds({*project_, reads_, tree_});
    for (const std::string& bind : missing) Tell("error: service " + bind + " is not in the repository");
    if (missing.empty()) return true;
    const fs::path folder = fs::weakly_canonical(fs::absolute(options_.files.front())).parent_path();
    Tell("error: say with --project-directory in which folder of the host these are; here it is " + folder.string());
    return false;
  }

  std::string Output(const std::string& name) const {
    if (!options_.output.empty() && !ToTerminal()) return options_.output;
    return (folder_ / (name + ".workload.yaml")).string();
  }

  Expected<std::string> Manifest() const {
    Json compose = Json::object();
    if (source_.files.size() == 1)
      compose["file"] = source_.files.front();
    else
      compose["files"] = source_.files;
    if (source_.project_name) compose["projectName"] = *source_.project_name;
    if (source_.project_directory) compose["projectDirectory"] = *source_.project_directory;
    if (source_.adopt) compose["adopt"] = true;
    if (!source_.profiles.empty()) compose["profiles"] = source_.profiles;
    for (const v1::ComposeEnvFile& file : source_.env_files) compose["envFiles"].push_back(file.path);
    return ToYaml(Json{{"apiVersion", "tinyforge.dev/v1"},
                       {"kind", "Workload"},
                       {"metadata", Json{{"name", name_}}},
                       {"spec", Json{{"source", Json{{"compose", std::move(compose)}}}}}});
  }

  // What validate would say.
  bool Check(const std::string& manifest) {
    const codec::DecodeResult decoded = codec::DecodeManifests(Output(name_), manifest);
    std::vector<Finding> findings;
    for (const v1::Diagnostic& error : decoded.errors) findings.push_back({error});
    for (const v1::ObjectPtr& object : decoded.objects)
      std::ranges::move(CheckSource({*object, manifest}, tree_, reads_), std::back_inserter(findings));
    return Tell(findings);
  }

  Expected<void> Write(const std::string& manifest) const {
    if (ToTerminal()) {
      terminal_.out << manifest;
      return {};
    }
    const std::string path = Output(name_);
    if (!options_.force && fs::exists(fs::symlink_status(path)))
      return Error{ErrorKind::Conflict, path + " is there already; --force overwrites it"};
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << manifest;
    file.close();
    if (!file) return Error{ErrorKind::Terminal, "could not write " + path};
    const std::size_t count = project_->project.services.size();
    terminal_.out << path << ": workload " << name_ << " of " << count << (count == 1 ? " service\n" : " services\n");
    return {};
  }

  const Terminal& terminal_;
  const ImportOptions& options_;
  const LocalTree tree_;
  const fs::path folder_;  // of the manifest
  v1::ComposeSource source_;
  v1::Object workload_;
  std::string name_;
  std::optional<compose::SourceProject> project_;
  ReadSet reads_;
};

}  // namespace

int ImportCompose(const Terminal& terminal, const ImportOptions& options) {
  const auto done = Importer(terminal, options).Run();
  return done ? *done : Report(terminal, done.error());
}

}  // namespace tinyforge::tfctl
