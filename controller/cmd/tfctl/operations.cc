#include "controller/cmd/tfctl/operations.h"

#include <nlohmann/json.hpp>

#include "controller/cmd/tfctl/repository_note.h"
#include "controller/cmd/tfctl/text.h"

namespace tinyforge::tfctl {

int Logs(const Session& session, const LogsOptions& options) {
  std::string query = options.follow ? "?follow=true" : "?follow=false";
  if (options.timestamps) query += "&timestamps=true";
  if (options.tail) query += "&tail=" + std::to_string(*options.tail);
  if (!options.since.empty()) {
    const auto back = ParseDuration(options.since);
    if (!back)
      return Report(session.terminal,
                    {ErrorKind::Invalid, "--since " + options.since + ": expected a duration, as 10m"});
    query += "&since=" + PercentEncode(FormatRfc3339(session.terminal.now() - *back));
  }
  auto done = session.client.Stream(
      "/api/workloads/" + PercentEncode(options.workload) + "/logs" + query, [&session](std::string_view bytes) {
        session.terminal.out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        session.terminal.out.flush();
      });
  return done ? kDone : Report(session.terminal, done.error());
}

int Sync(const Session& session) {
  const auto result = session.client.Post("/api/sync", "{}");
  if (!result) return Report(session.terminal, result.error());
  session.terminal.out << "revision " << Text(*result, {"revision"}) << " is in force"
                       << (Flag(*result, {"changed"}) ? "" : " (unchanged)") << "\n";
  for (const auto& line : ErrorLines(At(*result, {"errors"}))) session.terminal.err << line << "\n";
  return kDone;
}

std::string TargetName(std::string name) {
  constexpr std::string_view kPrefix = "workload/";
  if (name.starts_with(kPrefix)) name.erase(0, kPrefix.size());
  if (const auto slash = name.find('/'); slash != std::string::npos) name[slash] = '.';
  return name;
}

int Command(const Session& session, const CommandOptions& options) {
  const std::string path = "/api/workloads/" + PercentEncode(TargetName(options.workload)) + "/" + options.verb;
  const auto result = session.client.Post(path, options.to ? Json{{"to", *options.to}}.dump() : "{}");
  if (!result) return Report(session.terminal, result.error());
  session.terminal.out << Text(*result, {"message"}) << "\n";
  return kDone;
}

int ApproveDeletions(const Session& session, const std::string& revision) {
  const auto result = session.client.Post("/api/approve/deletions", Json{{"revision", revision}}.dump());
  if (!result) return Report(session.terminal, result.error());
  session.terminal.out << "the pending deletions of revision " << revision << " go on\n";
  return kDone;
}

int ShowVersion(const Session& session, bool client_only) {
  session.terminal.out << "tfctl       " << TINYFORGE_VERSION << "\n";
  if (client_only) return kDone;
  const auto version = session.client.Get("/api/version");
  if (!version) {
    // The client's own version is an answer already.
    session.terminal.err << "note: " << OneLine(version.error().message) << "\n";
    return kDone;
  }
  const std::string engine = Text(*version, {"engine"});
  const std::string commit = Text(*version, {"commit"});
  session.terminal.out << "tinyforged  " << Text(*version, {"version"}) << (commit.empty() ? "" : " (" + commit + ")")
                       << "\n"
                       << "host        " << Text(*version, {"host"}) << "\n"
                       << "instance    " << Text(*version, {"instance"}) << "\n"
                       << "engine      " << (engine.empty() ? "not reached" : engine) << "\n";
  return kDone;
}

}  // namespace tinyforge::tfctl
