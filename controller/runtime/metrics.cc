#include "controller/runtime/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <utility>

#include "controller/runtime/process_metrics.h"

namespace tinyforge {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Registry;
using Buckets = Histogram::BucketBoundaries;

constexpr std::array<std::string_view, 4> kKinds{"Workload", "Trigger", "Binding", "Secret"};
constexpr std::array<std::string_view, 4> kResults{"success", "waiting", "error", "stalled"};
constexpr std::array<std::string_view, 4> kConditions{"Ready", "Reconciling", "Stalled", "Healthy"};
constexpr std::array<std::string_view, 3> kStatuses{"True", "False", "Unknown"};
constexpr std::array<std::string_view, 8> kContainerStates{"created",  "running", "paused", "restarting",
                                                           "removing", "exited",  "dead",   "missing"};
constexpr std::array<std::string_view, 2> kFetchResults{"success", "error"};
constexpr std::array<std::string_view, 6> kDriftCauses{"missing", "state", "name", "limits", "networks", "template"};
constexpr std::array<std::string_view, 2> kRolloutResults{"succeeded", "failed"};
constexpr std::array<std::string_view, 4> kBindingResults{"deployed", "skipped", "no-match", "errored"};

constexpr std::array<std::string_view, 19> kWebhookCodes{"200", "202", "400", "401", "404",  "405", "408",
                                                         "411", "413", "414", "415", "417",  "429", "431",
                                                         "500", "501", "503", "505", "other"};
constexpr std::array<std::string_view, 4> kDropReasons{"source_limit", "total_limit", "evicted", "handshake"};

// A value that is not in its closed set is a mistake of the caller's, which must not grow the number of series.
template <std::size_t N>
std::string Closed(std::string_view value, const std::array<std::string_view, N>& set) {
  return std::string(std::find(set.begin(), set.end(), value) != set.end() ? value : "other");
}

double Seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}
double UnixSeconds(SysTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

const Buckets& FastBuckets() {
  static const Buckets buckets{0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10};
  return buckets;
}
const Buckets& FetchBuckets() {
  static const Buckets buckets{0.05, 0.25, 1, 5, 15, 60};
  return buckets;
}

Family<Counter>& CounterFamily(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
Family<Gauge>& GaugeFamily(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}
Family<Histogram>& HistogramFamily(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

// Counters by a closed set of words, each found once.
template <std::size_t N>
class CounterSet {
 public:
  CounterSet(Family<Counter>& family, const char* label, const std::array<std::string_view, N>& words)
      : family_(family), label_(label), words_(words) {
    std::ranges::transform(words, counters_.begin(), [&](std::string_view word) {
      return &family.Add({{label, std::string(word)}});
    });
  }

  Counter& Of(std::string_view word) {
    const auto place = static_cast<std::size_t>(std::ranges::find(words_, word) - words_.begin());
    return place < N ? *counters_[place] : family_.Add({{label_, "other"}});
  }

 private:
  Family<Counter>& family_;
  const char* label_;
  const std::array<std::string_view, N>& words_;
  std::array<Counter*, N> counters_{};
};

}  // namespace

struct Metrics::Impl {
  Registry registry;
  Family<Histogram>& reconcile = HistogramFamily(registry, "tinyforge_reconcile_duration_seconds",
                                                 "Time of one reconcile pass, by kind of object and result.");
  Gauge& queue_depth =
      GaugeFamily(registry, "tinyforge_queue_depth", "Keys that are due and wait for a worker.").Add({});
  Histogram& queue_latency =
      HistogramFamily(registry, "tinyforge_queue_latency_seconds", "Time a key waited for a worker after it was due.")
          .Add({}, FastBuckets());
  Family<Gauge>& workloads =
      GaugeFamily(registry, "tinyforge_workloads", "Workloads by condition type and its status.");
  Family<Gauge>& containers =
      GaugeFamily(registry, "tinyforge_containers", "Containers of this installation by state.");
  Family<Histogram>& git_fetch =
      HistogramFamily(registry, "tinyforge_git_fetch_duration_seconds", "Time of one fetch of the config repository.");
  Gauge& git_success = GaugeFamily(registry, "tinyforge_git_last_success_timestamp_seconds",
                                   "When the config repository was last fetched; 0 if never.")
                           .Add({});
  Gauge& git_revision = GaugeFamily(registry, "tinyforge_git_revision_applied_timestamp_seconds",
                                    "When the revision in force came into force; 0 if none is.")
                            .Add({});
  Family<Counter>& engine_requests =
      CounterFamily(registry, "tinyforge_engine_requests_total",
                    "Requests to Docker Engine by operation and HTTP status; code 0 is no answer.");
  Family<Histogram>& engine_duration =
      HistogramFamily(registry, "tinyforge_engine_request_duration_seconds", "Time of a request to Docker Engine.");
  CounterSet<kDriftCauses.size()> drift{CounterFamily(registry, "tinyforge_drift_repairs_total",
                                                      "Repairs of what was changed by another hand, by cause."),
                                        "cause", kDriftCauses};
  CounterSet<kRolloutResults.size()> rollouts{
      CounterFamily(registry, "tinyforge_rollouts_total", "Rollouts that ended, by result."), "result",
      kRolloutResults};
  CounterSet<kBindingResults.size()> bindings{
      CounterFamily(registry, "tinyforge_binding_outcomes_total",
                    "What deliveries came to, one for each bound workload, by result."),
      "result", kBindingResults};
  CounterSet<kWebhookCodes.size()> webhook_requests{
      CounterFamily(registry, "tinyforge_webhook_requests_total",
                    "Requests to the public listener by HTTP status of the answer."),
      "code", kWebhookCodes};
  CounterSet<kDropReasons.size()> webhook_drops{
      CounterFamily(registry, "tinyforge_webhook_connections_dropped_total",
                    "Connections to the public listener that were ended without an answer, by reason."),
      "reason", kDropReasons};
  Family<Gauge>& build_info =
      GaugeFamily(registry, "tinyforge_build_info", "Version and source revision of the controller; always 1.");

  Impl() {
    for (const std::string_view kind : kKinds)
      for (const std::string_view result : kResults) Reconcile(kind, result);
    for (const std::string_view condition : kConditions)
      for (const std::string_view status : kStatuses) Workloads(condition, status);
    for (const std::string_view state : kContainerStates) Containers(state);
    for (const std::string_view result : kFetchResults) GitFetch(result);
  }

  Histogram& Reconcile(std::string_view kind, std::string_view result) {
    return reconcile.Add({{"kind", Closed(kind, kKinds)}, {"result", Closed(result, kResults)}}, FastBuckets());
  }
  Gauge& Workloads(std::string_view condition, std::string_view status) {
    return workloads.Add({{"condition", Closed(condition, kConditions)}, {"status", Closed(status, kStatuses)}});
  }
  Gauge& Containers(std::string_view state) { return containers.Add({{"state", Closed(state, kContainerStates)}}); }
  Histogram& GitFetch(std::string_view result) {
    return git_fetch.Add({{"result", Closed(result, kFetchResults)}}, FetchBuckets());
  }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::BuildInfo(std::string_view version, std::string_view revision) {
  impl_->build_info.Add({{"version", std::string(version)}, {"revision", std::string(revision)}}).Set(1);
}

void Metrics::Reconciled(std::string_view kind, std::string_view result, std::chrono::nanoseconds took) {
  impl_->Reconcile(kind, result).Observe(Seconds(took));
}

void Metrics::QueueDepth(std::size_t keys) {
  impl_->queue_depth.Set(static_cast<double>(keys));
}

void Metrics::QueueLatency(std::chrono::nanoseconds waited) {
  impl_->queue_latency.Observe(Seconds(waited));
}

void Metrics::WorkloadsByCondition(std::string_view condition, std::string_view status, std::size_t count) {
  impl_->Workloads(condition, status).Set(static_cast<double>(count));
}

void Metrics::ContainersByState(std::string_view state, std::size_t count) {
  impl_->Containers(state).Set(static_cast<double>(count));
}

void Metrics::GitFetched(std::string_view result, std::chrono::nanoseconds took, SysTime now) {
  impl_->GitFetch(result).Observe(Seconds(took));
  if (result == "success") impl_->git_success.Set(UnixSeconds(now));
}

void Metrics::RevisionChanged(SysTime now) {
  impl_->git_revision.Set(UnixSeconds(now));
}

void Metrics::EngineRequest(std::string_view operation, int code, std::chrono::nanoseconds took) {
  const int known = code >= 100 && code <= 599 ? code : 0;
  impl_->engine_requests.Add({{"operation", std::string(operation)}, {"code", std::to_string(known)}}).Increment();
  impl_->engine_duration.Add({{"operation", std::string(operation)}}, FastBuckets()).Observe(Seconds(took));
}

void Metrics::DriftRepaired(std::string_view cause) {
  impl_->drift.Of(cause).Increment();
}

void Metrics::RolloutEnded(std::string_view result) {
  impl_->rollouts.Of(result).Increment();
}

void Metrics::BindingOutcome(std::string_view result) {
  impl_->bindings.Of(result).Increment();
}

void Metrics::WebhookRequest(int code) {
  impl_->webhook_requests.Of(std::to_string(code)).Increment();
}

void Metrics::WebhookConnectionDropped(std::string_view reason) {
  impl_->webhook_drops.Of(reason).Increment();
}

std::string Metrics::Serialize() const {
  auto families = impl_->registry.Collect();
  std::erase_if(families, [](const prometheus::MetricFamily& family) { return family.metric.empty(); });
  for (auto& family : ProcessMetrics()) families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace tinyforge
