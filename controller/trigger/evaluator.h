// Turns what a delivery, a poll or a time asks for into a version in the facts of a workload: reads back from the
// source what is there, lets the policy choose, and writes down what it chose.
#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "controller/runtime/clock.h"
#include "controller/trigger/fan_out.h"
#include "controller/trigger/goal.h"
#include "controller/trigger/refs_memo.h"
#include "controller/trigger/registry_memo.h"
#include "controller/trigger/route_book.h"
#include "controller/trigger/status_board.h"
#include "reconcilers/core/ports.h"
#include "reconcilers/trigger/policy/tag_policy.h"
#include "reconcilers/trigger/promotion.h"
#include "reconcilers/workload/version_decision.h"

namespace tinyforge {

struct Evaluated {
  JobResult result;
  std::optional<Goal> goal{};               // with Rolling
  ErrorKind problem = ErrorKind::Conflict;  // with Errored, and with Pending: what is waited out
};

// Thread-safe. The facts are durable before Evaluate returns. What an event asks for counts from the time when it was
// received, whatever held it up: it does not overrule what a later one has set.
class Evaluator {
 public:
  struct Ports {
    ConfigReader& config;
    RouteBook& routes;
    FactStore& facts;
    ObjectStore& store;
    RegistryMemo& registry;
    SecretReader& secrets;
    const Clock& clock;
    const StatusBoard& statuses;
    RefsMemo* refs = nullptr;  // null: git repositories are not asked
  };
  explicit Evaluator(Ports ports) : ports_(ports) {}

  Evaluated Evaluate(const Job& job, std::stop_token stop);
  // What stands between a workload and the version of the stage before it. Until this process has looked at that stage,
  // nothing is known of it: what an earlier one wrote down may be true no more.
  Expected<PromotionState> Promotion(const Route& route, bool at_once);
  // Sets the version that the stage before runs, without soak and approval.
  Evaluated PromoteNow(const Route& route, std::stop_token stop);
  // Sets a version that a person asks for; empty: makes it anew from what its tag points to. Of `target` the workload,
  // the service and the image count.
  Evaluated Deploy(Route target, const ImageVersion& version, std::stop_token stop);

 private:
  struct Wish;

  Evaluated EvaluatePolicy(const Job& job, std::stop_token stop);
  Evaluated EvaluatePromotion(const Job& job, std::stop_token stop);
  Expected<void> CheckPromoted(const Job& job, const ImageVersion& version, std::stop_token stop);
  static Evaluated Differs(const Job& job, const std::string& digest);
  Evaluated EvaluateRefs(const Job& job, std::stop_token stop);
  Evaluated SetVersion(const Job& job, std::stop_token stop);
  Evaluated Refresh(const Job& job, bool remake, std::stop_token stop);
  Evaluated MakeAnew(const Job& job);
  Expected<std::vector<TagRecord>> ReadTags(const TagPolicy& policy, const Job& job, std::stop_token stop);
  Expected<std::vector<TagRecord>> ReadDates(const Job& job, std::span<const std::string> tags, std::stop_token stop);
  Evaluated Accept(const Wish& wish);
  static bool WasEdited(const Job& job);
  static std::string WhyOutdated(const Wish& wish, const VersionQuestion& question);
  static const TriggeredVersion* FindLater(const Wish& wish, const std::string& base, SysTime now, const Facts& facts);
  static bool IsWhatItHas(const Wish& wish, const std::string& base, const Facts& facts);
  std::optional<DecidingBinding> DecidingFor(const Route& route);
  Expected<v1::Status> StatusOfStage(const Route& route, v1::Status status);
  RegistryQuery QueryFor(const v1::ImageSource& image);
  Facts BesideWorkload(const Route& route, Facts own);
  Evaluated Failed(const Job& job, const Error& error);

  const Ports ports_;
};

}  // namespace tinyforge
