// Probes containers over HTTP and TCP, all from one thread that sleeps while nothing is due.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "api-types/meta/object.h"
#include "controller/probe/probe_table.h"
#include "controller/runtime/guarded.h"
#include "controller/runtime/log.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::probe {

class TransferSet;

struct ProberOptions {
  // Re-queues a workload of which something turned out; see ProbeSchedule::Settle. Called on the prober's thread, which
  // probes nothing meanwhile, without a lock held; what it throws is logged.
  std::function<void(const ObjectKey&)> enqueue;
  // Connections open at once. Further probes wait for their turn, the longest due first.
  std::size_t max_in_flight = 512;
};

// Thread-safe. When a target is probed and what counts: see ProbeSchedule. What success and failure are: see Judge.
class Prober final : public HealthView {
 public:
  // The logger outlives the prober. Throws std::bad_alloc.
  Prober(ProberOptions options, Logger& log);
  ~Prober() override;
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  void Start();  // once; nothing is probed before
  // Aborts what is under way. Returns within a second plus the time of a callback that runs; none is called after.
  void Stop();

  std::map<std::string, ProbeReport> Watch(const std::string& workload, std::vector<ProbeTarget> targets) override;
  std::map<std::string, ProbeReport> Peek(const std::string& workload) override;

 private:
  void Run(const std::stop_token& stop);
  void Round(const std::stop_token& stop);
  void Recover();
  void Begin();
  void Settle();
  std::optional<std::chrono::nanoseconds> UntilNextDue();
  void Tell(const ObjectKey& workload);
  void LogException() noexcept;

  const ProberOptions options_;
  Logger& log_;
  Guarded<ProbeTable> table_;
  const std::unique_ptr<TransferSet> transfers_;  // of the thread, but for Wake
  std::jthread thread_;
};

}  // namespace tinyforge::probe
