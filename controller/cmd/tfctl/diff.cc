#include "controller/cmd/tfctl/diff.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "controller/cmd/tfctl/local_files.h"
#include "controller/cmd/tfctl/repository_note.h"
#include "controller/cmd/tfctl/text.h"
#include "controller/serve/base64.h"

namespace tinyforge::tfctl {
namespace {

constexpr int kSame = 0;
constexpr int kDifferent = 1;
constexpr int kTrouble = 2;
// The server's limit, with room for the quoting of JSON.
constexpr std::size_t kLargestTree = 8 * 1024 * 1024;

// The text of a file, or {"base64": …} where JSON cannot hold it.
Json FileJson(const std::string& content) {
  try {
    Json text = content;
    (void)text.dump();
    return text;
  } catch (const Json::exception&) {
    return {{"base64", serve::EncodeBase64(content)}};
  }
}

Expected<Json> PlanOfFolder(const Session& session, const std::string& folder) {
  const auto files = ReadFolder(folder);
  if (!files) return files.error();
  Json tree = Json::object();
  for (const auto& [path, content] : *files) tree[path] = FileJson(content);
  const std::string body = Json{{"files", std::move(tree)}}.dump();
  if (body.size() > kLargestTree) {
    return Error{ErrorKind::Invalid,
                 folder + " is larger than the 8 MiB that can be compared; name the folder that holds the manifests"};
  }
  return session.client.Post("/api/plan", body);
}

Expected<Json> PlanOfNames(const Session& session, const std::vector<std::string>& names) {
  Json items = Json::array();
  for (const auto& name : names) {
    auto plan = session.client.Get("/api/workloads/" + PercentEncode(name) + "/plan");
    if (!plan && plan.error().kind == ErrorKind::NotFound)
      return Error{ErrorKind::NotFound, "workload \"" + name + "\" not found"};
    if (!plan) return plan;
    items.push_back(std::move(*plan));
  }
  return Json{{"items", std::move(items)}};
}

// The number of steps printed.
std::size_t PrintPlans(const Terminal& terminal, const Json& plans, const DiffOptions& options) {
  std::size_t steps = 0;
  for (const auto& plan : plans) {
    const std::string workload = Text(plan, {"workload"});
    const bool wanted = options.names.empty() || std::ranges::find(options.names, workload) != options.names.end();
    const Json& lines = At(plan, {"lines"});
    if (!wanted || lines.empty()) continue;
    terminal.out << "workload/" << workload << "\n";
    for (const auto& line : lines)
      terminal.out << "  " << OneLine(line.is_string() ? line.get<std::string>() : "") << "\n";
    steps += lines.size();
  }
  return steps;
}

}  // namespace

int Diff(const Session& session, const DiffOptions& options) {
  auto plans = !options.folder.empty() ? PlanOfFolder(session, options.folder)
               : options.names.empty() ? session.client.Get("/api/plan")
                                       : PlanOfNames(session, options.names);
  if (!plans) {
    Report(session.terminal, plans.error());
    return kTrouble;
  }
  if (options.folder.empty()) NoteRepository(session);
  const std::size_t steps = PrintPlans(session.terminal, At(*plans, {"items"}), options);
  const auto errors = ErrorLines(At(*plans, {"errors"}));
  for (const auto& line : errors) session.terminal.err << line << "\n";
  if (!errors.empty()) return kTrouble;
  return steps == 0 ? kSame : kDifferent;
}

}  // namespace tinyforge::tfctl
