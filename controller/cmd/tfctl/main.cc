#include <curl/curl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include "controller/cmd/tfctl/tfctl.h"

namespace {

std::size_t TerminalWidth() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_DFL);  // `tfctl get … | head` ends quietly
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  return tinyforge::tfctl::TfctlMain(std::vector<std::string>(argv + 1, argv + argc),
                                     {.out = std::cout,
                                      .err = std::cerr,
                                      .colour = terminal && std::getenv("NO_COLOR") == nullptr,
                                      .width = terminal ? TerminalWidth() : 0});
}
