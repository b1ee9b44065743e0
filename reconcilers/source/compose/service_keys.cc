#include <array>

#include "reconcilers/source/compose/key_tables.h"

namespace tinyforge::compose {
namespace {

constexpr Stage kLoad = Stage::Load;
constexpr std::string_view kWindows = "it is for Windows containers, and only Linux hosts are served";
constexpr std::string_view kPreStartReason =
    "make it a service of its own, and depend on it with condition: service_completed_successfully";
constexpr std::string_view kRealTime = "needs SYS_NICE in the policy, and an Engine that was set up for it";
constexpr std::string_view kNoEffect = "checked; it is for people and tools that read the file";

constexpr std::array kService = {
    Key{"annotations"},
    Key{"attach", Outcome::Done, "checked; it is for a terminal, and there is none"},
    Key{"build", Outcome::Done, "checked; images are not built yet, so that the image has to be there"},
    Key{"blkio_config"},
    Key{"cpu_count", Outcome::Error, kWindows},
    Key{"cpu_percent", Outcome::Error, kWindows},
    Key{"cpu_shares"},
    Key{"cpu_period"},
    Key{"cpu_quota"},
    Key{"cpu_rt_runtime", Outcome::Policy, kRealTime},
    Key{"cpu_rt_period", Outcome::Policy, kRealTime},
    Key{"cpus"},
    Key{"cpuset"},
    Key{"cap_add", Outcome::Policy},
    Key{"cap_drop"},
    Key{"cgroup", Outcome::Policy},
    Key{"cgroup_parent", Outcome::Policy},
    Key{.name = "command", .nullable = true},
    Key{"configs"},
    Key{"container_name"},
    Key{"credential_spec", Outcome::Error, kWindows},
    Key{"depends_on"},
    Key{.name = "deploy", .nullable = true},
    Key{"develop", Outcome::Done, "checked; it is for working on a service with `docker compose watch`", true},
    Key{"device_cgroup_rules", Outcome::Policy},
    Key{"devices", Outcome::Policy},
    Key{"dns"},
    Key{"dns_opt"},
    Key{"dns_search"},
    Key{"domainname"},
    Key{"provider", Outcome::Error, "a provider is a program on the host; nothing outside of containers is run"},
    Key{.name = "entrypoint", .nullable = true},
    Key{"env_file"},
    Key{"environment"},
    Key{"expose"},
    Key{"extends", Outcome::Done, "", false, kLoad},
    Key{"external_links", Outcome::Error,
        "a container that is not of the project may go at any time; put both on an external network"},
    Key{"extra_hosts"},
    Key{"gpus", Outcome::Policy},
    Key{"group_add"},
    Key{"healthcheck"},
    Key{"hostname"},
    Key{"image"},
    Key{"init", Outcome::Done, "false says so, also where the Engine's own is true"},
    Key{"ipc", Outcome::Policy, "host only where the policy allows it; container:NAME is an error"},
    Key{"isolation", Outcome::Error, kWindows},
    Key{"labels", Outcome::Done, "com.docker.compose.* and tinyforge.* are the controller's"},
    Key{"label_file"},
    Key{"links"},
    Key{"logging"},
    Key{"mac_address"},
    Key{"mem_limit"},
    Key{"mem_reservation"},
    Key{"mem_swappiness"},
    Key{"memswap_limit"},
    Key{"models", Outcome::Error, "models are run by a plugin of the docker command, which is not used here"},
    Key{"network_mode", Outcome::Policy, "host only where the policy allows it; container:NAME is an error"},
    Key{"networks"},
    Key{"oom_kill_disable"},
    Key{"oom_score_adj"},
    Key{"pid", Outcome::Policy, "host only where the policy allows it; container:NAME is an error", true},
    Key{"pids_limit"},
    Key{"platform"},
    Key{"ports", Outcome::Done, "of a range of host ports for one port the n-th replica has the n-th"},
    Key{"pre_start", Outcome::Error, kPreStartReason},
    Key{"post_start", Outcome::Done, "within 60 s; dependents wait for it"},
    Key{"pre_stop", Outcome::Done, "within stop_grace_period; before every stop of Tinyforge's"},
    Key{"privileged", Outcome::Policy},
    Key{"profiles", Outcome::Done, "", false, kLoad},
    Key{"pull_policy", Outcome::Done, "always, never, missing and build; daily, weekly and every_… are an error"},
    Key{"pull_refresh_after", Outcome::Error, "images are pulled anew for pull_policy: always, or by a Trigger"},
    Key{"read_only"},
    Key{"restart"},
    Key{"runtime", Outcome::Policy},
    Key{"scale"},
    Key{"secrets"},
    Key{"security_opt", Outcome::Policy},
    Key{"shm_size"},
    Key{"stdin_open"},
    Key{"stop_grace_period"},
    Key{"stop_signal"},
    Key{"storage_opt"},
    Key{"sysctls"},
    Key{"tmpfs", Outcome::Done, "with the options size, mode, uid, gid, exec and ro"},
    Key{"tty"},
    Key{"ulimits"},
    Key{"use_api_socket", Outcome::Error, "it hands the Engine's socket and the logins of a person to the container"},
    Key{"user"},
    Key{"userns_mode", Outcome::Policy},
    Key{"uts", Outcome::Policy},
    Key{"volumes"},
    Key{"volumes_from", Outcome::Error, "name the volume in both services instead"},
    Key{"working_dir"},
};

constexpr std::array kBlkio = {
    Key{"device_read_bps"},   Key{"device_read_iops"}, Key{"device_write_bps"},
    Key{"device_write_iops"}, Key{"weight"},           Key{"weight_device"},
};
constexpr std::array kBlkioRate = {Key{"path"}, Key{"rate"}};
constexpr std::array kBlkioWeight = {Key{"path"}, Key{"weight"}};

constexpr std::array kFileGrant = {Key{"source"}, Key{"target"}, Key{"uid"}, Key{"gid"}, Key{"mode"}};

constexpr std::array kCredentialSpec = {Key{"config", Outcome::Error, kWindows}, Key{"file", Outcome::Error, kWindows},
                                        Key{"registry", Outcome::Error, kWindows}};

constexpr std::array kDependsOn = {Key{"condition"}, Key{"restart"}, Key{"required"}};

constexpr std::array kDevice = {Key{"source", Outcome::Policy}, Key{"target", Outcome::Policy},
                                Key{"permissions", Outcome::Policy}};

constexpr std::array kDeviceRequest = {
    Key{"capabilities", Outcome::Policy}, Key{"count", Outcome::Policy},   Key{"device_ids", Outcome::Policy},
    Key{"driver", Outcome::Policy},       Key{"options", Outcome::Policy},
};

constexpr std::array kEnvFile = {Key{"path"}, Key{"required"}, Key{"format", Outcome::Done, "raw, or not given"}};

constexpr std::array kExtends = {Key{"service", Outcome::Done, "", false, kLoad},
                                 Key{"file", Outcome::Done, "", false, kLoad}};

constexpr std::array kProvider = {Key{"type", Outcome::Error, "providers are not run"},
                                  Key{"options", Outcome::Error, "providers are not run"}};

constexpr std::array kHealthcheck = {
    Key{"disable"},
    Key{"test"},
    Key{"interval"},
    Key{"timeout"},
    Key{"retries"},
    Key{"start_period"},
    Key{"start_interval", Outcome::Done, "needs Engine 25"},
};

constexpr std::array kLogging = {Key{"driver"}, Key{"options"}};

constexpr std::array kModelUse = {Key{"endpoint_var", Outcome::Error, "models are not run here"},
                                  Key{"model_var", Outcome::Error, "models are not run here"}};

constexpr std::array kServiceNetwork = {
    Key{"aliases"},
    Key{"interface_name", Outcome::Error, "it needs Engine 28.1; the Engine names the interfaces"},
    Key{"ipv4_address"},
    Key{"ipv6_address"},
    Key{"link_local_ips"},
    Key{"mac_address"},
    Key{"driver_opts"},
    Key{"gw_priority", Outcome::Error, "it needs Engine 28; the Engine picks the default gateway"},
    Key{"priority"},
};

constexpr std::array kPort = {
    Key{"name", Outcome::Done, kNoEffect},
    Key{"target"},
    Key{"host_ip"},
    Key{"published"},
    Key{"protocol"},
    Key{"app_protocol", Outcome::Done, kNoEffect},
    Key{"mode", Outcome::Done, "host and ingress are the same on one host"},
};

constexpr std::array kHook = {
    Key{"command"}, Key{"user"}, Key{"privileged", Outcome::Policy}, Key{"working_dir"}, Key{"environment"},
};

constexpr std::array kPreStart = {
    Key{"command", Outcome::Error, kPreStartReason},     Key{"user", Outcome::Error, kPreStartReason},
    Key{"privileged", Outcome::Error, kPreStartReason},  Key{"working_dir", Outcome::Error, kPreStartReason},
    Key{"environment", Outcome::Error, kPreStartReason}, Key{"image", Outcome::Error, kPreStartReason},
    Key{"per_replica", Outcome::Error, kPreStartReason},
};

constexpr std::array kUlimit = {Key{"soft"}, Key{"hard"}};

constexpr std::array kServiceVolume = {
    Key{"type", Outcome::Done, "bind, volume and tmpfs; image, cluster and npipe are an error"},
    Key{"source", Outcome::Done, "what the repository has there is mounted as a read-only copy"},
    Key{"target"},
    Key{"read_only"},
    Key{"consistency", Outcome::Done, "checked; it has no meaning on Linux"},
    Key{"bind"},
    Key{"volume"},
    Key{"tmpfs"},
    Key{"image", Outcome::Error, "an image as a volume needs Engine 28"},
};
constexpr std::array kBind = {
    Key{"propagation"},
    Key{"create_host_path"},
    Key{"selinux", Outcome::Done, "by Binds: where the source has gone, a start by the Engine makes a folder"},
    Key{"recursive", Outcome::Error, "it needs Engine 25; mounts below the source come along as the Engine does it"},
};
constexpr std::array kVolume = {
    Key{"nocopy"},
    Key{"subpath", Outcome::Error, "it needs Engine 26; mount a volume of its own"},
    Key{"labels", Outcome::Error, "give the volume a name, and labels below the top-level volumes"},
};
constexpr std::array kTmpfs = {Key{"size"}, Key{"mode"}};
constexpr std::array kImageMount = {Key{"subpath", Outcome::Error, "an image as a volume needs Engine 28"}};

constexpr std::array kSections = {
    KeySection{"services.*", kService},
    KeySection{"services.*.blkio_config", kBlkio},
    KeySection{"services.*.blkio_config.device_read_bps[]", kBlkioRate},
    KeySection{"services.*.blkio_config.device_read_iops[]", kBlkioRate},
    KeySection{"services.*.blkio_config.device_write_bps[]", kBlkioRate},
    KeySection{"services.*.blkio_config.device_write_iops[]", kBlkioRate},
    KeySection{"services.*.blkio_config.weight_device[]", kBlkioWeight},
    KeySection{"services.*.configs[]", kFileGrant},
    KeySection{"services.*.credential_spec", kCredentialSpec},
    KeySection{"services.*.depends_on.*", kDependsOn},
    KeySection{"services.*.devices[]", kDevice},
    KeySection{"services.*.env_file[]", kEnvFile},
    KeySection{"services.*.extends", kExtends},
    KeySection{"services.*.gpus[]", kDeviceRequest},
    KeySection{"services.*.healthcheck", kHealthcheck},
    KeySection{"services.*.logging", kLogging},
    KeySection{"services.*.models.*", kModelUse},
    KeySection{"services.*.networks.*", kServiceNetwork},
    KeySection{"services.*.ports[]", kPort},
    KeySection{"services.*.post_start[]", kHook},
    KeySection{"services.*.pre_start[]", kPreStart},
    KeySection{"services.*.pre_stop[]", kHook},
    KeySection{"services.*.provider", kProvider},
    KeySection{"services.*.secrets[]", kFileGrant},
    KeySection{"services.*.ulimits.*", kUlimit},
    KeySection{"services.*.volumes[]", kServiceVolume},
    KeySection{"services.*.volumes[].bind", kBind},
    KeySection{"services.*.volumes[].volume", kVolume},
    KeySection{"services.*.volumes[].tmpfs", kTmpfs},
    KeySection{"services.*.volumes[].image", kImageMount},
};

}  // namespace

std::span<const KeySection> ServiceKeySections() {
  return kSections;
}

}  // namespace tinyforge::compose
