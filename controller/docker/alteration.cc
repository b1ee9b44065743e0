#include "controller/docker/alteration.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "controller/docker/create_body.h"
#include "controller/docker/create_env.h"
#include "controller/docker/foreign_fields.h"
#include "controller/docker/ipv4_subnet.h"
#include "controller/docker/json_members.h"
#include "controller/docker/mount_alteration.h"

namespace tinyforge::docker {
namespace {

using Json = nlohmann::json;
using Strings = std::vector<std::string>;

constexpr std::size_t kMaxNameBytes = 100;
constexpr std::string_view kContainerMode = "container:";
constexpr std::string_view kServiceMode = "service:";

// Null and absent are empty. No value: it is no list of strings.
std::optional<Strings> StringsOf(const Json& json) {
  Strings strings;
  if (json.is_null()) return strings;
  if (!json.is_array()) return std::nullopt;
  for (const Json& item : json) {
    if (!item.is_string()) return std::nullopt;
    strings.push_back(item.get<std::string>());
  }
  return strings;
}

std::set<std::string, std::less<>> Keys(const Json& json) {
  std::set<std::string, std::less<>> keys;
  if (json.is_object())
    for (const auto& item : json.items()) keys.insert(item.key());
  return keys;
}

std::string CleanPath(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path.empty() ? "/" : path;
}

// The Engine takes such parts out.
bool IsPlainPath(std::string_view path) {
  for (std::string_view part : {"//", "/./", "/../"})
    if (path.find(part) != std::string_view::npos) return false;
  return path.starts_with('/') && !path.ends_with("/.") && !path.ends_with("/..");
}

std::set<std::string> CapabilitySet(const Strings& names) {
  std::set<std::string> set;
  for (std::string name : names) {
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    set.insert(name.starts_with("CAP_") ? name.substr(4) : name);
  }
  return set;
}

std::map<std::string_view, std::string_view> ByName(const Strings& env) {
  std::map<std::string_view, std::string_view> values;
  for (const std::string_view entry : env) {
    const std::size_t equals = entry.find('=');
    if (equals != std::string_view::npos) values[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  return values;
}

// "name:address"
bool IsIpv4Host(std::string_view extra_host) {
  const std::size_t colon = extra_host.find(':');
  return colon != std::string_view::npos && ParseIpv4(extra_host.substr(colon + 1));
}

bool Always(std::string_view) {
  return true;
}

// Profiles are given by what they hold, which an Engine may write otherwise.
bool IsKeptSecurityOption(std::string_view option) {
  return !option.starts_with("seccomp=") || option == "seccomp=unconfined";
}

// A name may come from another hand, and stands in labels and in lists with commas.
std::string FieldName(std::string name) {
  for (char& c : name)
    if (static_cast<unsigned char>(c) <= ' ' || c == ',' || c == '=' || c == 0x7f) c = '_';
  std::size_t end = std::min(name.size(), kMaxNameBytes);
  while (end < name.size() && end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
  return name.substr(0, end);
}

class Comparison {
 public:
  Comparison(const Json& inspect, const DesiredContainer& desired)
      : config_(At(inspect, "Config")), host_(At(inspect, "HostConfig")), desired_(desired), spec_(desired.spec) {}

  void AgainstTemplate(SecretReader* secrets) {
    Process();
    Isolation();
    Devices();
    Tunables();
    HostNames();
    Labels();
    Healthcheck();
    Logging();
    Ports();
    Namespaces();
    Env(secrets);
  }

  void AgainstImage(const ImageDefaults& image) {
    if (!spec_.entrypoint) Is("command", At(config_, "Entrypoint"), image.entrypoint);
    if (!spec_.entrypoint && !spec_.cmd) Is("args", At(config_, "Cmd"), image.cmd);
    if (!spec_.user) Is("user", At(config_, "User"), image.user);
    if (!spec_.working_dir && (image.working_dir.empty() || IsPlainPath(image.working_dir)))
      Say(CleanPath(Text(At(config_, "WorkingDir"))) != CleanPath(image.working_dir), "workingDir");
    const auto have = StringsOf(At(config_, "Env"));
    if (!have) return;
    for (const auto& [name, value] : ByName(*have)) {
      const bool set = std::ranges::find(spec_.env, name, &EnvEntry::name) != spec_.env.end();
      const bool brought = image.env.contains(std::string(name) + "=" + std::string(value));
      Say(!set && !brought, "env." + std::string(name));
    }
  }

  void Say(bool differs, const std::string& field) {
    if (differs) fields_.insert(FieldName(field));
  }

  Strings Take() const { return {fields_.begin(), fields_.end()}; }

 private:
  void Is(const std::string& field, const Json& have, const Strings& want) {
    const auto strings = StringsOf(have);
    Say(strings && *strings != want, field);
  }
  void Is(const std::string& field, const Json& have, const std::string& want) {
    Say((have.is_string() || have.is_null()) && Text(have) != want, field);
  }
  void Is(const std::string& field, const Json& have, bool want) {
    Say((have.is_boolean() || have.is_null()) && True(have) != want, field);
  }
  void Is(const std::string& field, const Json& have, std::int64_t want) {
    Say((have.is_number_integer() || have.is_null()) && Number(have) != want, field);
  }
  void IsIfSet(const std::string& field, const Json& have, const std::optional<std::string>& want) {
    if (want && !want->empty()) Is(field, have, *want);
  }

  void Process() {
    const bool has_entrypoint = spec_.entrypoint && !spec_.entrypoint->empty() && !spec_.entrypoint->front().empty();
    if (has_entrypoint) Is("command", At(config_, "Entrypoint"), *spec_.entrypoint);
    if (spec_.cmd && !spec_.cmd->empty())
      Is("args", At(config_, "Cmd"), *spec_.cmd);
    else if (has_entrypoint)
      Is("args", At(config_, "Cmd"), Strings());
    IsIfSet("user", At(config_, "User"), spec_.user);
    if (spec_.working_dir && IsPlainPath(*spec_.working_dir))
      Say(CleanPath(Text(At(config_, "WorkingDir"))) != CleanPath(*spec_.working_dir), "workingDir");
    if (spec_.network_mode.empty()) IsIfSet("hostname", At(config_, "Hostname"), spec_.hostname);
    IsIfSet("stopSignal", At(config_, "StopSignal"), spec_.stop_signal);
    if (spec_.stop_timeout) {
      const std::int64_t seconds = std::chrono::ceil<std::chrono::seconds>(*spec_.stop_timeout).count();
      Is("stopGracePeriod", At(config_, "StopTimeout"), seconds);
    }
    Is("tty", At(config_, "Tty"), spec_.tty);
    if (spec_.stdin_open) Is("stdinOpen", At(config_, "OpenStdin"), true);
    if (!spec_.domainname.empty() && spec_.network_mode.empty())
      Is("domainname", At(config_, "Domainname"), spec_.domainname);
  }

  void Env(SecretReader* secrets) {
    const auto list = StringsOf(At(config_, "Env"));
    if (!list) return;
    const auto have = ByName(*list);
    for (const EnvEntry& entry : spec_.env) {
      const auto found = have.find(entry.name);
      const std::string field = "env." + entry.name;
      if (found == have.end() || entry.unset)
        Say((found == have.end()) != entry.unset, field);
      else if (!entry.secret && entry.inserts.empty())
        Say(found->second != entry.value, field);
      else if (secrets)
        Say(!Holds(found->second, entry, *secrets), field);
    }
  }

  // What cannot be read counts as held.
  static bool Holds(std::string_view value, const EnvEntry& entry, SecretReader& secrets) {
    const auto revealed = RevealEnv(entry, secrets);
    return !revealed || revealed->text() == value;
  }

  void Isolation() {
    if (spec_.init) Is("init", At(host_, "Init"), *spec_.init);
    Is("privileged", At(host_, "Privileged"), spec_.privileged);
    Is("readOnlyRootFilesystem", At(host_, "ReadonlyRootfs"), spec_.read_only_root_filesystem);
    Capabilities("capabilities.add", At(host_, "CapAdd"), spec_.capabilities.add);
    Capabilities("capabilities.drop", At(host_, "CapDrop"), spec_.capabilities.drop);
    Contains("groupAdd", At(host_, "GroupAdd"), spec_.group_add, Always);
    Contains("securityOpt", At(host_, "SecurityOpt"), spec_.security_opt, IsKeptSecurityOption);
    if (!spec_.runtime.empty()) Is("runtime", At(host_, "Runtime"), spec_.runtime);
    if (!spec_.cgroup_parent.empty()) Is("cgroupParent", At(host_, "CgroupParent"), spec_.cgroup_parent);
    for (const auto& [key, value] : spec_.annotations)
      Is("annotations." + key, At(At(host_, "Annotations"), key.c_str()), value);
  }

  void Capabilities(const std::string& field, const Json& json, const Strings& names) {
    const auto list = StringsOf(json);
    if (!list) return;
    const auto have = CapabilitySet(*list);
    const auto want = CapabilitySet(names);
    Say(want.contains("ALL") ? !have.contains("ALL") : have != want, field);
  }

  void Devices() {
    std::set<std::tuple<std::string, std::string, std::string>> want;
    std::set<std::tuple<std::string, std::string, std::string>> have;
    for (const v1::Device& d : spec_.devices)
      want.emplace(d.host, d.container.empty() ? d.host : d.container, d.permissions);
    for (const Json& d : At(host_, "Devices"))
      have.emplace(Text(At(d, "PathOnHost")), Text(At(d, "PathInContainer")), Text(At(d, "CgroupPermissions")));
    Say(have != want, "devices");
  }

  void Tunables() {
    for (const auto& [key, value] : spec_.sysctls)
      if (key.find(".eth") == std::string::npos) Is("sysctls." + key, At(At(host_, "Sysctls"), key.c_str()), value);
    for (const v1::Ulimit& limit : spec_.ulimits) {
      const Json& have = At(host_, "Ulimits");
      const bool kept = std::ranges::any_of(have, [&](const Json& h) {
        return Text(At(h, "Name")) == limit.name && Number(At(h, "Soft")) == limit.soft &&
               Number(At(h, "Hard")) == limit.hard;
      });
      Say(!kept, "ulimits." + limit.name);
    }
    if (spec_.shm_size && *spec_.shm_size > 0) Is("shmSize", At(host_, "ShmSize"), *spec_.shm_size);
  }

  void HostNames() {
    Contains("extraHosts", At(host_, "ExtraHosts"), spec_.extra_hosts, IsIpv4Host);
    Contains("dns", At(host_, "Dns"), spec_.dns, [](std::string_view server) { return ParseIpv4(server).has_value(); });
    Contains("dnsSearch", At(host_, "DnsSearch"), spec_.dns_search, Always);
    Contains("dnsOptions", At(host_, "DnsOptions"), spec_.dns_options, Always);
  }

  void Labels() {
    for (const auto& [key, value] : spec_.labels)
      if (!key.starts_with(label::kPrefix)) Is("containerLabels." + key, At(At(config_, "Labels"), key.c_str()), value);
  }

  template <class Certain>
  void Contains(const std::string& field, const Json& json, const Strings& want, Certain certain) {
    const auto have = StringsOf(json);
    if (!have) return;
    for (const std::string& item : want) Say(certain(item) && std::ranges::find(*have, item) == have->end(), field);
  }

  void Healthcheck() {
    if (!spec_.healthcheck) return;
    const NativeHealthcheck& want = *spec_.healthcheck;
    const Json& have = At(config_, "Healthcheck");
    const auto time = [&](const char* key, Duration duration) {
      if (duration.count()) Is("healthcheck", At(have, key), std::int64_t{std::chrono::nanoseconds(duration).count()});
    };
    if (!want.test.empty()) Is("healthcheck", At(have, "Test"), want.test);  // else the image's
    time("Interval", want.interval);
    time("Timeout", want.timeout);
    time("StartPeriod", want.start_period);
    time("StartInterval", want.start_interval);
    if (want.retries) Is("healthcheck", At(have, "Retries"), std::int64_t{want.retries});
  }

  void Logging() {
    if (!spec_.logging) return;
    const Json& have = At(host_, "LogConfig");
    if (!spec_.logging->driver.empty()) Is("logging.driver", At(have, "Type"), spec_.logging->driver);
    for (const auto& [key, value] : spec_.logging->options)
      Is("logging.options." + key, At(At(have, "Config"), key.c_str()), value);
  }

  void Ports() {
    if (!spec_.network_mode.empty()) return;
    const Json& all = At(host_, "PortBindings");
    if (!all.is_object() && !all.is_null()) return;
    std::map<std::string, std::vector<Json>> have;
    for (const auto& [key, bindings] : all.items())
      if (bindings.is_array()) have[key].assign(bindings.begin(), bindings.end());
    // Those that say an address take what fits them first.
    for (const bool with_address : {true, false})
      for (const PublishedPort& port : spec_.ports)
        if (port.published && ParseIpv4(port.host_ip).has_value() == with_address)
          Say(!TakeBinding(have[PortKey(port)], port), "ports." + std::to_string(port.container));
    for (const auto& [key, left] : have) Say(!left.empty(), "ports." + key.substr(0, key.find('/')));
    Say(True(At(host_, "PublishAllPorts")), "ports");
  }

  static bool TakeBinding(std::vector<Json>& have, const PublishedPort& port) {
    const auto address = ParseIpv4(port.host_ip);
    auto found = std::ranges::find_if(have, [&](const Json& binding) {
      const std::string host = Text(At(binding, "HostPort"));
      const bool same_port = (host.empty() ? "0" : host) == std::to_string(port.host);
      return same_port && (!address || ParseIpv4(Text(At(binding, "HostIp"))) == address);
    });
    if (found == have.end()) return false;
    have.erase(found);
    return true;
  }

  void Namespaces() {
    Namespace("pidMode", Text(At(host_, "PidMode")), spec_.namespaces.pid);
    Namespace("ipcMode", Text(At(host_, "IpcMode")), spec_.namespaces.ipc);
    if (!spec_.namespaces.uts.empty()) Is("utsMode", At(host_, "UTSMode"), spec_.namespaces.uts);
    if (!spec_.namespaces.user.empty()) Is("usernsMode", At(host_, "UsernsMode"), spec_.namespaces.user);
    if (!spec_.namespaces.cgroup.empty()) Is("cgroupMode", At(host_, "CgroupnsMode"), spec_.namespaces.cgroup);
    const auto from = StringsOf(At(host_, "VolumesFrom"));
    Say(from && !from->empty(), "volumesFrom");
    const std::string mode = Text(At(host_, "NetworkMode"));
    if (!mode.empty()) Say(!MayHave(mode), "networkMode");
  }

  void Namespace(const std::string& field, const std::string& mode, const std::string& want) {
    if (want.empty())
      Say(mode == "host" || mode.starts_with(kContainerMode), field);
    else if (want.starts_with(kServiceMode))
      Say(!mode.starts_with(kContainerMode), field);
    else
      Say(mode != want, field);
  }

  bool MayHave(const std::string& mode) const {
    const std::string& want = spec_.network_mode;
    if (want.starts_with(kServiceMode)) return mode.starts_with(kContainerMode);
    if (!want.empty()) return mode == want;
    if (mode != "host" && mode != "none") return !mode.starts_with(kContainerMode);
    return desired_.networks.empty() ||
           std::ranges::any_of(desired_.networks, [&](const NetworkAttachment& n) { return n.network == mode; });
  }

  const Json& config_;
  const Json& host_;
  const DesiredContainer& desired_;
  const ContainerTemplate& spec_;
  std::set<std::string> fields_;
};

}  // namespace

std::optional<ImageDefaults> DecodeImageDefaults(std::string_view inspect) {
  const auto json = Json::parse(inspect, nullptr, false);
  const Json& config = At(json, "Config");
  const auto env = StringsOf(At(config, "Env"));
  auto entrypoint = StringsOf(At(config, "Entrypoint"));
  auto cmd = StringsOf(At(config, "Cmd"));
  if (!config.is_object() || !env || !entrypoint || !cmd) return std::nullopt;
  return ImageDefaults{.env = {env->begin(), env->end()},
                       .entrypoint = std::move(*entrypoint),
                       .cmd = std::move(*cmd),
                       .user = Text(At(config, "User")),
                       .working_dir = Text(At(config, "WorkingDir")),
                       .healthcheck = HealthcheckText(At(config, "Healthcheck")),
                       .stop_signal = Text(At(config, "StopSignal")),
                       .labels = Keys(At(config, "Labels"))};
}

std::vector<std::string> AlteredFields(std::string_view inspect, const DesiredContainer& desired,
                                       const std::optional<ImageDefaults>& image, SecretReader* secrets) {
  const auto json = Json::parse(inspect, nullptr, false);
  if (At(At(json, "Config"), "Labels").empty() || !At(json, "HostConfig").is_object()) return {};
  Comparison comparison(json, desired);
  comparison.AgainstTemplate(secrets);
  if (image) comparison.AgainstImage(*image);
  for (const std::string& field : AlteredMounts(json, desired.spec.mounts)) comparison.Say(true, field);
  return comparison.Take();
}

}  // namespace tinyforge::docker
