#include "controller/cmd/tfctl/tfctl.h"

#include <exception>

#include "controller/cmd/tfctl/cli.h"
#include "controller/cmd/tfctl/session.h"
#include "controller/cmd/tfctl/text.h"

namespace tinyforge::tfctl {

int Report(const Terminal& terminal, const Error& error) {
  terminal.err << "error: " << OneLine(error.message) << "\n";
  return error.kind == ErrorKind::Invalid ? kUsage : kFailed;
}

int TfctlMain(const std::vector<std::string>& args, const Terminal& terminal) {
  try {
    return RunCommandLine(args, terminal);
  } catch (const std::exception& error) {
    return Report(terminal, {ErrorKind::Terminal, error.what()});
  }
}

int TfctlMain(const std::vector<std::string>& args, std::ostream& out, std::ostream& err) {
  return TfctlMain(args, Terminal{.out = out, .err = err});
}

}  // namespace tinyforge::tfctl
