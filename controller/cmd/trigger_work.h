// Triggers with all that they need, put together.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "controller/registry/registry_client.h"
#include "controller/secrets/file_secrets.h"
#include "controller/trigger/hook_door.h"
#include "controller/trigger/trigger_api.h"
#include "controller/trigger/trigger_service.h"
#include "controller/trigger/write_back.h"

namespace tinyforge::cmd {

struct TriggerWorkPorts {
  ConfigReader& config;
  RouteBook& routes;
  FactStore& facts;
  HookLedger& ledger;
  ObjectStore& store;
  DeliveryLog& deliveries;
  FileSecrets& secrets;
  RepoWriter& writer;
  CommitReader& commits;
  RemoteRefs& refs;
  RefLedger& ref_ledger;
  Calendar& calendar;
  const Clock& clock;
  Logger& log;
  Metrics& metrics;
};

struct TriggerWorkOptions {
  std::string digest_key;                                          // of webhook secrets
  std::string registry_config;                                     // see RegistryClientOptions::docker_config
  std::vector<std::string> insecure_registries;                    // see EndpointOptions::plain_http
  std::multimap<std::string, std::string> registry_token_servers;  // see EndpointOptions::token_servers
  std::function<void(std::string_view)> on_secret;
  std::function<std::string(std::string_view)> redact;  // takes what is secret out of a text
  std::function<std::string()> read_only;               // why nothing may be changed now
  std::function<void(const std::string&)> look_at;      // a workload whose facts changed
  std::function<void(const ObjectKey&)> news_of;        // a trigger or a binding
  std::function<void()> sync;                           // the repository has a new commit, or may have; must not block
};

class TriggerWork {
 public:
  TriggerWork(TriggerWorkPorts ports, TriggerWorkOptions options);

  void Start();
  void Stop();

  void OnRevision();
  void OnSecrets();
  void OnStatus(const ObjectKey& key, const v1::Status& status);

  Finding JudgeTrigger(const v1::Object& trigger, const ConfigSnapshot& snapshot);
  Finding JudgeBinding(const v1::Object& binding, const ConfigSnapshot& snapshot);

  serve::TriggerBackend& api() { return api_; }
  serve::WebhookBackend& door() { return door_; }

 private:
  ConfigReader& config_;
  const std::function<void(const ObjectKey&)> news_of_;
  registry::RegistryClient registry_;
  TriggerService service_;
  HookDoor door_;
  TriggerApi api_;
  WriteBack write_back_;
};

}  // namespace tinyforge::cmd
