#include "controller/trigger/write_back.h"

#include <algorithm>
#include <utility>

#include "reconcilers/workload/decided_image.h"
#include "reconcilers/workload/version_decision.h"

namespace tinyforge {
namespace {

constexpr int kMostWindows = 5;  // that one commit waits for, however much comes
constexpr auto kLongestPause = std::chrono::minutes(10);
constexpr std::string_view kByBinding = "binding/";

Duration PauseAfter(Duration pause, int failures) {
  for (int i = 1; i < failures && pause < kLongestPause; ++i) pause *= 2;
  return std::min<Duration>(pause, kLongestPause);
}

const v1::BindingSpec* BindingOf(const ConfigSnapshot& snapshot, const std::string& name) {
  const v1::Object* object = snapshot.objects->Find({Kind::Binding, name});
  return object ? &std::get<v1::BindingSpec>(object->spec) : nullptr;
}

// Git does not come to say what may turn out not to run.
bool RanWell(const VersionDecision& decision, const Facts& facts) {
  const std::string digest = DigestOf(decision.reference);
  return std::ranges::any_of(facts.good, [&](const GoodRelease& release) {
    return release.reference == decision.reference || release.image_id == decision.reference ||
           (!digest.empty() && release.digest == digest);
  });
}

Condition OfService() {
  return {.type = std::string(WriteBack::kCondition),
          .status = ConditionStatus::False,
          .reason = "NotSupported",
          .message =
              "the version of a service is not written to compose files yet; what was set runs all the same, and "
              "is kept beside the repository"};
}

}  // namespace

WriteBack::WriteBack(WriteBackPorts ports, WriteBackOptions options) : ports_(ports), options_(std::move(options)) {}

WriteBack::~WriteBack() {
  Stop();
}

void WriteBack::Start() {
  thread_ = std::jthread([this](std::stop_token stop) { Run(stop); });
}

void WriteBack::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void WriteBack::Wake() {
  state_.Lock()->awake = true;
  wake_.notify_all();
}

void WriteBack::OnStatus(const std::string& workload, const v1::Status& status) {
  const Condition* ready = FindCondition(status.conditions, condition::kReady);
  std::string seen;
  if (ready && ready->status == ConditionStatus::True && status.resolved && status.resolved->set_by != "manifest")
    seen = status.resolved->set_by + " " + status.resolved->tag + "@" + status.resolved->digest;
  auto state = state_.Lock();
  std::string& last = state->ready[workload];
  if (seen == last) return;
  last = seen;
  if (seen.empty()) return;
  state->awake = true;
  state.lock().unlock();
  wake_.notify_all();
}

std::optional<Condition> WriteBack::ConditionOf(const v1::Object& binding) {
  const auto& spec = std::get<v1::BindingSpec>(binding.spec);
  if (spec.service && spec.write_back.mode == v1::WriteBackMode::Commit) return OfService();
  auto state = state_.Lock();
  const auto found = state->conditions.find(binding.key.name);
  return found == state->conditions.end() ? std::nullopt : std::optional(found->second);
}

// Returns when there is something to look at and nothing more has come for a while. A failure is tried again after a
// pause, which no wake-up shortens: a repository that refuses is not pressed.
void WriteBack::AwaitCalm(std::stop_token stop) {
  auto state = state_.Lock();
  if (state->failures > 0) {
    wake_.wait_for(state.lock(), stop, PauseAfter(options_.pause, state->failures), [] { return false; });
  } else {
    wake_.wait(state.lock(), stop, [&] { return state->awake; });
    const SteadyTime latest = ports_.clock.Now() + kMostWindows * options_.window;
    do {
      state->awake = false;
    } while (wake_.wait_for(state.lock(), stop, options_.window, [&] { return state->awake; }) &&
             ports_.clock.Now() < latest);
  }
  state->awake = false;
}

void WriteBack::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    AwaitCalm(stop);
    if (stop.stop_requested()) return;
    const bool held = !options_.read_only().empty();  // nobody tells of the end of that: it is asked for again
    const bool well = !held && WriteAll(stop);
    auto state = state_.Lock();
    state->failures = well ? 0 : held ? 1 : state->failures + 1;
  }
}

// False: to be tried again later.
bool WriteBack::WriteAll(std::stop_token stop) {
  bool well = true;
  const auto wanted = Wanted();
  ForgetFailuresBut(wanted);
  for (const auto& [branch, proposals] : wanted) well = Write(branch, proposals, stop) && well;
  return well;
}

// What is not to be written any more (somebody else did, or it is suspended) failed to be written no more.
void WriteBack::ForgetFailuresBut(const std::map<std::string, Proposals>& wanted) {
  std::set<std::string> bindings;
  for (const auto& [branch, proposals] : wanted)
    for (const Proposal& proposal : proposals) bindings.insert(proposal.binding);
  std::set<std::string> forgotten;
  {
    auto state = state_.Lock();
    std::erase_if(state->conditions, [&](const auto& entry) {
      const bool ends = entry.second.status == ConditionStatus::False && !bindings.contains(entry.first);
      if (ends) forgotten.insert(entry.first);
      return ends;
    });
  }
  for (const std::string& binding : forgotten) options_.on_news({Kind::Binding, binding});
}

std::map<std::string, WriteBack::Proposals> WriteBack::Wanted() {
  std::map<std::string, Proposals> wanted;
  const auto snapshot = ports_.config.Current();
  if (!snapshot) return wanted;
  std::set<std::string> bound;
  for (const auto& [trigger, routes] : ports_.routes.Of(*snapshot)->by_trigger)
    for (const Route& route : routes)
      if (std::get<v1::BindingSpec>(route.binding->spec).write_back.mode == v1::WriteBackMode::Commit &&
          route.service.empty())
        bound.insert(route.workload->key.name);
  for (const std::string& name : bound) {
    const v1::Object* workload = snapshot->objects->Find({Kind::Workload, name});
    std::string branch;
    if (auto proposal = workload ? ProposalFor(*snapshot, *workload, branch) : std::nullopt)
      wanted[branch].push_back(std::move(*proposal));
  }
  return wanted;
}

// What runs instead of what the manifest says, by a binding that writes back, or by a person over such a one.
std::optional<WriteBack::Proposal> WriteBack::ProposalFor(const ConfigSnapshot& snapshot, const v1::Object& workload,
                                                          std::string& branch) {
  if (!workload.workload().source.image || workload.workload().suspend) return std::nullopt;
  const auto deciding = ports_.routes.DecidingFor(snapshot, workload.key.name, "");
  auto facts = ports_.facts.Load(v1::IdentityOf(workload));
  if (!facts || facts->suspended) return std::nullopt;
  const VersionQuestion question = QuestionOf(*workload.workload().source.image, deciding);
  const VersionDecision decision = DecideVersion(question, *facts);
  std::string binding;
  if (decision.set_by.starts_with(kByBinding)) binding = decision.set_by.substr(kByBinding.size());
  if (decision.set_by == "pin" && deciding) binding = deciding->binding;
  const v1::BindingSpec* spec = binding.empty() ? nullptr : BindingOf(snapshot, binding);
  if (!spec || spec->write_back.mode != v1::WriteBackMode::Commit) return std::nullopt;
  branch = spec->write_back.branch.value_or("");
  const bool by_digest = !question.manifest.digest.empty();
  const auto& image = *workload.workload().source.image;
  const std::string from = by_digest ? question.manifest.digest : image.tag.value_or("");
  const std::string& to = by_digest ? decision.version.digest : decision.version.tag;
  if (to.empty() || to == from || to.starts_with("sha256:") != by_digest) return std::nullopt;
  if (!RanWell(decision, *facts)) return std::nullopt;
  Proposal proposal{.edit = {.object = workload.key,
                             .path = workload.position.path,
                             .field = {"spec", "source", "image", by_digest ? "digest" : "tag"},
                             .from = from,
                             .to = to},
                    .binding = binding};
  proposal.line = workload.key.name + ": " + (from.empty() ? "latest" : from) + " -> " + to + " (trigger " +
                  spec->trigger + ", binding " + binding +
                  (decision.from && !decision.from->delivery.empty() ? ", delivery " + decision.from->delivery : "") +
                  (decision.set_by == "pin" ? ", rolled back by a person" : "") + ")";
  return proposal;
}

std::string WriteBack::MessageOf(const Proposals& proposals) {
  if (proposals.size() == 1) {
    const std::string& line = proposals.front().line;
    const auto detail = line.find(" (");
    return line.substr(0, detail) + "\n\n" + line.substr(detail + 2, line.size() - detail - 3) + "\n";
  }
  std::string message = "Update " + std::to_string(proposals.size()) + " workloads\n\n";
  for (const Proposal& proposal : proposals) message += proposal.line + "\n";
  return message;
}

// False: to be tried again later.
bool WriteBack::Write(const std::string& branch, const Proposals& proposals, std::stop_token stop) {
  if (!branch.empty() && state_.Lock()->written[branch] == proposals) return true;
  WriteBackRequest request{.message = MessageOf(proposals), .branch = branch};
  for (const Proposal& proposal : proposals) request.edits.push_back(proposal.edit);
  auto result = ports_.writer.Write(request, stop);
  if (!result) {
    if (stop.stop_requested()) return false;
    ports_.log.Warn("what bindings set could not be written to the repository", {{"error", result.error().message}});
    Note(proposals, {.type = std::string(kCondition),
                     .status = ConditionStatus::False,
                     .reason = "WriteBackFailed",
                     .message = result.error().message + "; what was set runs all the same"});
    return false;
  }
  std::string dropped;
  for (const std::string& line : result->dropped) dropped += "; left out: " + line;
  if (!branch.empty()) state_.Lock()->written[branch] = proposals;
  Note(proposals, {.type = std::string(kCondition),
                   .status = dropped.empty() ? ConditionStatus::True : ConditionStatus::False,
                   .reason = dropped.empty() ? (branch.empty() ? "Committed" : "Proposed") : "Dropped",
                   .message = (result->commit.empty() ? "nothing was left to change"
                                                      : "commit " + result->commit.substr(0, 12) +
                                                            (branch.empty() ? "" : " on branch " + branch)) +
                              dropped});
  if (!result->commit.empty())
    ports_.log.Info("versions were written to the repository",
                    {{"commit", result->commit}, {"workloads", std::to_string(proposals.size())}});
  if (branch.empty()) options_.on_written();  // also when somebody else was first
  return true;
}

void WriteBack::Note(const Proposals& proposals, const Condition& condition) {
  std::set<std::string> bindings;
  {
    auto state = state_.Lock();
    for (const Proposal& proposal : proposals) {
      Condition& known = state->conditions[proposal.binding];
      if (known == condition) continue;
      known = condition;
      bindings.insert(proposal.binding);
    }
  }
  for (const std::string& binding : bindings) options_.on_news({Kind::Binding, binding});
}

}  // namespace tinyforge
