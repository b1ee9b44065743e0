// Manifests, a registry, facts and a log, for what makes triggers work.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "controller/runtime/clock.h"
#include "controller/trigger/route_book.h"
#include "tests/fakes/fake_config.h"
#include "tests/unit/reconcilers/trigger/trigger_manifests.h"

namespace tinyforge {

// A clock that goes on by itself and can be moved ahead. Thread-safe.
class MovableClock final : public Clock {
 public:
  SteadyTime Now() const override { return real_.Now() + ahead(); }
  SysTime SystemNow() const override {
    return real_.SystemNow() + std::chrono::duration_cast<SysTime::duration>(ahead()) + wall();
  }
  void Advance(std::chrono::nanoseconds by) { ahead_ += by.count(); }
  // Of the wall clock alone.
  void StepWall(std::chrono::milliseconds by) { wall_ += by.count(); }

 private:
  std::chrono::nanoseconds ahead() const { return std::chrono::nanoseconds(ahead_.load()); }
  std::chrono::milliseconds wall() const { return std::chrono::milliseconds(wall_.load()); }

  RealClock real_;
  std::atomic<std::chrono::nanoseconds::rep> ahead_ = 0;
  std::atomic<std::chrono::milliseconds::rep> wall_ = 0;
};

inline std::string ImageWorkload(const std::string& name, const std::string& image = "repository: shop, tag: \"1.4.2\"",
                                 const std::string& more = "") {
  return Manifest("Workload", "name: " + name + ", labels: {team: web}",
                  "source: {image: {" + image + "}}" + (more.empty() ? "" : ", " + more));
}

inline std::string Bound(const std::string& name, const std::string& trigger, const std::string& workload,
                         const std::string& more = "") {
  return Manifest("Binding", "name: " + name,
                  "trigger: " + trigger + ", workload: " + workload + (more.empty() ? "" : ", " + more));
}

inline const char* kPolicy = "registry: {tagPolicy: {semver: \">=1.0.0\"}, pollInterval: 5m}";

// "sha256:" and 64 times the character.
inline std::string Digest(char c) {
  return "sha256:" + std::string(64, c);
}

}  // namespace tinyforge
