// The Docker Engine of this host, wired together: client, index, events, writer, puller, images.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "controller/docker/container_index.h"
#include "controller/docker/engine_client.h"
#include "controller/docker/engine_images.h"
#include "controller/docker/engine_puller.h"
#include "controller/docker/engine_writer.h"
#include "controller/docker/event_stream.h"
#include "controller/docker/host_policy.h"
#include "controller/docker/network_onlooker.h"
#include "controller/docker/resource_keeper.h"
#include "controller/runtime/log.h"

namespace tinyforge::docker {

// The callbacks come from several threads and must be quick.
struct DockerEngineOptions {
  std::string docker_host = "unix:///var/run/docker.sock";
  std::string instance;
  std::string shared_network = "tinyforge";
  HostPolicy policy;
  HostPaths paths;
  std::string docker_config;  // Docker's config.json with registry credentials; may be empty
  Duration resync_interval = std::chrono::seconds(30);
  std::function<void(const ObjectKey&)> enqueue;     // look at this workload
  std::function<void(const EngineInfo&)> on_engine;  // of a new connection, before its containers can be read
  std::function<void(bool)> on_connected;            // events flow and everything was listed, or not
  std::function<void(const ResyncReport&)> on_resynced;
  std::function<void(const CallRecord&)> on_call;
  std::function<void(std::string_view)> on_secret;                          // a registry's password, before it is used
  Redact redact = [](std::string_view text) { return std::string(text); };  // of what commands in containers wrote
};

// Make answers Invalid for a docker_host or a subnet that cannot be. Nothing is called before Start, and an Engine that
// is down at Start is no error: the index answers Waiting until it is up and listed.
class DockerEngine {
 public:
  static Expected<std::unique_ptr<DockerEngine>> Make(DockerEngineOptions options, SecretReader& secrets, Logger& log);
  ~DockerEngine();

  void Start();
  // Ends threads and aborts stops and pulls under way. No callback runs afterwards.
  void Stop();
  // A listing soon, besides those of the interval.
  void RequestResync();
  // In step with the Engine: events flow and a listing has succeeded since they do.
  bool ready() { return !index_.WhyNotInStep(); }
  // Returns once the Engine was listed or could not be reached, after `limit`, or at `stop`. Who reads the index before
  // that is told that nothing is known, for no reason but haste.
  void AwaitFirstAnswer(Duration limit, const std::stop_token& stop);

  EngineClient& client() { return client_; }
  ContainerIndex& index() { return index_; }
  EngineWriter& writer() { return *writer_; }
  NetworkReader& networks() { return networks_; }
  EnginePuller& puller() { return *puller_; }
  EngineImages& images() { return images_; }
  const PolicyChecker& policy() const { return policy_; }

 private:
  DockerEngine(DockerEngineOptions options, Ipv4Subnet subnet, SecretReader& secrets, Logger& log);
  EngineWriterOptions WriterOptions();
  EventStreamCallbacks StreamCallbacks();
  void Enqueue(const std::string& workload) const;
  void KeepInStep(const std::stop_token& stop);
  bool ResyncOnce(const std::stop_token& stop);
  void Answered();
  void Disconnected(const Error& why);

  const DockerEngineOptions options_;
  SecretReader& secrets_;
  Logger& log_;
  EngineClient client_;
  ContainerIndex index_;
  ResourceKeeper resources_;
  PolicyChecker policy_;
  NetworkOnlooker networks_;
  EngineImages images_;
  std::unique_ptr<EnginePuller> puller_;
  std::unique_ptr<EngineWriter> writer_;
  std::unique_ptr<EventStream> events_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool resync_wanted_ = false;  // guarded by mutex_, as the next
  bool reported_ready_ = false;
  bool answered_ = false;
  std::jthread resync_thread_;
};

}  // namespace tinyforge::docker
