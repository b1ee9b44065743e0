// What reconcilers need from the world. Ports are owned here and implemented in controller/; fakes live in tests/fakes.
// Every port may be called from several workers at once. No call blocks on a pull or on a container's stop.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/object.h"
#include "api-types/v1/cron.h"
#include "api-types/v1/object_set.h"
#include "api-types/v1/status.h"
#include "reconcilers/core/desired_state.h"
#include "reconcilers/core/facts.h"
#include "reconcilers/core/observed_state.h"
#include "reconcilers/core/records.h"
#include "reconcilers/core/source_images.h"

namespace tinyforge {

// The services of one workload; at least one.
using DesiredRefs = std::vector<const DesiredState*>;

// Reads containers from an index that events keep fresh.
class ContainerReader {
 public:
  virtual ~ContainerReader() = default;
  // All containers whose labels name our instance and this workload, forged ones included, in order of seq.
  virtual Expected<std::vector<ObservedContainer>> Containers(std::string_view workload) = 0;
  // Those of the workload that `desired` is of. At the first sight of a container it is compared with the one
  // of `desired` whose role, replica and template hash it bears, secret values too; see ObservedContainer::altered.
  virtual Expected<std::vector<ObservedContainer>> Compared(const DesiredRefs& desired) = 0;
  // What docker compose started of this project and nobody has taken over: without our labels, in order of creation. As
  // inspected now; each is compared with the first container of the one of `desired` whose service it is of, see
  // ObservedContainer::altered, though it does not bear its template hash.
  virtual Expected<std::vector<ObservedContainer>> OfProject(const std::string& project,
                                                             const DesiredRefs& desired) = 0;
  // By container id, of those that Containers gives.
  virtual std::map<std::string, ContainerAge> Ages(std::string_view workload) = 0;
  // Which of these host paths and volumes others write, with who does. For the reconcile of the workload: those that
  // nobody writes are its own for two minutes or until a container of it is destroyed, so that of two workloads that
  // want to start at once one finds the other here.
  virtual std::map<std::string, std::string> WritersElsewhere(std::string_view workload,
                                                              const std::set<std::string>& sources) = 0;
  // Of the Engine that is connected.
  virtual HostSupport Host() = 0;
  // `count` addresses of the shared network that no container holds and no other pass was given.
  virtual Expected<std::vector<std::string>> FreeAddresses(std::size_t count) = 0;
};

// A network of ours that was made from another config than is asked for now.
struct OutdatedNetwork {
  DesiredNetwork wanted;
  struct Member {
    std::string id;
    std::string name;
  };
  std::vector<Member> members;  // the containers on it, anybody's, stopped ones too
  // Why it cannot be made anew from what is asked for: the host policy forbids it, or the Engine refused when it was
  // tried. Empty: nothing is known to be against it.
  std::string refused{};
};

class NetworkReader {
 public:
  virtual ~NetworkReader() = default;
  // Those of `wanted` that exist, are ours and were made from another config. What is as asked for costs no call once
  // that is known.
  virtual Expected<std::vector<OutdatedNetwork>> Outdated(const std::vector<DesiredNetwork>& wanted,
                                                          std::string_view workload) = 0;
};

// What lies below the controller's own folders and was rendered for one service. Nothing else there may be mounted, and
// files only read-only.
struct RenderedPaths {
  std::set<std::string> files;
  std::set<std::string> directories;
  bool operator==(const RenderedPaths&) const = default;
};

// What a create needs beside the template. `labels` are ours and the user's, merged.
struct CreateRequest {
  std::string workload;
  std::string name;
  ContainerTemplate spec;
  std::string image;  // what to make it from, so that no tag can move in between; empty: spec.image
  Limits limits;
  std::vector<NetworkAttachment> networks;
  StringMap labels;
  std::vector<ObservedMount> reattach;  // anonymous volumes of the container it replaces
  RenderedPaths rendered{};
  std::string service{};  // of a workload of many: which one
  // With a service: which containers "service:x" in the template stands for, of the same workload.
  std::vector<SharedNamespace> shares{};
};

// Changes containers, networks and volumes. Calls are at-least-once: the Engine may have done what an error says it did
// not, so the caller observes again before it decides. `container` is an id or a name.
class ContainerWriter {
 public:
  virtual ~ContainerWriter() = default;
  // Conflict when the name is held (the message says by whom), NotFound when the image is gone, Terminal when the host
  // policy forbids the body or the Engine calls it invalid.
  virtual Expected<std::string> Create(const CreateRequest& request) = 0;  // the new id
  // From now on it counts as bearing these labels; Conflict when another workload has taken it over. Not durable:
  // whoever says so keeps it in the facts before.
  virtual Expected<void> Adopt(const AdoptedContainer& container) = 0;
  virtual Expected<void> Start(std::string_view container) = 0;  // already running: success
  // Begins a stop on the stop pool and returns, at first with the commands that the container was made with for before
  // it (label::kPreStop), for its grace period at most and whatever comes of them; the container's die event re-queues
  // its owner. False: a stop of this container is under way already. An error is that of the stop before, which is not
  // begun again by this call.
  virtual Expected<bool> BeginStop(std::string_view container) = 0;
  virtual Expected<void> Remove(std::string_view container) = 0;  // not running; volumes stay; gone: success
  // Begins to run, beside the workers, the commands that the container was made with for after a start
  // (label::kPostStart), and returns; their end re-queues the owner. False: they are under way already.
  virtual Expected<bool> BeginHooks(std::string_view container) = 0;
  // What is known of those that were begun. One that was cut short by the end of its container is not in it.
  virtual std::map<std::string, HookReport> HookReports(std::string_view workload) = 0;
  // The container is about to be started anew: what is known of it means nothing any more.
  virtual void ForgetHooks(std::string_view container) = 0;
  virtual Expected<void> Rename(std::string_view container, std::string_view name) = 0;
  virtual Expected<void> Update(std::string_view container, const Limits& limits) = 0;
  virtual Expected<void> DisableRestart(std::string_view container) = 0;  // restart policy "no"
  virtual Expected<void> Unpause(std::string_view container) = 0;
  virtual Expected<void> Signal(std::string_view container, std::string_view signal) = 0;  // KILL waits for the end
  virtual Expected<void> Connect(std::string_view container, const NetworkAttachment& attachment) = 0;
  virtual Expected<void> Disconnect(std::string_view container, std::string_view network) = 0;
  // Creates it unless it exists, from whatever config; true when it did. Conflict when a foreign one of that name
  // exists. Waiting for a missing external one. Terminal when the host policy forbids the config.
  virtual Expected<bool> EnsureNetwork(const DesiredNetwork& network, std::string_view workload) = 0;
  // Removes one of ours that was made from another config and makes it anew; true when it did. Conflict while
  // containers are on it, stopped ones included; the message names them. One that cannot be made from the new config is
  // made again from the old one, and is not tried again with that config (see OutdatedNetwork::refused).
  virtual Expected<bool> RemakeNetwork(const DesiredNetwork& network, std::string_view workload) = 0;
  // As EnsureNetwork; never removes or changes one. Conflict when one of that name has another driver or other options.
  virtual Expected<bool> EnsureVolume(const DesiredVolume& volume, std::string_view workload) = 0;
  // Only when it is ours and no container is attached; else nothing happens, and the answer is false.
  virtual Expected<bool> RemoveNetwork(std::string_view name) = 0;
};

// One container to be probed by the controller.
struct ProbeTarget {
  std::string container;  // id
  std::string address;    // IPv4 that the controller connects to
  v1::Healthcheck check;  // http or tcp, with its times and retries
  bool operator==(const ProbeTarget&) const = default;
};

// Probes containers. A new target is Unknown until its first verdict: Healthy after one success, Unhealthy after
// `retries` failures in a row (none counts within startPeriod of the target's first probe), Unreachable after as many
// that could not reach it. A change of a state re-queues the workload.
class HealthView {
 public:
  virtual ~HealthView() = default;
  // From now on these containers of the workload are probed and no others; a target that is as before keeps its
  // history. What is known of each, by id. Never blocks.
  virtual std::map<std::string, ProbeReport> Watch(const std::string& workload, std::vector<ProbeTarget> targets) = 0;
  // What is known, without a change of what is probed.
  virtual std::map<std::string, ProbeReport> Peek(const std::string& workload) = 0;
};

// What a container wrote.
class LogReader {
 public:
  virtual ~LogReader() = default;
  // Its last lines, joined by " | ", printable, without known secrets and at most `bytes` long. Empty when there are
  // none or they cannot be read: nothing depends on them.
  virtual std::string LastLines(std::string_view container, std::size_t bytes) = 0;
};

// Where the image of a workload stands.
struct ImagePresence {
  std::optional<std::string> id;  // "sha256:…" when present
  std::string pinned{};           // "repository@sha256:…" of just this image; empty: it came from no registry
  bool pulling = false;           // in progress: the owner is re-queued when it ends
  std::optional<Error> failure;   // of the last pull; retried with backoff by the puller
};

// An image that somebody wants on the host.
struct ImageRequest {
  std::string reference;  // as in ContainerTemplate::image
  // Always means: pull before a container is created, once for each create.
  v1::PullPolicy policy = v1::PullPolicy::IfNotPresent;
  std::optional<SecretHandle> pull_secret;  // holds a Docker config.json; empty: the host's logins alone
  ObjectKey owner;
  std::string platform{};  // "linux/arm64"; an image for another one is as good as none. Empty: whatever is there
};

class ImagePuller {
 public:
  virtual ~ImagePuller() = default;
  // Never blocks: answers from what is known and starts a pull when the policy wants one. Pulls of one reference with
  // different logins fail and are retried apart from one another; another value of the secret is another login.
  virtual ImagePresence Ensure(const ImageRequest& request) = 0;
  virtual ImagePresence Peek(const std::string& reference) = 0;  // what the host has now; never pulls
  // Failed pulls that this owner waits for begin again now, without their backoff. False: there is none.
  virtual bool Retry(const ObjectKey& owner) = 0;
};

// An image as the host has it. References are the Engine's own, see HostImages::Familiar.
struct HostImage {
  std::string id;
  std::vector<std::string> tags;     // "registry.example.com/shop:1.4.2"
  std::vector<std::string> digests;  // "registry.example.com/shop@sha256:…"; none: it came from no registry
  std::vector<std::string> users;    // containers, anybody's and in any state, made from it or from what is built on it
};

// The images of the host, for whoever wants to remove one.
class HostImages {
 public:
  virtual ~HostImages() = default;
  // By id or reference. Empty: the host does not have it.
  virtual Expected<std::optional<HostImage>> Find(const std::string& image) = 0;
  // A reference as the Engine writes it: "docker.io/library/nginx" is "nginx:latest".
  virtual std::string Familiar(const std::string& reference) = 0;
  // Takes the tags and digests of `image` off it and removes it, never by force and never what it was built on.
  // Conflict when by now a container uses it or something else refers to it. Gone: success.
  virtual Expected<void> Remove(const HostImage& image) = 0;
  // Zero: the images that this workload left may be looked at now, and EndLook follows; else how long to wait. That is
  // ten minutes from one look to the next, a few seconds after something of the host went that may have held one, and
  // nothing with `at_once`.
  virtual Duration BeginLook(const std::string& workload, bool at_once) = 0;
  // `pending`: some are still there. The workload is queued when something goes that may hold one.
  virtual void EndLook(const std::string& workload, bool pending) = 0;
};

struct TreeEntry {
  std::string path;  // relative to the repository's sub-path
  std::string blob;  // object id
  bool executable = false;
};

// Wall clocks of the world.
class Calendar {
 public:
  virtual ~Calendar() = default;
  // Of an IANA zone. NotFound when this host does not know it.
  virtual Expected<v1::CivilMinute> At(SysTime time, const std::string& zone) = 0;
};

// The files of one revision of the config repository.
class TreeReader {
 public:
  virtual ~TreeReader() = default;
  virtual const Revision& revision() const = 0;
  // The files at or below `path`, ordered by path; one entry equal to `path` when it is a file. NotFound when nothing
  // is there, Invalid for a path out of the tree, a symlink or a submodule.
  virtual Expected<std::vector<TreeEntry>> List(std::string_view path) const = 0;
  virtual Expected<std::string> Read(const TreeEntry& entry) const = 0;
};

// One revision of the configuration, immutable.
struct ConfigSnapshot {
  std::shared_ptr<const v1::ObjectSet> objects;
  std::shared_ptr<const TreeReader> tree;
};

class ConfigReader {
 public:
  virtual ~ConfigReader() = default;
  // The revision in force; null before the first one was read.
  virtual std::shared_ptr<const ConfigSnapshot> Current() = 0;
  // Whether `revision` is in the history of the revision in force and its tree held `path`.
  virtual bool HistoryHeld(const Revision& revision, std::string_view path) = 0;
};

// What a sync of the config repository brought.
struct ConfigUpdate {
  std::shared_ptr<const ConfigSnapshot> snapshot;
  std::vector<std::string> changed_paths;  // files that differ from the snapshot before; of a first one all
  bool rewritten = false;                  // the old revision is not in the history of the new one
  // Of a restored one: what was in force before it, oldest first. What the snapshot cannot give for want of reading is
  // to be kept from there.
  std::vector<std::shared_ptr<const v1::ObjectSet>> earlier{};
};

// The config repository. One caller at a time, except where said.
class ConfigSource {
 public:
  virtual ~ConfigSource() = default;
  // The last revision that was fetched, or if its tree cannot be used the one that was in force, from the local clone
  // alone; empty: there is none.
  virtual Expected<std::optional<ConfigUpdate>> Restore() = 0;
  // Asks the remote; empty: nothing new. An error leaves everything as it was.
  virtual Expected<std::optional<ConfigUpdate>> Sync(std::stop_token stop) = 0;
  // The last update is in force, with these objects of earlier ones that it lacks for want of reading. Restore gives
  // them back, also after a power loss. Between an update and this call the earlier note holds, which leads to the
  // same.
  virtual Expected<void> NoteInForce(const std::vector<v1::ObjectPtr>& kept) = 0;
  // Whether `revision` is in the history of `tip` and its tree held `path`. Thread-safe.
  virtual bool HistoryHeld(const Revision& revision, const Revision& tip, std::string_view path) = 0;
  // Where it is (url, branch, path); reason: how the last Sync ended, PascalCase.
  virtual RepositoryStatus Describe() const = 0;
  virtual std::string Reason() const = 0;
};

// All containers of this instance.
class Fleet {
 public:
  virtual ~Fleet() = default;
  // Everything known, without a call.
  virtual std::vector<ObservedContainer> All() = 0;
  // Whether that is all there is: false while the Engine does not answer, and until it was listed anew.
  virtual bool InStep() = 0;
};

// The binding whose policy decides the version of an image.
struct DecidingBinding {
  std::string binding;  // its name
  bool writes_back = false;
};

class BindingReader {
 public:
  virtual ~BindingReader() = default;
  // As the objects of `snapshot` bind it; empty: no policy decides.
  // `service`: of a workload of many; empty: of the workload's own image.
  virtual std::optional<DecidingBinding> DecidingFor(const ConfigSnapshot& snapshot, const std::string& workload,
                                                     const std::string& service) = 0;
  // The images that the source of a workload of `snapshot` names. Errors as of SourceKind::Images.
  virtual Expected<SourceImages> ImagesOf(const ConfigSnapshot& snapshot, const v1::Object& workload) = 0;
};

// Large deletions wait for approval (design 4.7).
class DeletionGate {
 public:
  virtual ~DeletionGate() = default;
  virtual bool MayDelete(std::string_view workload) = 0;
  // The services, by name, that a workload which is to run here has containers of and does not describe any more:
  // whether all of them may go. To be told when there are none, too: what comes back is a new deletion when it goes
  // again.
  virtual bool MayRetire(const std::string& workload, const std::set<std::string>& services) = 0;
};

class SecretReader {
 public:
  virtual ~SecretReader() = default;
  // Waiting when the Secret or its file is not there (yet); the message names Secret and key, never a value.
  virtual Expected<SecretHandle> Find(const v1::SecretKeyRef& ref) = 0;
  // The variables that a value sets which is a file of them, as of Compose's `env_file`, each once; one that is empty
  // has no fingerprint. Terminal when it is no such file; else as Find.
  virtual Expected<std::vector<SecretHandle>> Variables(const v1::SecretKeyRef& ref) = 0;
  // For the writer of a create body and of files only. The caller clears it after use.
  virtual Expected<std::string> Reveal(const SecretHandle& handle) = 0;
};

// Where volumes and files of workloads lie on this host. Pure functions of the configuration.
struct HostPaths {
  std::string volumes;  // base of Instance, Stage and Project volumes
  std::string files;    // base of content-addressed files
};

class FileMaterializer {
 public:
  virtual ~FileMaterializer() = default;
  // Writes what is missing, with mode and owner; a file whose content is right is not touched. Called before every
  // start.
  virtual Expected<void> Write(const std::vector<DesiredFile>& files) = 0;
  virtual Expected<void> EnsureDirectories(const std::vector<DesiredDirectory>& directories) = 0;
  // Remembers the content of files that are rewritten in place, once whoever reads them was told: until then their
  // content counts as not written, and telling is repeated.
  virtual Expected<void> Confirm(const std::vector<DesiredFile>& files) = 0;
  // The content hash of a file that is rewritten in place, as last confirmed; empty when it never was.
  virtual std::string WrittenHash(const DesiredFile& file) = 0;
};

// Containers of workloads whose deletion was released at one time.
struct ReleasedDeletion {
  SysTime at{};
  std::size_t containers = 0;       // that use up the budget: none of those that a person approved
  std::set<std::string> workloads;  // neither counted nor asked about again when a crash came before they were gone
  bool operator==(const ReleasedDeletion&) const = default;
};

// The facts of the installation that its deletion budget is of a day and not of a process, and that a person's approval
// holds until what it was given for is gone.
class DeletionLedger {
 public:
  virtual ~DeletionLedger() = default;
  virtual std::vector<ReleasedDeletion> Load() = 0;  // none stored, or unreadable: empty
  virtual Expected<void> Save(const std::vector<ReleasedDeletion>& released) = 0;
};

// The cache (promise 3): every row can be rebuilt from git and the Engine, or is history. A failed write is reported
// and changes nothing that runs. Each field has one writer: CommitRevision (specs and generations), UpdateStatus
// (statuses), SetRepository, AddEvents, PutRollout, ReplaceContainers.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  // One transaction: inserts or updates `changed` (the generation moves when the spec hash does), deletes `removed`.
  virtual Expected<void> CommitRevision(const std::vector<v1::ObjectPtr>& changed,
                                        const std::vector<ObjectKey>& removed, const Revision& revision) = 0;
  virtual Expected<std::optional<ObjectRecord>> Get(const ObjectKey& key) = 0;
  virtual Expected<std::vector<ObjectRecord>> List(Kind kind) = 0;  // by name
  // No row of that key: ignored (it was removed meanwhile).
  virtual Expected<void> UpdateStatus(const ObjectKey& key, const v1::Status& status) = 0;
  virtual Expected<void> SetRepository(const RepositoryStatus& status) = 0;
  virtual Expected<RepositoryStatus> Repository() = 0;
  virtual Expected<void> AddEvents(const std::vector<Event>& events) = 0;
  virtual Expected<std::vector<Event>> Events(const EventFilter& filter) = 0;  // oldest first
  // By workload and id; one that is there already is replaced. Old ones go.
  virtual Expected<void> PutRollout(const std::string& workload, const v1::RolloutRecord& rollout) = 0;
  // Newest first; empty workload: of all.
  virtual Expected<std::vector<RolloutRow>> Rollouts(const std::string& workload) = 0;
  // The rows become exactly these; a row that was there before and is not now stays with state "missing" for a while.
  virtual Expected<void> ReplaceContainers(const std::vector<ContainerRow>& rows) = 0;
  virtual Expected<std::vector<ContainerRow>> Containers() = 0;
};

}  // namespace tinyforge
