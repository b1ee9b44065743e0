// The configuration of tinyforged: command line, environment and file, in this order of precedence, over defaults.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/time.h"
#include "controller/docker/host_policy.h"
#include "controller/git/fetch_message.h"
#include "controller/runtime/log.h"
#include "controller/serve/ip_address.h"
#include "controller/serve/tls_context.h"

namespace tinyforge::cmd {

// Checked values. A path is absolute. An address is "HOST:PORT" ("[::1]:9190"); empty: no such listener.
struct Config {
  std::string repo;  // as ParseGitUrl takes it
  std::string branch = "main";
  std::string path;  // folder of the repository that holds the manifests; empty: all of it
  Duration interval = std::chrono::seconds(60);
  GitAuth git_auth;

  std::string docker_host = "unix:///var/run/docker.sock";
  std::string registry_config;                   // Docker's config.json with registry logins; empty: none
  std::vector<std::string> insecure_registries;  // "registry.lan:5000": asked over plain HTTP alone
  std::multimap<std::string, std::string> registry_token_servers;  // by registry: who else gets its logins
  docker::HostPolicy host_policy;

  std::string state_dir = "/var/lib/tinyforge";
  std::string secrets_dir = "/etc/tinyforge/secrets";
  std::string host;  // what `hosts:` in manifests is matched against; default: the machine's name
  std::string instance = "default";

  std::string listen;                             // webhooks
  serve::TlsFiles listen_tls;                     // both files, or neither: in clear
  std::vector<serve::IpNetwork> trusted_proxies;  // that say in X-Forwarded-For who called
  unsigned webhook_rate = 200;                    // webhooks a second from one network; 0: no limit
  unsigned webhook_total_rate = 2'000;            // from all; 0: no limit
  std::string metrics_listen = "127.0.0.1:9190";
  std::string api_socket = "/run/tinyforge/api.sock";

  LogFormat log_format = LogFormat::Text;
  LogLevel log_level = LogLevel::Info;
  Duration resync_interval = std::chrono::seconds(30);  // at most 5 minutes
  unsigned workers = 0;                                 // 0: as many as the machine has cores
};

enum class Command { Run, CheckConfig, Help, Version };

struct Invocation {
  Command command = Command::Run;
  Config config;     // with Run and CheckConfig
  std::string help;  // with Help
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The environment of this process. Not while another thread changes it.
Environment ProcessEnvironment();

// `arguments` without the program's name. Reads the config file; to be called again with the same arguments when the
// file is to be read anew. Invalid lists everything that is wrong, one line each: file:line:column, flag or variable
// first.
Expected<Invocation> ParseCommandLine(const std::vector<std::string>& arguments, const Environment& environment);

}  // namespace tinyforge::cmd
