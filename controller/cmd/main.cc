// tinyforged: see `tinyforged --help`.
#include <signal.h>

#include <iostream>
#include <memory>
#include <thread>

#include "controller/cmd/config.h"
#include "controller/cmd/daemon.h"
#include "controller/git/fetch_child.h"

namespace tinyforge::cmd {
namespace {

constexpr int kUsage = 2;

// Signals are taken by one thread with sigwait, so that no handler runs anywhere.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

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
  return signal == SIGHUP ? RunEnd::Reload : RunEnd::Stop;
}

int Serve(Config config, const std::vector<std::string>& arguments) {
  const sigset_t signals = BlockSignals();
  for (;;) {
    auto end = RunOnce(config, signals);
    if (!end) {
      std::cerr << "tinyforged: " << end.error().message << "\n";
      return 1;
    }
    if (*end == RunEnd::Stop) return 0;
    auto again = ParseCommandLine(arguments, ProcessEnvironment());
    if (again) config = again->config;
    else std::cerr << "tinyforged: the new configuration is not taken: " << again.error().message << "\n";
  }
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
  return tinyforge::cmd::Main(arguments);
}
