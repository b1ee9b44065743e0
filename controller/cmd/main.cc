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
#include "controller/git/fetch_child.h"

namespace tinyforge::cmd {
namespace {

constexpr int kUsage = 2;
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

enum class RunEnd { Stop, Reload };

// One life between two readings of the configuration.
Expected<RunEnd> RunOnce(const Config& config, const sigset_t& signals) {
  auto redactor = std::make_shared<Redactor>();
  auto log = MakeStderrLogger(config.log_level, config.log_format, redactor);
  auto daemon = Daemon::Make(config, redactor, *log);
  if (!daemon) return std::move(daemon).error();
  std::stop_source stop;
  std::jthread running([&] { (*daemon)->Run(stop.get_token()); });
  int signal = 0;
  sigwait(&signals, &signal);
  stop.request_stop();
  std::optional<EndWatchdog> watchdog;
  if (signal != SIGHUP) watchdog.emplace(*log);
  running.join();
  daemon->reset();
  return signal == SIGHUP ? RunEnd::Reload : RunEnd::Stop;
}

// A configuration that does not work after a reload leaves the one before in force.
int Serve(Config config, const std::vector<std::string>& arguments) {
  const sigset_t signals = BlockSignals();
  std::optional<Config> before;
  for (;;) {
    auto end = RunOnce(config, signals);
    if (!end) {
      std::cerr << "tinyforged: " << end.error().message << "\n";
      if (!before) return 1;
      config = *std::exchange(before, std::nullopt);
      continue;
    }
    if (*end == RunEnd::Stop) return 0;
    before = config;
    auto again = ParseCommandLine(arguments, ProcessEnvironment());
    if (again)
      config = again->config;
    else
      std::cerr << "tinyforged: the new configuration is not taken:\n" << again.error().message << "\n";
  }
}

// Many short-lived threads would each keep an arena of freed memory: two are enough for what they allocate.
void LimitArenas() {
  mallopt(M_ARENA_MAX, 2);
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
    case Command::CheckConfig: std::cout << "the configuration is valid\n"; return 0;
    case Command::Run: return Serve(invocation->config, arguments);
  }
  return kUsage;
}

}  // namespace
}  // namespace tinyforge::cmd

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 1 && arguments[0] == "git-fetch") return tinyforge::GitFetchChildMain();
  tinyforge::cmd::LimitArenas();
  return tinyforge::cmd::Main(arguments);
}
