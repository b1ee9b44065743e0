// The containers of our instance as the Engine last showed them. Events mark what may have changed; a reader inspects
// just that; a listing finds what events missed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "controller/docker/address_pool.h"
#include "controller/docker/adopted_labels.h"
#include "controller/docker/container_json.h"
#include "controller/docker/engine_client.h"
#include "controller/docker/engine_event.h"
#include "controller/docker/first_sight.h"
#include "controller/docker/index_entry.h"
#include "controller/runtime/guarded.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::docker {

struct ContainerIndexOptions {
  std::string instance;  // value of label tinyforge.instance
  std::string shared_network = "tinyforge";
  Ipv4Subnet subnet;                                           // of the shared network
  SecretReader* secrets = nullptr;                             // without it no secret value is compared
  std::function<void(const std::string& workload)> on_change;  // from any thread; must be quick
  std::function<void(const EngineInfo&)> on_engine;            // of a new connection, before anything can be read
};

// What a Resync found.
struct ResyncReport {
  std::vector<std::string> workloads;  // whose containers differ from what was known; sorted
  std::size_t containers = 0;
  std::size_t inspected = 0;
};

// Thread-safe. While the event stream is down, and until a Resync has succeeded after it came up, Containers answers
// Waiting and says why: what could not be read is not empty.
class ContainerIndex : public ContainerReader {
 public:
  ContainerIndex(EngineClient& client, ContainerIndexOptions options);

  // For the reconcile of the workload alone: an event from before such an inspect is taken as known to it. Inspects
  // only what is marked; with nothing marked it makes no call. What SIGKILL has just ended is given as Killed, once and
  // without a call, for an inspect would wait until the Engine has taken its network apart; on_change then asks for
  // another look.
  Expected<std::vector<ObservedContainer>> Containers(std::string_view workload) override;
  // As Containers. What was inspected before, but could not be compared, is inspected once more for that.
  Expected<std::vector<ObservedContainer>> Compared(const DesiredRefs& desired) override;
  // By a listing and an inspect of each; nothing of them is kept.
  Expected<std::vector<ObservedContainer>> OfProject(const std::string& project, const DesiredRefs& desired) override;
  // As Containers, for whoever only looks (the API, previews): the marks stay, so that the workload's next reconcile is
  // told of every change and sees it. What is marked is inspected anew each time.
  Expected<std::vector<ObservedContainer>> Peek(std::string_view workload);
  std::map<std::string, ContainerAge> Ages(std::string_view workload) override;
  // From what is known, without a call.
  std::map<std::string, std::string> WritersElsewhere(std::string_view workload,
                                                      const std::set<std::string>& sources) override;
  // As WritersElsewhere, without a claim.
  std::map<std::string, std::string> PeekWriters(std::string_view workload, const std::set<std::string>& sources);
  // As of the last connection.
  HostSupport Host() override;
  // From the lower half of the shared network's subnet, without what any container carries in its address label (those
  // of other instances too) or has as its address, in rotation. Reserved for two minutes.
  Expected<std::vector<std::string>> FreeAddresses(std::size_t count) override;

  // One listing of our instance's containers, compared with what is known; a twentieth of the containers, in turn, is
  // inspected and compared wholly. Changed ones are marked, not inspected: that is left to the reader. The first one
  // after a connection reports every workload, lists the addresses of other instances and asks what the host supports.
  // When it fails half-way, on_change is called for what it had found.
  Expected<ResyncReport> Resync(const std::stop_token& stop = {});

  // To be called by the event stream. A connection marks everything.
  void Connected();
  void Disconnected(const Error& why);
  // Marks the container concerned and calls on_change, except when it was inspected after the event already.
  void OnEvent(const EngineEvent& event);

  // To be called by who is about to end or start a container (id or name): the event that tells of it may come after
  // its end was seen.
  void Interrupting(std::string_view container) { NoteAsked(container, true); }
  void Starting(std::string_view container) { NoteAsked(container, false); }
  // To be called by who changes a container (id or name), after the call, whatever its outcome.
  void Touch(std::string_view container);
  void Created(const std::string& id, std::string_view workload);
  void Removed(std::string_view container);
  // It counts as bearing these labels until it is destroyed, and is one of ours then. Conflict: see ContainerWriter.
  Expected<void> Adopt(const AdoptedContainer& container);

  void SetSubnet(const Ipv4Subnet& subnet);
  // Of the container's own configuration; empty: unknown or the Engine's (10 s).
  std::optional<Duration> StopTimeout(std::string_view container);
  std::string WorkloadOf(std::string_view container);  // empty: unknown
  StringMap LabelsOf(std::string_view container);      // empty: unknown, or it has none
  // How the container of ours that bears this name is attached ("host", "none", a network), as last inspected; empty:
  // there is none.
  std::optional<std::string> NetworkModeOf(std::string_view name);
  // Everything known, orphans too, without any call. What was never inspected holds what a listing shows.
  std::vector<ObservedContainer> All();
  // Why Containers answers Waiting; nothing while it does not.
  std::optional<Error> WhyNotInStep();

 private:
  struct Claim {
    std::string workload;
    SteadyTime until;
  };
  struct State {
    std::map<std::string, IndexEntry, std::less<>> entries;  // by id
    AdoptedLabels adopted;
    std::map<std::string, Ipv4, std::less<>> other_addresses;  // of other instances, by container id
    AddressPool addresses;
    HostSupport host;
    std::map<std::string, Claim, std::less<>> claims;  // by source; of workloads that may be about to write it
    std::uint64_t step = 0;                            // orders marks, inspects and listings
    std::string audited;                               // the id up to which the last audit came
    bool connected = false;
    SysTime watched{};     // since when it is
    bool listed = false;   // since connected
    std::string unread{};  // why not; empty: it is under way
    std::uint64_t connection = 0;
  };
  using EntryMap = std::map<std::string, IndexEntry, std::less<>>;

  void NoteAsked(std::string_view container, bool to_end);
  // True, once, for what was killed; it is Killed from then on until it is inspected.
  bool TakeKilled(const std::string& id);
  static std::map<std::string, std::string> Writers(const State& state, std::string_view workload,
                                                    const std::set<std::string>& sources);
  std::optional<Error> WhyNot(const State& state) const;
  static void DropClaims(State& state, std::string_view workload);
  // Of our instance, by label or adopted.
  Expected<std::vector<ObservedContainer>> ListOurs(const std::stop_token& stop);
  // The containers of a workload, by id, and which of them are marked.
  Expected<std::map<std::string, bool>> IdsOf(std::string_view workload);
  // Without `desired` nothing is compared.
  Expected<std::vector<ObservedContainer>> Read(std::string_view workload, const DesiredRefs* desired);
  bool IsToBeCompared(const std::string& id, const DesiredRefs& desired);
  struct Answer {
    ContainerDetails details;
    std::string text;
  };
  // Empty: the container is gone.
  Expected<std::optional<Answer>> Ask(const std::string& id, const std::stop_token& stop);
  // One inspect; true when it differs from what was known, or the container is gone.
  Expected<bool> Inspect(const std::string& id, const std::stop_token& stop, const DesiredRefs* desired = nullptr);
  void CompareAtFirstSight(const std::string& text, const DesiredRefs& desired, IndexEntry& fresh);
  std::vector<std::string> Merge(std::vector<ObservedContainer> listed, std::uint64_t begun);
  Expected<ResyncReport> Compare(std::uint64_t begun, bool first, const std::stop_token& stop);
  void AddAllWorkloads(std::vector<std::string>& workloads);
  Expected<void> Audit(ResyncReport& report, const std::stop_token& stop);
  Expected<void> ListOtherAddresses(const std::stop_token& stop);
  Expected<void> AskForSupport(const std::stop_token& stop);
  static bool Store(State& state, IndexEntry fresh);
  static EntryMap::iterator Find(State& state, std::string_view container);
  bool OnContainerEvent(State& state, const EngineEvent& event, std::string& workload);

  EngineClient& client_;
  const ContainerIndexOptions options_;
  FirstSight first_sight_;
  Guarded<State> state_;
};

}  // namespace tinyforge::docker
