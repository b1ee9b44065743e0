// What runs, as the Engine reports it: a snapshot the planner compares without any further call.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/object.h"
#include "api-types/meta/time.h"
#include "reconcilers/core/desired_state.h"

namespace tinyforge {

// The labels on everything that we create.
namespace label {
inline constexpr std::string_view kPrefix = "tinyforge.";
inline constexpr std::string_view kManaged = "tinyforge.managed";             // "true"
inline constexpr std::string_view kInstance = "tinyforge.instance";           // --instance of the controller
inline constexpr std::string_view kWorkload = "tinyforge.workload.id";        // metadata.name
inline constexpr std::string_view kWorkloadKind = "tinyforge.workload.kind";  // source kind: image, compose, …
inline constexpr std::string_view kRole = "tinyforge.role";
inline constexpr std::string_view kReplica = "tinyforge.replica";
inline constexpr std::string_view kSeq = "tinyforge.seq";          // highest observed of the workload + 1
inline constexpr std::string_view kImage = "tinyforge.image";      // image id at create
inline constexpr std::string_view kVersion = "tinyforge.version";  // "<tag>@<digest> by <who>"
inline constexpr std::string_view kAddress = "tinyforge.address";  // given by us on the shared network
inline constexpr std::string_view kTemplateHash = "tinyforge.template-hash";
inline constexpr std::string_view kRemake = "tinyforge.remake";  // the wish to be made anew that it was created for
inline constexpr std::string_view kFields = "tinyforge.fields";  // short hash of each field, to name what differs
inline constexpr std::string_view kDependsOn = "tinyforge.depends-on";  // services, by commas
inline constexpr std::string_view kRevision = "tinyforge.revision";     // commit that created it
inline constexpr std::string_view kSource = "tinyforge.source";         // path of the document
inline constexpr std::string_view kCause = "tinyforge.cause";
inline constexpr std::string_view kPostStart = "tinyforge.post-start";  // see EncodeHooks; absent: there are none
inline constexpr std::string_view kPreStop = "tinyforge.pre-stop";      // so too
inline constexpr std::string_view kAdopted =
    "tinyforge.adopted";  // never on a container: see AdoptedContainer; its name
inline constexpr std::string_view kNetworkHash = "tinyforge.network-hash";  // of a network: what it was made from

// Of docker compose.
inline constexpr std::string_view kComposeProject = "com.docker.compose.project";
inline constexpr std::string_view kComposeService = "com.docker.compose.service";
inline constexpr std::string_view kComposeNumber = "com.docker.compose.container-number";
inline constexpr std::string_view kComposeOneOff = "com.docker.compose.oneoff";  // "True": by `docker compose run`
}  // namespace label

// Killed: SIGKILL ended it, and the Engine has not said yet whether it stays (`docker kill`) or goes (`docker rm -f`);
// the Engine knows after some 50 ms. All others are the Engine's own words.
enum class ContainerState { Created, Running, Paused, Restarting, Removing, Exited, Dead, Killed };
enum class ContainerHealth { None, Starting, Healthy, Unhealthy };

std::string_view ToString(ContainerState state);
std::string_view ToString(ContainerHealth health);

struct ObservedEndpoint {
  std::vector<std::string> aliases;  // sorted, without the container's id that the Engine adds
  std::string address;               // IPv4 in use; empty while not running
  std::string static_address;        // asked for at connect; empty: dynamic
  std::string static_ipv6{};         // so too
  std::vector<std::string> link_local_ips{};
  std::string mac_address{};  // in use; empty while not running
  StringMap driver_opts{};    // the Engine's own as well
  bool operator==(const ObservedEndpoint&) const = default;
};

struct ObservedMount {
  MountType type = MountType::Bind;
  std::string source;  // host path or volume name
  std::string target;
  bool read_only = false;
  bool operator==(const ObservedMount&) const = default;
};

// The Engine names anonymous volumes by 64 hex digits.
bool IsAnonymousVolume(std::string_view name);

// Of a container's id, as people see it and facts keep it.
inline std::string ShortId(std::string_view id) {
  return std::string(id.substr(0, 12));
}

// One container as inspected. `labels` holds ours and the user's.
struct ObservedContainer {
  std::string id;
  std::string name;  // without the leading slash
  StringMap labels;
  std::string image;     // reference given at create
  std::string image_id;  // "sha256:…"
  ContainerState state = ContainerState::Created;
  ContainerHealth health = ContainerHealth::None;
  int exit_code = 0;  // of its last end, also when the Engine has restarted it since, as far as that is known
  bool oom_killed = false;
  std::string error;      // the Engine's word on a failed start
  int restart_count = 0;  // by the Engine
  SysTime created{};
  SysTime started{};  // epoch: never
  SysTime finished{};
  // Exited: its end was asked for from outside, by a signal; or nobody watched, and the exit code may mean that (an
  // Engine or a host that went down). False: it ended by itself.
  bool interrupted = false;
  Limits limits;
  std::optional<v1::RestartPolicy> restart;  // empty: a policy that we never set (unless-stopped)
  std::string network_mode;
  std::vector<std::string> shares{};  // ids of the containers whose network, process or IPC namespace it has
  std::map<std::string, ObservedEndpoint> networks;
  std::vector<ObservedMount> mounts;
  // The fields in which it is not what its template hash says, as compared once with the template of that hash; sorted,
  // named as in FieldDigests. Empty also while it was not compared.
  std::vector<std::string> altered;
  bool created_here = false;  // by this run of the controller: what is altered is the Engine's doing

  std::string_view Label(std::string_view key) const;  // empty when absent
  bool operator==(const ObservedContainer&) const = default;
};

// It is of the template that `desired` asks for, made for its latest wish to be made anew.
bool IsOfTemplate(const ObservedContainer& container, const DesiredContainer& desired);

// Added to the role of a container for its trial; no name of a service has it in it.
inline constexpr std::string_view kTrialSuffix = "+trial";
// Whose it is by its role label: "web" of the role "web" and of "web+trial".
std::string_view ServiceOf(const ObservedContainer& container);

// Whether its labels are not those that we gave it: of an image made from a container of ours, say.
bool IsForged(const ObservedContainer& container);

// What a probe of the controller says of a container. Unreachable: the controller cannot get there at all (no route, no
// answer to a connect), which says nothing about the container.
enum class ProbeState { Unknown, Healthy, Unhealthy, Unreachable };

std::string_view ToString(ProbeState state);

struct ProbeReport {
  ProbeState state = ProbeState::Unknown;
  std::string message;  // of the last probe that failed: "GET http://10.1.0.2:8080/healthz: status 503"
  bool operator==(const ProbeReport&) const = default;
};

// What came of the hooks of a container after its start.
enum class HookState {
  Queued,  // begun, and no thread is free for them yet
  Running,
  Waiting,  // cut short by what says nothing of them; what ended well before is not run again
  Succeeded,
  Failed,
};
struct HookReport {
  HookState state = HookState::Queued;
  SysTime at{};           // when it ended
  std::string message{};  // Failed, Waiting: post_start ["/warm-up"]: ended with exit code 3: its last words
  Duration pause{};       // Waiting: until they are to be begun again
  bool operator==(const HookReport&) const = default;
};

// Since when a container is as it is, counted from when the controller first saw it so (steady clock).
struct ContainerAge {
  std::optional<Duration> running;  // without a restart; empty: it does not run
  Duration attached{0};             // to the same networks under the same names
  bool operator==(const ContainerAge&) const = default;
};

// What the Engine can do on this host's kernel; what it cannot it discards without an error.
struct HostSupport {
  bool memory_limit = true;
  bool cpu_limit = true;
  bool swap_limit = true;
  bool cpu_shares = true;
  bool cpuset = true;
  bool pids_limit = true;
};

// Everything the planner of one workload may look at.
struct ObservedState {
  std::vector<ObservedContainer> containers;  // with our instance and this workload in their labels, by seq
  std::optional<std::string> image_id;        // of DesiredState::image, when present on the host
  std::string image_pinned;                   // see ImagePresence
  std::optional<Error> pull_failure;
  std::map<std::string, std::string> writers_elsewhere;  // see ContainerReader
  std::map<std::string, std::string> writers_leaving{};  // by source: the container that nobody asks for any more
  std::vector<std::string> free_addresses;    // reserved for this pass on the shared network, one a container to create
  std::map<std::string, ContainerAge> ages;   // by container id
  std::map<std::string, ProbeReport> probes;  // by container id; of those that the controller probes
  std::map<std::string, HookReport> hooks{};  // by container id; of those whose hooks this controller began
  // Ids of containers whose namespaces a container of another service of the workload has that is up.
  std::set<std::string> shared;
  std::map<std::string, std::string> written_files;  // by host path: content hash of files that are rewritten in place
};

}  // namespace tinyforge
