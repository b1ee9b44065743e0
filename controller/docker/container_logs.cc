#include "controller/docker/container_logs.h"

#include "controller/docker/container_json.h"
#include "controller/runtime/plain_text.h"

namespace tinyforge::docker {
namespace {

constexpr std::size_t kTailBytes = 4096;
constexpr std::size_t kLastWords = 8;  // lines
constexpr Duration kWholeRead = std::chrono::minutes(5);

}  // namespace

Expected<void> ReadLogs(EngineClient& client, std::string_view container, const LogOptions& options,
                        const LogSink& sink, const std::stop_token& stop) {
  auto inspected = client.Call({.endpoint = Endpoint::ContainerInspect, .object = std::string(container)}, stop);
  if (!inspected) return std::move(inspected).error();
  auto details = DecodeInspect(inspected->body);
  if (!details) return std::move(details).error();
  EngineCall call{.endpoint = Endpoint::ContainerLogs,
                  .object = std::string(container),
                  .query = {{"stdout", "1"}, {"stderr", "1"}}};
  call.query.emplace_back("tail", options.tail ? std::to_string(*options.tail) : "all");
  if (options.timestamps) call.query.emplace_back("timestamps", "1");
  if (options.follow) call.query.emplace_back("follow", "1");
  if (!options.follow) call.deadline = kWholeRead;
  if (options.since) call.query.emplace_back("since", FormatRfc3339(*options.since));
  LogDemultiplexer frames(sink);
  HttpStreamHandler handler{.on_data = [&](std::string_view bytes) {
    if (!details->tty) return frames.Feed(bytes);
    return sink(LogStream::Stdout, bytes);
  }};
  auto done = client.Stream(call, handler, stop);
  if (!done && stop.stop_requested()) return {};
  return done;
}

std::string LastLogLines(EngineClient& client, std::string_view container, std::size_t lines, const Redact& redact) {
  LogTail tail(lines, kTailBytes);
  auto read = ReadLogs(client, container, {.tail = static_cast<int>(lines)}, [&](LogStream, std::string_view bytes) {
    tail.Feed(bytes);
    return true;
  });
  return read ? tail.Text(redact) : std::string();
}

std::string EngineLogs::LastLines(std::string_view container, std::size_t bytes) {
  std::string text =
      LastLogLines(client_, container, kLastWords, [this](std::string_view lines) { return redactor_.Redact(lines); });
  while (text.size() > bytes) {  // the oldest lines go first; of a single one the end stays
    const std::size_t end = text.find('\n');
    text.erase(0, end == std::string::npos ? text.size() - bytes : end + 1);
  }
  std::string joined;
  for (const char c : PlainText(text, bytes)) joined += c == '\n' ? std::string(" | ") : std::string(1, c);
  return joined;
}

}  // namespace tinyforge::docker
