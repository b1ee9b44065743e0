#include "controller/docker/engine_writer.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "controller/docker/json_members.h"
#include "controller/docker/version_needs.h"
#include "controller/runtime/failpoint.h"

namespace tinyforge::docker {
namespace {

using Json = nlohmann::json;

constexpr Duration kEngineGrace = std::chrono::seconds(10);
constexpr std::size_t kFailedStops = 256;
constexpr Duration kStopSlack = std::chrono::seconds(10);
constexpr int kUpdateRetries = 5;
constexpr Duration kUpdatePause = std::chrono::milliseconds(20);
constexpr std::size_t kMaxHooks = 32;  // containers whose post_start runs at a time

bool Says(const Error& error, std::string_view words) {
  return error.message.find(words) != std::string::npos;
}

// For Engines that cannot be told to; what the host policy allows to be mounted may be made.
Expected<void> MakeHostPaths(const ContainerTemplate& spec) {
  for (const Mount& mount : spec.mounts) {
    if (mount.type != MountType::Bind || !mount.create_host_path) continue;
    std::error_code error;
    if (std::filesystem::exists(mount.source, error)) continue;
    std::filesystem::create_directories(mount.source, error);
    if (error)
      return Error{ErrorKind::Waiting, "create directory " + mount.source + " to be mounted: " + error.message()};
  }
  return {};
}

}  // namespace

EngineWriter::EngineWriter(EngineWriterParts parts, EngineWriterOptions options)
    : client_(parts.client),
      index_(parts.index),
      resources_(parts.resources),
      policy_(parts.policy),
      secrets_(parts.secrets),
      log_(parts.log),
      options_(std::move(options)),
      runner_({parts.client, parts.index, parts.policy, parts.secrets, parts.log, options_.redact}),
      stops_({options_.max_stops, "stops"}, log_,
             [this](const std::string& container, const std::stop_token& stop) { return StopNow(container, stop); }),
      drains_({options_.max_stops, "pre_stop"}, log_,
              [this](const std::string& container, const std::stop_token& stop) { return Drain(container, stop); }),
      hooks_({kMaxHooks, "post_start"}, log_,
             [this](const std::string& container, const std::stop_token& stop) { return RunHooks(container, stop); }) {}

Expected<std::string> EngineWriter::Create(const CreateRequest& request) {
  auto version = client_.Version();
  if (!version) return std::move(version).error().Within("create container " + request.name);
  auto id = SendCreate(request, *version);
  if (!id) return id;
  index_.Created(*id, request.workload);
  if (options_.on_created) options_.on_created(request);
  if (auto passed = Failpoint("docker.create.noted"); !passed) return std::move(passed).error();
  for (const auto& attachment : NetworksAfterCreate(request, *version)) {
    if (auto connected = Connect(*id, attachment); !connected) {
      return std::move(connected).error().Within("container " + request.name +
                                                 " is created but not on all its networks");
    }
  }
  return id;
}

Expected<EngineWriter::Services> EngineWriter::FindServices(const CreateRequest& request) {
  Services services;
  const auto names = ServicesShared(request.spec);
  if (request.service.empty() || names.empty()) return services;
  auto containers = index_.Containers(request.workload);
  if (!containers) return std::move(containers).error();
  for (const std::string& name : names) {
    const auto share = std::ranges::find(request.shares, name, &SharedNamespace::service);
    const auto found = share == request.shares.end()
                           ? containers->end()
                           : std::ranges::find(*containers, share->container, &ObservedContainer::id);
    if (found == containers->end())
      return Error{ErrorKind::Waiting, "there is no container of service " + name + " to share with"};
    services.emplace(name, *found);
  }
  return services;
}

Expected<void> EngineWriter::CheckSharedNetwork(const CreateRequest& request, const Services& services) {
  constexpr std::string_view kService = "service:";
  const std::string_view mode = request.spec.network_mode;
  if (!mode.starts_with(kService)) return {};
  const std::string_view name = mode.substr(kService.size());
  if (const auto own = services.find(name); own != services.end())
    return policy_.CheckSharedNetwork(request.workload, own->second.network_mode);
  const auto shared = index_.NetworkModeOf(name);
  if (shared) return policy_.CheckSharedNetwork(request.workload, *shared);
  return Error{ErrorKind::Waiting, "spec.networkMode: there is no container " + std::string(name) +
                                       " of a workload to share the network of"};
}

Expected<SecretText> EngineWriter::EncodeAllowed(const CreateRequest& request, ApiVersion version) {
  auto services = FindServices(request);
  if (!services) return std::move(services).error().Within("create container " + request.name);
  CreateBodyOptions options{.version = version, .default_host_ip = policy_.policy().default_host_ip};
  PolicyGrants grants{.rendered = request.rendered};
  for (const auto& [name, container] : *services) {
    options.services.emplace(name, container.id);
    grants.containers.insert(container.id);
  }
  auto body = EncodeCreateBody(request, options, secrets_);
  if (!body) return std::move(body).error().Within("create container " + request.name);
  if (auto allowed = policy_.Check(request.workload, body->text(), grants); !allowed) return std::move(allowed).error();
  if (auto allowed = CheckSharedNetwork(request, *services); !allowed) return std::move(allowed).error();
  if (auto allowed = CheckHooks(policy_, request); !allowed) return std::move(allowed).error();
  return body;
}

Expected<std::string> EngineWriter::SendCreate(const CreateRequest& request, ApiVersion version) {
  auto body = EncodeAllowed(request, version);
  if (!body) return std::move(body).error();
  if (version < kCreateMountpointVersion)
    if (auto made = MakeHostPaths(request.spec); !made) return std::move(made).error();
  EngineCall call{.endpoint = Endpoint::ContainerCreate,
                  .object = request.name,
                  .query = {{"name", request.name}},
                  .body = body->text()};
  if (!request.spec.platform.empty()) call.query.emplace_back("platform", request.spec.platform);
  auto answer = client_.Send(call);
  if (!answer) return std::move(answer).error();
  if (answer->status < 400) {
    auto json = Json::parse(answer->body, nullptr, false);
    if (json.is_object() && json.contains("Id") && json["Id"].is_string()) return json["Id"].get<std::string>();
    return Error{ErrorKind::Transient, "create container " + request.name + ": the answer names no id"};
  }
  auto error = EngineClient::ToError(call, *answer);
  if (answer->status == 409) return NameHeld("create container", request.name, error);
  // NotFound is kept for the image: what else is missing comes and goes with other objects.
  if (answer->status == 404 && !Says(error, "No such image") && !Says(error, "no such image")) {
    error.kind = ErrorKind::Waiting;
  }
  return error;
}

Error EngineWriter::NameHeld(std::string_view what, const std::string& name, const Error& error) {
  auto answer = client_.Call({.endpoint = Endpoint::ContainerInspect, .object = name});
  if (!answer) return error;
  auto holder = DecodeInspect(answer->body);
  if (!holder || holder->container.name != name) return error;
  const auto& container = holder->container;
  std::string text = std::string(what) + " " + name + ": the name is held by container " + ShortId(container.id) +
                     " (image " + container.image + ", " + std::string(ToString(container.state));
  if (auto workload = container.Label(label::kWorkload); !workload.empty()) {
    text += ", workload " + std::string(workload) + " of instance " + std::string(container.Label(label::kInstance));
  }
  return Error{ErrorKind::Conflict, text + ")"};
}

Expected<void> EngineWriter::Change(const EngineCall& call, std::string_view container) {
  auto answer = client_.Call(call);
  index_.Touch(container);
  if (!answer) return std::move(answer).error();
  return {};
}

Expected<void> EngineWriter::Adopt(const AdoptedContainer& container) {
  return index_.Adopt(container);
}

Expected<void> EngineWriter::Start(std::string_view container) {
  index_.Starting(container);
  return Change({.endpoint = Endpoint::ContainerStart, .object = std::string(container)}, container);
}

Expected<bool> EngineWriter::BeginStop(std::string_view container) {
  {
    auto failed = failed_stops_.Lock();
    if (auto found = failed->find(container); found != failed->end()) {
      Error error = std::move(found->second);
      failed->erase(found);
      return error;
    }
  }
  if (auto passed = Failpoint("docker.stop.begin"); !passed) return std::move(passed).error();
  if (stops_.Has(container)) return false;
  return runner_.HasPreStop(container) ? drains_.Begin(container) : stops_.Begin(container);
}

TaskPool::WhenEnded EngineWriter::Drain(const std::string& container, const std::stop_token& stop) {
  if (stops_.Has(container)) return {};
  const auto workload = index_.WorkloadOf(container);
  const auto before = RunningSince(client_, container, stop);
  if (!before && before.error().kind == ErrorKind::NotFound) {
    stops_.Begin(container);  // nothing can run in it
    return {};
  }
  index_.Interrupting(container);  // the commands may end it themselves
  const auto hooks = runner_.RunPreStop(container, GraceOf(container), stop);
  if (stop.stop_requested()) return {};  // what comes after this process does both again
  const auto after = RunningSince(client_, container, stop);
  if (before && (after ? *after != *before : after.error().kind == ErrorKind::NotFound)) {
    index_.Touch(container);
    return TellOwner(workload);
  }
  if (!hooks)
    log_.Warn("pre_stop failed; the container is stopped nevertheless",
              {{"workload", workload}, {"container", container}, {"error", hooks.error().message}});
  // Before this has ended, so that one of the two is under way all the time.
  stops_.Begin(container);
  return {};
}

TaskPool::WhenEnded EngineWriter::TellOwner(const std::string& workload) {
  if (!options_.on_ended || workload.empty()) return {};
  return [this, workload] { options_.on_ended(workload); };
}

Expected<void> EngineWriter::CheckHooks(const PolicyChecker& policy, const CreateRequest& request) {
  for (const auto* hooks : {&request.spec.post_start, &request.spec.pre_stop})
    if (std::ranges::any_of(*hooks, &Hook::privileged)) return policy.CheckPrivilegedHook(request.workload);
  return {};
}

Expected<bool> EngineWriter::BeginHooks(std::string_view container) {
  if (auto passed = Failpoint("docker.hooks.begin"); !passed) return std::move(passed).error();
  // The end of a run before, also of one that was forgotten, re-queues the owner.
  if (hooks_.Has(container) || !runner_.Begin(container)) return false;
  const bool begun = hooks_.Begin(container);
  if (!begun) runner_.Forget(container);
  return begun;
}

TaskPool::WhenEnded EngineWriter::RunHooks(const std::string& container, const std::stop_token& stop) {
  const auto workload = index_.WorkloadOf(container);
  runner_.RunPostStart(container, stop);
  index_.Touch(container);  // it may have ended, which is why they did
  return stop.stop_requested() ? TaskPool::WhenEnded() : TellOwner(workload);
}

Duration EngineWriter::GraceOf(std::string_view container) {
  return index_.StopTimeout(container).value_or(kEngineGrace);
}

TaskPool::WhenEnded EngineWriter::StopNow(const std::string& container, const std::stop_token& stop) {
  EngineCall call{.endpoint = Endpoint::ContainerStop, .object = container};
  call.deadline = GraceOf(container) + kStopSlack;
  // Asked before: a stopped container may be gone at once.
  auto workload = index_.WorkloadOf(container);
  index_.Interrupting(container);
  auto answer = client_.Call(call, stop);
  index_.Touch(container);
  if (stop.stop_requested()) return {};
  if (!answer) {
    log_.Warn("container not stopped", {{"workload", workload}, {"error", answer.error().message}});
    if (answer.error().kind != ErrorKind::NotFound) RememberFailedStop(container, answer.error());
  }
  (void)Failpoint("docker.stop.ended");
  return TellOwner(workload);
}

void EngineWriter::RememberFailedStop(const std::string& container, const Error& error) {
  auto failed = failed_stops_.Lock();
  if (failed->size() >= kFailedStops) failed->clear();  // costs each of them one try more without a pause
  failed->insert_or_assign(container, error);
}

Expected<void> EngineWriter::Remove(std::string_view container) {
  EngineCall call{
      .endpoint = Endpoint::ContainerRemove, .object = std::string(container), .query = {{"v", "0"}, {"force", "0"}}};
  auto answer = client_.Send(call);
  if (!answer) {
    index_.Touch(container);
    return std::move(answer).error();
  }
  if (answer->status < 400 || answer->status == 404) {
    runner_.Forget(container);
    index_.Removed(container);
    return {};
  }
  index_.Touch(container);
  auto error = EngineClient::ToError(call, *answer);
  if (Says(error, "is already in progress")) return {};
  return error;
}

Expected<void> EngineWriter::Rename(std::string_view container, std::string_view name) {
  EngineCall call{
      .endpoint = Endpoint::ContainerRename, .object = std::string(container), .query = {{"name", std::string(name)}}};
  auto renamed = Change(call, container);
  // The answer to an earlier one was lost.
  if (!renamed && Says(renamed.error(), "same name as its current name")) return {};
  if (!renamed && renamed.error().kind == ErrorKind::Conflict) {
    return NameHeld("rename container " + ShortId(container) + " to", std::string(name), renamed.error());
  }
  return renamed;
}

Expected<void> EngineWriter::Update(std::string_view container, const Limits& limits) {
  auto body = EncodeUpdateBody(limits);
  return Change({.endpoint = Endpoint::ContainerUpdate, .object = std::string(container), .body = body}, container);
}

Expected<void> EngineWriter::DisableRestart(std::string_view container) {
  if (auto passed = Failpoint("docker.disable-restart.before"); !passed) return passed;
  auto done = Update(container, Limits{.restart = v1::RestartPolicy::Never});
  // An Engine that is caught between the end of a process and its restart undoes the update; it is through in no time.
  for (int i = 0; i < kUpdateRetries && !done && Says(done.error(), "task ") && Says(done.error(), "not found"); ++i) {
    std::this_thread::sleep_for(kUpdatePause);
    done = Update(container, Limits{.restart = v1::RestartPolicy::Never});
  }
  return done ? Failpoint("docker.disable-restart.after") : std::move(done);
}

Expected<void> EngineWriter::Unpause(std::string_view container) {
  EngineCall call{.endpoint = Endpoint::ContainerUnpause, .object = std::string(container)};
  auto done = Change(call, container);
  if (!done && Says(done.error(), "is not paused")) return {};
  return done;
}

Expected<void> EngineWriter::Signal(std::string_view container, std::string_view signal) {
  EngineCall call{.endpoint = Endpoint::ContainerKill,
                  .object = std::string(container),
                  .query = {{"signal", std::string(signal)}}};
  if (signal == "KILL") index_.Interrupting(container);
  auto done = Change(call, container);
  if (!done && signal == "KILL" && Says(done.error(), "is not running")) return {};
  return done;
}

// Below API 1.44 the Engine takes no MAC address here: it gives the container's own on its first network.
Expected<void> EngineWriter::CheckConnect(std::string_view container, const NetworkAttachment& attachment) {
  if (attachment.mac_address.empty() && attachment.gw_priority == 0) return {};
  auto version = client_.Version();
  if (!version) return std::move(version).error();
  auto met = CheckVersion(attachment, *version);
  if (met || attachment.gw_priority != 0) return met;
  auto answer = client_.Call({.endpoint = Endpoint::ContainerInspect, .object = std::string(container)});
  if (!answer) return std::move(answer).error();
  const auto json = Json::parse(answer->body, nullptr, false);
  const bool own = Text(At(At(json, "Config"), "MacAddress")) == attachment.mac_address &&
                   Text(At(At(json, "HostConfig"), "NetworkMode")) == attachment.network;
  return own ? Expected<void>() : met;
}

Expected<void> EngineWriter::Connect(std::string_view container, const NetworkAttachment& attachment) {
  if (auto met = CheckConnect(container, attachment); !met) return met;
  auto body = EncodeConnectBody(container, attachment);
  auto connected =
      Change({.endpoint = Endpoint::NetworkConnect, .object = attachment.network, .body = body}, container);
  if (!connected && Says(connected.error(), "already exists in network")) connected.error().kind = ErrorKind::Conflict;
  return connected;
}

Expected<void> EngineWriter::Disconnect(std::string_view container, std::string_view network) {
  auto body = EncodeDisconnectBody(container);
  auto done =
      Change({.endpoint = Endpoint::NetworkDisconnect, .object = std::string(network), .body = body}, container);
  if (!done && Says(done.error(), "is not connected to")) return {};
  return done;
}

Expected<bool> EngineWriter::EnsureNetwork(const DesiredNetwork& network, std::string_view workload) {
  if (network.config && !network.external)
    if (auto allowed = policy_.CheckNetwork(workload, *network.config); !allowed) return std::move(allowed).error();
  return resources_.EnsureNetwork(network);
}

Expected<bool> EngineWriter::RemakeNetwork(const DesiredNetwork& network, std::string_view workload) {
  if (auto allowed = policy_.CheckNetwork(workload, network.config.value_or(NetworkConfig())); !allowed)
    return std::move(allowed).error();
  return resources_.RemakeNetwork(network);
}

Expected<bool> EngineWriter::EnsureVolume(const DesiredVolume& volume, std::string_view workload) {
  if (!volume.external)
    if (auto allowed = policy_.CheckVolume(workload, volume); !allowed) return std::move(allowed).error();
  return resources_.EnsureVolume(volume, workload);
}

Expected<bool> EngineWriter::RemoveNetwork(std::string_view name) {
  return resources_.RemoveNetwork(std::string(name));
}

}  // namespace tinyforge::docker
