// All targets: which are due, which are under way, what is known of them. Not thread-safe; the time comes in as data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api-types/meta/object.h"
#include "controller/probe/probe_schedule.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::probe {

// Of a target for as long as it stays as it is; never used twice.
using ProbeSerial = std::uint64_t;

struct DueProbe {
  ProbeSerial serial = 0;
  ProbeTarget target;
};

class ProbeTable {
 public:
  // As HealthView::Watch. A target whose check is neither http nor tcp stays Unknown.
  std::map<std::string, ProbeReport> Watch(const std::string& workload, const std::vector<ProbeTarget>& targets,
                                           SteadyTime now);
  std::map<std::string, ProbeReport> Peek(const std::string& workload) const;

  // Whether a Watch changed what is probed since this was asked last.
  bool TakeChanged() { return std::exchange(changed_, false); }
  // When the next probe is due among those not under way; empty: none ever.
  std::optional<SteadyTime> NextDue() const;
  // At most `most` that are due, the longest due first; they are under way from now on.
  std::vector<DueProbe> TakeDue(SteadyTime now, std::size_t most);
  // Of what was under way, that which nobody watches any more.
  std::vector<ProbeSerial> TakeDropped() { return std::exchange(dropped_, {}); }
  // A probe ended. The workload, when it must be told; nothing happens for a target that is gone.
  std::optional<ObjectKey> Settle(ProbeSerial serial, const ProbeOutcome& outcome, SteadyTime now);
  // What is under way ended without an outcome, and is due again at `until`.
  void AbandonAll(SteadyTime until);

 private:
  struct Entry {
    std::string workload;
    ProbeTarget target;
    ProbeSchedule schedule;
    bool under_way = false;
  };

  ProbeSerial Add(const std::string& workload, const ProbeTarget& target, SteadyTime now);
  void Remove(ProbeSerial serial);

  std::map<std::string, std::map<std::string, ProbeSerial>> workloads_;  // by name, then by container
  std::map<ProbeSerial, Entry> entries_;
  std::set<std::pair<SteadyTime, ProbeSerial>> due_;  // exactly those that are probed and not under way
  std::vector<ProbeSerial> dropped_;
  ProbeSerial last_serial_ = 0;
  bool changed_ = false;
};

}  // namespace tinyforge::probe
