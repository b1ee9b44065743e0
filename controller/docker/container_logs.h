// What containers wrote to their standard output and error.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "api-types/meta/time.h"
#include "controller/docker/engine_client.h"
#include "controller/docker/log_frames.h"
#include "controller/runtime/redactor.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::docker {

struct LogOptions {
  std::optional<int> tail;  // the last lines; empty: all
  bool follow = false;      // until the container ends or `stop` is requested
  bool timestamps = false;  // before each line
  std::optional<SysTime> since;
};

// Delivers to `sink` on the calling thread. Blocks while it follows. A stop, or a sink that wants no more, is no error.
// Errors as of EngineClient; Terminal for a logging driver that cannot be read.
Expected<void> ReadLogs(EngineClient& client, std::string_view container, const LogOptions& options,
                        const LogSink& sink, const std::stop_token& stop = {});

// The last lines, for messages about a failure: at most 8 KiB, passed through `redact` as they were written. Empty when
// they cannot be read.
std::string LastLogLines(EngineClient& client, std::string_view container, std::size_t lines, const Redact& redact);

// The last words of what failed, for its record. Thread-safe.
class EngineLogs : public LogReader {
 public:
  EngineLogs(EngineClient& client, const Redactor& redactor) : client_(client), redactor_(redactor) {}
  std::string LastLines(std::string_view container, std::size_t bytes) override;

 private:
  EngineClient& client_;
  const Redactor& redactor_;
};

}  // namespace tinyforge::docker
