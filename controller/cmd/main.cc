// tinyforged: see `tinyforged --help`.
#include <malloc.h>
#include <signal.h>

#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "controller/cmd/config.h"
#include "controller/cmd/daemon.h"
#include "controller/git/git_child.h"
#include "controller/serve/descriptors.h"

namespace tinyforge::cmd {
namespace {

constexpr int kUsage = 2;
constexpr std::size_t kDescriptors = 8192;  // the usual soft limit of 1024 is little for connections and the rest
constexpr auto kLongestEnd = std::chrono::seconds(8);

// Signals are taken by one thread with sigwait, so that no handler runs anywhere.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

// An Engine that hangs can hold a worker for longer than people wait for an end. Everything that must outlive this
// process is on the disk before it is acted on, so ending hard loses nothing.
class EndWatchdog {
 public:
  explicit EndWatchdog(Logger& log)
      : thread_([&log](const std::stop_token& stop) {
          std::mutex mutex;
          std::unique_lock lock(mutex);
          if (std::condition_variable_any().wait_for(lock, stop, kLongestEnd, [] { return false; }) ||
              stop.stop_requested())
            return;
          log.Warn("a call did not end in time; ending without it");
          std::_Exit(0);
        }) {}

 private:
  std::jthread thread_;
};

// The configuration as flags, environment and files say it now. Invalid also for what only reading the files that it
// names can tell.
Expected<Config> ReadConfig(const std::vector<std::string>& arguments) {
  auto invocation = ParseCommandLine(arguments, ProcessEnvironment());
  if (!invocation) return std::move(invocation).error();
  const Config& config = invocation->config;
  if (!config.listen_tls.certificate.empty()) {
    if (auto good = serve::CheckTlsFiles(config.listen_tls); !good) return std::move(good).error();
  }
  return std::move(invocation->config);
}

// What is to be in force next; empty: the end was asked for. A new configuration that is wrong is told of, and disturbs
// nothing.
std::optional<Config> AwaitNext(const sigset_t& signals, const std::vector<std::string>& arguments) {
  for (;;) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal != SIGHUP) return std::nullopt;
    auto next = ReadConfig(arguments);
    if (next) return std::move(*next);
    std::cerr << "tinyforged: the new configuration is not taken:\n" << next.error().message << "\n";
  }
}

// One life between two readings of the configuration; what AwaitNext says at its end.
Expected<std::optional<Config>> RunOnce(const Config& config, const sigset_t& signals,
                                        const std::vector<std::string>& arguments) {
  auto redactor = std::make_shared<Redactor>();
  auto log = MakeStderrLogger(config.log_level, config.log_format, redactor);
  auto daemon = Daemon::Make(config, redactor, *log);
  if (!daemon) return std::move(daemon).error();
  std::stop_source stop;
  std::jthread running([&] { (*daemon)->Run(stop.get_token()); });
  auto next = AwaitNext(signals, arguments);
  stop.request_stop();
  std::optional<EndWatchdog> watchdog;
  if (!next) watchdog.emplace(*log);
  running.join();
  daemon->reset();
  return next;
}

// A configuration that cannot be served after a reload leaves the one before in force.
int Serve(Config config, const std::vector<std::string>& arguments) {
  const sigset_t signals = BlockSignals();
  serve::RaiseDescriptorLimit(kDescriptors);
  std::optional<Config> before;
  for (;;) {
    auto next = RunOnce(config, signals, arguments);
    if (!next) {
      std::cerr << "tinyforged: " << next.error().message << "\n";
      if (!before) return 1;
      config = *std::exchange(before, std::nullopt);
      continue;
    }
    if (!*next) return 0;
    before = std::exchange(config, std::move(**next));
  }
}

int CheckConfig(const std::vector<std::string>& arguments) {
  auto config = ReadConfig(arguments);
  if (config) {
    std::cout << "the configuration is valid\n";
    return 0;
  }
  std::cerr << config.error().message << "\n";
  return kUsage;
}

// Many short-lived threads would each keep an arena of freed memory. Of fewer than four, those few threads that take in
// deliveries wait for each other at each allocation.
void LimitArenas() {
  mallopt(M_ARENA_MAX, 4);
}

int Main(const std::vector<std::string>& arguments) {
  auto invocation = ParseCommandLine(arguments, ProcessEnvironment());
  if (!invocation) {
    std::cerr << invocation.error().message << "\n";
    return kUsage;
  }
  switch (invocation->command) {
    case Command::Help: std::cout << invocation->help; return 0;
    case Command::Version: std::cout << "tinyforged " << TINYFORGE_VERSION << "\n"; return 0;
    case Command::CheckConfig: return CheckConfig(arguments);
    case Command::Run: return Serve(invocation->config, arguments);
  }
  return kUsage;
}

}  // namespace
}  // namespace tinyforge::cmd

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 1 && arguments[0] == "git-child") return tinyforge::GitChildMain();
  tinyforge::cmd::LimitArenas();
  return tinyforge::cmd::Main(arguments);
}
