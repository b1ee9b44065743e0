// The framing of container logs without a terminal: 8 bytes (stream, 0, 0, 0, big-endian length), then the payload.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tinyforge::docker {

enum class LogStream { Stdout, Stderr };

// False ends the reading.
using LogSink = std::function<bool(LogStream stream, std::string_view bytes)>;

// Takes bytes as they come and hands payload on as it comes; a frame may be delivered in several pieces.
class LogDemultiplexer {
 public:
  explicit LogDemultiplexer(LogSink sink) : sink_(std::move(sink)) {}

  // False, from then on, for bytes that are no frames, or when the sink wants no more.
  bool Feed(std::string_view bytes);

 private:
  bool TakeHeader(std::string_view& bytes);

  const LogSink sink_;
  std::string header_;
  std::uint32_t left_ = 0;  // of the frame under way
  LogStream stream_ = LogStream::Stdout;
  bool failed_ = false;
};

// Takes secrets out of a text.
using Redact = std::function<std::string(std::string_view)>;

// The last `max_lines` whole lines of what it is fed, of at most twice `max_bytes`; a longer line is left out. What is
// no UTF-8 becomes "?", control characters but tab become " ", after `redact` has seen the lines as they were written.
class LogTail {
 public:
  LogTail(std::size_t max_lines, std::size_t max_bytes) : max_lines_(max_lines), max_bytes_(max_bytes) {}
  void Feed(std::string_view bytes);
  // Lines separated by "\n", none at the end.
  std::string Text(const Redact& redact) const;

 private:
  void Shorten();

  const std::size_t max_lines_;
  const std::size_t max_bytes_;
  std::string kept_;
  bool in_long_line_ = false;  // the beginning of `kept_` is the rest of a line that is left out
};

}  // namespace tinyforge::docker
