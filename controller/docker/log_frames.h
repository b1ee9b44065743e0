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

// The last `max_lines` whole lines of what it is fed, at most `max_bytes` of them; what is no UTF-8 becomes "?",
// control characters but tab become " ".
class LogTail {
 public:
  LogTail(std::size_t max_lines, std::size_t max_bytes) : max_lines_(max_lines), max_bytes_(max_bytes) {}
  void Feed(std::string_view bytes);
  std::string Text() const;  // lines separated by "\n", none at the end

 private:
  const std::size_t max_lines_;
  const std::size_t max_bytes_;
  std::string kept_;
};

}  // namespace tinyforge::docker
