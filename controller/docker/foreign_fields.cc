#include "controller/docker/foreign_fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "controller/docker/create_body.h"
#include "controller/docker/host_config.h"
#include "controller/docker/json_members.h"

namespace tinyforge::docker {
namespace {

using Json = nlohmann::json;
using TmpfsSet = std::set<std::string>;

// What AlteredFields compares in whole, what is compared in place, what follows from something else, and what the
// Engine's defaults decide.
constexpr auto kElsewhere = std::to_array<std::string_view>(
    {"Binds",           "Mounts",      "Tmpfs",           "VolumesFrom",   "VolumeDriver", "PortBindings",
     "NetworkMode",     "PidMode",     "PublishAllPorts", "CapAdd",        "CapDrop",      "Devices",
     "RestartPolicy",   "Memory",      "MemorySwap",      "NanoCpus",      "CpuShares",    "MemoryReservation",
     "CpusetCpus",      "PidsLimit",   "Runtime",         "LogConfig",     "CgroupnsMode", "IpcMode",
     "ContainerIDFile", "ConsoleSize", "MaskedPaths",     "ReadonlyPaths", "Isolation",    "Cgroup"});
constexpr std::int64_t kDefaultShmSize = 64 << 20;
constexpr std::string_view kDefaultStopSignal = "SIGTERM";
constexpr std::string_view kDefaultPropagation = "rprivate";

// Without what means nothing, and lists in one order.
Json Plain(const Json& json) {
  const bool nothing = json.is_null() || json == Json("") || json == Json(false) || json == Json(0);
  if (nothing) return nullptr;
  Json plain = json.is_object() ? Json::object() : Json::array();
  if (json.is_object()) {
    for (const auto& [key, value] : json.items())
      if (Json member = Plain(value); !member.is_null()) plain[key] = std::move(member);
  } else if (json.is_array()) {
    for (const Json& item : json) plain.push_back(Plain(item));
    std::sort(plain.begin(), plain.end(), [](const Json& a, const Json& b) { return a.dump() < b.dump(); });
  } else {
    return json;
  }
  return plain.empty() ? Json(nullptr) : plain;
}

std::string FieldOf(std::string key) {
  key[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(key[0])));
  return key;
}

std::string CleanTarget(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

// "64m" in bytes.
std::int64_t Bytes(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data() + text.size()) return number;
  switch (std::tolower(static_cast<unsigned char>(*end))) {
    case 'k': return number << 10;
    case 'm': return number << 20;
    case 'g': return number << 30;
    default: return number;
  }
}

// Of the mode of a mount, "ro,z". The Engine says "z" of each volume of its own.
bool IsRelabelled(const std::string& mode, const Mount& mount) {
  const auto has = [&](const char* flag) { return ("," + mode + ",").find(flag) != std::string::npos; };
  const std::string_view live = has(",Z,") ? "Z" : has(",z,") ? "z" : "";
  return live == mount.relabel || (mount.type == MountType::Volume && live != "Z" && mount.relabel != "Z");
}

// Of HostConfig.Tmpfs: "size=64m,mode=0700" as {"size=67108864", "mode=700"}, without what is so anyway.
TmpfsSet TmpfsOfText(std::string_view text) {
  constexpr std::string_view kSize = "size=";
  constexpr std::string_view kMode = "mode=";
  TmpfsSet options;
  while (!text.empty()) {
    std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
    if (one.starts_with(kSize)) {
      options.insert("size=" + std::to_string(Bytes(one.substr(kSize.size()))));
    } else if (one.starts_with(kMode)) {
      one.remove_prefix(std::min(one.find_first_not_of('0', kMode.size()), one.size()));
      options.insert("mode=" + std::string(one));
    } else if (one != "rw" && one != "noexec" && one != "nosuid" && one != "nodev") {
      options.insert(std::string(one));
    }
  }
  return options;
}

// Of an element of HostConfig.Mounts.
TmpfsSet TmpfsOfMade(const Json& made) {
  const Json& given = At(made, "TmpfsOptions");
  return TmpfsOfText(TmpfsOptions({.type = MountType::Tmpfs,
                                   .source = {},
                                   .target = {},
                                   .read_only = True(At(made, "ReadOnly")),
                                   .tmpfs_size = Number(At(given, "SizeBytes")),
                                   .tmpfs_mode = static_cast<std::uint32_t>(Number(At(given, "Mode"))),
                                   .origin = {}}));
}

class ForeignComparison {
 public:
  ForeignComparison(const Json& inspect, const DesiredContainer& desired, const ImageDefaults& image)
      : inspect_(inspect),
        config_(At(inspect, "Config")),
        host_(At(inspect, "HostConfig")),
        spec_(desired.spec),
        image_(image) {}

  void Run() {
    Host();
    Names();
    Healthcheck();
    Labels();
    for (const Mount& mount : spec_.mounts) Options(mount);
    const std::string signal = Text(At(config_, "StopSignal"));
    if (!spec_.stop_signal) Say(Signal(signal) != Signal(image_.stop_signal), "stopSignal");
    if (!spec_.stop_timeout) Say(!At(config_, "StopTimeout").is_null(), "stopGracePeriod");
    if (!spec_.stdin_open) Say(True(At(config_, "OpenStdin")), "stdinOpen");
  }
  std::set<std::string> Take() && { return std::move(fields_); }

 private:
  void Say(bool differs, std::string field) {
    if (differs) fields_.insert(std::move(field));
  }
  static std::string Signal(const std::string& signal) {
    return signal.empty() ? std::string(kDefaultStopSignal) : signal;
  }

  void Host() {
    Json want = Json::object();
    AddHostConfig(spec_, want);
    for (const auto& [key, list] : {std::pair("Dns", &spec_.dns),
                                    {"ExtraHosts", &spec_.extra_hosts},
                                    {"DnsSearch", &spec_.dns_search},
                                    {"DnsOptions", &spec_.dns_options}})
      if (!list->empty()) want[key] = *list;
    for (const auto& [key, value] : host_.items()) want.emplace(key, nullptr);
    for (const auto& [key, value] : want.items())
      if (std::ranges::find(kElsewhere, key) == kElsewhere.end())
        Say(Plain(Live(key, value)) != Plain(value), FieldOf(key));
  }

  // What is there, as nothing where it is what nobody asked for brings.
  Json Live(const std::string& key, const Json& want) const {
    Json live = At(host_, key.c_str());
    if (key == "ShmSize" && want.is_null() && live == Json(kDefaultShmSize)) return nullptr;
    if (key == "MemorySwappiness" && live == Json(-1)) return nullptr;
    if (key == "SecurityOpt" && live.is_array() &&
        want.is_null()) {  // for privileged ones and those in namespaces of others
      for (auto it = live.begin(); it != live.end();) it = *it == "label=disable" ? live.erase(it) : it + 1;
    }
    return live;
  }

  void Names() {
    if (!spec_.network_mode.empty()) return;
    const std::string hostname = Text(At(config_, "Hostname"));
    const bool given = !Text(At(inspect_, "Id")).starts_with(hostname);
    if (!spec_.hostname && spec_.namespaces.uts.empty()) Say(given, "hostname");
    if (spec_.domainname.empty()) Say(!Text(At(config_, "Domainname")).empty(), "domainname");
    const std::string mac = Text(At(config_, "MacAddress"));
    if (spec_.mac_address.empty()) Say(!mac.empty(), "macAddress");
    if (!spec_.mac_address.empty()) Say(!HasMac(spec_.mac_address), "macAddress");
  }

  bool HasMac(const std::string& mac) const {
    const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
    for (const auto& [name, endpoint] : At(At(inspect_, "NetworkSettings"), "Networks").items())
      if (std::ranges::equal(Text(At(endpoint, "MacAddress")), mac, same)) return true;
    return std::ranges::equal(Text(At(config_, "MacAddress")), mac, same);
  }

  void Healthcheck() {
    const Json& live = At(config_, "Healthcheck");
    if (!spec_.healthcheck) return Say(HealthcheckText(live) != image_.healthcheck, "healthcheck");
    if (!image_.healthcheck.empty()) return;  // which fills in what was not said
    const NativeHealthcheck& want = *spec_.healthcheck;
    const auto more = [&](const char* key, bool asked) { Say(!asked && Number(At(live, key)) != 0, "healthcheck"); };
    more("Interval", want.interval.count());
    more("Timeout", want.timeout.count());
    more("StartPeriod", want.start_period.count());
    more("StartInterval", want.start_interval.count());
    more("Retries", want.retries);
  }

  void Labels() {
    if (!At(config_, "Labels").is_object()) return;
    for (const auto& [key, value] : At(config_, "Labels").items()) {
      const bool of_tools = key.starts_with("com.docker.") || key.starts_with("desktop.docker.io/");
      Say(!of_tools && !spec_.labels.contains(key) && !image_.labels.contains(key), "containerLabels." + key);
    }
  }

  void Options(const Mount& mount) {
    const std::string target = CleanTarget(mount.target);
    const std::string field = mount.origin.empty() ? "mounts." + mount.target : mount.origin;
    if (mount.type == MountType::Tmpfs) return Say(LiveTmpfs(target) != TmpfsOfText(TmpfsOptions(mount)), field);
    for (const Json& out : At(inspect_, "Mounts")) {
      if (CleanTarget(Text(At(out, "Destination"))) != target) continue;
      Say(!IsRelabelled(Text(At(out, "Mode")), mount), field);
      if (mount.type != MountType::Bind) continue;
      const std::string live = Text(At(out, "Propagation"));
      Say(!(live.empty() && mount.propagation.empty()) &&
              live != (mount.propagation.empty() ? kDefaultPropagation : mount.propagation),
          field);
    }
  }

  TmpfsSet LiveTmpfs(const std::string& target) const {
    if (At(host_, "Tmpfs").is_object())
      for (const auto& [key, options] : At(host_, "Tmpfs").items())
        if (CleanTarget(key) == target) return TmpfsOfText(Text(options));
    for (const Json& made : At(host_, "Mounts"))
      if (CleanTarget(Text(At(made, "Target"))) == target) return TmpfsOfMade(made);
    return {};
  }

  const Json& inspect_;
  const Json& config_;
  const Json& host_;
  const ContainerTemplate& spec_;
  const ImageDefaults& image_;
  std::set<std::string> fields_;
};

// "sysctls" where no "sysctls.net.core.somaxconn" is said.
bool IsSaid(const std::vector<std::string>& fields, const std::string& field) {
  return std::ranges::any_of(fields, [&](const std::string& f) { return f == field || f.starts_with(field + "."); });
}

}  // namespace

std::vector<std::string> ForeignFields(std::string_view inspect, const DesiredContainer& desired,
                                       const std::optional<ImageDefaults>& image, SecretReader* secrets) {
  const auto json = Json::parse(inspect, nullptr, false);
  if (!image || !At(json, "Config").is_object() || !At(json, "HostConfig").is_object()) return {"image"};
  std::vector<std::string> fields = AlteredFields(inspect, desired, image, secrets);
  ForeignComparison comparison(json, desired, *image);
  comparison.Run();
  for (const std::string& field : std::move(comparison).Take())
    if (!IsSaid(fields, field)) fields.push_back(field);
  std::ranges::sort(fields);
  return fields;
}

std::string HealthcheckText(const Json& healthcheck) {
  const Json& test = At(healthcheck, "Test");
  if (test.empty() || test[0] == "NONE") return {};
  return Plain(healthcheck).dump();
}

}  // namespace tinyforge::docker
