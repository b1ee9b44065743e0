// Triggers at work: takes deliveries in, lets polls and times come, fans out to the bound workloads, and knows what
// came of it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <shared_mutex>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "controller/runtime/clock.h"
#include "controller/runtime/guarded.h"
#include "controller/runtime/log.h"
#include "controller/runtime/metrics.h"
#include "controller/trigger/accepted_goals.h"
#include "controller/trigger/delivery_clerk.h"
#include "controller/trigger/delivery_desk.h"
#include "controller/trigger/delivery_match.h"
#include "controller/trigger/evaluator.h"
#include "controller/trigger/fan_out.h"
#include "controller/trigger/git_poll.h"
#include "controller/trigger/push_gate.h"
#include "controller/trigger/refs_memo.h"
#include "controller/trigger/registry_memo.h"
#include "controller/trigger/rhythms.h"
#include "controller/trigger/rollout_watch.h"
#include "controller/trigger/route_book.h"
#include "controller/trigger/route_notes.h"
#include "reconcilers/config/object_reconcilers.h"
#include "reconcilers/core/delivery.h"
#include "reconcilers/core/image_registry.h"

namespace tinyforge {

struct TriggerPorts {
  ConfigReader& config;
  RouteBook& routes;
  FactStore& facts;
  ObjectStore& store;
  DeliveryLog& log;
  ImageRegistry& registry;
  SecretReader& secrets;
  Calendar& calendar;
  const Clock& clock;
  Logger& logger;
  Metrics& metrics;
  CommitReader& commits;
  RemoteRefs* refs = nullptr;       // null: git repositories are not asked
  RefLedger* ref_ledger = nullptr;  // not null beside `refs`
};

struct TriggerOptions {
  unsigned threads = 4;  // workloads looked at at a time
  // A version was set, or what set it is gone, or made anew was asked for: the workload is to be looked at. Any thread.
  std::function<void(const std::string& workload)> on_accepted;
  // What is shown of an object changed. Any thread.
  std::function<void(const ObjectKey& key)> on_news;
  // The config repository is to be fetched soon. Must not block.
  std::function<void()> fetch = [] {};
  // Takes what is secret out of the texts of outcomes; null: nothing is.
  std::function<std::string(std::string_view)> redact = {};
};

// Thread-safe. Nothing here decides what runs: that is read from facts and the configuration by the workload's own
// reconciler. A start looks at every policy, so nothing is missed that came while the controller was down.
class TriggerService {
 public:
  TriggerService(TriggerPorts ports, TriggerOptions options);
  ~TriggerService();  // Stop
  TriggerService(const TriggerService&) = delete;
  TriggerService& operator=(const TriggerService&) = delete;

  // After the first revision is in force, or before any is.
  void Start();
  void Stop();

  // A revision came into force.
  void OnRevision();
  // Secrets changed: what could not be read without them is looked at again.
  void OnSecrets();
  void OnStatus(const ObjectKey& key, const v1::Status& status);

  // Matches each event with each binding and queues what they ask for. Quick: asks nobody. `delivery` says its trigger,
  // events and where it came from; what it comes to is filled in. A delivery that its vendor repeats within ten minutes
  // is not taken twice, unless the first came to nothing: then `repeated` is set, and the first one is given (see
  // DeliveryDesk::FindRepeated).
  Delivery Accept(Delivery delivery, bool* repeated = nullptr);

  // Whether one more may come in from strangers: see DeliveryDesk::HasRoom, and of pushes no more than kPushesHeld may
  // wait for their turn.
  bool HasRoom(const Delivery& delivery);

  // NotFound: no such trigger on this host.
  Expected<Delivery> Fire(const std::string& trigger);
  Expected<Delivery> Replay(const std::string& delivery);
  // Of a workload, or of one of its services, see ParseServiceName.
  Expected<std::string> Deploy(const std::string& target, const std::string& version);
  Expected<std::string> Promote(const std::string& target);
  Expected<std::string> ApprovePromotion(const std::string& target);

  DeliveryDesk& desk() { return desk_; }
  std::optional<RouteNote> NoteOf(const RouteKey& route) const { return notes_.Of(route); }

  // Findings on objects in force. That on a trigger also begins what its polls and times ask for, and says when to come
  // back.
  Finding JudgeTrigger(const v1::Object& trigger, const ConfigSnapshot& snapshot);
  Finding JudgeBinding(const v1::Object& binding, const ConfigSnapshot& snapshot);

 private:
  std::shared_ptr<const RouteTable> Table();
  Delivery Take(Delivery delivery, std::span<const Route> routes, const RouteMatches& matches);
  void QueueMatched(const Delivery& delivery, const RouteTable& table);
  void Begin(const Delivery& delivery, std::vector<Asked> asked);
  void Pass(const HeldPush& held, bool own);
  void Fail(const HeldPush& held, const std::string& why);
  void Queue(std::span<const Route> routes, const DeploymentIntent& intent);
  std::set<std::string> EndedDecisions(std::map<std::string, DecidingBinding> now);
  JobResult Run(const Job& job, std::stop_token stop);
  void Done(const Job& job, const JobResult& result);
  void Accepted(const ServiceName& target, const Evaluated& evaluated, std::vector<Ticket> tickets);
  Expected<std::string> Told(const ServiceName& target, const Evaluated& evaluated);
  Expected<Route> PromotionOf(const ServiceName& target);
  Expected<Route> TargetOf(const ServiceName& target);
  Expected<v1::ObjectPtr> FindWorkload(const std::string& name);
  std::optional<Duration> KeepTime(std::span<const Route> routes);
  void TakeTime(const std::string& trigger, SysTime at, std::span<const Route> routes);
  void PollGit(const std::string& trigger, std::span<const Route> routes, Finding& finding);
  bool TakePushes(const std::string& trigger, RefBook::Moves moves);
  void ForgetFailed(const std::string& id);
  Expected<void> LogHeard();
  bool IsNoNews(const Delivery& delivery, const GitPushed& push);
  bool ResumeUnfinished();
  void Resume(const Delivery& delivery, const RouteTable& table);
  void Event(const std::string& workload, std::string reason, std::string message);
  void LookAgainInDoubt();

  const TriggerPorts ports_;
  const TriggerOptions options_;
  DeliveryDesk desk_;
  RolloutWatch watch_;
  Guarded<SteadyTime> next_reading_;  // of what could not be read
  AcceptedGoals goals_;
  RegistryMemo memo_;
  std::optional<RefsMemo> refs_memo_;
  StatusBoard statuses_;
  Evaluator evaluator_;
  Rhythms rhythms_;
  RouteNotes notes_;
  Guarded<std::map<std::string, DecidingBinding>> deciding_;  // of the revision in force, see RouteBook::Deciding
  FanOut fan_out_;
  PushGate gate_;
  std::stop_source ending_;  // of what people wait for
  DeliveryClerk clerk_;
  std::shared_mutex heard_;  // shared while what the poll is told of is no delivery yet
  std::optional<GitPoll> git_poll_;
};

inline constexpr std::size_t kPushesHeld = 1024;

}  // namespace tinyforge
