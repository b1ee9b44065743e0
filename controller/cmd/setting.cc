#include "controller/cmd/setting.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <optional>
#include <utility>

#include "api-types/meta/object.h"
#include "controller/git/git_url.h"

namespace tinyforge::cmd {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kLongestResync = minutes(5);
constexpr unsigned kMostWorkers = 256;
constexpr unsigned kHighestRate = 1'000'000;

Error Wrong(std::string_view expected, std::string_view text) {
  return {ErrorKind::Invalid, "expected " + std::string(expected) + ", got \"" + std::string(text) + "\""};
}

bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7F; });
}

template <std::string Config::*kMember>
Expected<void> SetPath(Config& config, const std::string& text) {
  if (!text.starts_with('/') || !IsPlain(text)) return Wrong("an absolute path", text);
  // As the Engine writes mount sources, which are compared with paths below this one.
  std::string path = std::filesystem::path(text).lexically_normal().string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  if (path == "/" || path == "//") return Wrong("an absolute path", text);
  config.*kMember = std::move(path);
  return {};
}

template <std::string GitAuth::*kMember>
Expected<void> SetGitFile(Config& config, const std::string& text) {
  if (!text.starts_with('/') || !IsPlain(text)) return Wrong("the absolute path of a file", text);
  config.git_auth.*kMember = text;
  return {};
}

std::optional<unsigned> ParseNumber(std::string_view text, unsigned max) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > max) return std::nullopt;
  return number;
}

// An empty text turns the listener off.
template <std::string Config::*kMember>
Expected<void> SetAddress(Config& config, const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const bool split =
      colon != std::string::npos && colon > 0 && ParseNumber(std::string_view(text).substr(colon + 1), 65535);
  const bool bare_ipv6 = split && text.find(':') != colon && text.front() != '[';
  if (!text.empty() && (!split || bare_ipv6 || !IsPlain(text)))
    return Wrong("HOST:PORT, such as 127.0.0.1:9190 or [::1]:9190", text);
  config.*kMember = text;
  return {};
}

template <std::string serve::TlsFiles::*kMember>
Expected<void> SetTlsFile(Config& config, const std::string& text) {
  if (!text.starts_with('/') || !IsPlain(text)) return Wrong("the absolute path of a PEM file", text);
  config.listen_tls.*kMember = text;
  return {};
}

// A host as it stands in an image's name.
bool IsRegistryHost(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && !ParseNumber(text.substr(colon + 1), 65535)) return false;
  const std::string_view host = text.substr(0, colon);
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

// What stands between commas, without blanks ahead of it.
std::vector<std::string_view> SplitList(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view one = text.substr(0, comma);
    one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
    parts.push_back(one);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

Expected<void> SetInsecureRegistries(Config& config, const std::string& text) {
  config.insecure_registries.clear();
  for (const std::string_view one : SplitList(text)) {
    if (!IsRegistryHost(one)) return Wrong("HOST[:PORT],… as in names of images, such as registry.lan:5000", text);
    const std::string_view host = one.substr(0, one.find(':'));
    if (host == "docker.io" || host.ends_with(".docker.io"))
      return Wrong("registries of your own network; Docker Hub is asked over TLS alone", text);
    config.insecure_registries.emplace_back(one);
  }
  return {};
}

Expected<void> SetRegistryTokenServers(Config& config, const std::string& text) {
  config.registry_token_servers.clear();
  for (const std::string_view one : SplitList(text)) {
    const std::size_t equals = one.find('=');
    if (equals == one.npos || !IsRegistryHost(one.substr(0, equals)) || !IsRegistryHost(one.substr(equals + 1)))
      return Wrong("REGISTRY=HOST[:PORT],… such as registry.example.com=auth.example.net", text);
    config.registry_token_servers.emplace(one.substr(0, equals), one.substr(equals + 1));
  }
  return {};
}

Expected<void> SetTrustedProxies(Config& config, const std::string& text) {
  auto networks = serve::ParseNetworks(text);
  if (!networks) return std::move(networks).error();
  config.trusted_proxies = std::move(*networks);
  return {};
}

template <unsigned Config::*kMember>
Expected<void> SetRate(Config& config, const std::string& text) {
  const auto number = ParseNumber(text, kHighestRate);
  if (!number) return Wrong("a number a second from 0 (no limit) to 1000000", text);
  config.*kMember = *number;
  return {};
}

Expected<void> SetRepo(Config& config, const std::string& text) {
  if (auto url = ParseGitUrl(text); !url) return std::move(url).error();
  config.repo = text;
  return {};
}

Expected<void> SetBranch(Config& config, const std::string& text) {
  if (text.empty() || !IsPlain(text)) return Wrong("the name of a branch", text);
  config.branch = text;
  return {};
}

Expected<void> SetPathInRepo(Config& config, const std::string& text) {
  const bool climbs = ("/" + text + "/").find("/../") != std::string::npos;
  if (text.starts_with('/') || climbs || !IsPlain(text))
    return Wrong("a folder of the repository, without a leading slash", text);
  config.path = text;
  return {};
}

Expected<void> SetInterval(Config& config, const std::string& text) {
  const auto interval = ParseDuration(text);
  if (!interval || *interval < seconds(1) || *interval > hours(24))
    return Wrong("a duration from 1s to 24h, such as 60s", text);
  config.interval = *interval;
  return {};
}

Expected<void> SetResyncInterval(Config& config, const std::string& text) {
  const auto interval = ParseDuration(text);
  if (!interval || *interval < milliseconds(100)) return Wrong("a duration from 100ms to 5m, such as 30s", text);
  config.resync_interval = std::min(*interval, kLongestResync);
  return {};
}

Expected<void> SetGitUsername(Config& config, const std::string& text) {
  if (text.empty() || !IsPlain(text)) return Wrong("a user name", text);
  config.git_auth.username = text;
  return {};
}

Expected<void> SetDockerHost(Config& config, const std::string& text) {
  constexpr std::string_view kScheme = "unix://";
  const std::string_view path = text.starts_with(kScheme) ? std::string_view(text).substr(kScheme.size()) : text;
  if (!path.starts_with('/') || !IsPlain(text)) return Wrong("unix:///path/of/docker.sock", text);
  config.docker_host = text;
  return {};
}

Expected<void> SetHost(Config& config, const std::string& text) {
  const bool good = std::all_of(text.begin(), text.end(),
                                [](unsigned char c) { return c > 0x20 && c < 0x7F && c != '*' && c != '?'; });
  if (text.empty() || !good) return Wrong("a host name", text);
  config.host = text;
  return {};
}

Expected<void> SetInstance(Config& config, const std::string& text) {
  if (!IsDnsLabel(text)) return Wrong("at most 63 of a-z, 0-9 and \"-\"", text);
  config.instance = text;
  return {};
}

Expected<void> SetLogFormat(Config& config, const std::string& text) {
  if (text != "text" && text != "json") return Wrong("text or json", text);
  config.log_format = text == "json" ? LogFormat::Json : LogFormat::Text;
  return {};
}

Expected<void> SetLogLevel(Config& config, const std::string& text) {
  constexpr std::array<std::pair<std::string_view, LogLevel>, 4> kLevels{
      {{"debug", LogLevel::Debug}, {"info", LogLevel::Info}, {"warn", LogLevel::Warning}, {"error", LogLevel::Error}}};
  const auto* found =
      std::find_if(kLevels.begin(), kLevels.end(), [&](const auto& level) { return level.first == text; });
  if (found == kLevels.end()) return Wrong("debug, info, warn or error", text);
  config.log_level = found->second;
  return {};
}

Expected<void> SetWorkers(Config& config, const std::string& text) {
  const auto number = ParseNumber(text, kMostWorkers);
  if (!number) return Wrong("a number from 0 (as many as cores) to 256", text);
  config.workers = *number;
  return {};
}

constexpr std::array kSettings = {
    Setting{"repo", "repo", "URL|PATH", "config repository: https://, ssh:// or a local path", SetRepo},
    Setting{"branch", "branch", "NAME", "branch to follow (default main)", SetBranch},
    Setting{"path", "path", "FOLDER", "folder of the repository that holds the manifests (default: all of it)",
            SetPathInRepo},
    Setting{"interval", "interval", "DURATION", "time between two fetches (default 60s)", SetInterval},
    Setting{"git-username", "git.username", "NAME", "user name for https", SetGitUsername},
    Setting{"git-password-file", "git.passwordFile", "FILE", "file with the password for https",
            SetGitFile<&GitAuth::password_file>},
    Setting{"git-token-file", "git.tokenFile", "FILE", "file with an access token for https",
            SetGitFile<&GitAuth::token_file>},
    Setting{"git-ca-file", "git.caFile", "FILE", "certificates to trust for https (default: the system's)",
            SetGitFile<&GitAuth::ca_file>},
    Setting{"git-ssh-key-file", "git.sshKeyFile", "FILE", "private key for ssh", SetGitFile<&GitAuth::ssh_key_file>},
    Setting{"git-known-hosts-file", "git.knownHostsFile", "FILE", "known_hosts for ssh",
            SetGitFile<&GitAuth::ssh_known_hosts>},
    Setting{"docker-host", "dockerHost", "unix://PATH", "socket of Docker Engine (default unix:///var/run/docker.sock)",
            SetDockerHost},
    Setting{"registry-config", "registryConfig", "FILE", "Docker's config.json with registry logins",
            SetPath<&Config::registry_config>},
    Setting{
        "insecure-registry", "insecureRegistry", "HOST[:PORT],…",
        "registries asked over plain HTTP alone, logins in clear; unlike dockerd no TLS is tried (default: loopback)",
        SetInsecureRegistries},
    Setting{"registry-token-server", "registryTokenServer", "REGISTRY=HOST,…",
            "token servers of other domains that get the logins of a registry, such as nvcr.io=authn.nvidia.com",
            SetRegistryTokenServers},
    Setting{"state-dir", "stateDir", "DIR", "facts, files, volumes and the cache (default /var/lib/tinyforge)",
            SetPath<&Config::state_dir>},
    Setting{"secrets-dir", "secretsDir", "DIR", "files that Secrets refer to (default /etc/tinyforge/secrets)",
            SetPath<&Config::secrets_dir>},
    Setting{"host", "host", "NAME", "name that hosts: in manifests is matched against (default: the machine's)",
            SetHost},
    Setting{"instance", "instance", "NAME",
            "id of this controller in the labels of what it creates (default \"default\")", SetInstance},
    Setting{"listen", "listen", "ADDR", "address for webhooks (default: none)", SetAddress<&Config::listen>},
    Setting{"listen-tls-cert", "listenTls.cert", "FILE", "certificate chain for webhooks, PEM (default: no TLS)",
            SetTlsFile<&serve::TlsFiles::certificate>},
    Setting{"listen-tls-key", "listenTls.key", "FILE", "key of the certificate, PEM",
            SetTlsFile<&serve::TlsFiles::key>},
    Setting{"trusted-proxies", "trustedProxies", "CIDR,…", "proxies whose X-Forwarded-For is believed (default: none)",
            SetTrustedProxies},
    Setting{"webhook-rate", "webhookRate", "NUMBER",
            "webhooks a second from one network, ten times as many at once (default 200; 0: no limit)",
            SetRate<&Config::webhook_rate>},
    Setting{"webhook-total-rate", "webhookTotalRate", "NUMBER",
            "webhooks a second from all, ten times as many at once (default 2000; 0: no limit)",
            SetRate<&Config::webhook_total_rate>},
    Setting{"metrics-listen", "metricsListen", "ADDR",
            "address of /metrics, /healthz and /readyz (default 127.0.0.1:9190)", SetAddress<&Config::metrics_listen>},
    Setting{"api-socket", "apiSocket", "PATH", "socket of the local API (default /run/tinyforge/api.sock)",
            SetPath<&Config::api_socket>},
    Setting{"log-format", "logFormat", "text|json", "format of log lines (default text)", SetLogFormat},
    Setting{"log-level", "logLevel", "LEVEL", "debug, info, warn or error (default info)", SetLogLevel},
    Setting{"resync-interval", "resyncInterval", "DURATION",
            "time between two listings of all containers (default 30s, at most 5m)", SetResyncInterval},
    Setting{"workers", "workers", "NUMBER",
            "objects, and services of one, worked at side by side (default: number of cores)", SetWorkers},
};

}  // namespace

std::span<const Setting> Settings() {
  return kSettings;
}

std::string VariableOf(std::string_view flag) {
  std::string name = "TINYFORGE_";
  for (const char c : flag) name += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
  return name;
}

}  // namespace tinyforge::cmd
