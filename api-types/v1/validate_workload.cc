#include "api-types/v1/validate_workload.h"

#include <map>
#include <string_view>

#include "api-types/v1/enum_names.h"
#include "api-types/v1/paths.h"
#include "api-types/v1/validate_compose.h"

namespace tinyforge::v1 {
namespace {

constexpr std::string_view kInstancePrefix = "instance-";

// Collects the problems of one workload.
class Checker {
 public:
  Checker(const WorkloadSpec& spec, std::vector<Problem>& problems) : spec_(spec), problems_(problems) {}

  void Run() {
    Source();
    Replicas();
    Ulimits();
    Env();
    Ports();
    Networks();
    Files();
    Volumes();
    Mounts();
    Health();
    Rollout();
    DependsOn();
  }

 private:
  void Fail(std::string field, std::string message) {
    problems_.push_back({"spec." + std::move(field), std::move(message)});
  }

  static std::string At(std::string_view list, std::size_t index, std::string_view member = "") {
    return std::string(list) + "[" + std::to_string(index) + "]" + std::string(member);
  }

  // Refuses the second of two equal keys.
  void Once(std::map<std::string, std::string>& seen, const std::string& key, const std::string& field) {
    const auto [first, added] = seen.emplace(key, field);
    if (!added) Fail(field, key + " stands already in spec." + first->second);
  }

  void Source() {
    const v1::Source& source = spec_.source;
    const int kinds = source.image.has_value() + source.compose.has_value() + source.static_.has_value() +
                      source.dockerfile.has_value();
    if (kinds != 1) Fail("source", "expected exactly one of image, compose, static and dockerfile");
    if (source.image && source.image->tag && source.image->digest)
      Fail("source.image.digest", "tag and digest exclude each other; keep one");
  }

  void Replicas() {
    if (spec_.replicas <= 1) return;
    const std::string reason = ExclusiveReason(spec_);
    if (!reason.empty())
      Fail("replicas", "two containers cannot run side by side because of " + reason + "; expected 0 or 1");
  }

  void Ulimits() {
    std::map<std::string, std::string> seen;
    for (std::size_t i = 0; i < spec_.ulimits.size(); ++i) {
      const Ulimit& limit = spec_.ulimits[i];
      Once(seen, limit.name, At("ulimits", i, ".name"));
      const bool above = limit.hard >= 0 && (limit.soft > limit.hard || limit.soft < 0);
      if (above) Fail(At("ulimits", i, ".soft"), "is above the hard limit of " + std::to_string(limit.hard));
    }
  }

  void Env() {
    std::map<std::string, std::string> seen;
    for (std::size_t i = 0; i < spec_.env.size(); ++i) {
      const EnvVar& variable = spec_.env[i];
      Once(seen, variable.name, At("env", i, ".name"));
      if (variable.value.has_value() == variable.secret.has_value())
        Fail(At("env", i), "expected exactly one of value and valueFrom; for an empty variable write value: \"\"");
    }
  }

  void Ports() {
    std::map<std::string, std::string> seen;
    for (std::size_t i = 0; i < spec_.ports.size(); ++i) {
      const Port& port = spec_.ports[i];
      const std::string protocol(NameOf(port.protocol));
      const std::string host_ip = port.host_ip.value_or("");
      const std::string host = port.host ? std::to_string(*port.host) : "";
      // One container port may be published at several places, and an ephemeral one is never taken.
      const std::string container = "port " + std::to_string(port.container) + "/" + protocol;
      Once(seen, container + (host.empty() ? "" : " on " + host_ip + ":" + host), At("ports", i));
      if (!host.empty() && *port.host != 0)
        Once(seen, "host port " + host_ip + ":" + host + "/" + protocol, At("ports", i, ".host"));
      if (port.host_ip && !port.host)
        Fail(At("ports", i, ".hostIP"), "has a meaning with host only; add host, or host: 0");
    }
    if (!spec_.network_mode) return;
    for (std::size_t i = 0; i < spec_.ports.size(); ++i)
      if (spec_.ports[i].host)
        Fail(At("ports", i, ".host"), "a port is not published with networkMode " + *spec_.network_mode);
  }

  void Networks() {
    if (spec_.network_mode && !spec_.networks.empty())
      Fail("networkMode", "networkMode and networks exclude each other; keep one");
    std::map<std::string, std::string> seen;
    for (std::size_t i = 0; i < spec_.networks.size(); ++i)
      Once(seen, spec_.networks[i].name, At("networks", i, ".name"));
  }

  void Files() {
    for (std::size_t i = 0; i < spec_.files.size(); ++i) {
      const FileMount& file = spec_.files[i];
      const int sources = file.from.has_value() + file.content.has_value() + file.secret.has_value();
      if (sources != 1) Fail(At("files", i), "expected exactly one of from, content and secret");
    }
  }

  void Volumes() {
    for (std::size_t i = 0; i < spec_.volumes.size(); ++i) {
      VolumeSource(spec_.volumes[i], i);
      VolumeOptions(spec_.volumes[i], i);
    }
  }

  void VolumeSource(const Volume& volume, std::size_t i) {
    const std::string field = At("volumes", i, ".source");
    const std::string scope = "scope " + std::string(NameOf(volume.scope));
    const std::string got = volume.source.empty() ? ", got nothing" : ", got \"" + volume.source + "\"";
    switch (volume.scope) {
      case VolumeScope::Ephemeral:
        if (!volume.source.empty()) Fail(field, scope + " has no source; remove it");
        return;
      case VolumeScope::Absolute:
        if (!IsCleanAbsolutePath(volume.source)) Fail(field, scope + " expects an absolute path without . or .." + got);
        return;
      case VolumeScope::ProjectNamed:
      case VolumeScope::Named:
        if (!IsDockerName(volume.source))
          Fail(field, scope + " expects the name of a Docker volume: at least two of letters, digits, _ . and -" + got);
        return;
      case VolumeScope::Instance:
      case VolumeScope::Stage:
      case VolumeScope::Project: return DirectoryName(volume, field, scope);
    }
  }

  // Whoever writes a directory could put a link to anywhere in the place of one below it, and the next start would
  // mount what that leads to: so none lies below another.
  void DirectoryName(const Volume& volume, const std::string& field, const std::string& scope) {
    const std::string got = volume.source.empty() ? "nothing" : "\"" + volume.source + "\"";
    if (!IsCleanRelativePath(volume.source) || volume.source.find('/') != std::string::npos)
      Fail(field, scope + " expects a name without / (data that lies there has to be moved), got " + got);
    else if (volume.scope != VolumeScope::Instance && volume.source.starts_with(kInstancePrefix))
      Fail(field, scope + " expects a name that does not begin with " + std::string(kInstancePrefix) +
                      ", where volumes of scope Instance lie, got " + got);
  }

  void VolumeOptions(const Volume& volume, std::size_t i) {
    const bool ephemeral = volume.scope == VolumeScope::Ephemeral;
    const bool ours = volume.scope == VolumeScope::Instance || volume.scope == VolumeScope::Stage ||
                      volume.scope == VolumeScope::Project;
    if (volume.size && !ephemeral) Fail(At("volumes", i, ".size"), "has a meaning with scope Ephemeral only");
    if (ephemeral && volume.read_only)
      Fail(At("volumes", i, ".readOnly"), "an Ephemeral volume begins empty and must be writable");
    if (!ours && (volume.uid || volume.gid || (volume.mode && !ephemeral)))
      Fail(At("volumes", i), "uid, gid and mode have a meaning with scopes Instance, Stage and Project only");
  }

  void Mounts() {
    std::map<std::string, std::string> seen;
    for (std::size_t i = 0; i < spec_.files.size(); ++i) Once(seen, spec_.files[i].target, At("files", i, ".target"));
    for (std::size_t i = 0; i < spec_.volumes.size(); ++i)
      Once(seen, spec_.volumes[i].target, At("volumes", i, ".target"));
  }

  void Health() {
    if (!spec_.healthcheck) return;
    const Healthcheck& health = *spec_.healthcheck;
    if (health.http.has_value() + health.tcp.has_value() + health.exec.has_value() > 1)
      Fail("healthcheck", "expected at most one of http, tcp and exec");
    if (health.native && !health.http && !health.tcp && !health.exec)
      Fail("healthcheck.native", "expected one of http, tcp and exec beside it");
    if (health.on_unhealthy == OnUnhealthy::Restart && spec_.restart == RestartPolicy::Never)
      Fail("healthcheck.onUnhealthy", "Restart contradicts restart: Never; expected Report");
  }

  void Rollout() {
    const v1::Rollout& rollout = spec_.rollout;
    const std::string reason = ExclusiveReason(spec_);
    if (rollout.strategy && *rollout.strategy != RolloutStrategy::Recreate && !reason.empty())
      Fail("rollout.strategy", std::string(NameOf(*rollout.strategy)) + " needs two containers side by side, which " +
                                   reason + " excludes; expected Recreate");
    if (rollout.deadline < rollout.healthy_after)
      Fail("rollout.deadline", "is shorter than healthyAfter (" + FormatDuration(rollout.healthy_after) + ")");
    if (spec_.healthcheck && rollout.deadline < spec_.healthcheck->start_period)
      Fail("rollout.deadline",
           "is shorter than healthcheck.startPeriod (" + FormatDuration(spec_.healthcheck->start_period) + ")");
  }

  void DependsOn() {
    std::map<std::string, std::string> seen;
    for (std::size_t i = 0; i < spec_.depends_on.size(); ++i) Once(seen, spec_.depends_on[i], At("dependsOn", i));
  }

  const WorkloadSpec& spec_;
  std::vector<Problem>& problems_;
};

}  // namespace

void ValidateWorkload(const WorkloadSpec& spec, std::vector<Problem>& problems) {
  Checker(spec, problems).Run();
  ValidateCompose(spec, problems);
}

}  // namespace tinyforge::v1
