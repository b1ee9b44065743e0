#include "controller/cmd/daemon.h"

#include <filesystem>
#include <set>

#include "controller/cmd/daemon_backend.h"
#include "controller/cmd/instance_guard.h"
#include "controller/cmd/trigger_work.h"
#include "controller/cmd/watched_store.h"
#include "controller/docker/container_logs.h"
#include "controller/docker/docker_engine.h"
#include "controller/docker/index_onlooker.h"
#include "controller/facts/file_deletion_ledger.h"
#include "controller/facts/file_fact_store.h"
#include "controller/facts/file_hook_ledger.h"
#include "controller/facts/file_ref_ledger.h"
#include "controller/facts/installation.h"
#include "controller/facts/state_lock.h"
#include "controller/files/file_store.h"
#include "controller/git/git_config_source.h"
#include "controller/git/git_remote_refs.h"
#include "controller/git/git_repo_writer.h"
#include "controller/probe/prober.h"
#include "controller/runtime/manager.h"
#include "controller/runtime/task_pool.h"
#include "controller/runtime/worker.h"
#include "controller/runtime/world_calendar.h"
#include "controller/secrets/directory_watch.h"
#include "controller/secrets/file_secrets.h"
#include "controller/serve/api.h"
#include "controller/serve/http_server.h"
#include "controller/serve/webhook.h"
#include "controller/store/sqlite_store.h"
#include "reconcilers/config/object_reconcilers.h"
#include "reconcilers/source/compose/env_file.h"
#include "reconcilers/workload/reconciler.h"

namespace tinyforge::cmd {
namespace {

constexpr mode_t kApiSocketMode = 0660;
constexpr auto kCollectionInterval = std::chrono::minutes(10);
constexpr auto kStatePatience = std::chrono::seconds(5);  // a controller before this one may be about to end
constexpr auto kFirstAnswer = std::chrono::seconds(5);    // a hung Engine holds up the rest no longer

HostPaths PathsOf(const Config& config) {
  return {config.state_dir + "/volumes", config.state_dir + "/files"};
}

// The index of the Engine's containers as the manager needs it.
class IndexedFleet : public Fleet {
 public:
  explicit IndexedFleet(docker::ContainerIndex& index) : index_(index) {}
  std::vector<ObservedContainer> All() override { return index_.All(); }
  bool InStep() override { return !index_.WhyNotInStep(); }

 private:
  docker::ContainerIndex& index_;
};

// Ten seconds' worth may come at once.
serve::Rate RateOf(unsigned per_second) {
  return {.per_second = static_cast<double>(per_second), .burst = 10.0 * per_second};
}

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
  Expected<void> ListenForStrangers();
  void OnSecrets(const v1::ObjectSet& objects);
  Expected<void> AdoptKnown();
  void RescanSecrets();
  void CollectFiles();
  void MakeTriggers();
  void MakeObjectReconcilers();
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
  std::optional<LockedFile> state_lock;
  std::unique_ptr<FileFactStore> facts;
  std::unique_ptr<FileDeletionLedger> ledger;
  std::unique_ptr<FileStore> files;
  std::unique_ptr<SqliteStore> cache;
  std::unique_ptr<WatchedStore> store;
  std::unique_ptr<WatchedDeliveries> deliveries;
  std::unique_ptr<GitConfigSource> source;
  std::unique_ptr<docker::DockerEngine> engine;
  std::unique_ptr<docker::IndexOnlooker> onlooker;
  std::unique_ptr<docker::EngineLogs> logs;
  std::unique_ptr<probe::Prober> prober;
  WorldCalendar calendar;
  std::unique_ptr<IndexedFleet> fleet;
  std::unique_ptr<Manager> manager;
  std::unique_ptr<InstanceGuard> guard;
  TaskPool tasks{config.workers};
  std::unique_ptr<WorkloadReconciler> workloads;
  std::string installation_key;
  std::unique_ptr<FileHookLedger> hooks;
  std::unique_ptr<RepoWriter> writer;
  std::unique_ptr<RemoteRefs> refs;
  std::unique_ptr<FileRefLedger> ref_ledger;
  std::unique_ptr<RouteBook> routes;
  std::unique_ptr<TriggerWork> triggers;
  std::unique_ptr<ObjectReconciler> secret_reconciler;
  std::unique_ptr<ObjectReconciler> trigger_reconciler;
  std::unique_ptr<ObjectReconciler> binding_reconciler;
  std::unique_ptr<Worker> worker;
  std::unique_ptr<DaemonBackend> backend;
  std::unique_ptr<serve::HttpServer> server;
  std::unique_ptr<serve::HttpServer> webhook_server;               // null: nobody listens
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
          .on_secret = [this](std::string_view value) { redactor->Register(value); },
          .redact = [this](std::string_view text) { return redactor->Redact(text); }};
}

void Daemon::Parts::OnSecrets(const v1::ObjectSet& objects) {
  std::map<std::string, v1::SecretSpec> specs;
  for (const auto& [key, object] : objects.objects)
    if (key.kind == Kind::Secret) specs.emplace(key.name, std::get<v1::SecretSpec>(object->spec));
  secrets->SetSecrets(specs);
}

// Whose containers these are is known from nowhere else: without it nothing may be decided.
Expected<void> Daemon::Parts::AdoptKnown() {
  const auto all = facts->All();
  if (!all) return Error(all.error()).Within("read whose containers are whose");
  for (const auto& [fact_key, known] : *all)
    for (const AdoptedContainer& container : known.adopted) (void)engine->index().Adopt(container);  // the first has it
  return {};
}

void Daemon::Parts::RescanSecrets() {
  const std::set<std::string> names = secrets->Rescan();
  if (names.empty()) return;
  manager->OnSecretsChanged(names);
  triggers->OnSecrets();
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
  auto locked = LockStateDirectory(config.state_dir, kStatePatience, log);
  if (!locked) return std::move(locked).error();
  state_lock = std::move(*locked);
  for (const char* folder : {"", "/facts"}) RemoveTemporaryFiles(config.state_dir + folder);
  auto key = InstallationKey(config.state_dir, log);
  if (!key) return std::move(key).error();
  installation_key = *key;
  auto repository = GitRepository::Create(RepositoryOptions(config));
  if (!repository) return std::move(repository).error();
  source = std::make_unique<GitConfigSource>(std::move(*repository));
  auto made_writer = GitRepoWriter::Create(
      {.repository = RepositoryOptions(config),
       .instance = config.instance,
       .author_email = "tinyforge@" + (config.host.empty() ? std::string("localhost") : config.host)});
  if (!made_writer) return std::move(made_writer).error();
  writer = std::move(*made_writer);
  auto made_refs = GitRemoteRefs::Create({.url = config.repo, .auth = config.git_auth, .state_dir = config.state_dir});
  if (!made_refs) return std::move(made_refs).error();
  refs = std::move(*made_refs);
  secrets = std::make_unique<FileSecrets>(
      FileSecretsOptions{.directory = config.secrets_dir,
                         .fingerprint_key = std::move(*key),
                         .on_value = [this](std::string_view value) { redactor->Register(value); },
                         .variables = compose::ParseSecretEnvFile},
      log);
  facts = std::make_unique<FileFactStore>(config.state_dir, log);
  ledger = std::make_unique<FileDeletionLedger>(config.state_dir, log);
  files = std::make_unique<FileStore>(FileStoreOptions{.paths = PathsOf(config)}, *secrets);
  cache = std::make_unique<SqliteStore>(SqliteStoreOptions{
      .state_dir = config.state_dir, .on_rebuilt = [this](const std::string& reason) {
        log.Warn("the cache is made again; history and the delivery log begin anew", {{"reason", reason}});
        manager->OnCacheLost();
      }});
  store = std::make_unique<WatchedStore>(
      *cache, WatchedStore::Hooks{.changed = [this] { changes.Bump(); },
                                  .redact = [this](std::string_view text) { return redactor->Redact(text); },
                                  .refresh = [this] { manager->RefreshContainers(); },
                                  .on_status =
                                      [this](const ObjectKey& of, const v1::Status& s) {
                                        manager->OnStatus(of, s);
                                        triggers->OnStatus(of, s);
                                      }});
  deliveries = std::make_unique<WatchedDeliveries>(*cache, [this] { changes.Bump(); });
  auto made = docker::DockerEngine::Make(EngineOptions(), *secrets, log);
  if (!made) return std::move(made).error();
  engine = std::move(*made);
  if (auto adopted = AdoptKnown(); !adopted) return adopted;
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
                     .on_in_force = [this] { triggers->OnRevision(); },
                     .remembered = [this] { return facts->All(); }});
  routes = std::make_unique<RouteBook>(config.host, *secrets);
  workloads = std::make_unique<WorkloadReconciler>(
      WorkloadPorts{*manager, manager->deletion_gate(), *routes, engine->index(), *onlooker, engine->networks(),
                    engine->writer(), *prober, *logs, calendar, engine->puller(), *secrets, *files, *facts, *store,
                    engine->images(), tasks},
      WorkloadOptions{.instance = config.instance, .host = config.host, .paths = PathsOf(config), .read_only = [this] {
                        return guard->WhyNot();
                      }});
  workloads->OnRead([this](const ObjectKey& k, const Revision& revision, ReadSet read) {
    manager->OnRead(k, {.paths = std::move(read.paths), .secrets = std::move(read.secrets), .revision = revision});
  });
  MakeTriggers();
  MakeObjectReconcilers();
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

void Daemon::Parts::MakeTriggers() {
  hooks = std::make_unique<FileHookLedger>(config.state_dir, log);
  ref_ledger = std::make_unique<FileRefLedger>(config.state_dir, log);
  triggers = std::make_unique<TriggerWork>(
      TriggerWorkPorts{*manager, *routes, *facts, *hooks, *store, *deliveries, *secrets, *writer, *source, *refs,
                       *ref_ledger, calendar, clock, log, metrics},
      TriggerWorkOptions{.digest_key = installation_key,
                         .registry_config = config.registry_config,
                         .insecure_registries = config.insecure_registries,
                         .registry_token_servers = config.registry_token_servers,
                         .on_secret = [this](std::string_view value) { redactor->Register(value); },
                         .redact = [this](std::string_view text) { return redactor->Redact(text); },
                         .read_only = [this] { return guard->WhyNot(); },
                         .look_at = [this](const std::string& workload) { manager->OnAsked(workload); },
                         .news_of = [this](const ObjectKey& of) { queue.Add(of, Urgency::Change); },
                         .sync = [this] { manager->SyncSoon(); }});
}

void Daemon::Parts::MakeObjectReconcilers() {
  const ObjectPorts ports{*manager, *store};
  const auto make = [&](ObjectReconciler::Judge judge) { return std::make_unique<ObjectReconciler>(ports, judge); };
  secret_reconciler = make([this](const v1::Object& o, const ConfigSnapshot&) { return JudgeSecret(o, *secrets); });
  trigger_reconciler =
      make([this](const v1::Object& o, const ConfigSnapshot& s) { return triggers->JudgeTrigger(o, s); });
  binding_reconciler =
      make([this](const v1::Object& o, const ConfigSnapshot& s) { return triggers->JudgeBinding(o, s); });
}

DaemonBackend::Parts Daemon::Parts::BackendParts() {
  return {.store = *store,
          .changes = changes,
          .triggers = triggers->api(),
          .manager = *manager,
          .routes = *routes,
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

// For strangers a server of its own: they keep nobody waiting at the local API.
Expected<void> Daemon::Parts::ListenForStrangers() {
  if (config.listen.empty()) return {};
  webhook_server = std::make_unique<serve::HttpServer>(serve::WebhookLimits(), log);
  serve::WebhookListenOptions options{.trusted_proxies = config.trusted_proxies};
  options.rates.source = RateOf(config.webhook_rate);
  options.rates.total = RateOf(config.webhook_total_rate);
  if (!config.listen_tls.certificate.empty()) {
    auto tls = serve::TlsContext::Load(config.listen_tls, clock, log);
    if (!tls) return std::move(tls).error();
    options.tls = std::move(*tls);
  }
  auto bound = serve::ListenForWebhooks(*webhook_server, config.listen, {triggers->door(), clock, metrics, log},
                                        std::move(options));
  if (!bound) return std::move(bound).error();
  log.Info("webhooks are served", {{"address", *bound}});
  return {};
}

Expected<void> Daemon::Parts::Listen() {
  if (auto done = ListenForStrangers(); !done) return done;
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
    p.triggers->Start();
    if (p.webhook_server) p.webhook_server->Start();
    WorkerPool workers(*p.worker, p.config.workers);
    p.manager->Run(stop);
    if (p.webhook_server) p.webhook_server->Stop();
    p.triggers->Stop();
    p.engine->Stop();
    p.prober->Stop();
  }
  p.server->Stop();
  p.log.Info("tinyforged ends");
}

}  // namespace tinyforge::cmd
