// Structured logging: one line an event, a constant message and key/value pairs, as text or as JSON.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace tinyforge {

enum class LogLevel { Debug, Info, Warning, Error };
enum class LogFormat { Text, Json };

struct LogField {
  std::string_view key;
  std::string value;
};

// Thread-safe. Never blocks the caller on a slow sink: lines that the sink cannot take are dropped and counted. Values
// that were registered as secret are replaced by "[redacted]" wherever they stand in a line.
class Logger {
 public:
  virtual ~Logger() = default;
  virtual void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) = 0;

  void Debug(std::string_view message, std::initializer_list<LogField> fields = {}) { Log(LogLevel::Debug, message, fields); }
  void Info(std::string_view message, std::initializer_list<LogField> fields = {}) { Log(LogLevel::Info, message, fields); }
  void Warn(std::string_view message, std::initializer_list<LogField> fields = {}) { Log(LogLevel::Warning, message, fields); }
  void Error(std::string_view message, std::initializer_list<LogField> fields = {}) { Log(LogLevel::Error, message, fields); }
};

// Writes to standard error.
std::unique_ptr<Logger> MakeStderrLogger(LogLevel level, LogFormat format);

// For tests and offline commands.
std::unique_ptr<Logger> MakeNullLogger();

}  // namespace tinyforge
