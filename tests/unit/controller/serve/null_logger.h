// Log lines go nowhere.
#pragma once

#include "controller/runtime/log.h"

namespace tinyforge::serve {

class NullLogger : public Logger {
 public:
  void Log(LogLevel, std::string_view, std::initializer_list<LogField>) override {}
};

}  // namespace tinyforge::serve
