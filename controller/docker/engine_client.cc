#include "controller/docker/engine_client.h"

#include <nlohmann/json.hpp>

#include "controller/runtime/failpoint.h"

namespace tinyforge::docker {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxMessageBytes = 2000;

std::string NameOf(const EngineCall& call) {
  std::string name(InfoOf(call.endpoint).words);
  return call.object.empty() ? name : name + " " + call.object;
}

// The Engine's own word: {"message": "…"}; else the body as it is.
std::string EngineMessage(const HttpAnswer& answer) {
  auto json = Json::parse(answer.body, nullptr, false);
  std::string message;
  if (json.is_object() && json.contains("message") && json["message"].is_string()) {
    message = json["message"].get<std::string>();
  } else {
    message = answer.body;
  }
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.pop_back();
  if (message.size() > kMaxMessageBytes) message.resize(kMaxMessageBytes);
  return message.empty() ? "HTTP status " + std::to_string(answer.status) : message;
}

bool ContainsAny(std::string_view text, std::initializer_list<std::string_view> words) {
  for (auto word : words) {
    if (text.find(word) != std::string_view::npos) return true;
  }
  return false;
}

// What the host lacks for now, in the words of the Engine, of its runtime and of the kernel. A missing file is the
// host's state only where it names a mount or a device: a command that the image does not have is told by the same
// words.
bool IsStateOfHost(std::string_view message) {
  if (ContainsAny(message, {"port is already allocated", "ddress already in use", "no space left on device",
                            "bind source path does not exist", "disk quota exceeded", "cannot allocate memory"})) {
    return true;
  }
  return ContainsAny(message,
                     {"error gathering device information", "error mounting", "failed to mount local volume"}) &&
         ContainsAny(message, {"no such file or directory", "no such device"});
}

ErrorKind KindOf(int status, std::string_view message) {
  if (IsStateOfHost(message)) return ErrorKind::Waiting;
  switch (status) {
    case 400:
    case 401:
    case 403:
    case 501: return ErrorKind::Terminal;
    case 404: return ErrorKind::NotFound;
    case 409: return ErrorKind::Conflict;
    case 429:
    case 503: return ErrorKind::Waiting;
    default: return ErrorKind::Transient;
  }
}

// A segment "." or ".." would name another endpoint.
bool HasDotSegment(std::string_view object) {
  for (std::size_t start = 0; start <= object.size();) {
    auto end = std::min(object.find('/', start), object.size());
    auto segment = object.substr(start, end - start);
    if (segment == "." || segment == "..") return true;
    start = end + 1;
  }
  return false;
}

Expected<void> Passed(const EndpointInfo& info, std::string_view moment) {
  return info.mutating() ? Failpoint("docker.", info.operation, moment) : Expected<void>();
}

}  // namespace

EngineClient::EngineClient(EngineClientOptions options)
    : on_call_(std::move(options.on_call)), transport_(SocketPathOf(options.docker_host)) {}

Expected<HttpAnswer> EngineClient::Call(const EngineCall& call, const std::stop_token& stop) {
  auto answer = Send(call, stop);
  if (answer && answer->status >= 400) return ToError(call, *answer);
  return answer;
}

Expected<HttpAnswer> EngineClient::Send(const EngineCall& call, const std::stop_token& stop) {
  return Exchange(call, nullptr, stop);
}

Expected<HttpAnswer> EngineClient::Send(const EngineCall& call, const HttpStreamHandler& handler,
                                        const std::stop_token& stop) {
  return Exchange(call, &handler, stop);
}

Expected<void> EngineClient::Stream(const EngineCall& call, const HttpStreamHandler& handler,
                                    const std::stop_token& stop) {
  auto answer = Exchange(call, &handler, stop);
  if (!answer) return std::move(answer).error();
  if (answer->status >= 400) return ToError(call, *answer);
  return {};
}

Expected<ApiVersion> EngineClient::Version(const std::stop_token& stop) {
  if (auto known = *version_.Lock()) return *known;
  EngineCall call{.endpoint = Endpoint::Version, .object = "Docker Engine"};
  auto answer = Call(call, stop);
  if (!answer) return std::move(answer).error();
  auto json = Json::parse(answer->body, nullptr, false);
  if (!json.is_object()) return Error{ErrorKind::Transient, "read version of Docker Engine: the answer is no JSON"};
  auto text = [&](const char* key) {
    return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
  };
  auto version = NegotiateApiVersion(text("ApiVersion"), text("MinAPIVersion"));
  if (version) *version_.Lock() = *version;
  return version;
}

Expected<EngineInfo> EngineClient::Info(const std::stop_token& stop) {
  auto answer = Call({.endpoint = Endpoint::Info, .object = "Docker Engine"}, stop);
  if (!answer) return std::move(answer).error();
  const auto json = Json::parse(answer->body, nullptr, false);
  if (!json.is_object() || !json.contains("ID") || !json["ID"].is_string())
    return Error{ErrorKind::Transient, "read information of Docker Engine: it says no id"};
  auto can = [&](const char* what) { return !json.contains(what) || json[what] != false; };
  return EngineInfo{.id = json["ID"].get<std::string>(),
                    .host = {.memory_limit = can("MemoryLimit"),
                             .cpu_limit = can("CpuCfsQuota"),
                             .swap_limit = can("SwapLimit"),
                             .cpu_shares = can("CPUShares"),
                             .cpuset = can("CPUSet"),
                             .pids_limit = can("PidsLimit")}};
}

void EngineClient::ForgetVersion() {
  version_.Lock()->reset();
}

std::string EngineClient::MessageOf(const HttpAnswer& answer) {
  return EngineMessage(answer);
}

Error EngineClient::ToError(const EngineCall& call, const HttpAnswer& answer) {
  auto message = EngineMessage(answer);
  auto kind = KindOf(answer.status, message);
  return Error{kind, NameOf(call) + ": " + message};
}

Expected<HttpRequest> EngineClient::RequestOf(const EngineCall& call, const std::stop_token& stop) {
  const auto& info = InfoOf(call.endpoint);
  if (transport_.socket_path().empty()) {
    return Error{ErrorKind::Invalid, "the docker host must be unix:///path of the Engine's socket"};
  }
  HttpRequest request{.method = info.method, .body = call.body, .headers = call.headers};
  request.deadline = call.deadline.count() ? call.deadline : info.deadline;
  request.idle = call.idle;
  if (info.versioned) {
    auto version = Version(stop);
    if (!version) return std::move(version).error();
    request.target = "/v" + ToString(*version);
  }
  std::string path(info.path);
  if (auto place = path.find("{}"); place != std::string::npos) {
    if (call.object.empty() || HasDotSegment(call.object)) {
      return Error{ErrorKind::Invalid, NameOf(call) + ": \"" + call.object + "\" is no name of an object"};
    }
    path.replace(place, 2, PercentEncode(call.object, true));
  }
  request.target += path;
  char separator = '?';
  for (const auto& [key, value] : call.query) {
    request.target += separator + key + "=" + PercentEncode(value);
    separator = '&';
  }
  return request;
}

Expected<HttpAnswer> EngineClient::Exchange(const EngineCall& call, const HttpStreamHandler* handler,
                                            const std::stop_token& stop) {
  auto request = RequestOf(call, stop);
  if (!request) return std::move(request).error();
  const auto& info = InfoOf(call.endpoint);
  if (auto passed = Passed(info, ".before"); !passed) return std::move(passed).error().Within(NameOf(call));
  if (info.mutating()) mutating_calls_.fetch_add(1, std::memory_order_relaxed);
  auto begun = std::chrono::steady_clock::now();
  auto answer = handler ? transport_.Stream(*request, *handler, stop) : transport_.Send(*request, stop);
  if (on_call_) on_call_({info.operation, answer ? answer->status : 0, std::chrono::steady_clock::now() - begun});
  if (auto passed = Passed(info, ".after"); !passed) return std::move(passed).error().Within(NameOf(call));
  if (answer) return answer;
  if (!stop.stop_requested()) ForgetVersion();
  return std::move(answer.error()).Within(NameOf(call));
}

std::string SocketPathOf(std::string_view docker_host) {
  constexpr std::string_view kScheme = "unix://";
  if (docker_host.starts_with(kScheme)) docker_host.remove_prefix(kScheme.size());
  return docker_host.starts_with('/') ? std::string(docker_host) : std::string();
}

std::string FiltersJson(const std::vector<std::pair<std::string, std::vector<std::string>>>& filters) {
  Json json = Json::object();
  for (const auto& [key, values] : filters) json[key] = values;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tinyforge::docker
