#include "controller/cmd/tfctl/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "controller/cmd/tfctl/describe.h"
#include "controller/cmd/tfctl/diff.h"
#include "controller/cmd/tfctl/get.h"
#include "controller/cmd/tfctl/import.h"
#include "controller/cmd/tfctl/offline.h"
#include "controller/cmd/tfctl/operations.h"
#include "controller/cmd/tfctl/session.h"
#include "controller/cmd/tfctl/trigger_verbs.h"

namespace tinyforge::tfctl {
namespace {

constexpr const char* kDefaultSocket = "/run/tinyforge/api.sock";
constexpr const char* kWait = "30s";

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
    app_.add_option("--server", address_.url, "Controller on the network, as https://host:port")
        ->envname("TFCTL_SERVER")
        ->type_name("URL");
    app_.add_option("--token-file", address_.token_file, "File that holds the token for --server")
        ->envname("TFCTL_TOKEN_FILE")
        ->type_name("FILE");
    AddGet();
    AddDescribe();
    AddDiff();
    AddWhy();
    AddEvents();
    AddLogs();
    AddSync();
    AddWait();
    AddCommand("suspend", "Change nothing of a workload until it is resumed; drift is reported");
    AddCommand("resume", "End a suspend");
    AddCommand("stop", "Keep a workload down on purpose");
    AddCommand("start", "End a stop");
    AddCommand("retry", "Try again what failed");
    AddCommand("rollback", "Go back to the version that ran well before, and stay there until unpin");
    AddCommand("unpin", "Follow the manifest's version again");
    AddDeliver("fire", "Let a trigger act now, as its webhook would", "The trigger", Fire);
    AddDeliver("replay", "Let a delivery act once more, by the configuration in force",
               "Its id, see tfctl get deliveries", Replay);
    AddDeploy();
    AddNamed("promote", "Bring what runs on the stage before, without soak and approval", "The workload", Promote);
    AddRotate();
    AddApprove();
    AddOffline();
    AddImport();
    AddVersion();
  }

  int Run(std::vector<std::string> args) {
    // A value stands only behind "=", so that a name may follow.
    std::ranges::replace(args, std::string("--wait"), "--wait=" + std::string(kWait));
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
    auto* verb =
        RemoteVerb("events", "Show what happened", [options](const Session& s) { return Events(s, *options); });
    verb->add_option("object", options->object, "A workload's NAME, KIND/NAME or repository; omitted: everything");
    verb->add_option("-o,--output", options->output, "json, yaml or jsonpath=TEMPLATE");
    verb->add_flag("-w,--watch", options->watch, "Go on showing what happens");
    verb->add_flag("--no-headers", options->no_headers, "Rows only");
  }

  void AddDescribe() {
    auto what = std::make_shared<std::vector<std::string>>();
    auto* verb = RemoteVerb("describe", "Show all there is to know of objects",
                            [what](const Session& s) { return Describe(s, *what); });
    verb->add_option("what", *what, "KIND [NAME...] or KIND/NAME...")->required();
  }

  void AddDiff() {
    auto options = std::make_shared<DiffOptions>();
    auto* verb = RemoteVerb("diff", "Show what would be done: 0 nothing, 1 something, 2 could not tell",
                            [options](const Session& s) { return Diff(s, *options); });
    verb->add_option("name", options->names, "Workloads; omitted: all");
    verb->add_option("-f,--filename", options->folder,
                     "A folder that is not committed yet, in place of what is in force")
        ->type_name("DIR");
  }

  void AddWhy() {
    auto name = std::make_shared<std::string>();
    auto* verb = RemoteVerb("why", "Explain a workload's last change and what would come next",
                            [name](const Session& s) { return Why(s, *name); });
    verb->add_option("name", *name, "The workload")->required();
  }

  void AddLogs() {
    auto options = std::make_shared<LogsOptions>();
    auto* verb = RemoteVerb("logs", "Show what a workload's containers write",
                            [options](const Session& s) { return Logs(s, *options); });
    verb->add_option("name", options->workload, "The workload")->required();
    verb->add_flag("-f,--follow", options->follow, "Go on as more is written");
    verb->add_option("--tail", options->tail, "Lines from the end; omitted: all")->check(CLI::NonNegativeNumber);
    verb->add_option("--since", options->since, "How far back, as 10m")->type_name("DURATION");
    verb->add_flag("--timestamps", options->timestamps, "Time before each line");
  }

  void AddSync() { RemoteVerb("sync", "Fetch now and wait until what was fetched is in force", Sync); }

  void AddWait() {
    auto options = std::make_shared<WaitOptions>();
    auto* verb = RemoteVerb("wait", "Wait for a condition", [options](const Session& s) { return Wait(s, *options); });
    verb->add_option("what", options->what, "KIND NAME... or KIND/NAME...");
    verb->add_flag("--all", options->all, "Every object of the kind; of workloads without a kind");
    verb->add_option("--for", options->condition, "condition=NAME[=STATUS] or delete")->capture_default_str();
    verb->add_option("--timeout", options->timeout, "How long at most")->capture_default_str()->type_name("DURATION");
  }

  void AddCommand(const char* name, const char* help) {
    auto options = std::make_shared<CommandOptions>(CommandOptions{.verb = name, .workload = {}, .to = {}});
    auto* verb = RemoteVerb(name, help, [options](const Session& s) { return Command(s, *options); });
    verb->add_option("name", options->workload, "The workload")->required();
    if (options->verb == "rollback")
      verb->add_option("--to", options->to, "The rollout whose version is wanted, see tfctl get rollouts NAME")
          ->type_name("ID")
          ->check(CLI::PositiveNumber);
  }

  void AddDeliver(const char* name, const char* help, const char* what,
                  int (*run)(const Session&, const DeliverOptions&)) {
    auto options = std::make_shared<DeliverOptions>();
    auto* verb = RemoteVerb(name, help, [options, run](const Session& s) { return run(s, *options); });
    verb->add_option("name", options->name, what)->required();
    verb->add_option("--wait", options->wait,
                     "Show the outcomes, and fail when one is errored or not known in time; alone: 30s")
        ->type_name("[=DURATION]");
  }

  void AddDeploy() {
    auto options = std::make_shared<DeployOptions>();
    auto* verb = RemoteVerb("deploy", "Run a version until the manifest's is edited, or make the workload anew",
                            [options](const Session& s) { return Deploy(s, *options); });
    verb->add_option("name", options->workload, "The workload")->required();
    verb->add_option("version", options->version,
                     "A tag or a digest, as 1.4.2 or sha256:...; omitted: what its tag points to now");
  }

  void AddRotate() {
    auto options = std::make_shared<RotateOptions>();
    auto* verb = RemoteVerb("rotate", "Make a new webhook secret; the old one is honoured for a while, no older one",
                            [options](const Session& s) { return Rotate(s, *options); });
    verb->add_option("name", options->trigger, "The trigger")->required();
    verb->add_option("--grace", options->grace,
                     "How long the old one is honoured, at most 720h; 0s ends it now (default 24h)")
        ->type_name("DURATION")
        ->check([](const std::string& text) { return text.empty() ? "expected a duration, as 0s, 15m or 24h" : ""; });
  }

  // A verb that asks something of one object.
  void AddNamed(const char* name, const char* help, const char* what, int (*run)(const Session&, const std::string&)) {
    auto object = std::make_shared<std::string>();
    auto* verb = RemoteVerb(name, help, [object, run](const Session& s) { return run(s, *object); });
    verb->add_option("name", *object, what)->required();
  }

  void AddApprove() {
    auto revision = std::make_shared<std::string>();
    auto workload = std::make_shared<std::string>();
    auto* verb = app_.add_subcommand("approve", "Release what waits for a person");
    verb->require_subcommand(1);
    auto* deletions = verb->add_subcommand("deletions", "Let the pending deletions of a revision go on");
    deletions->add_option("revision", *revision, "The revision that shows them as pending, at least 7 characters")
        ->required();
    deletions->final_callback([this, revision] {
      run_ = [this, revision] {
        ApiClient client(address_);
        return ApproveDeletions({client, terminal_}, *revision);
      };
    });
    auto* promotion = verb->add_subcommand("promotion", "Let the version that waits for approval come to a workload");
    promotion->add_option("workload", *workload, "The workload it comes to")->required();
    promotion->final_callback([this, workload] {
      run_ = [this, workload] {
        ApiClient client(address_);
        return ApprovePromotion({client, terminal_}, *workload);
      };
    });
  }

  void AddOffline() {
    auto options = std::make_shared<ValidateOptions>();
    auto* validate = Verb("validate", "Check manifests as the controller does, without one",
                          [this, options] { return Validate(terminal_, *options); });
    validate->add_option("path", options->paths, "Files and folders")->required();
    validate->add_flag("--partial", options->partial,
                       "They are a part of the configuration: what they refer to may stand elsewhere");
    auto field = std::make_shared<std::string>();
    auto* explain =
        Verb("explain", "Explain a field of a manifest", [this, field] { return Explain(terminal_, *field); });
    explain->add_option("field", *field, "KIND[.field...], as Workload.spec.replicas")->required();
    auto shell = std::make_shared<std::string>();
    auto* completion =
        Verb("completion", "Print a completion script", [this, shell] { return Completion(terminal_, *shell); });
    completion->add_option("shell", *shell, "bash, zsh or fish")->required();
  }

  void AddImport() {
    auto options = std::make_shared<ImportOptions>();
    auto* verb = app_.add_subcommand("import", "Write manifests for what ran without Tinyforge");
    verb->require_subcommand(1);
    auto* compose = verb->add_subcommand("compose", "Write the Workload for a compose file, checked as it would run");
    compose->add_option("file", options->files, "Compose files, merged in this order")->required()->type_name("FILE");
    compose->add_option("--name", options->name, "Of the workload; omitted: the project's");
    compose->add_option("-p,--project-name", options->project_name,
                        "Of the project; omitted: as docker compose has it");
    compose
        ->add_option("--project-directory", options->project_directory,
                     "Folder of the host for relative bind mounts that the repository does not hold")
        ->type_name("DIR");
    compose->add_option("--profile", options->profiles, "A profile to enable, * for all; may be repeated")
        ->allow_extra_args(false);
    compose->add_option("--env-file", options->env_files, "Variables for ${...} in place of .env; may be repeated")
        ->allow_extra_args(false)
        ->type_name("FILE");
    compose->add_flag("--adopt", options->adopt, "Take over what docker compose started of it on the hosts");
    compose->add_option("-o,--output", options->output, "Where to, or -; omitted: NAME.workload.yaml beside the file")
        ->type_name("FILE");
    compose->add_flag("--force", options->force, "Overwrite a manifest that is there");
    compose->final_callback([this, options] { run_ = [this, options] { return ImportCompose(terminal_, *options); }; });
  }

  void AddVersion() {
    auto client_only = std::make_shared<bool>(false);
    auto* verb = RemoteVerb("version", "Show the versions of tfctl and of the controller",
                            [client_only](const Session& s) { return ShowVersion(s, *client_only); });
    verb->add_flag("--client", *client_only, "Of tfctl only");
  }

  const Terminal& terminal_;
  ServerAddress address_{.socket = kDefaultSocket, .url = {}, .token_file = {}};
  CLI::App app_{"Shows and explains what Tinyforge runs on this host.", "tfctl"};
  std::function<int()> run_;
};

}  // namespace

int RunCommandLine(const std::vector<std::string>& args, const Terminal& terminal) {
  return CommandLine(terminal).Run(args);
}

}  // namespace tinyforge::tfctl
