#include "controller/trigger/git_poll.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace tinyforge {
namespace {

constexpr int kThreads = 4;  // they wait for servers, which answer or not
constexpr auto kLongestPause = std::chrono::minutes(10);

// A server that fails is asked less and less often.
Duration PauseAfter(int failures, Duration interval) {
  const Duration longest = std::max<Duration>(interval, kLongestPause);
  for (int i = 1; i < failures && interval < longest; ++i) interval *= 2;
  return std::min(interval, longest);
}

void Append(std::string& text, const std::string& more) {
  if (more.empty() || text.find(more) != std::string::npos) return;
  text += (text.empty() ? "" : "; ") + more;
}

}  // namespace

GitPoll::GitPoll(Ports ports, Hooks hooks)
    : ports_(ports), hooks_(std::move(hooks)), book_(ports.ledger, ports.clock) {}

GitPoll::~GitPoll() {
  Stop();
}

void GitPoll::Start() {
  for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this](std::stop_token stop) { Work(stop); });
}

void GitPoll::Stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
  Save();
}

GitPoll::Watches GitPoll::WatchesOf(const std::string& trigger, std::span<const Route> routes,
                                    std::string& note) const {
  Watches watches;
  for (const Route& route : routes) {
    const auto& git = route.config->spec.git;
    if (!git || git->poll_interval == Duration(0)) continue;
    auto url = ports_.remote.Locate(git->repository);
    if (!url) {
      Append(note, git->repository + " is not polled, only webhooks tell of its pushes: " + url.error().message);
      continue;
    }
    Watch& watch = watches[{trigger, *url}];
    watch.patterns.merge(WatchedRefs(*git));
    watch.interval = watch.interval == Duration(0) ? git->poll_interval : std::min(watch.interval, git->poll_interval);
  }
  return watches;
}

GitPoll::Report GitPoll::Look(const std::string& trigger, std::span<const Route> routes) {
  Report report;
  for (const auto& [key, watch] : WatchesOf(trigger, routes, report.note)) {
    const Duration again = Begin(key, watch, report.problem);
    report.again = std::min(report.again.value_or(again), again);
  }
  return report;
}

// Until the next look.
Duration GitPoll::Begin(const RefKey& key, const Watch& watch, std::string& problem) {
  auto state = state_.Lock();
  Rhythm& rhythm = state->rhythms[key];
  const SteadyTime now = ports_.clock.Now();
  if (rhythm.watch != watch) rhythm.next = {};  // it asks for something else
  rhythm.watch = watch;
  Append(problem, rhythm.problem);
  if (rhythm.next <= now && !rhythm.running) {
    rhythm.due = true;
    rhythm.next = now + watch.interval;
    changed_.notify_one();
  }
  return rhythm.next <= now ? watch.interval : std::chrono::ceil<Duration>(rhythm.next - now);
}

void GitPoll::Keep(const RouteTable& table) {
  std::set<RefKey> keys;
  std::string ignored;
  for (const auto& [trigger, routes] : table.by_trigger)
    for (const auto& [key, watch] : WatchesOf(trigger, routes, ignored)) keys.insert(key);
  auto state = state_.Lock();
  std::erase_if(state->rhythms, [&](const auto& entry) { return !keys.contains(entry.first); });
  book_.Keep(keys);
}

bool GitPoll::Hear(const std::string& trigger, const GitPushed& push) {
  const bool is_news = book_.Hear(trigger, push);
  if (!book_.IsUnsaved()) return is_news;
  state_.Lock()->unsaved = true;
  changed_.notify_one();
  return is_news;
}

void GitPoll::Forget(const std::string& trigger, const GitPushed& push) {
  book_.Forget(trigger, push);
}

// --- looks ---

std::optional<GitPoll::Turn> GitPoll::FirstDue(State& state) {
  for (auto& [key, rhythm] : state.rhythms) {
    if (!rhythm.due || rhythm.running) continue;
    rhythm.due = false;
    rhythm.running = true;
    return Turn{key, rhythm.watch};
  }
  if (std::exchange(state.unsaved, false)) return Turn{};
  return std::nullopt;
}

std::optional<GitPoll::Turn> GitPoll::Take(std::stop_token stop) {
  auto state = state_.Lock();
  std::optional<Turn> turn;
  changed_.wait(state.lock(), stop, [&] { return (turn = FirstDue(*state)).has_value(); });
  return turn;
}

void GitPoll::Work(std::stop_token stop) {
  while (auto turn = Take(stop)) {
    if (!turn->key.trigger.empty()) {
      std::string problem;
      try {
        problem = LookAt(*turn, stop);
      } catch (const std::exception& exception) {
        problem = std::string("the controller failed: ") + exception.what();
      }
      if (stop.stop_requested()) return;
      End(*turn, problem);
    }
    Save();
  }
}

std::string GitPoll::LookAt(const Turn& turn, std::stop_token stop) {
  RefLook look{.key = turn.key, .patterns = turn.watch.patterns, .asked = ports_.clock.Now()};
  auto listed = ports_.remote.List(turn.key.url, stop);
  if (!listed) return listed.error().message;
  look.refs = SelectRefs(*listed, look.patterns);
  if (look.refs.size() > kMaxSeenRefs)
    return turn.key.url + " has " + std::to_string(look.refs.size()) + " branches and tags that are watched; at most " +
           std::to_string(kMaxSeenRefs) + " can be polled, name fewer in git.branches and git.tags";
  return Heed(look);
}

std::string GitPoll::Heed(const RefLook& look) {
  {
    auto state = state_.Lock();
    const auto rhythm = state->rhythms.find(look.key);
    if (rhythm == state->rhythms.end() || rhythm->second.watch.patterns != look.patterns) return {};  // outdated
  }
  RefBook::Moves moves = book_.Compare(look);
  if (!moves.pushes.empty() && !hooks_.on_moved(look.key.trigger, std::move(moves)))
    return "what moved in " + look.key.url + " could not be taken in yet";
  auto state = state_.Lock();  // so that nothing is noted that Keep forgot meanwhile
  if (state->rhythms.contains(look.key)) book_.Note(look);
  return {};
}

void GitPoll::End(const Turn& turn, const std::string& problem) {
  bool news = false;
  {
    auto state = state_.Lock();
    const auto found = state->rhythms.find(turn.key);
    if (found == state->rhythms.end()) return;
    Rhythm& rhythm = found->second;
    rhythm.running = false;
    rhythm.failures = problem.empty() ? 0 : rhythm.failures + 1;
    if (!problem.empty()) rhythm.next = ports_.clock.Now() + PauseAfter(rhythm.failures, rhythm.watch.interval);
    news = std::exchange(rhythm.problem, problem) != problem || rhythm.watch != turn.watch;
  }
  if (!news) return;
  if (!problem.empty())
    ports_.logger.Warn("a git repository could not be polled", {{"trigger", turn.key.trigger}, {"error", problem}});
  hooks_.on_news(turn.key.trigger);
}

void GitPoll::Save() {
  if (auto saved = book_.Save(hooks_.before_save); !saved)
    ports_.logger.Warn("what polls of git repositories saw could not be written", {{"error", saved.error().message}});
}

}  // namespace tinyforge
