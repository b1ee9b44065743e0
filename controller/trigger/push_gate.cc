#include "controller/trigger/push_gate.h"

#include <algorithm>
#include <exception>
#include <set>
#include <utility>

#include "reconcilers/trigger/git_location.h"

namespace tinyforge {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);
constexpr std::size_t kMostHeld = 256;
constexpr auto kLookAgain = std::chrono::milliseconds(500);  // a fetch may bring commits and no revision
constexpr auto kBetweenFetches = std::chrono::seconds(1);
constexpr const char* kOwn = "Tinyforge made these commits itself";

// "shop" of "acme/shop"
std::string_view LastName(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

bool EndsWith(std::string_view path, std::string_view end) {
  return path.ends_with(end) && (path.size() == end.size() || path[path.size() - end.size() - 1] == '/');
}

// One repository has many hosts, and folders before its path that not all of its URLs say.
bool MayBeOne(const GitLocation& a, const GitLocation& b) {
  if (a.path.empty() || b.path.empty()) return false;
  if (a.host.empty() || b.host.empty()) return LastName(a.path) == LastName(b.path);
  return EndsWith(a.path, b.path) || EndsWith(b.path, a.path);
}

// The repositories that its triggers name. Empty: one of them names none.
std::vector<std::string> RepositoriesOf(std::span<const Asked> asked) {
  std::vector<std::string> repositories;
  for (const Asked& one : asked) {
    const auto& git = one.route.config->spec.git;
    if (!git || git->repository.empty()) return {};
    repositories.push_back(git->repository);
  }
  return repositories;
}

}  // namespace

PushGate::PushGate(CommitReader& commits, const Clock& clock, Hooks hooks)
    : commits_(commits), clock_(clock), hooks_(std::move(hooks)) {}

PushGate::~PushGate() {
  Stop();
}

void PushGate::Start() {
  thread_ = std::jthread([this](std::stop_token stop) { Work(stop); });
}

void PushGate::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void PushGate::Hold(HeldPush held) {
  {
    auto state = state_.Lock();
    state->entries.push_back({std::move(held), clock_.Now() + kPatience});
    state->woken = true;
  }
  changed_.notify_all();
}

void PushGate::Wake() {
  {
    auto state = state_.Lock();
    state->woken = true;
  }
  changed_.notify_all();
}

bool PushGate::MayBeWatched(const GitPushed& push, std::span<const Asked> asked) const {
  const RepositoryStatus watched = commits_.Describe();
  if (push.name != watched.branch) return false;
  std::vector<std::string> names = push.urls;
  if (!push.repository.empty()) names.push_back(push.repository);
  if (names.empty()) names = RepositoriesOf(asked);
  const GitLocation location = ParseGitLocation(watched.url);
  return names.empty() || std::ranges::any_of(names, [&](const std::string& name) {
           return MayBeOne(ParseGitLocation(name), location);
         });
}

// Tinyforge pushes no tags: who tags one of its commits means it.
CommitOrigin PushGate::OriginOf(const GitPushed& push, std::span<const Asked> asked, Answers& answers) {
  if (push.ref == GitPushed::Ref::Tag || push.commit.empty()) return CommitOrigin::Others;
  const auto [answer, is_new] = answers.try_emplace({push.name, push.before, push.commit}, CommitOrigin::Unknown);
  if (is_new) answer->second = commits_.OriginOf({push.name, push.before, push.commit});
  const bool others = answer->second == CommitOrigin::Unknown && !MayBeWatched(push, asked);
  return others ? CommitOrigin::Others : answer->second;
}

bool PushGate::IsOwn(const GitPushed& push) {
  Answers none;
  return OriginOf(push, {}, none) == CommitOrigin::Tinyforge;
}

std::size_t PushGate::Held() {
  auto state = state_.Lock();
  return state->entries.size() + state->under_way;
}

// --- the thread ---

void PushGate::Work(std::stop_token stop) {
  std::deque<Entry> turn;
  while (AwaitTurn(stop, turn)) {
    auto waiting = PassKnown(std::move(turn));
    AskForFetch(waiting);
    auto state = state_.Lock();
    state->under_way = 0;
    for (; !waiting.empty(); waiting.pop_back()) state->entries.push_front(std::move(waiting.back()));
  }
}

// Takes all that is held. False: the stop was requested.
bool PushGate::AwaitTurn(std::stop_token stop, std::deque<Entry>& turn) {
  auto state = state_.Lock();
  const auto woken = [&] { return state->woken; };
  if (state->entries.empty())
    changed_.wait(state.lock(), stop, woken);
  else
    changed_.wait_for(state.lock(), stop, kLookAgain, woken);
  if (stop.stop_requested()) return false;
  state->woken = false;
  turn = std::exchange(state->entries, {});
  state->under_way = turn.size();
  return true;
}

// Gives back what has to wait. What follows on that for the same trigger waits behind it.
std::deque<PushGate::Entry> PushGate::PassKnown(std::deque<Entry> turn) {
  std::deque<Entry> waiting;
  std::set<std::string> triggers;
  Answers answers;
  for (std::size_t left = turn.size(); left > 0; --left) {
    Entry entry = std::move(turn.front());
    turn.pop_front();
    const std::string trigger = entry.held.delivery.trigger;
    const bool at_once = left + waiting.size() > kMostHeld;
    if ((!triggers.contains(trigger) || at_once) && Settle(entry, at_once, answers)) continue;
    triggers.insert(trigger);
    waiting.push_back(std::move(entry));
  }
  return waiting;
}

// False: it has to wait. One that the controller fails at is at an end: it would be there again at the next turn.
bool PushGate::Settle(Entry& entry, bool at_once, Answers& answers) {
  std::string failure = "the controller failed";
  try {
    return TryPass(entry, at_once, answers);
  } catch (const std::exception& exception) {
    failure += std::string(": ") + exception.what();
  } catch (...) {
  }
  hooks_.failed(entry.held, failure);
  return true;
}

// False: it has to wait. The entry is as it was then.
bool PushGate::TryPass(Entry& entry, bool at_once, Answers& answers) {
  bool own = false;
  bool unknown = false;
  auto events = entry.held.delivery.events;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto* push = std::get_if<GitPushed>(&std::as_const(events)[i]);
    const CommitOrigin origin = push ? OriginOf(*push, entry.held.asked, answers) : CommitOrigin::Others;
    unknown = unknown || origin == CommitOrigin::Unknown;
    if (origin != CommitOrigin::Tinyforge) continue;
    events[i] = Ignored{kOwn};
    own = true;
  }
  if (unknown && !at_once && clock_.Now() < entry.until) return false;
  entry.held.delivery.events = std::move(events);
  hooks_.pass(entry.held, own);
  return true;
}

void PushGate::AskForFetch(std::deque<Entry>& waiting) {
  const SteadyTime now = clock_.Now();
  const bool wanted = std::ranges::any_of(waiting, [](const Entry& entry) { return !entry.asked; });
  {
    auto state = state_.Lock();
    if (!wanted || now < state->next_fetch) return;
    state->next_fetch = now + kBetweenFetches;
  }
  for (Entry& entry : waiting) entry.asked = true;
  hooks_.fetch();
}

}  // namespace tinyforge
