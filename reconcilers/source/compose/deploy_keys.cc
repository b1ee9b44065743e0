#include <array>

#include "reconcilers/source/compose/key_tables.h"

namespace tinyforge::compose {
namespace {

constexpr std::string_view kOneHost = "it chooses among the hosts of a Swarm; hosts: of the Workload does that here";
constexpr std::string_view kRollback = "a release that fails goes back by spec.rollout of the Workload; remove it";
constexpr std::string_view kGeneric = "the Engine alone cannot count resources of a Swarm's hosts";

constexpr std::array kDeploy = {
    Key{"endpoint_mode", Outcome::Error, "Swarm's load balancing; the Engine's DNS answers with all containers"},
    Key{"labels", Outcome::Done, "kept with the service; as the specification says no container carries them"},
    Key{"mode", Outcome::Done, "replicated; global and the jobs are an error"},
    Key{"placement", Outcome::Error, kOneHost},
    Key{"replicas"},
    Key{"resources"},
    Key{"restart_policy"},
    Key{"rollback_config", Outcome::Error, kRollback},
    Key{"update_config"},
};

constexpr std::array kPlacement = {Key{"constraints", Outcome::Error, kOneHost},
                                   Key{"preferences", Outcome::Error, kOneHost},
                                   Key{"max_replicas_per_node", Outcome::Error, kOneHost}};
constexpr std::array kPreference = {Key{"spread", Outcome::Error, kOneHost}};

constexpr std::array kResources = {Key{"limits"}, Key{"reservations"}};
constexpr std::array kLimits = {Key{"cpus"}, Key{"memory"}, Key{"pids"}};
constexpr std::array kReservations = {
    Key{"cpus", Outcome::Error, "the Engine cannot reserve CPU time; cpu_shares of the service comes nearest"},
    Key{"memory"},
    Key{"generic_resources", Outcome::Error, kGeneric},
    Key{"devices", Outcome::Policy},
};
constexpr std::array kGenericResource = {Key{"discrete_resource_spec", Outcome::Error, kGeneric}};
constexpr std::array kDiscreteResource = {Key{"kind", Outcome::Error, kGeneric},
                                          Key{"value", Outcome::Error, kGeneric}};
constexpr std::array kDeviceRequest = {
    Key{"capabilities", Outcome::Policy}, Key{"count", Outcome::Policy},   Key{"device_ids", Outcome::Policy},
    Key{"driver", Outcome::Policy},       Key{"options", Outcome::Policy},
};

constexpr std::array kRestartPolicy = {
    Key{"condition"},
    Key{"max_attempts"},
    Key{"delay", Outcome::Error, "the Engine restarts with a growing delay of its own; remove it"},
    Key{"window", Outcome::Error, "the Engine decides by itself when a restart has succeeded; remove it"},
};

constexpr std::array kRollbackConfig = {
    Key{"parallelism", Outcome::Error, kRollback},       Key{"delay", Outcome::Error, kRollback},
    Key{"failure_action", Outcome::Error, kRollback},    Key{"monitor", Outcome::Error, kRollback},
    Key{"max_failure_ratio", Outcome::Error, kRollback}, Key{"order", Outcome::Error, kRollback},
};

constexpr std::array kUpdateConfig = {
    Key{"parallelism", Outcome::Done, "one at a time for any number but 0, which is all at once"},
    Key{"delay", Outcome::Error, "a replica follows as soon as the one before it is healthy; remove it"},
    Key{"failure_action", Outcome::Done, "checked; what does not hold never takes the place of what serves"},
    Key{"monitor", Outcome::Error, "spec.rollout.healthyAfter of the Workload says how long"},
    Key{"max_failure_ratio", Outcome::Error, "a release fails with its first container; remove it"},
    Key{"order"},
};

// All of build is checked and means nothing until images are built.
constexpr std::array kBuild = {
    Key{"context"},
    Key{"dockerfile"},
    Key{"dockerfile_inline"},
    Key{"entitlements"},
    Key{"args"},
    Key{"ssh"},
    Key{"labels"},
    Key{"cache_from"},
    Key{"cache_to"},
    Key{"no_cache"},
    Key{"no_cache_filter"},
    Key{"additional_contexts"},
    Key{"network"},
    Key{"provenance"},
    Key{"sbom"},
    Key{"pull"},
    Key{"target"},
    Key{"shm_size"},
    Key{"extra_hosts"},
    Key{"isolation", Outcome::Error, "it is for Windows containers, and only Linux hosts are served"},
    Key{"privileged"},
    Key{"secrets"},
    Key{"tags"},
    Key{"ulimits"},
    Key{"platforms"},
};
constexpr std::array kBuildSecret = {Key{"source"}, Key{"target"}, Key{"uid"}, Key{"gid"}, Key{"mode"}};
constexpr std::array kUlimit = {Key{"soft"}, Key{"hard"}};

constexpr std::array kDevelop = {Key{"watch"}};
constexpr std::array kWatch = {
    Key{"action"}, Key{"path"}, Key{"target"}, Key{"exec"}, Key{"ignore"}, Key{"include"}, Key{"initial_sync"},
};
constexpr std::array kExec = {
    Key{"command"}, Key{"user"}, Key{"privileged"}, Key{"working_dir"}, Key{"environment"},
};

constexpr std::array kSections = {
    KeySection{"services.*.deploy", kDeploy},
    KeySection{"services.*.deploy.placement", kPlacement},
    KeySection{"services.*.deploy.placement.preferences[]", kPreference},
    KeySection{"services.*.deploy.resources", kResources},
    KeySection{"services.*.deploy.resources.limits", kLimits},
    KeySection{"services.*.deploy.resources.reservations", kReservations},
    KeySection{"services.*.deploy.resources.reservations.generic_resources[]", kGenericResource},
    KeySection{"services.*.deploy.resources.reservations.generic_resources[].discrete_resource_spec",
               kDiscreteResource},
    KeySection{"services.*.deploy.resources.reservations.devices[]", kDeviceRequest},
    KeySection{"services.*.deploy.restart_policy", kRestartPolicy},
    KeySection{"services.*.deploy.rollback_config", kRollbackConfig},
    KeySection{"services.*.deploy.update_config", kUpdateConfig},
    KeySection{"services.*.build", kBuild},
    KeySection{"services.*.build.secrets[]", kBuildSecret},
    KeySection{"services.*.build.ulimits.*", kUlimit},
    KeySection{"services.*.develop", kDevelop},
    KeySection{"services.*.develop.watch[]", kWatch},
    KeySection{"services.*.develop.watch[].exec", kExec},
};

}  // namespace

std::span<const KeySection> DeployKeySections() {
  return kSections;
}

}  // namespace tinyforge::compose
