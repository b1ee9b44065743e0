// A revision that is in force, and facts, for tests with several threads.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include "reconcilers/core/ports.h"

namespace tinyforge {

// Thread-safe.
class FakeConfigReader final : public ConfigReader {
 public:
  void Set(v1::ObjectSet objects, std::shared_ptr<const TreeReader> tree = nullptr) {
    auto snapshot = std::make_shared<ConfigSnapshot>(
        ConfigSnapshot{std::make_shared<v1::ObjectSet>(std::move(objects)), std::move(tree)});
    const std::lock_guard lock(mutex_);
    snapshot_ = std::move(snapshot);
  }
  std::shared_ptr<const ConfigSnapshot> Current() override {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }
  bool HistoryHeld(const Revision&, std::string_view) override { return true; }

 private:
  std::mutex mutex_;
  std::shared_ptr<const ConfigSnapshot> snapshot_;
};

// Thread-safe.
class LockedFacts final : public FactStore {
 public:
  Facts Of(const std::string& workload) {
    const std::lock_guard lock(mutex_);
    return facts_[workload];
  }
  void Set(const std::string& workload, const Change& change) {
    const std::lock_guard lock(mutex_);
    change(facts_[workload]);
  }
  void Fail(bool fails) {
    const std::lock_guard lock(mutex_);
    fails_ = fails;
  }
  // From now on who loads the facts of this workload gets an exception that says its name.
  void Throw(const std::string& workload) {
    const std::lock_guard lock(mutex_);
    poison_ = workload;
  }

  Expected<Facts> Load(std::string_view workload) override {
    const std::lock_guard lock(mutex_);
    if (!poison_.empty() && workload == poison_) throw std::runtime_error(poison_);
    if (fails_) return Error{ErrorKind::Transient, "the disk is full"};
    return facts_[std::string(workload)];
  }
  Expected<void> Update(std::string_view workload, const Change& change) override {
    const std::lock_guard lock(mutex_);
    if (fails_) return Error{ErrorKind::Transient, "the disk is full"};
    change(facts_[std::string(workload)]);
    return {};
  }
  Expected<std::map<std::string, Facts>> All() override {
    const std::lock_guard lock(mutex_);
    return facts_;
  }
  Expected<std::string> Damaged() override { return std::string(); }

 private:
  std::mutex mutex_;
  bool fails_ = false;
  std::string poison_;
  std::map<std::string, Facts> facts_;
};

}  // namespace tinyforge
