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

// What runs well and by whom, where that is not the manifest; else nothing.
std::string RunsBy(const v1::ResolvedSource& resolved) {
  return resolved.set_by == "manifest" ? "" : resolved.set_by + " " + resolved.tag + "@" + resolved.digest;
}

std::string RunsWell(const v1::Status& status) {
  std::string seen;
  for (const v1::ServiceStatus& service : status.services)
    if (const std::string by = RunsBy(service.resolved); service.ready && !by.empty())
      seen += service.name + " " + by + "\n";
  if (!status.services.empty()) return seen;
  const Condition* ready = FindCondition(status.conditions, condition::kReady);
  const bool well = ready && ready->status == ConditionStatus::True && status.resolved;
  return well ? RunsBy(*status.resolved) : "";
}

// The image at the version that was decided on, in the form that it is said in: by tag, by digest or by both. Empty:
// that form cannot say it, or says it.
std::optional<v1::ImageSource> ImageAt(const v1::ImageSource& now, const VersionDecision& decision) {
  const ImageVersion& to = decision.version;
  v1::ImageSource wanted = now;
  if (now.digest) wanted.digest = to.digest;
  if (!now.digest || (now.tag && !to.tag.empty())) wanted.tag = to.tag;
  if (now.digest && to.tag.empty()) wanted.tag.reset();  // that of another digest
  const std::string& says = now.digest ? *wanted.digest : *wanted.tag;
  const bool fits = !says.empty() && says.starts_with("sha256:") == now.digest.has_value();
  return fits && wanted != now ? std::optional(std::move(wanted)) : std::nullopt;
}

std::string VersionIn(const v1::ImageSource& image) {
  return image.digest ? *image.digest : image.tag.value_or("latest");
}

}  // namespace

// Another version that a workload's source, or a service of it, is to say.
struct WriteBack::Change {
  std::string service;
  v1::ImageSource image;  // as it is to be
  std::string branch;     // see WriteBackRequest
  Proposal proposal{};    // but for the edit
};

// All that is to be written, and what cannot be.
struct WriteBack::Work {
  SecretReader& secrets;
  std::map<std::string, Proposals> wanted{};  // by branch
  std::map<std::string, Error> refused{};     // by binding

  void Add(const ConfigSnapshot& snapshot, const v1::Object& workload, std::vector<Change> changes) {
    const auto kind = FindSourceKind(workload.workload().source);
    for (Change& change : changes) {
      VersionChange asked{snapshot, workload, change.service, {}, secrets};
      for (const Change& other : changes)
        if (other.branch == change.branch) asked.wanted.emplace(other.service, other.image);
      auto edit = kind ? (*kind)->EditOf(asked) : kind.error();
      if (!edit) {
        AddRefusal(change.proposal.binding, std::move(edit).error());
        continue;
      }
      change.proposal.edit = std::move(*edit);
      wanted[change.branch].push_back(std::move(change.proposal));
    }
  }

  // A binding may have several; one that passes is enough to try again.
  void AddRefusal(const std::string& binding, Error why) {
    const auto [known, first] = refused.emplace(binding, why);
    if (first) return;
    known->second.message += "; " + why.message;
    if (why.kind == ErrorKind::Transient) known->second.kind = why.kind;
  }
};

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
  const std::string seen = RunsWell(status);
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
    const bool well = !held && TryAll(stop);
    auto state = state_.Lock();
    state->failures = well ? 0 : held ? 1 : state->failures + 1;
  }
}

// What is thrown is a failure as any other.
bool WriteBack::TryAll(std::stop_token stop) {
  try {
    return WriteAll(stop);
  } catch (const std::exception& exception) {
    ports_.log.Error("nothing was written back: the controller failed", {{"error", exception.what()}});
    return false;
  }
}

// False: to be tried again later.
bool WriteBack::WriteAll(std::stop_token stop) {
  const Work work = Wanted();
  ForgetFailuresBut(work);
  bool well = std::ranges::none_of(work.refused,
                                   [](const auto& refusal) { return refusal.second.kind == ErrorKind::Transient; });
  for (const auto& [branch, proposals] : work.wanted) well = Write(branch, proposals, stop) && well;
  Refuse(work);
  return well;
}

// What no commit can say runs all the same; another revision may be another matter.
void WriteBack::Refuse(const Work& work) {
  for (const auto& [binding, why] : work.refused)
    Note({{.edit = {}, .binding = binding, .line = {}}},
         {.type = std::string(kCondition),
          .status = ConditionStatus::False,
          .reason = why.kind == ErrorKind::Transient ? "WriteBackFailed" : "NoPlace",
          .message = why.message + "; what was set runs all the same"});
}

// What is not to be written any more (somebody else did, or it is suspended) failed to be written no more.
void WriteBack::ForgetFailuresBut(const Work& work) {
  std::set<std::string> bindings;
  for (const auto& [binding, why] : work.refused) bindings.insert(binding);
  for (const auto& [branch, proposals] : work.wanted)
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

WriteBack::Work WriteBack::Wanted() {
  Work work{ports_.secrets};
  const auto snapshot = ports_.config.Current();
  if (!snapshot) return work;
  std::map<std::string, SourceImages> bound;  // by workload
  for (const auto& [trigger, routes] : ports_.routes.Of(*snapshot)->by_trigger)
    for (const Route& route : routes)
      if (route.image && std::get<v1::BindingSpec>(route.binding->spec).write_back.mode == v1::WriteBackMode::Commit)
        bound[route.workload->key.name].emplace(route.service, *route.image);
  for (const auto& [name, images] : bound)
    if (const v1::Object* workload = snapshot->objects->Find({Kind::Workload, name}))
      work.Add(*snapshot, *workload, ChangesOf(*snapshot, *workload, images));
  return work;
}

std::vector<WriteBack::Change> WriteBack::ChangesOf(const ConfigSnapshot& snapshot, const v1::Object& workload,
                                                    const SourceImages& bound) {
  std::vector<Change> changes;
  const auto facts = ports_.facts.Load(v1::IdentityOf(workload));
  if (workload.workload().suspend || !facts || facts->suspended) return changes;
  for (const auto& image : bound)
    if (auto change = ChangeOf(snapshot, workload, image)) changes.push_back(std::move(*change));
  return changes;
}

// What runs instead of what the source says, by a binding that writes back, or by a person over such a one.
std::optional<WriteBack::Change> WriteBack::ChangeOf(const ConfigSnapshot& snapshot, const v1::Object& workload,
                                                     const SourceImages::value_type& image) {
  const auto& [service, now] = image;
  const auto deciding = ports_.routes.DecidingFor(snapshot, workload.key.name, service);
  const auto facts = ports_.facts.Load(FactKeyOf(v1::IdentityOf(workload), service));
  if (!facts) return std::nullopt;
  const VersionDecision decision = DecideVersion(QuestionOf(*now, deciding), *facts);
  std::string binding;
  if (decision.set_by.starts_with(kByBinding)) binding = decision.set_by.substr(kByBinding.size());
  if (decision.set_by == "pin" && deciding) binding = deciding->binding;
  const v1::BindingSpec* spec = binding.empty() ? nullptr : BindingOf(snapshot, binding);
  if (!spec || spec->write_back.mode != v1::WriteBackMode::Commit) return std::nullopt;
  auto wanted = ImageAt(*now, decision);
  if (!wanted || !RanWell(decision, *facts)) return std::nullopt;
  const std::string line =
      workload.key.name + (service.empty() ? "" : "/" + service) + ": " + VersionIn(*now) + " -> " +
      VersionIn(*wanted) + " (trigger " + spec->trigger + ", binding " + binding +
      (decision.from && !decision.from->delivery.empty() ? ", delivery " + decision.from->delivery : "") +
      (decision.set_by == "pin" ? ", rolled back by a person" : "") + ")";
  return Change{service, std::move(*wanted), spec->write_back.branch.value_or(""),
                Proposal{.edit = {}, .binding = binding, .line = line}};
}

// What they propose, whichever revision that was found at.
WriteBack::Proposals WriteBack::WithoutBasis(Proposals proposals) {
  for (Proposal& proposal : proposals) proposal.edit.basis.reset();
  return proposals;
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
  if (!branch.empty() && state_.Lock()->written[branch] == WithoutBasis(proposals)) return true;
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
  if (!branch.empty() && dropped.empty()) state_.Lock()->written[branch] = WithoutBasis(proposals);
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
  if (branch.empty() || !dropped.empty()) options_.on_written();  // also when somebody else was first
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
