#include "controller/probe/probe_schedule.h"

#include <algorithm>
#include <cstdint>

namespace tinyforge::probe {
namespace {

constexpr Duration kFirstGap = std::chrono::milliseconds(250);

// Up to a tenth of `interval`, always the same for a container (FNV-1a of its id).
Duration Jitter(Duration interval, std::string_view container) {
  std::uint32_t hash = 2166136261;
  for (unsigned char c : container) hash = (hash ^ c) * 16777619;
  return interval * (hash % 1000) / 10000;
}

}  // namespace

ProbeSchedule::ProbeSchedule(const v1::Healthcheck& check, std::string_view container, SteadyTime now)
    : interval_(std::max(check.interval, Duration(1))),
      spaced_(interval_ + Jitter(interval_, container)),
      start_period_(check.start_period),
      retries_(std::max(check.retries, 1)),
      due_(now),
      gap_(std::min(interval_, kFirstGap)) {}

void ProbeSchedule::Begin(SteadyTime now) {
  begun_ = now;
  if (!first_begun_) first_begun_ = now;
}

bool ProbeSchedule::Settle(const ProbeOutcome& outcome, SteadyTime now) {
  if (outcome.verdict == Verdict::Success) {
    was_healthy_ = true;
    failures_ = unreached_ = 0;
    counted_.reset();
    report_ = {.state = ProbeState::Healthy};
  } else {
    Fail(outcome);
  }
  due_ = std::max(now, Next());
  return Tells(now);
}

void ProbeSchedule::Fail(const ProbeOutcome& outcome) {
  const bool reached = outcome.verdict == Verdict::Failure;
  report_.message = outcome.message;
  if (reached) unreached_ = 0;
  if (begun_ < FirstToCount()) return;
  counted_ = begun_;
  int& row = reached ? failures_ : unreached_;
  row = std::min(row + 1, retries_);
  if (row == retries_) report_.state = reached ? ProbeState::Unhealthy : ProbeState::Unreachable;
}

// From when on a probe has to begin for its failure to count.
SteadyTime ProbeSchedule::FirstToCount() const {
  SteadyTime first = *first_begun_ + start_period_;
  if (counted_) return std::max(first, *counted_ + interval_);
  return was_healthy_ ? first : std::max(first, *first_begun_ + interval_);
}

SteadyTime ProbeSchedule::Next() {
  if (was_healthy_) return begun_ + spaced_;
  const SteadyTime next = begun_ + gap_;
  gap_ = std::min(gap_ * 2, interval_);
  return FirstToCount() > begun_ ? std::min(next, FirstToCount()) : next;
}

bool ProbeSchedule::Tells(SteadyTime now) {
  const bool turned = report_.state != told_.state;
  const bool news = report_.state != ProbeState::Healthy && report_.message != told_.message &&
                    (!told_at_ || now - *told_at_ >= interval_);
  if (!turned && !news) return false;
  told_ = report_;
  told_at_ = now;
  return true;
}

}  // namespace tinyforge::probe
