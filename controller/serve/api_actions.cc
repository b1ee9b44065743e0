#include "controller/serve/api_actions.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "controller/serve/api_json.h"
#include "controller/serve/base64.h"

namespace tinyforge::serve {
namespace {

constexpr std::size_t kPlanBody = 8 * 1024 * 1024;
constexpr std::size_t kApproveBody = 4096;
constexpr std::size_t kCommandBody = 4096;
constexpr std::string_view kVerbs[] = {"suspend", "resume", "stop", "start", "retry", "rollback", "unpin"};
constexpr std::size_t kMostFiles = 20'000;

template <class T>
void Reply(const ExchangePtr& exchange, const Expected<T>& result) {
  if (!result) return exchange->Send(ErrorResponse(result.error()));
  exchange->Send({.body = ToJson(*result) + "\n"});
}

void PlanAll(Backend& backend, const ExchangePtr& exchange) {
  auto records = backend.Store().List(Kind::Workload);
  if (!records) return exchange->Send(ErrorResponse(records.error()));
  std::vector<std::string> plans;
  const std::uint64_t version = backend.Changes().Version();
  for (const auto& record : *records) {
    if (exchange->Gone().stop_requested()) return;
    auto plan = backend.Plan(record.key.name);
    if (plan) {
      plans.push_back(ToJson(*plan));
    } else if (plan.error().kind != ErrorKind::NotFound) {
      // One workload that cannot be planned hides no other.
      plans.push_back(ToJson(WorkloadPlan{record.key.name, {"cannot be planned: " + plan.error().message}}));
    }
  }
  exchange->Send({.body = ListToJson(version, plans) + "\n"});
}

void PlanFiles(Backend& backend, const ExchangePtr& exchange) {
  const auto files = ReadFileTree(exchange->request().body);
  if (!files) return exchange->Send(ErrorResponse(files.error()));
  Reply(exchange, backend.PlanTree(*files, exchange->Gone()));
}

void Approve(Backend& backend, const ExchangePtr& exchange) {
  const auto json = nlohmann::json::parse(exchange->request().body, nullptr, false);
  if (!json.is_object() || !json.contains("revision") || !json["revision"].is_string()) {
    return exchange->Send(ErrorResponse(400, "Invalid", R"(expected a JSON object {"revision": COMMIT})"));
  }
  const auto done = backend.ApproveDeletions(json["revision"].get<std::string>());
  exchange->Send(done ? HttpResponse{.body = "{}\n"} : ErrorResponse(done.error()));
}

// {} or {"to": ID}; an empty body is {}.
Expected<std::int64_t> RolloutWanted(const std::string& body) {
  if (body.empty()) return std::int64_t{0};
  const auto json = nlohmann::json::parse(body, nullptr, false);
  const bool whole = json.is_object() && (!json.contains("to") || json["to"].is_number_unsigned());
  if (!whole) return Error{ErrorKind::Invalid, R"(expected a JSON object, {} or {"to": ID of a rollout})"};
  return json.value("to", std::int64_t{0});
}

void Command(Backend& backend, std::string_view verb, const ExchangePtr& exchange) {
  const auto to = RolloutWanted(exchange->request().body);
  if (!to) return exchange->Send(ErrorResponse(to.error()));
  const auto answer = backend.Command(exchange->request().Capture("name"), verb, *to);
  if (!answer) return exchange->Send(ErrorResponse(answer.error()));
  exchange->Send({.body = nlohmann::json{{"message", *answer}}.dump() + "\n"});
}

std::optional<Error> ReadLogOptions(const HttpRequest& request, LogOptions& options) {
  options.follow = request.Query("follow") == "true";
  options.timestamps = request.Query("timestamps") == "true";
  if (const auto tail = request.Query("tail"); !tail.empty()) {
    const auto [end, error] = std::from_chars(tail.data(), tail.data() + tail.size(), options.tail);
    if (error != std::errc() || end != tail.data() + tail.size() || options.tail < 0) {
      return Error{ErrorKind::Invalid, "tail: expected a number of lines, zero or more"};
    }
  }
  if (const auto since = request.Query("since"); !since.empty()) {
    options.since = ParseRfc3339(since);
    if (!options.since) return Error{ErrorKind::Invalid, "since: expected a time of RFC 3339"};
  }
  return std::nullopt;
}

void StreamLogs(Backend& backend, const ExchangePtr& exchange) {
  LogOptions options;
  if (auto wrong = ReadLogOptions(exchange->request(), options)) return exchange->Send(ErrorResponse(*wrong));
  bool begun = false;
  const LogSink sink = [&exchange, &begun](std::string_view bytes) {
    if (!std::exchange(begun, true)) exchange->BeginStream(kTextType);
    return exchange->Write(bytes);
  };
  const auto done = backend.Logs(exchange->request().Capture("name"), options, sink, exchange->Gone());
  if (!begun && !done) return exchange->Send(ErrorResponse(done.error()));
  if (!begun) exchange->BeginStream(kTextType);
  exchange->EndStream();
}

// The content of one file: a text, or {"base64": text} for what is not UTF-8.
std::optional<std::string> FileContent(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_object() || value.size() != 1 || !value.contains("base64") || !value["base64"].is_string())
    return std::nullopt;
  return DecodeBase64(value["base64"].get_ref<const std::string&>());
}

// A parser callback that refuses nesting: {"files": {PATH: {"base64": TEXT}}} is three deep. The library recurses on
// copy.
bool IsShallow(int depth, nlohmann::json::parse_event_t event, bool& too_deep) {
  using ParseEvent = nlohmann::json::parse_event_t;
  if ((event == ParseEvent::object_start || event == ParseEvent::array_start) && depth >= 3) too_deep = true;
  return !too_deep;
}

}  // namespace

Expected<FileTree> ReadFileTree(std::string_view body) {
  const Error wrong{ErrorKind::Invalid, R"(expected a JSON object {"files": {PATH: TEXT}})"};
  bool too_deep = false;
  const auto json = nlohmann::json::parse(
      body, [&too_deep](int depth, auto event, auto&) { return IsShallow(depth, event, too_deep); }, false);
  if (too_deep || !json.is_object() || !json.contains("files") || !json["files"].is_object()) return wrong;
  if (json["files"].size() > kMostFiles) return Error{ErrorKind::Invalid, "more than 20000 files"};
  FileTree files;
  for (const auto& [path, value] : json["files"].items()) {
    auto content = FileContent(value);
    if (!content) return wrong;
    files.emplace(path, std::move(*content));
  }
  return files;
}

void AddActions(Router& router, Backend& backend) {
  router.Add(
      {.method = "GET", .pattern = "/api/plan", .lane = Lane::Own, .handler = [&backend](const ExchangePtr& exchange) {
         PlanAll(backend, exchange);
       }});
  router.Add({.method = "GET",
              .pattern = "/api/workloads/{name}/plan",
              .lane = Lane::Own,
              .handler = [&backend](const ExchangePtr& exchange) {
                Reply(exchange, backend.Plan(exchange->request().Capture("name")));
              }});
  router.Add({.method = "POST",
              .pattern = "/api/plan",
              .lane = Lane::Own,
              .handler = [&backend](const ExchangePtr& exchange) { PlanFiles(backend, exchange); },
              .body_bytes = kPlanBody});
  router.Add(
      {.method = "POST", .pattern = "/api/sync", .lane = Lane::Own, .handler = [&backend](const ExchangePtr& exchange) {
         Reply(exchange, backend.Sync(exchange->Gone()));
       }});
  for (const std::string_view verb : kVerbs)
    router.Add({.method = "POST",
                .pattern = "/api/workloads/{name}/" + std::string(verb),
                .handler = [&backend, verb](const ExchangePtr& exchange) { Command(backend, verb, exchange); },
                .body_bytes = kCommandBody});
  router.Add({.method = "POST",
              .pattern = "/api/approve/deletions",
              .handler = [&backend](const ExchangePtr& exchange) { Approve(backend, exchange); },
              .body_bytes = kApproveBody});
  router.Add({.method = "GET",
              .pattern = "/api/workloads/{name}/logs",
              .lane = Lane::Own,
              .handler = [&backend](const ExchangePtr& exchange) { StreamLogs(backend, exchange); }});
}

}  // namespace tinyforge::serve
