// Structured logging: one line an event, a constant message and key/value pairs, as text or as JSON.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "controller/runtime/redactor.h"

namespace tinyforge {

enum class LogLevel { Debug, Info, Warning, Error };
enum class LogFormat { Text, Json };

struct LogField {
  std::string_view key;
  std::string value;
};

// Thread-safe. Never blocks the caller on a slow sink: lines that the sink cannot take are dropped, oldest first, and
// counted; the next line that gets through is preceded by one that says how many. Values that are registered as secret
// are replaced by "[redacted]" wherever they stand in a line. A value is cut at 4 KiB.
class Logger {
 public:
  virtual ~Logger() = default;
  // `message` is a constant; what varies goes into the fields. A field's key is a constant word.
  virtual void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) = 0;
  // Lines dropped since the start.
  virtual std::size_t Dropped() const { return 0; }

  void Debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::Debug, message, fields);
  }
  void Info(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::Info, message, fields);
  }
  void Warn(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::Warning, message, fields);
  }
  void Error(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::Error, message, fields);
  }
};

// Text is "TIME LEVEL message key=value key="a b"", JSON one object a line with the members time, level and message and
// one a field. Control characters and what is not UTF-8 are escaped, so that a value cannot forge a line.
struct LoggerOptions {
  LogLevel level = LogLevel::Info;
  LogFormat format = LogFormat::Text;
  std::shared_ptr<const Redactor> redactor;  // null: nothing is secret
};

// Writes to a file descriptor that stays the caller's. The process must ignore SIGPIPE. The destructor waits up to a
// second for lines under way.
std::unique_ptr<Logger> MakeFdLogger(int fd, LoggerOptions options);

// Writes to standard error.
std::unique_ptr<Logger> MakeStderrLogger(LogLevel level, LogFormat format,
                                         std::shared_ptr<const Redactor> redactor = nullptr);

// For tests and offline commands.
std::unique_ptr<Logger> MakeNullLogger();

}  // namespace tinyforge
