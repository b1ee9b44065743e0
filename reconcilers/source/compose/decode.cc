#include "reconcilers/source/compose/decode.h"

#include <algorithm>
#include <tuple>

#include "reconcilers/source/compose/consistency.h"
#include "reconcilers/source/compose/resource_sections.h"
#include "reconcilers/source/compose/service_readers.h"

namespace tinyforge::compose {
namespace {

constexpr std::size_t kMaxShown = 10;
constexpr std::size_t kMaxServices = 500;
constexpr int kMaxContainers = 1000;
constexpr std::size_t kMaxPorts = 16384;

std::vector<std::string_view> KeysOf(const doc::Node& root, std::string_view section) {
  std::vector<std::string_view> keys;
  if (const doc::Node* node = root.Find(section))
    for (const doc::Node::Member& member : node->members) keys.emplace_back(member.key);
  std::sort(keys.begin(), keys.end());
  return keys;
}

Names NamesOf(const DecodeRequest& request) {
  const doc::Node& root = request.root;
  return {.services = KeysOf(root, "services"),
          .networks = KeysOf(root, "networks"),
          .volumes = KeysOf(root, "volumes"),
          .secrets = KeysOf(root, "secrets"),
          .configs = KeysOf(root, "configs")};
}

constexpr std::size_t kMaxKey = 128;
// With the name of its workload, a DNS label, and a dot it is the key that its facts are kept under.
constexpr std::size_t kMaxServiceKey = 64;

// A name that containers, networks and volumes are made from.
bool IsResourceKey(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '-';
  });
}

class Decoder {
 public:
  explicit Decoder(const DecodeRequest& request)
      : request_(request), scope_{request.name, NamesOf(request), request.surroundings} {}

  Expected<Project> Run() {
    Project project{.name = request_.name};
    const Section root(Value(request_.root, "", problems_), "");
    Read(root, "networks", project.networks, ReadNetworkSection);
    Read(root, "volumes", project.volumes, ReadVolumeSection);
    Read(root, "secrets", project.secrets, ReadSecretSection);
    Read(root, "configs", project.configs, ReadConfigSection);
    ReadServices(root, project);
    if (problems_.empty()) Complete(project, Value(request_.root, "", problems_));
    if (!problems_.empty()) return Failure();
    return project;
  }

 private:
  template <class T>
  void Read(const Section& root, std::string_view name, std::map<std::string, T, std::less<>>& out,
            T (*read)(const Value&, std::string_view, const ProjectScope&)) {
    const auto section = root.Find(name);
    if (!section) return;
    for (const Value::Entry& entry : section->Entries())
      if (CheckKey(entry, kMaxKey)) out[entry.key] = read(entry.value, entry.key, scope_);
  }

  bool CheckKey(const Value::Entry& entry, std::size_t longest) {
    if (IsResourceKey(entry.key) && entry.key.size() <= longest) return true;
    entry.value.Fail("expected a name of letters, digits, _ . and -, of at most " + std::to_string(longest));
    return false;
  }

  void ReadServices(const Section& root, Project& project) {
    if (const auto services = root.Find("services"))
      for (const Value::Entry& entry : services->Entries())
        if (CheckKey(entry, kMaxServiceKey) && CheckBounds(*services, entry)) Add(entry, project);
    CheckDisabled();
  }

  void Add(const Value::Entry& entry, Project& project) {
    Service service = ReadOne(entry, scope_);
    ports_ += service.ports.size() + service.expose.size();
    containers_ += service.replicas;
    project.services[entry.key] = std::move(service);
  }

  // An alias makes many of one: what a project may grow to is bounded before it has grown.
  bool CheckBounds(const Value& services, const Value::Entry& entry) {
    std::string message;
    if (services.node().members.size() > kMaxServices)
      message = "the project has more than " + std::to_string(kMaxServices) + " services";
    else if (containers_ > kMaxContainers)
      message = "the services before have more than " + std::to_string(kMaxContainers) + " containers in all";
    else if (ports_ > kMaxPorts)
      message = "the services before publish or expose more than " + std::to_string(kMaxPorts) + " ports in all";
    if (message.empty()) return true;
    if (!bounded_) entry.value.Fail(message);
    bounded_ = true;
    return false;
  }

  Service ReadOne(const Value::Entry& entry, const ProjectScope& scope) {
    const Section keys(entry.value, "services.*");
    const auto value = keys.Find("deploy");
    const auto deploy = value ? std::optional<Section>(std::in_place, *value, "services.*.deploy") : std::nullopt;
    return ReadService({entry.key, keys, deploy ? &*deploy : nullptr, scope});
  }

  // They may name each other; their files are not read.
  void CheckDisabled() {
    const Surroundings surroundings{request_.surroundings.variables,
                                    [](const auto&, const auto&) { return Expected<Assignments>(Assignments{}); }};
    ProjectScope scope{scope_.project, scope_.names, surroundings};
    for (const doc::Node::Member& service : request_.disabled.members) scope.names.services.push_back(service.key);
    std::sort(scope.names.services.begin(), scope.names.services.end());
    for (const Value::Entry& entry : Value(request_.disabled, "services", problems_).Entries())
      if (CheckKey(entry, kMaxServiceKey)) ReadOne(entry, scope);
  }

  Error Failure() {
    std::stable_sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
      return std::tie(a.mark.file, a.mark.line, a.mark.column) < std::tie(b.mark.file, b.mark.line, b.mark.column);
    });
    std::string message;
    for (std::size_t i = 0; i < problems_.size() && i < kMaxShown; ++i)
      message += (i == 0 ? "" : "\n") + Line(problems_[i]);
    if (problems_.size() > kMaxShown) message += "\nand " + std::to_string(problems_.size() - kMaxShown) + " more";
    return {ErrorKind::Terminal, std::move(message)};
  }

  std::string Line(const Problem& problem) const {
    const doc::Mark& mark = problem.mark;
    const std::string path = mark.file < request_.files.size() ? request_.files[mark.file] : "";
    const std::string place = mark.line == 0 ? path : ToString(SourcePosition{path, mark.line, mark.column});
    return place + ": " + (problem.field.empty() ? "" : problem.field + ": ") + problem.message;
  }

  const DecodeRequest& request_;
  ProjectScope scope_;
  std::vector<Problem> problems_;
  std::size_t ports_ = 0;
  int containers_ = 0;
  bool bounded_ = false;  // said that something is too much
};

}  // namespace

Expected<Project> Decode(const DecodeRequest& request) {
  return Decoder(request).Run();
}

}  // namespace tinyforge::compose
