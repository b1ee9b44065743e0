// The controller's own metrics, "tinyforge_*", with base units and closed label sets. A label value comes from a closed
// enum or from the kind of a loaded manifest, never from a payload.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "api-types/meta/time.h"

namespace tinyforge {

// Thread-safe. Every series that can be known at start exists from the start with value zero. A word outside the set
// that a method names is counted as "other".
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Once, at start.
  void BuildInfo(std::string_view version, std::string_view revision);
  // kind: "Workload", …; result: "success", "waiting", "error", "stalled".
  void Reconciled(std::string_view kind, std::string_view result, std::chrono::nanoseconds took);
  void QueueDepth(std::size_t keys);
  void QueueLatency(std::chrono::nanoseconds waited);
  // condition: a condition type; status: "True", "False", "Unknown".
  void WorkloadsByCondition(std::string_view condition, std::string_view status, std::size_t count);
  // state: the Engine's word or "missing".
  void ContainersByState(std::string_view state, std::size_t count);
  // result: "success" or "error".
  void GitFetched(std::string_view result, std::chrono::nanoseconds took, SysTime now);
  void RevisionChanged(SysTime now);
  // operation: the endpoint's name ("container_create", …); code: the HTTP status, 0 without an answer.
  void EngineRequest(std::string_view operation, int code, std::chrono::nanoseconds took);
  void DriftRepaired(std::string_view cause);  // cause: "missing", "state", "name", "limits", "networks"
  // result: "succeeded", "failed".
  void RolloutEnded(std::string_view result);
  // result: "deployed", "skipped", "no-match" or "errored", of one bound workload of a delivery.
  void BindingOutcome(std::string_view result);

  void WebhookRequest(int code);  // the HTTP status that a request to the public listener was answered with
  // reason: "source_limit", "total_limit", "evicted", "handshake".
  void WebhookConnectionDropped(std::string_view reason);

  // The text exposition format 0.0.4, which Prometheus scrapes.
  std::string Serialize() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tinyforge
