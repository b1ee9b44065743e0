#include "controller/runtime/log.h"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/sink.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <utility>
#include <vector>

#include "controller/runtime/fd_sink.h"
#include "controller/runtime/log_line.h"

namespace tinyforge {
namespace {

// Slots are allocated at once, about 400 bytes each.
constexpr std::size_t kQueuedLines = 512;
constexpr std::chrono::milliseconds kFinishGrace(1000);

// Hands finished lines from spdlog's queue to the descriptor.
class LineSink final : public spdlog::sinks::sink {
 public:
  LineSink(int fd, LogFormat format, std::function<std::size_t()> overrun) : fd_sink(fd, format, std::move(overrun)) {}
  void log(const spdlog::details::log_msg& message) override {
    fd_sink.WriteLine({message.payload.data(), message.payload.size()});
  }
  void flush() override {}
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

  FdSink fd_sink;
};

class FdLogger final : public Logger {
 public:
  FdLogger(int fd, LoggerOptions options)
      : options_(std::move(options)),
        pool_(std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1)),
        sink_(
            std::make_shared<LineSink>(fd, options_.format, [pool = pool_.get()] { return pool->overrun_counter(); })),
        logger_(std::make_shared<spdlog::async_logger>("tinyforge", sink_, pool_,
                                                       spdlog::async_overflow_policy::overrun_oldest)) {
    logger_->set_level(spdlog::level::trace);
  }

  ~FdLogger() override {
    sink_->fd_sink.Finish(kFinishGrace);
    // Joins; the sink's deadline bounds it. The logger outlives the pool's thread, which then never is the one to free
    // it.
    pool_.reset();
  }

  void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) override {
    if (level < options_.level) return;
    std::vector<LogField> clean;
    clean.reserve(fields.size());
    for (const LogField& field : fields) clean.push_back({field.key, Redacted(field.value)});
    const auto now = std::chrono::time_point_cast<SysTime::duration>(std::chrono::system_clock::now());
    const std::string line = FormatLine({now, level, Redacted(message), clean}, options_.format);
    logger_->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  }

  std::size_t Dropped() const override { return pool_->overrun_counter() + sink_->fd_sink.dropped(); }

 private:
  std::string Redacted(std::string_view text) const {
    return options_.redactor ? options_.redactor->Redact(text) : std::string(text);
  }

  const LoggerOptions options_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  const std::shared_ptr<LineSink> sink_;
  const std::shared_ptr<spdlog::async_logger> logger_;
};

class NullLogger final : public Logger {
 public:
  void Log(LogLevel, std::string_view, std::initializer_list<LogField>) override {}
};

}  // namespace

std::unique_ptr<Logger> MakeFdLogger(int fd, LoggerOptions options) {
  return std::make_unique<FdLogger>(fd, std::move(options));
}

std::unique_ptr<Logger> MakeStderrLogger(LogLevel level, LogFormat format, std::shared_ptr<const Redactor> redactor) {
  return MakeFdLogger(STDERR_FILENO, {level, format, std::move(redactor)});
}

std::unique_ptr<Logger> MakeNullLogger() {
  return std::make_unique<NullLogger>();
}

}  // namespace tinyforge
