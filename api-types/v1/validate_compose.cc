#include "api-types/v1/validate_compose.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace tinyforge::v1 {
namespace {

class Checker {
 public:
  Checker(const WorkloadSpec& spec, std::vector<Problem>& problems) : spec_(spec), problems_(problems) {}

  void Run() {
    Files();
    Env();
    Process();
    Container();
  }

 private:
  void Fail(std::string field, std::string message) {
    problems_.push_back({"spec." + std::move(field), std::move(message)});
  }

  void Files() {
    const ComposeSource& compose = *spec_.source.compose;
    const int files = compose.file.has_value() + !compose.files.empty() + compose.inline_.has_value();
    if (files != 1) Fail("source.compose", "expected exactly one of file, files and inline");
  }

  void Env() {
    std::set<std::string_view> seen;
    const std::vector<EnvVar>& env = spec_.source.compose->env;
    for (std::size_t i = 0; i < env.size(); ++i) {
      const std::string field = "source.compose.env[" + std::to_string(i) + "]";
      if (!seen.insert(env[i].name).second) Fail(field + ".name", env[i].name + " stands already above");
      if (env[i].value.has_value() == env[i].secret.has_value())
        Fail(field, "expected exactly one of value and valueFrom; for an empty variable write value: \"\"");
    }
  }

  // What the manifest says of one container, where the compose file says it of each.
  void Refuse(std::string_view field, bool given) {
    if (given) Fail(std::string(field), "has no meaning with source.compose; say it in the compose file");
  }

  void Process() {
    Refuse("replicas", spec_.replicas != 1);
    Refuse("command", spec_.command.has_value());
    Refuse("args", spec_.args.has_value());
    Refuse("user", spec_.user.has_value());
    Refuse("workingDir", spec_.working_dir.has_value());
    Refuse("hostname", spec_.hostname.has_value());
    Refuse("stopSignal", spec_.stop_signal.has_value());
    Refuse("stopGracePeriod", spec_.stop_grace_period.has_value());
    Refuse("init", spec_.init);
    Refuse("tty", spec_.tty);
    Refuse("readOnlyRootFilesystem", spec_.read_only_root_filesystem);
    Refuse("privileged", spec_.privileged);
    Refuse("capabilities", spec_.capabilities != Capabilities{});
    Refuse("devices", !spec_.devices.empty());
    Refuse("env", !spec_.env.empty());
    Refuse("restart", spec_.restart != RestartPolicy::Always);
  }

  void Container() {
    Refuse("extraHosts", !spec_.extra_hosts.empty());
    Refuse("dns", !spec_.dns.empty());
    Refuse("sysctls", !spec_.sysctls.empty());
    Refuse("ulimits", !spec_.ulimits.empty());
    Refuse("shmSize", spec_.shm_size.has_value());
    Refuse("logging", spec_.logging.has_value());
    Refuse("networkMode", spec_.network_mode.has_value());
    Refuse("ports", !spec_.ports.empty());
    Refuse("networks", !spec_.networks.empty());
    Refuse("containerLabels", !spec_.container_labels.empty());
    Refuse("files", !spec_.files.empty());
    Refuse("volumes", !spec_.volumes.empty());
    Refuse("resources", spec_.resources != Resources{});
    Refuse("healthcheck", spec_.healthcheck.has_value());
    if (spec_.rollout.strategy)
      Fail("rollout.strategy",
           "has no meaning with source.compose; say it of each service in the compose file, by "
           "deploy.update_config");
  }

  const WorkloadSpec& spec_;
  std::vector<Problem>& problems_;
};

}  // namespace

void ValidateCompose(const WorkloadSpec& spec, std::vector<Problem>& problems) {
  if (spec.source.compose) Checker(spec, problems).Run();
}

}  // namespace tinyforge::v1
