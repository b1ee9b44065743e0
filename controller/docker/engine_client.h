// The Docker Engine API: the endpoints of the closed table, at a version that both sides know.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api-types/meta/error.h"
#include "controller/docker/api_version.h"
#include "controller/docker/endpoints.h"
#include "controller/docker/http_transport.h"
#include "controller/runtime/guarded.h"
#include "reconcilers/core/observed_state.h"

namespace tinyforge::docker {

// One call, as it is counted. `code` is the HTTP status, 0 without an answer.
struct CallRecord {
  std::string_view operation;
  int code = 0;
  std::chrono::nanoseconds took{0};
};

struct EngineClientOptions {
  std::string docker_host = "unix:///var/run/docker.sock";  // or a plain absolute path
  std::function<void(const CallRecord&)> on_call;           // for metrics; called from any thread, must be quick
};

struct EngineCall {
  Endpoint endpoint = Endpoint::Version;
  std::string object;  // fills the path; for creates and lists it only names the object in errors
  std::vector<std::pair<std::string, std::string>> query;
  std::string_view body;  // JSON
  std::vector<std::string> headers;
  Duration deadline{0};  // zero: the endpoint's
  Duration idle{0};      // longest silence of a stream; zero: unlimited
};

struct EngineInfo {
  std::string id;  // kept over restarts
  HostSupport host;
};

// Thread-safe.
//
// Errors name operation and object and carry the Engine's own message, never a request body:
// "create container web: No such image: shop:1". Kinds by status: 400 and 501 Terminal, 401 and 403 Terminal, 404
// NotFound, 409 Conflict, 429 and 503 Waiting, everything else and every broken or timed-out exchange Transient; what
// the host lacks for now (a port in use, disk space, a bind's source, a device) is Waiting whatever its status. Calls
// are at-least-once: after an error the Engine may have done it. What a handler throws comes out of Stream.
class EngineClient {
 public:
  // A docker_host of another form than unix:///path fails each call with Invalid.
  explicit EngineClient(EngineClientOptions options);

  // 2xx and 304 are answers, other statuses errors.
  Expected<HttpAnswer> Call(const EngineCall& call, const std::stop_token& stop = {});
  // As Call, but every status is an answer; ToError makes an error of it.
  Expected<HttpAnswer> Send(const EngineCall& call, const std::stop_token& stop = {});
  // As Send; the body of a 2xx answer goes to the handler while it comes.
  Expected<HttpAnswer> Send(const EngineCall& call, const HttpStreamHandler& handler, const std::stop_token& stop);
  // Delivers the body to the handler while it comes; errors as of Call.
  Expected<void> Stream(const EngineCall& call, const HttpStreamHandler& handler, const std::stop_token& stop = {});

  // The version in use, negotiated on the first call and again after the Engine could not be reached.
  Expected<ApiVersion> Version(const std::stop_token& stop = {});
  void ForgetVersion();
  Expected<EngineInfo> Info(const std::stop_token& stop = {});

  // Calls sent of which the endpoint changes something.
  std::uint64_t mutating_calls() const { return mutating_calls_.load(std::memory_order_relaxed); }
  const std::string& socket_path() const { return transport_.socket_path(); }

  static Error ToError(const EngineCall& call, const HttpAnswer& answer);
  // The Engine's own word in an answer that is an error.
  static std::string MessageOf(const HttpAnswer& answer);

 private:
  Expected<HttpRequest> RequestOf(const EngineCall& call, const std::stop_token& stop);
  Expected<HttpAnswer> Exchange(const EngineCall& call, const HttpStreamHandler* handler, const std::stop_token& stop);

  const std::function<void(const CallRecord&)> on_call_;
  HttpTransport transport_;
  Guarded<std::optional<ApiVersion>> version_;
  std::atomic<std::uint64_t> mutating_calls_{0};
};

// The path of a docker_host ("unix:///run/docker.sock" or "/run/docker.sock"); empty when it is neither.
std::string SocketPathOf(std::string_view docker_host);

// {"label":["a=b"]} and the like, for the query parameter "filters".
std::string FiltersJson(const std::vector<std::pair<std::string, std::vector<std::string>>>& filters);

}  // namespace tinyforge::docker
