// Keeps the lines that a real logger would write.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "controller/runtime/log.h"

namespace tinyforge {

// Thread-safe. A line is "LEVEL message key=value …", level as one letter (D, I, W, E).
class FakeLogger final : public Logger {
 public:
  void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) override {
    std::string line{"DIWE"[static_cast<int>(level)], ' '};
    line += message;
    for (const LogField& field : fields) line.append(" ").append(field.key).append("=").append(field.value);
    std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  std::vector<std::string> lines() {
    std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace tinyforge
