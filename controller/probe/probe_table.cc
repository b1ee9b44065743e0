#include "controller/probe/probe_table.h"

namespace tinyforge::probe {

std::map<std::string, ProbeReport> ProbeTable::Watch(const std::string& workload,
                                                     const std::vector<ProbeTarget>& targets, SteadyTime now) {
  std::map<std::string, ProbeSerial> before;
  if (auto known = workloads_.extract(workload)) before = std::move(known.mapped());
  std::map<std::string, ProbeSerial> after;
  for (const ProbeTarget& target : targets) {
    if (after.contains(target.container)) continue;
    auto same = before.find(target.container);
    if (same != before.end() && entries_.at(same->second).target == target) {
      after.insert(before.extract(same));
    } else {
      after.emplace(target.container, Add(workload, target, now));
    }
  }
  for (const auto& [container, serial] : before) Remove(serial);
  if (!after.empty()) workloads_.emplace(workload, std::move(after));
  return Peek(workload);
}

std::map<std::string, ProbeReport> ProbeTable::Peek(const std::string& workload) const {
  std::map<std::string, ProbeReport> reports;
  auto known = workloads_.find(workload);
  if (known == workloads_.end()) return reports;
  for (const auto& [container, serial] : known->second) {
    reports.emplace_hint(reports.end(), container, entries_.at(serial).schedule.report());
  }
  return reports;
}

ProbeSerial ProbeTable::Add(const std::string& workload, const ProbeTarget& target, SteadyTime now) {
  const ProbeSerial serial = ++last_serial_;
  entries_.emplace(serial, Entry{workload, target, ProbeSchedule(target.check, target.container, now)});
  if (target.check.http || target.check.tcp) due_.emplace(now, serial);
  changed_ = true;
  return serial;
}

void ProbeTable::Remove(ProbeSerial serial) {
  auto entry = entries_.extract(serial);
  if (entry.mapped().under_way) dropped_.push_back(serial);
  due_.erase({entry.mapped().schedule.due(), serial});
  changed_ = true;
}

std::optional<SteadyTime> ProbeTable::NextDue() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

std::vector<DueProbe> ProbeTable::TakeDue(SteadyTime now, std::size_t most) {
  std::vector<DueProbe> taken;
  while (taken.size() < most && !due_.empty() && due_.begin()->first <= now) {
    const ProbeSerial serial = due_.begin()->second;
    Entry& entry = entries_.at(serial);
    entry.under_way = true;
    entry.schedule.Begin(now);
    due_.erase(due_.begin());
    taken.push_back({serial, entry.target});
  }
  return taken;
}

std::optional<ObjectKey> ProbeTable::Settle(ProbeSerial serial, const ProbeOutcome& outcome, SteadyTime now) {
  auto found = entries_.find(serial);
  if (found == entries_.end()) return std::nullopt;
  Entry& entry = found->second;
  const bool tells = entry.schedule.Settle(outcome, now);
  due_.emplace(entry.schedule.due(), serial);
  entry.under_way = false;
  if (!tells) return std::nullopt;
  return ObjectKey{Kind::Workload, entry.workload};
}

void ProbeTable::AbandonAll(SteadyTime until) {
  dropped_.clear();
  for (auto& [serial, entry] : entries_) {
    if (!entry.under_way) continue;
    entry.schedule.Abandon(until);
    due_.emplace(until, serial);
    entry.under_way = false;
  }
}

}  // namespace tinyforge::probe
