#include "controller/cmd/daemon.h"

#include <filesystem>
#include <set>

#include "controller/cmd/daemon_backend.h"
#include "controller/cmd/instance_guard.h"
#include "controller/cmd/watched_store.h"
#include "controller/docker/container_logs.h"
#include "controller/docker/docker_engine.h"
#include "controller/docker/index_onlooker.h"
#include "controller/facts/file_deletion_ledger.h"
#include "controller/facts/file_fact_store.h"
#include "controller/facts/installation.h"
#include "controller/files/file_store.h"
#include "controller/git/git_config_source.h"
#include "controller/probe/prober.h"
#include "controller/runtime/manager.h"
#include "controller/runtime/worker.h"
#include "controller/runtime/world_calendar.h"
#include "controller/secrets/directory_watch.h"
#include "controller/secrets/file_secrets.h"
#include "controller/serve/api.h"
#include "controller/serve/http_server.h"
#include "controller/store/sqlite_store.h"
#include "reconcilers/config/object_reconcilers.h"
#include "reconcilers/workload/reconciler.h"

namespace tinyforge::cmd {
namespace {

constexpr mode_t kApiSocketMode = 0660;
constexpr auto kCollectionInterval = std::chrono::minutes(10);
constexpr auto kFirstAnswer = std::chrono::seconds(5);  // a hung Engine holds up the rest no longer

HostPaths PathsOf(const Config& config) {
  return {config.state_dir + "/volumes", config.state_dir + "/files"};
}

// The index of the Engine's containers as the manager needs it.
class IndexedFleet : public Fleet {
 public:
  explicit IndexedFleet(docker::ContainerIndex& index) : index_(index) {}
  std::vector<ObservedContainer> All() override { return index_.All(); }

 private:
  docker::ContainerIndex& index_;
};

GitRepositoryOptions RepositoryOptions(const Config& config) {
  return {.url = config.repo,
          .branch = config.branch,
          .path = config.path,
          .auth = config.git_auth,
          .state_dir = config.state_dir};
}

}  // namespace

// In the order in which they are made; each refers to earlier ones only, except through the hooks set in Connect.
struct Daemon::Parts {
  Parts(const Config& c, std::shared_ptr<Redactor> r, Logger& l) : config(c), redactor(std::move(r)), log(l) {}

  Expected<void> Open();
  Expected<void> Listen();
  void OnSecrets(const v1::ObjectSet& objects);
  void RescanSecrets();
  void CollectFiles();
  docker::DockerEngineOptions EngineOptions();
  DaemonBackend::Parts BackendParts();

  const Config config;
  const std::shared_ptr<Redactor> redactor;
  Logger& log;
  RealClock clock;
  Metrics metrics;
  serve::ChangeHub changes{static_cast<std::uint64_t>(clock.SystemNow().time_since_epoch().count())};
  WorkQueue queue{clock};
  std::unique_ptr<FileSecrets> secrets;
  std::unique_ptr<FileFactStore> facts;
  std::unique_ptr<FileDeletionLedger> ledger;
  std::unique_ptr<FileStore> files;
  std::unique_ptr<SqliteStore> cache;
  std::unique_ptr<WatchedStore> store;
  std::unique_ptr<GitConfigSource> source;
  std::unique_ptr<docker::DockerEngine> engine;
  std::unique_ptr<docker::IndexOnlooker> onlooker;
  std::unique_ptr<docker::EngineLogs> logs;
  std::unique_ptr<probe::Prober> prober;
  WorldCalendar calendar;
  std::unique_ptr<IndexedFleet> fleet;
  std::unique_ptr<Manager> manager;
  std::unique_ptr<InstanceGuard> guard;
  std::unique_ptr<WorkloadReconciler> workloads;
  std::unique_ptr<SecretReconciler> secret_reconciler;
  std::unique_ptr<TriggerReconciler> trigger_reconciler;
  std::unique_ptr<BindingReconciler> binding_reconciler;
  std::unique_ptr<Worker> worker;
  std::unique_ptr<DaemonBackend> backend;
  std::unique_ptr<serve::HttpServer> server;
  SteadyTime next_collection = clock.Now() + kCollectionInterval;  // of the resync thread
};

docker::DockerEngineOptions Daemon::Parts::EngineOptions() {
  return {.docker_host = config.docker_host,
          .instance = config.instance,
          .policy = config.host_policy,
          .paths = PathsOf(config),
          .docker_config = config.registry_config,
          .resync_interval = config.resync_interval,
          .enqueue =
              [this](const ObjectKey& key) {
                manager->OnContainersChanged(key.name);
                changes.Bump();
              },
          .on_engine =
              [this](const docker::EngineInfo& info) {
                guard->SetEngine(info.id);
                (void)guard->Try();
              },
          .on_connected =
              [this](bool up) {
                log.Info(up ? "docker engine is in step" : "docker engine is lost");
                if (up) manager->OnEngineReady();
              },
          .on_resynced =
              [this](const docker::ResyncReport& report) {
                if (guard->Try()) manager->OnEngineReady();
                manager->OnResynced(report.workloads);
                RescanSecrets();
                CollectFiles();
              },
          .on_call =
              [this](const docker::CallRecord& call) { metrics.EngineRequest(call.operation, call.code, call.took); },
          .on_secret = [this](std::string_view value) { redactor->Register(value); }};
}

void Daemon::Parts::OnSecrets(const v1::ObjectSet& objects) {
  std::map<std::string, v1::SecretSpec> specs;
  for (const auto& [key, object] : objects.objects)
    if (key.kind == Kind::Secret) specs.emplace(key.name, std::get<v1::SecretSpec>(object->spec));
  secrets->SetSecrets(specs);
}

void Daemon::Parts::RescanSecrets() {
  if (const std::set<std::string> names = secrets->Rescan(); !names.empty()) manager->OnSecretsChanged(names);
}

// Files that no container of ours mounts, stopped ones and orphans included. Right after a listing, so that none is
// missed.
void Daemon::Parts::CollectFiles() {
  if (clock.Now() < next_collection) return;
  next_collection = clock.Now() + kCollectionInterval;
  std::set<std::string> mounted;
  for (const ObservedContainer& c : fleet->All())
    for (const ObservedMount& mount : c.mounts) mounted.insert(mount.source);
  auto removed = files->Collect(mounted);
  if (!removed)
    log.Warn("unused files could not be removed", {{"error", removed.error().message}});
  else if (!removed->empty())
    log.Info("unused files removed", {{"count", std::to_string(removed->size())}});
}

Expected<void> Daemon::Parts::Open() {
  metrics.BuildInfo(TINYFORGE_VERSION, TINYFORGE_REVISION);
  std::error_code error;
  const bool made_now = std::filesystem::create_directories(config.state_dir, error);
  if (!error && made_now) std::filesystem::permissions(config.state_dir, std::filesystem::perms::owner_all, error);
  if (error) return Error{ErrorKind::Transient, "state directory " + config.state_dir + ": " + error.message()};
  auto key = InstallationKey(config.state_dir, log);
  if (!key) return std::move(key).error();
  auto repository = GitRepository::Create(RepositoryOptions(config));
  if (!repository) return std::move(repository).error();
  source = std::make_unique<GitConfigSource>(std::move(*repository));
  secrets = std::make_unique<FileSecrets>(
      FileSecretsOptions{.directory = config.secrets_dir,
                         .fingerprint_key = std::move(*key),
                         .on_value = [this](std::string_view value) { redactor->Register(value); }},
      log);
  facts = std::make_unique<FileFactStore>(config.state_dir, log);
  ledger = std::make_unique<FileDeletionLedger>(config.state_dir, log);
  files = std::make_unique<FileStore>(FileStoreOptions{.paths = PathsOf(config)}, *secrets);
  cache = std::make_unique<SqliteStore>(
      SqliteStoreOptions{.state_dir = config.state_dir, .on_rebuilt = [this](const std::string& reason) {
                           log.Warn("the cache was lost and is made again", {{"reason", reason}});
                           manager->OnCacheLost();
                         }});
  store = std::make_unique<WatchedStore>(
      *cache,
      WatchedStore::Hooks{.changed = [this] { changes.Bump(); },
                          .refresh = [this] { manager->RefreshContainers(); },
                          .on_status = [this](const ObjectKey& of, const v1::Status& s) { manager->OnStatus(of, s); }});
  auto made = docker::DockerEngine::Make(EngineOptions(), *secrets, log);
  if (!made) return std::move(made).error();
  engine = std::move(*made);
  onlooker = std::make_unique<docker::IndexOnlooker>(engine->index());
  logs = std::make_unique<docker::EngineLogs>(engine->client(), *redactor);
  prober = std::make_unique<probe::Prober>(
      probe::ProberOptions{.enqueue = [this](const ObjectKey& of) { manager->OnContainersChanged(of.name); }}, log);
  fleet = std::make_unique<IndexedFleet>(engine->index());
  guard = std::make_unique<InstanceGuard>(config.instance, log);
  manager = std::make_unique<Manager>(
      ManagerPorts{*source, *fleet, *store, *ledger, queue, clock, log, metrics},
      ManagerOptions{.sync_interval = config.interval,
                     .host = config.host,
                     .on_revision = [this](const v1::ObjectSet& objects) { OnSecrets(objects); },
                     .remembered = [this] { return facts->All(); }});
  workloads = std::make_unique<WorkloadReconciler>(
      WorkloadPorts{*manager, *manager, engine->index(), *onlooker, engine->writer(), *prober, *logs, calendar,
                    engine->puller(), *secrets, *files, *facts, *store, engine->images()},
      WorkloadOptions{.instance = config.instance, .host = config.host, .paths = PathsOf(config), .read_only = [this] {
                        return guard->WhyNot();
                      }});
  workloads->OnRead([this](const ObjectKey& k, const Revision& revision, ReadSet read) {
    manager->OnRead(k, {.paths = std::move(read.paths), .secrets = std::move(read.secrets), .revision = revision});
  });
  secret_reconciler = std::make_unique<SecretReconciler>(ObjectPorts{*manager, *store}, *secrets);
  trigger_reconciler = std::make_unique<TriggerReconciler>(ObjectPorts{*manager, *store});
  binding_reconciler = std::make_unique<BindingReconciler>(ObjectPorts{*manager, *store});
  worker = std::make_unique<Worker>(Worker::Parts{queue,
                                                  {{Kind::Workload, workloads.get()},
                                                   {Kind::Secret, secret_reconciler.get()},
                                                   {Kind::Trigger, trigger_reconciler.get()},
                                                   {Kind::Binding, binding_reconciler.get()}},
                                                  *store,
                                                  clock,
                                                  metrics,
                                                  log,
                                                  *redactor});
  backend = std::make_unique<DaemonBackend>(BackendParts());
  return Listen();
}

DaemonBackend::Parts Daemon::Parts::BackendParts() {
  return {.store = *store,
          .changes = changes,
          .manager = *manager,
          .engine = *engine,
          .workloads = *workloads,
          .secrets = *secrets,
          .facts = *facts,
          .clock = clock,
          .metrics = metrics,
          .redactor = *redactor,
          .version = {.version = TINYFORGE_VERSION,
                      .commit = TINYFORGE_REVISION,
                      .host = config.host,
                      .instance = config.instance,
                      .started = clock.SystemNow()},
          .host = config.host};
}

Expected<void> Daemon::Parts::Listen() {
  server = std::make_unique<serve::HttpServer>(serve::HttpLimits{}, log);
  std::error_code ignored;  // Listen says it better
  std::filesystem::create_directories(std::filesystem::path(config.api_socket).parent_path(), ignored);
  if (auto done = server->ListenUnix(config.api_socket, kApiSocketMode, serve::MakeApiRouter(*backend)); !done)
    return done;
  if (config.metrics_listen.empty()) return {};
  auto bound = server->ListenTcp(config.metrics_listen, serve::MakeMetricsRouter(*backend));
  if (!bound) return std::move(bound).error();
  log.Info("metrics are served", {{"address", *bound}});
  return {};
}

Daemon::Daemon(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Daemon::~Daemon() = default;

Expected<std::unique_ptr<Daemon>> Daemon::Make(const Config& config, std::shared_ptr<Redactor> redactor, Logger& log) {
  auto parts = std::make_unique<Parts>(config, std::move(redactor), log);
  if (auto opened = parts->Open(); !opened) return std::move(opened).error();
  return std::unique_ptr<Daemon>(new Daemon(std::move(parts)));
}

void Daemon::Run(std::stop_token stop) {
  Parts& p = *parts_;
  p.log.Info("tinyforged starts", {{"version", TINYFORGE_VERSION},
                                   {"instance", p.config.instance},
                                   {"host", p.config.host},
                                   {"repository", p.source->Describe().url},
                                   {"branch", p.config.branch}});
  p.server->Start();
  p.manager->Restore();
  p.engine->Start();
  p.engine->AwaitFirstAnswer(kFirstAnswer, stop);
  {
    const DirectoryWatch watch(
        p.config.secrets_dir, [&p] { p.RescanSecrets(); }, p.log);
    p.prober->Start();
    WorkerPool workers(*p.worker, p.config.workers);
    p.manager->Run(stop);
    p.engine->Stop();
    p.prober->Stop();
  }
  p.server->Stop();
  p.log.Info("tinyforged ends");
}

}  // namespace tinyforge::cmd
