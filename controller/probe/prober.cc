#include "controller/probe/prober.h"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <utility>

#include "controller/probe/transfer_set.h"

namespace tinyforge::probe {
namespace {

constexpr Duration kAfterException = std::chrono::seconds(1);

SteadyTime Now() {
  return std::chrono::steady_clock::now();
}

void Pause(Duration delay, const std::stop_token& stop) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any().wait_for(lock, stop, delay, [] { return false; });
}

}  // namespace

Prober::Prober(ProberOptions options, Logger& log)
    : options_(std::move(options)), log_(log), transfers_(std::make_unique<TransferSet>()) {}

Prober::~Prober() {
  Stop();
}

void Prober::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void Prober::Stop() {
  thread_.request_stop();
  transfers_->Wake();
  if (thread_.joinable()) thread_.join();
}

std::map<std::string, ProbeReport> Prober::Watch(const std::string& workload, std::vector<ProbeTarget> targets) {
  auto table = table_.Lock();
  auto reports = table->Watch(workload, targets, Now());
  if (table->TakeChanged()) transfers_->Wake();
  return reports;
}

std::map<std::string, ProbeReport> Prober::Peek(const std::string& workload) {
  return table_.Lock()->Peek(workload);
}

void Prober::Run(const std::stop_token& stop) {
  bool recover = false;
  while (!stop.stop_requested()) {
    try {
      if (std::exchange(recover, false)) Recover();
      Round(stop);
    } catch (...) {
      LogException();
      recover = true;
      Pause(kAfterException, stop);
    }
  }
  transfers_->AbortAll();
}

// After an exception nobody knows what is under way: all of it begins anew.
void Prober::Recover() {
  transfers_->AbortAll();
  table_.Lock()->AbandonAll(Now());
}

void Prober::Round(const std::stop_token& stop) {
  Begin();
  Settle();
  if (!stop.stop_requested()) transfers_->Wait(UntilNextDue());
}

void Prober::Begin() {
  std::vector<ProbeSerial> dropped;
  std::vector<DueProbe> due;
  {
    auto table = table_.Lock();
    dropped = table->TakeDropped();
    // A place that is freed now is used in the next round.
    due = table->TakeDue(Now(), options_.max_in_flight - transfers_->size());
  }
  for (ProbeSerial serial : dropped) transfers_->Abort(serial);
  for (const DueProbe& probe : due) transfers_->Begin(probe);
}

void Prober::Settle() {
  std::vector<ObjectKey> told;
  auto ended = transfers_->Advance();
  if (ended.empty()) return;
  {
    auto table = table_.Lock();
    for (const auto& [serial, outcome] : ended) {
      if (auto workload = table->Settle(serial, outcome, Now())) told.push_back(std::move(*workload));
    }
  }
  for (const ObjectKey& workload : told) Tell(workload);
}

std::optional<std::chrono::nanoseconds> Prober::UntilNextDue() {
  if (transfers_->size() >= options_.max_in_flight) return std::nullopt;
  auto next = table_.Lock()->NextDue();
  if (!next) return std::nullopt;
  return *next - Now();
}

void Prober::Tell(const ObjectKey& workload) {
  try {
    options_.enqueue(workload);
  } catch (...) {
    LogException();
  }
}

void Prober::LogException() noexcept {
  try {
    try {
      throw;
    } catch (const std::exception& error) {
      log_.Error("thread of the prober failed, it goes on", {{"error", error.what()}});
    } catch (...) {
      log_.Error("thread of the prober failed, it goes on");
    }
  } catch (...) {
    // Without memory for the line the thread goes on all the same.
  }
}

}  // namespace tinyforge::probe
