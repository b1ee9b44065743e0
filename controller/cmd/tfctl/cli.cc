#include "controller/cmd/tfctl/cli.h"

#include <CLI/CLI.hpp>

#include "controller/cmd/tfctl/session.h"

namespace tinyforge::tfctl {
namespace {

constexpr const char* kDefaultSocket = "/run/tinyforge/api.sock";

// A verb's flags live as long as its parsing and its run.
class CommandLine {
 public:
  explicit CommandLine(const Terminal& terminal) : terminal_(terminal) {
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.add_option("--api-socket", address_.socket, "Unix socket of the controller")
        ->envname("TFCTL_API_SOCKET")
        ->capture_default_str()
        ->type_name("PATH");
    app_.add_option("--server", address_.url, "Controller on the network, as https://host:port")->envname("TFCTL_SERVER")->type_name("URL");
    app_.add_option("--token-file", address_.token_file, "File that holds the token for --server")
        ->envname("TFCTL_TOKEN_FILE")
        ->type_name("FILE");
    AddGet();
    AddEvents();
  }

  int Run(std::vector<std::string> args) {
    std::ranges::reverse(args);  // CLI11 takes them from the back
    try {
      app_.parse(std::move(args));
    } catch (const CLI::ParseError& error) {
      return app_.exit(error, terminal_.out, terminal_.err) == 0 ? kDone : kUsage;
    }
    return run_();
  }

 private:
  CLI::App* Verb(const char* name, const char* help, std::function<int()> run) {
    CLI::App* verb = app_.add_subcommand(name, help);
    verb->final_callback([this, run = std::move(run)] { run_ = run; });
    return verb;
  }

  // A verb that talks to the controller.
  CLI::App* RemoteVerb(const char* name, const char* help, std::function<int(const Session&)> run) {
    return Verb(name, help, [this, run = std::move(run)] {
      ApiClient client(address_);
      client.StopOn(terminal_.stop);
      return run({client, terminal_});
    });
  }

  void AddGet() {
    auto options = std::make_shared<GetOptions>();
    auto* verb = RemoteVerb("get", "Show objects in a table", [options](const Session& s) { return Get(s, *options); });
    verb->add_option("what", options->what, "KIND [NAME...] or KIND/NAME...")->required();
    verb->add_option("-o,--output", options->output, "wide, json, yaml, name or jsonpath=TEMPLATE");
    verb->add_option("-l,--selector", options->selector, "Labels, as team=web,tier!=db");
    verb->add_option("--sort-by", options->sort_by, "A path, as .metadata.name");
    verb->add_flag("-w,--watch", options->watch, "Go on showing what changes");
    verb->add_flag("--no-headers", options->no_headers, "Rows only");
  }

  void AddEvents() {
    auto options = std::make_shared<EventOptions>();
    auto* verb = RemoteVerb("events", "Show what happened", [options](const Session& s) { return Events(s, *options); });
    verb->add_option("object", options->object, "A workload's NAME, KIND/NAME or repository; omitted: everything");
    verb->add_option("-o,--output", options->output, "json, yaml or jsonpath=TEMPLATE");
    verb->add_flag("-w,--watch", options->watch, "Go on showing what happens");
    verb->add_flag("--no-headers", options->no_headers, "Rows only");
  }

  const Terminal& terminal_;
  ServerAddress address_{.socket = kDefaultSocket, .url = {}, .token_file = {}};
  CLI::App app_{"Shows and explains what Tinyforge runs on this host.", "tfctl"};
  std::function<int()> run_;
};

}  // namespace

int RunCommandLine(const std::vector<std::string>& args, const Terminal& terminal) { return CommandLine(terminal).Run(args); }

}  // namespace tinyforge::tfctl
