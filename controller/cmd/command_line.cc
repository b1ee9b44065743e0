#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <utility>

#include "controller/cmd/config.h"
#include "controller/cmd/config_file.h"
#include "controller/cmd/setting.h"

namespace tinyforge::cmd {
namespace {

constexpr std::string_view kConfigFlag = "config";

// What the command line says, unchecked.
struct Words {
  Command command = Command::Run;
  std::string help;
  std::map<std::string, std::string, std::less<>> flags;
};

Expected<Words> ReadWords(std::vector<std::string> arguments) {
  CLI::App app("Drives Docker Engine to what a git repository says.", "tinyforged");
  std::map<std::string, std::string, std::less<>> values;
  bool version = false;
  app.add_option("--config", values[std::string(kConfigFlag)], "config file, YAML")->option_text("FILE");
  for (const Setting& setting : Settings()) {
    const std::string flag(setting.flag);
    app.add_option("--" + flag, values[flag], std::string(setting.help))->option_text(std::string(setting.value));
  }
  app.add_flag("--version", version, "print the version");
  const CLI::App* check =
      app.add_subcommand("check-config", "check flags, environment and config file, then end")->fallthrough();
  app.footer("Every flag can also be given as a variable (TINYFORGE_STATE_DIR) or in the config file (stateDir).");
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    return Words{.command = Command::Help, .help = app.help()};
  } catch (const CLI::ParseError& error) {
    return Error{ErrorKind::Invalid, error.what()};
  }
  Words words;
  if (version) words.command = Command::Version;
  if (check->parsed()) words.command = Command::CheckConfig;
  for (auto& [flag, value] : values)
    if (app.count("--" + flag) > 0) words.flags.emplace(flag, std::move(value));
  return words;
}

std::string MachineName() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : "localhost";
}

class Loader {
 public:
  Loader(const Words& words, const Environment& environment) : words_(words), environment_(environment) {}

  Expected<Config> Load() {
    config_.host = MachineName();
    ApplyFile();
    for (const Setting& setting : Settings()) {
      const std::string variable = VariableOf(setting.flag);
      if (const auto value = environment_(variable)) Check(variable, setting.set(config_, *value));
    }
    for (const Setting& setting : Settings())
      if (const auto flag = words_.flags.find(setting.flag); flag != words_.flags.end())
        Check("--" + std::string(setting.flag), setting.set(config_, flag->second));
    CheckWhole();
    if (errors_.empty()) return std::move(config_);
    std::string all;
    for (const std::string& error : errors_) all += (all.empty() ? "" : "\n") + error;
    return Error{ErrorKind::Invalid, std::move(all)};
  }

 private:
  void ApplyFile() {
    const auto flag = words_.flags.find(kConfigFlag);
    const auto path = flag != words_.flags.end() ? std::optional(flag->second) : environment_(VariableOf(kConfigFlag));
    if (path) errors_ = ApplyConfigFile(*path, config_);
  }
  void Check(const std::string& where, const Expected<void>& set) {
    if (!set) errors_.push_back(where + ": " + set.error().message);
  }
  // What no single setting can know.
  void CheckWhole() {
    if (config_.repo.empty() && errors_.empty())
      errors_.push_back("no config repository: give --repo, TINYFORGE_REPO, or repo: in the config file");
    const GitAuth& auth = config_.git_auth;
    if (!auth.password_file.empty() && !auth.token_file.empty())
      errors_.push_back("git: expected a password file or a token file, got both");
    const serve::TlsFiles& tls = config_.listen_tls;
    if (tls.certificate.empty() != tls.key.empty())
      errors_.push_back("webhooks: expected a certificate and its key, got just one of the files");
    if (!tls.certificate.empty() && config_.listen.empty())
      errors_.push_back("webhooks: expected an address to listen on (--listen) beside the certificate");
  }

  const Words& words_;
  const Environment& environment_;
  Config config_;
  std::vector<std::string> errors_;
};

}  // namespace

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

Expected<Invocation> ParseCommandLine(const std::vector<std::string>& arguments, const Environment& environment) {
  auto words = ReadWords(arguments);
  if (!words) return std::move(words).error();
  if (words->command == Command::Help || words->command == Command::Version)
    return Invocation{.command = words->command, .help = std::move(words->help)};
  auto config = Loader(*words, environment).Load();
  if (!config) return std::move(config).error();
  return Invocation{.command = words->command, .config = std::move(*config)};
}

}  // namespace tinyforge::cmd
