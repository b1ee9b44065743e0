#include "controller/cmd/config.h"

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>

#include "controller/cmd/setting.h"

namespace tinyforge::cmd {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ConfigTest : public ::testing::Test {
 protected:
  void TearDown() override { std::remove(file_.c_str()); }

  Expected<Invocation> Parse(std::vector<std::string> arguments) {
    return ParseCommandLine(arguments, [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    });
  }
  Config Good(std::vector<std::string> arguments) {
    auto invocation = Parse(std::move(arguments));
    EXPECT_TRUE(invocation) << invocation.error().message;
    return invocation ? invocation->config : Config();
  }
  std::string Wrong(std::vector<std::string> arguments) {
    auto invocation = Parse(std::move(arguments));
    EXPECT_FALSE(invocation);
    if (invocation) return "";
    EXPECT_EQ(invocation.error().kind, ErrorKind::Invalid);
    return invocation.error().message;
  }
  // Without which a setting alone is a mistake.
  static std::map<std::string, std::string> BesideOf(const Setting& setting) {
    std::map<std::string, std::string> beside{{"TINYFORGE_REPO", "/srv/config"}};
    if (!setting.flag.starts_with("listen-tls")) return beside;
    beside.insert(
        {{"TINYFORGE_LISTEN", "0.0.0.0:443"}, {"TINYFORGE_LISTEN_TLS_CERT", "/c"}, {"TINYFORGE_LISTEN_TLS_KEY", "/k"}});
    beside.erase(VariableOf(setting.flag));
    return beside;
  }
  void WriteFile(const std::string& text) { std::ofstream(file_) << text; }
  std::vector<std::string> FromFile() { return {"--repo", "/srv/config", "--config", file_}; }

  std::map<std::string, std::string> variables_;
  const std::string file_ = ::testing::TempDir() + "tinyforged_config_" + std::to_string(getpid()) + ".yaml";
};

TEST_F(ConfigTest, ARepositoryIsEnough) {
  const Config config = Good({"--repo", "https://git.example.com/acme/config.git"});
  EXPECT_EQ(config.repo, "https://git.example.com/acme/config.git");
  EXPECT_EQ(config.branch, "main");
  EXPECT_EQ(config.interval, seconds(60));
  EXPECT_EQ(config.resync_interval, seconds(30));
  EXPECT_EQ(config.state_dir, "/var/lib/tinyforge");
  EXPECT_EQ(config.api_socket, "/run/tinyforge/api.sock");
  EXPECT_EQ(config.metrics_listen, "127.0.0.1:9190");
  EXPECT_EQ(config.listen, "");
  EXPECT_EQ(config.instance, "default");
  EXPECT_FALSE(config.host.empty());
  EXPECT_EQ(config.workers, 0u);
  EXPECT_TRUE(config.host_policy.paths.empty());
}

TEST_F(ConfigTest, WithoutARepositoryTheThreePlacesToGiveItAreNamed) {
  EXPECT_EQ(Wrong({}), "no config repository: give --repo, TINYFORGE_REPO, or repo: in the config file");
}

TEST_F(ConfigTest, AFlagWinsOverAVariableAndAVariableOverTheFile) {
  WriteFile("interval: 10s\nbranch: from-file\npath: from-file\n");
  variables_ = {{"TINYFORGE_INTERVAL", "20s"}, {"TINYFORGE_BRANCH", "from-env"}, {"TINYFORGE_CONFIG", file_}};
  const Config config = Good({"--repo", "/srv/config", "--interval", "30s"});
  EXPECT_EQ(config.interval, seconds(30));
  EXPECT_EQ(config.branch, "from-env");
  EXPECT_EQ(config.path, "from-file");
}

// Every setting can be given in all three ways, and each way reaches the same member.
TEST_F(ConfigTest, EverySettingHasAFlagAVariableAndAFileKey) {
  const std::map<std::string_view, std::string> values{{"repo", "/srv/config"},
                                                       {"interval", "5s"},
                                                       {"docker-host", "unix:///run/d.sock"},
                                                       {"host", "web1"},
                                                       {"listen", "0.0.0.0:8080"},
                                                       {"workers", "4"},
                                                       {"metrics-listen", "[::1]:9000"},
                                                       {"log-format", "json"},
                                                       {"log-level", "debug"},
                                                       {"instance", "blue"},
                                                       {"resync-interval", "1m"},
                                                       {"branch", "live"},
                                                       {"path", "hosts/one"},
                                                       {"git-username", "ci"},
                                                       {"trusted-proxies", "10.0.0.0/8,fd00::/8"},
                                                       {"insecure-registry", "registry.lan:5000"},
                                                       {"registry-token-server", "nvcr.io=authn.nvidia.com"},
                                                       {"webhook-rate", "50"},
                                                       {"webhook-total-rate", "500"},
                                                       {"git-token-file", ""}};
  for (const Setting& setting : Settings()) {
    const auto found = values.find(setting.flag);
    const std::string value = found != values.end() && !found->second.empty() ? found->second : "/some/file";
    Config direct;
    ASSERT_TRUE(setting.set(direct, value)) << setting.flag;
    const std::string dotted(setting.file_key);
    const std::size_t dot = dotted.find('.');
    WriteFile(dot == std::string::npos
                  ? dotted + ": \"" + value + "\"\n"
                  : dotted.substr(0, dot) + ":\n  " + dotted.substr(dot + 1) + ": \"" + value + "\"\n");
    variables_ = BesideOf(setting);
    EXPECT_TRUE(Parse(FromFile())) << setting.flag;
    variables_[VariableOf(setting.flag)] = value;
    EXPECT_TRUE(Parse({})) << setting.flag;
    variables_ = BesideOf(setting);
    EXPECT_TRUE(Parse({"--" + std::string(setting.flag), value})) << setting.flag;
    variables_[VariableOf(setting.flag)] = std::string(1, '\n');
    EXPECT_THAT(Wrong({}), StartsWith(VariableOf(setting.flag) + ": ")) << "the variable is not read";
    variables_.clear();
  }
}

TEST_F(ConfigTest, ValuesArriveWhereTheyBelong) {
  WriteFile(
      "workers: 4\nlogFormat: json\nlogLevel: warn\nlisten: '[::]:8080'\nhost: web1\n"
      "git:\n  username: ci\n  tokenFile: /etc/token\n  sshKeyFile: /etc/key\n  knownHostsFile: /etc/kh\n  caFile: "
      "/etc/ca\n");
  const Config config = Good(FromFile());
  EXPECT_EQ(config.workers, 4u);
  EXPECT_EQ(config.log_format, LogFormat::Json);
  EXPECT_EQ(config.log_level, LogLevel::Warning);
  EXPECT_EQ(config.listen, "[::]:8080");
  EXPECT_EQ(config.host, "web1");
  const GitAuth expected{.username = "ci",
                         .token_file = "/etc/token",
                         .ssh_key_file = "/etc/key",
                         .ssh_known_hosts = "/etc/kh",
                         .ca_file = "/etc/ca"};
  EXPECT_EQ(config.git_auth, expected);
}

TEST_F(ConfigTest, WhatTheWebhookListenerNeedsArrives) {
  WriteFile(
      "listen: 0.0.0.0:443\nlistenTls: {cert: /etc/tls/cert.pem, key: /etc/tls/key.pem}\n"
      "trustedProxies: 10.0.0.0/8, 192.0.2.7\nwebhookRate: 50\nwebhookTotalRate: 0\n");
  const Config config = Good(FromFile());
  EXPECT_EQ(config.listen_tls.certificate, "/etc/tls/cert.pem");
  EXPECT_EQ(config.listen_tls.key, "/etc/tls/key.pem");
  ASSERT_EQ(config.trusted_proxies.size(), 2u);
  EXPECT_EQ(config.trusted_proxies[0].bits, 8u);
  EXPECT_EQ(config.trusted_proxies[1].address.ToString(), "192.0.2.7");
  EXPECT_EQ(config.webhook_rate, 50u);
  EXPECT_EQ(config.webhook_total_rate, 0u);
}

TEST_F(ConfigTest, InsecureRegistriesAreAList) {
  WriteFile("insecureRegistry: registry.lan:5000, 10.0.0.7\n");
  EXPECT_EQ(Good(FromFile()).insecure_registries, (std::vector<std::string>{"registry.lan:5000", "10.0.0.7"}));
}

TEST_F(ConfigTest, TokenServersAreAListOfPairs) {
  WriteFile("registryTokenServer: nvcr.io=authn.nvidia.com, r.lan:5000=a.lan:5001, r.lan:5000=b.lan\n");
  EXPECT_EQ(Good(FromFile()).registry_token_servers,
            (std::multimap<std::string, std::string>{
                {"nvcr.io", "authn.nvidia.com"}, {"r.lan:5000", "a.lan:5001"}, {"r.lan:5000", "b.lan"}}));
}

TEST_F(ConfigTest, ACertificateNeedsItsKeyAndAnAddress) {
  EXPECT_EQ(Wrong({"--repo", "/srv/config", "--listen", "0.0.0.0:443", "--listen-tls-cert", "/c"}),
            "webhooks: expected a certificate and its key, got just one of the files");
  EXPECT_EQ(Wrong({"--repo", "/srv/config", "--listen-tls-cert", "/c", "--listen-tls-key", "/k"}),
            "webhooks: expected an address to listen on (--listen) beside the certificate");
}

TEST_F(ConfigTest, EveryMistakeOfAFileIsReportedWithItsPlace) {
  WriteFile("interval: soon\nintervall: 5s\ngit:\n  tokenfile: /x\nworkers: [1]\n");
  EXPECT_EQ(Wrong(FromFile()),
            file_ + ":1:11: interval: expected a duration from 1s to 24h, such as 60s, got \"soon\"\n" + file_ +
                ":2:1: intervall: no such setting\n" + file_ + ":4:3: git.tokenfile: no such setting\n" + file_ +
                ":5:10: workers: expected a single value, got a list");
}

TEST_F(ConfigTest, AFileThatIsNotYamlIsReportedWithItsPlace) {
  WriteFile("interval: 5s\nhost: [\n");
  EXPECT_THAT(Wrong(FromFile()), StartsWith(file_ + ":"));
}

TEST_F(ConfigTest, AMissingFileIsAnErrorAndAnEmptyOneIsNot) {
  EXPECT_THAT(Wrong({"--repo", "/srv/config", "--config", "/nonexistent/tinyforged.yaml"}),
              HasSubstr("/nonexistent/tinyforged.yaml: cannot read"));
  WriteFile("# nothing yet\n");
  EXPECT_EQ(Good(FromFile()).repo, "/srv/config");
}

TEST_F(ConfigTest, MistakesInFlagsAndVariablesNameThem) {
  variables_ = {{"TINYFORGE_LOG_LEVEL", "loud"}};
  EXPECT_EQ(Wrong({"--repo", "/srv/config", "--listen", "8080"}),
            "TINYFORGE_LOG_LEVEL: expected debug, info, warn or error, got \"loud\"\n"
            "--listen: expected HOST:PORT, such as 127.0.0.1:9190 or [::1]:9190, got \"8080\"");
  EXPECT_THAT(Wrong({"--nonsense"}), HasSubstr("--nonsense"));
}

struct BadValue {
  const char* flag;
  const char* value;
};
class ConfigBadValueTest : public ConfigTest, public ::testing::WithParamInterface<BadValue> {};

TEST_P(ConfigBadValueTest, IsRefusedNamingTheFlag) {
  const std::string flag = std::string("--") + GetParam().flag;
  const std::string message = Wrong({"--repo", "/srv/config", flag, GetParam().value});
  EXPECT_THAT(message, HasSubstr(flag)) << GetParam().value;
}

INSTANTIATE_TEST_SUITE_P(
    Values, ConfigBadValueTest,
    ::testing::Values(BadValue{"interval", "0s"}, BadValue{"interval", "48h"}, BadValue{"resync-interval", "1ms"},
                      BadValue{"workers", "-1"}, BadValue{"workers", "257"}, BadValue{"workers", "4x"},
                      BadValue{"state-dir", "state"}, BadValue{"state-dir", "/"}, BadValue{"path", "/hosts"},
                      BadValue{"path", "a/../../b"}, BadValue{"docker-host", "tcp://10.0.0.1:2375"},
                      BadValue{"metrics-listen", "::1:9190"}, BadValue{"metrics-listen", "host:99999"},
                      BadValue{"metrics-listen", ":9190"}, BadValue{"host", "web*"}, BadValue{"instance", "A b"},
                      BadValue{"log-format", "xml"}, BadValue{"git-token-file", "token"},
                      BadValue{"listen-tls-cert", "cert.pem"}, BadValue{"trusted-proxies", "10.0.0.1/8"},
                      BadValue{"trusted-proxies", "proxy.example.com"}, BadValue{"trusted-proxies", "10.0.0.0/33"},
                      BadValue{"insecure-registry", "http://registry.lan"},
                      BadValue{"insecure-registry", "registry.lan:99999"}, BadValue{"insecure-registry", "a,,b"},
                      BadValue{"insecure-registry", "docker.io"},
                      BadValue{"insecure-registry", "lan,index.docker.io:80"},
                      BadValue{"registry-token-server", "nvcr.io"}, BadValue{"registry-token-server", "nvcr.io="},
                      BadValue{"registry-token-server", "=a"}, BadValue{"registry-token-server", "a=b,,c=d"},
                      BadValue{"registry-token-server", "nvcr.io=https://authn.nvidia.com"},
                      BadValue{"webhook-rate", "-1"}, BadValue{"webhook-total-rate", "many"}));

TEST_F(ConfigTest, TwoWaysToLogInAreOneTooMany) {
  EXPECT_EQ(Wrong({"--repo", "/srv/config", "--git-token-file", "/t", "--git-password-file", "/p"}),
            "git: expected a password file or a token file, got both");
}

// The Engine writes mount sources so, and they are compared with paths below this one.
TEST_F(ConfigTest, PathsAreWrittenInOneWay) {
  EXPECT_EQ(Good({"--repo", "/srv/config", "--state-dir", "//var//lib/./tf/"}).state_dir, "/var/lib/tf");
}

TEST_F(ConfigTest, ResyncsAreAtMostFiveMinutesApart) {
  EXPECT_EQ(Good({"--repo", "/srv/config", "--resync-interval", "1h"}).resync_interval, minutes(5));
}

TEST_F(ConfigTest, CheckConfigTakesTheSameFlagsBeforeAndAfter) {
  EXPECT_EQ(Parse({"check-config", "--repo", "/srv/config"})->command, Command::CheckConfig);
  EXPECT_EQ(Parse({"--repo", "/srv/config", "check-config"})->command, Command::CheckConfig);
  EXPECT_THAT(Wrong({"check-config", "--repo", "/srv/config", "--workers", "x"}), HasSubstr("--workers"));
}

TEST_F(ConfigTest, HelpAndVersionNeedNoRepository) {
  const auto help = Parse({"--help"});
  EXPECT_EQ(help->command, Command::Help);
  EXPECT_THAT(help->help, HasSubstr("--git-known-hosts-file FILE"));
  EXPECT_EQ(Parse({"--version"})->command, Command::Version);
}

}  // namespace
}  // namespace tinyforge::cmd
