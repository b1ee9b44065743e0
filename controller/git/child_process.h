// Runs a program to its end under a deadline, safely from a process with threads.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/time.h"

namespace tinyforge {

struct ChildSpec {
  std::string executable;
  std::vector<std::string> arguments;    // without the name
  std::vector<std::string> environment;  // "NAME=value"; nothing is inherited
  std::string input;                     // handed over whole, as a file without a name
  Duration deadline{60'000};
  std::size_t max_output = 32u << 10;  // of each stream; the rest is read and dropped
};

struct ChildUsage {
  std::int64_t max_rss_kib = 0;
  Duration cpu{};
};

struct ChildResult {
  enum class End { Exited, Signalled, TimedOut, Cancelled };
  End end = End::Exited;
  int code = 0;  // exit status or signal
  std::string output;
  std::string errors;
  ChildUsage usage;
};

// The child has its own process group and default signals, no file of ours but its three streams, and is killed and
// reaped when the deadline passes or `stop` is requested. Returns when it has ended; an Error only when it could not be
// started.
Expected<ChildResult> RunChild(const ChildSpec& spec, std::stop_token stop);

}  // namespace tinyforge
