// One log event as one line.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api-types/meta/time.h"
#include "controller/runtime/log.h"

namespace tinyforge {

struct LogRecord {
  SysTime time{};
  LogLevel level = LogLevel::Info;
  std::string_view message;
  std::span<const LogField> fields;
};

// The line with its newline, which is the only one in it. Pure.
std::string FormatLine(const LogRecord& record, LogFormat format);

}  // namespace tinyforge
