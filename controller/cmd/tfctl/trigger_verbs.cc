#include "controller/cmd/tfctl/trigger_verbs.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "controller/cmd/tfctl/columns.h"
#include "controller/cmd/tfctl/describe_triggers.h"
#include "controller/cmd/tfctl/operations.h"
#include "controller/cmd/tfctl/text.h"
#include "controller/cmd/tfctl/trigger_columns.h"

namespace tinyforge::tfctl {
namespace {

using Clock = std::chrono::steady_clock;
constexpr Duration kLongestWait = std::chrono::seconds(60);  // of one call, as the API has it

// "trigger/shop" as `get -o name` prints it goes for "shop".
std::string Bare(const std::string& name, std::string_view kind) {
  const std::string prefix = std::string(kind) + "/";
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

bool IsPending(const Json& delivery) {
  return Number(delivery, {"status", "counts", "pending"}) > 0;
}

std::string WaitQuery(Duration wait) {
  return "?wait=" + FormatDuration(std::clamp(wait, Duration(1), kLongestWait));
}

// Asks again until all is known, the time is over, or the controller answers early: then it follows it no more.
Expected<Json> AwaitOutcomes(const Session& session, Json delivery, Clock::time_point until) {
  const std::string path = "/api/deliveries/" + PercentEncode(NameOf(delivery));
  while (IsPending(delivery)) {
    const Clock::time_point asked = Clock::now();
    const auto left = std::chrono::duration_cast<Duration>(until - asked);
    if (left <= Duration(0)) break;
    auto answer = session.client.Get(path + WaitQuery(left));
    if (!answer) return answer;
    delivery = std::move(*answer);
    if (IsPending(delivery) && Clock::now() - asked < std::min(left, kLongestWait) / 2) break;
  }
  return delivery;
}

int ReportOutcomes(const Session& session, const Json& delivery, const std::string& wait) {
  const Terminal& terminal = session.terminal;
  const Cell result = ResultOf(At(delivery, {"status"}));
  terminal.out << "delivery/" << OneLine(NameOf(delivery)) << ": " << result.text << "\n";
  PrintOutcomes(terminal, delivery);
  if (IsPending(delivery))
    return Report(terminal, {ErrorKind::Transient,
                             "not over after " + wait + "; to see more: tfctl describe delivery " + NameOf(delivery)});
  return Number(delivery, {"status", "counts", "errored"}) > 0 ? kFailed : kDone;
}

int Deliver(const Session& session, const std::string& path, const std::string& wait) {
  const auto patience = wait.empty() ? Duration(0) : ParseDuration(wait);
  if (!patience)
    return Report(session.terminal, {ErrorKind::Invalid, "--wait=" + wait + ": expected a duration, as 30s"});
  const Clock::time_point until = Clock::now() + *patience;
  auto delivery = session.client.Post(wait.empty() ? path : path + WaitQuery(*patience), "{}");
  if (!delivery) return Report(session.terminal, delivery.error());
  if (wait.empty()) {
    session.terminal.out << "delivery/" << OneLine(NameOf(*delivery))
                         << " accepted: " << ResultOf(At(*delivery, {"status"})).text << "\n";
    return kDone;
  }
  const auto known = AwaitOutcomes(session, std::move(*delivery), until);
  return known ? ReportOutcomes(session, *known, wait) : Report(session.terminal, known.error());
}

int PrintSentence(const Session& session, const std::string& path, const Json& body) {
  const auto result = session.client.Post(path, body.dump(-1, ' ', false, Json::error_handler_t::replace));
  if (!result) return Report(session.terminal, result.error());
  session.terminal.out << OneLine(Text(*result, {"message"})) << "\n";
  return kDone;
}

}  // namespace

int Fire(const Session& session, const DeliverOptions& options) {
  return Deliver(session, "/api/triggers/" + PercentEncode(Bare(options.name, "trigger")) + "/fire", options.wait);
}

int Replay(const Session& session, const DeliverOptions& options) {
  return Deliver(session, "/api/deliveries/" + PercentEncode(Bare(options.name, "delivery")) + "/replay", options.wait);
}

int Rotate(const Session& session, const RotateOptions& options) {
  const std::string name = Bare(options.trigger, "trigger");
  const Json body = options.grace.empty() ? Json::object() : Json{{"grace", options.grace}};
  const auto result = session.client.Post("/api/triggers/" + PercentEncode(name) + "/rotate", body.dump());
  if (!result) return Report(session.terminal, result.error());
  std::string line = "trigger/" + name + " has a new webhook secret with fingerprint " +
                     Text(*result, {"fingerprint"}) + ", in " + Text(*result, {"file"}) + " on the controller's host";
  if (const auto until = Time(*result, {"oldUntil"}))
    line += "; the old one is honoured for " + FormatAge(*until - session.terminal.now());
  else
    line += "; the old one is not honoured any more";
  if (const auto ended = Time(*result, {"ended"}))
    line += "; the one before it, which had " + FormatAge(*ended - session.terminal.now()) + " left, is at its end now";
  session.terminal.out << OneLine(line) << "\n";
  return kDone;
}

int Deploy(const Session& session, const DeployOptions& options) {
  const std::string path = "/api/workloads/" + PercentEncode(TargetName(options.workload)) + "/deploy";
  return PrintSentence(session, path, options.version.empty() ? Json::object() : Json{{"version", options.version}});
}

int Promote(const Session& session, const std::string& workload) {
  const std::string path = "/api/workloads/" + PercentEncode(TargetName(workload)) + "/promote";
  return PrintSentence(session, path, Json::object());
}

int ApprovePromotion(const Session& session, const std::string& workload) {
  return PrintSentence(session, "/api/approve/promotion", Json{{"workload", TargetName(workload)}});
}

}  // namespace tinyforge::tfctl
