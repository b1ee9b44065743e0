#include "controller/docker/docker_engine.h"

#include "controller/docker/thread_shield.h"

namespace tinyforge::docker {
namespace {

constexpr Duration kRetry = std::chrono::seconds(1);

}  // namespace

Expected<std::unique_ptr<DockerEngine>> DockerEngine::Make(DockerEngineOptions options, SecretReader& secrets,
                                                           Logger& log) {
  if (SocketPathOf(options.docker_host).empty()) {
    return Error{ErrorKind::Invalid,
                 "docker host \"" + options.docker_host + "\": expected unix:///path of the Engine's socket"};
  }
  if (options.instance.empty()) return Error{ErrorKind::Invalid, "the instance of the controller must have a name"};
  auto subnet = ParseIpv4Subnet(options.policy.subnet);
  if (!subnet) return std::move(subnet).error().Within("hostPolicy.subnet");
  return std::unique_ptr<DockerEngine>(new DockerEngine(std::move(options), *subnet, secrets, log));
}

DockerEngine::DockerEngine(DockerEngineOptions options, Ipv4Subnet subnet, SecretReader& secrets, Logger& log)
    : options_(std::move(options)),
      secrets_(secrets),
      log_(log),
      client_({options_.docker_host, options_.on_call}),
      index_(client_, {.instance = options_.instance,
                       .shared_network = options_.shared_network,
                       .subnet = subnet,
                       .secrets = &secrets_,
                       .on_change = [this](const std::string& workload) { Enqueue(workload); },
                       .on_engine = options_.on_engine}),
      resources_(client_, {.instance = options_.instance,
                           .subnet = subnet,
                           .ipv6 = options_.policy.ipv6,
                           .on_shared_subnet = [this](const Ipv4Subnet& actual) { index_.SetSubnet(actual); }}),
      policy_(options_.policy, options_.paths, client_.socket_path()),
      networks_(resources_, policy_),
      images_(client_, {.on_gone = [this](const std::string& workload) { Enqueue(workload); }}) {
  EnginePullerOptions puller{
      .docker_config = options_.docker_config, .on_done = options_.enqueue, .on_secret = options_.on_secret};
  puller_ = std::make_unique<EnginePuller>(client_, secrets_, log_, std::move(puller));
  EngineWriterParts parts{client_, index_, resources_, policy_, secrets_, log_};
  writer_ = std::make_unique<EngineWriter>(parts, WriterOptions());
  events_ = std::make_unique<EventStream>(client_, log_, StreamCallbacks());
}

DockerEngine::~DockerEngine() {
  Stop();
}

EngineWriterOptions DockerEngine::WriterOptions() {
  return {
      .on_ended = [this](const std::string& workload) { Enqueue(workload); },
      .on_created = [this](const CreateRequest& request) { puller_->Created(request.spec.image, request.workload); },
      .redact = options_.redact};
}

EventStreamCallbacks DockerEngine::StreamCallbacks() {
  return {.on_connected =
              [this] {
                index_.Connected();
                resources_.ForgetAll();
                puller_->ForgetAll();
                RequestResync();
              },
          .on_disconnected = [this](const Error& why) { Disconnected(why); },
          .on_event =
              [this](const EngineEvent& event) {
                resources_.OnEvent(event);
                puller_->OnEvent(event);
                images_.OnEvent(event);
                index_.OnEvent(event);
              }};
}

void DockerEngine::Start() {
  resync_thread_ = std::jthread([this](const std::stop_token& stop) { KeepInStep(stop); });
  events_->Start();
}

void DockerEngine::Stop() {
  events_->Stop();
  resync_thread_.request_stop();
  if (resync_thread_.joinable()) resync_thread_.join();
  writer_->AbortStops();
  puller_->AbortPulls();
}

void DockerEngine::RequestResync() {
  {
    std::lock_guard lock(mutex_);
    resync_wanted_ = true;
  }
  wake_.notify_all();
}

void DockerEngine::Enqueue(const std::string& workload) const {
  if (options_.enqueue) options_.enqueue({Kind::Workload, workload});
}

void DockerEngine::Disconnected(const Error& why) {
  index_.Disconnected(why);
  bool was_ready = false;
  {
    std::lock_guard lock(mutex_);
    was_ready = std::exchange(reported_ready_, false);
  }
  Answered();
  if (was_ready && options_.on_connected) options_.on_connected(false);
}

void DockerEngine::KeepInStep(const std::stop_token& stop) {
  auto delay = options_.resync_interval;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, delay, [this] { return resync_wanted_; });
      resync_wanted_ = false;
    }
    if (stop.stop_requested()) return;
    // While the stream is down its own reconnecting asks for the listing.
    if (!events_->connected()) {
      delay = options_.resync_interval;
      continue;
    }
    bool done = false;
    Shielded(log_, "resync", stop, [&] { done = ResyncOnce(stop); });
    delay = done ? options_.resync_interval : kRetry;
  }
}

void DockerEngine::Answered() {
  {
    std::lock_guard lock(mutex_);
    answered_ = true;
  }
  wake_.notify_all();
}

void DockerEngine::AwaitFirstAnswer(Duration limit, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, stop, limit, [this] { return answered_; });
}

bool DockerEngine::ResyncOnce(const std::stop_token& stop) {
  auto report = index_.Resync(stop);
  Answered();
  if (!report) {
    if (!stop.stop_requested()) log_.Warn("docker resync failed", {{"error", report.error().message}});
    return false;
  }
  // What only events correct is asked anew when it is needed next.
  resources_.ForgetAll();
  puller_->ForgetAll();
  bool now_ready = false;
  if (ready()) {
    std::lock_guard lock(mutex_);
    now_ready = !std::exchange(reported_ready_, true);
  }
  if (now_ready && options_.on_connected) options_.on_connected(true);
  for (const auto& workload : report->workloads) Enqueue(workload);
  if (options_.on_resynced) options_.on_resynced(*report);
  return true;
}

}  // namespace tinyforge::docker
