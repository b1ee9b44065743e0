#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "controller/cmd/tfctl/columns.h"
#include "controller/cmd/tfctl/operations.h"
#include "controller/cmd/tfctl/resource.h"
#include "controller/cmd/tfctl/text.h"
#include "controller/cmd/tfctl/watch.h"

namespace tinyforge::tfctl {
namespace {

struct Goal {
  bool deleted = false;
  std::string condition;
  std::string status = "True";
};

Expected<Goal> ParseGoal(std::string_view text) {
  constexpr std::string_view kCondition = "condition=";
  if (text == "delete") return Goal{.deleted = true, .condition = {}};
  if (!text.starts_with(kCondition) || text.size() == kCondition.size()) {
    return Error{ErrorKind::Invalid, "--for: expected condition=NAME, condition=NAME=STATUS or delete"};
  }
  text.remove_prefix(kCondition.size());
  const std::size_t equals = std::min(text.find('='), text.size());
  Goal goal{.condition = std::string(text.substr(0, equals))};
  if (equals < text.size()) goal.status = std::string(text.substr(equals + 1));
  return goal;
}

bool SameWord(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// Whether the condition holds for the newest spec.
bool Holds(const Json& object, const Goal& goal) {
  for (const auto& condition : At(object, {"status", "conditions"})) {
    if (!SameWord(Text(condition, {"type"}), goal.condition)) continue;
    const std::int64_t generation = Number(object, {"metadata", "generation"});
    return SameWord(Text(condition, {"status"}), goal.status) &&
           Number(condition, {"observedGeneration"}, generation) >= generation;
  }
  return false;
}

// What is known of the objects waited for, by name.
class Progress {
 public:
  Progress(const Target& target, const Goal& goal) : target_(target), goal_(goal) {}

  // True when all is as wanted. NotFound for a name that is not there.
  Expected<bool> See(const Json& answer) {
    std::map<std::string, const Json*> there;
    if (target_.resource->kind == ResourceKind::Repository) there.emplace(NameOf(answer), &answer);
    for (const auto& item : At(answer, {"items"})) there.emplace(NameOf(item), &item);
    if (target_.names.empty() && there.empty() && !goal_.deleted) {
      return Error{ErrorKind::NotFound, "there are no " + std::string(target_.resource->plural)};
    }
    pending_.clear();
    done_.clear();
    auto names = target_.names;
    if (names.empty())
      std::ranges::transform(there, std::back_inserter(names), [](const auto& entry) { return entry.first; });
    for (const auto& name : names) {
      const auto it = there.find(name);
      if (it == there.end() && !goal_.deleted)
        return Error{ErrorKind::NotFound, std::string(target_.resource->name) + " \"" + name + "\" not found"};
      Judge(name, it == there.end() ? nullptr : it->second);
    }
    return pending_.empty();
  }

  std::string Pending() const {
    std::string text;
    for (const auto& line : pending_) text.append(text.empty() ? "" : "; ").append(line);
    return text;
  }

  void PrintDone(const Terminal& terminal) const {
    for (const auto& name : done_) {
      terminal.out << target_.resource->name << "/" << name << (goal_.deleted ? " deleted\n" : " condition met\n");
    }
  }

 private:
  void Judge(const std::string& name, const Json* object) {
    // Only a goal of deletion comes here without an object.
    const bool met = object == nullptr || (!goal_.deleted && Holds(*object, goal_));
    if (met) return done_.push_back(name);
    const Verdict verdict = tfctl::Judge(*object);
    std::string line = std::string(target_.resource->name) + "/" + name + " is " + verdict.status.text;
    if (!verdict.message.empty()) line += " (" + verdict.message + ")";
    pending_.push_back(std::move(line));
  }

  const Target& target_;
  const Goal& goal_;
  std::vector<std::string> pending_;
  std::vector<std::string> done_;
};

Expected<Target> OneTarget(const WaitOptions& options) {
  const auto targets =
      ParseTargets(options.what.empty() && options.all ? std::vector<std::string>{"workloads"} : options.what);
  if (!targets) return targets.error();
  if (targets->size() != 1) return Error{ErrorKind::Invalid, "objects of one kind can be waited for at once"};
  const Target& target = targets->front();
  const bool single = target.resource->kind == ResourceKind::Repository;
  if (target.names.empty() && !options.all && !single)
    return Error{ErrorKind::Invalid, "name what to wait for, or say --all"};
  return target;
}

}  // namespace

int Wait(const Session& session, const WaitOptions& options) {
  const Terminal& terminal = session.terminal;
  const auto target = OneTarget(options);
  if (!target) return Report(terminal, target.error());
  const auto goal = ParseGoal(options.condition);
  if (!goal) return Report(terminal, goal.error());
  const auto timeout = ParseDuration(options.timeout);
  if (!timeout)
    return Report(terminal, {ErrorKind::Invalid, "--timeout " + options.timeout + ": expected a duration, as 2m"});
  Progress progress(*target, *goal);
  const WatchBounds bounds{.until = std::chrono::steady_clock::now() + *timeout};
  const auto watched = WatchPath(
      session, std::string(target->resource->path), [&progress](const Json& answer) { return progress.See(answer); },
      bounds);
  if (watched) {
    progress.PrintDone(terminal);
    return kDone;
  }
  if (watched.error().kind != ErrorKind::Waiting) return Report(terminal, watched.error());
  return Report(terminal, {ErrorKind::Transient, "timed out after " + options.timeout + ": " + progress.Pending()});
}

}  // namespace tinyforge::tfctl
