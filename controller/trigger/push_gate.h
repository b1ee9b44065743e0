// Keeps pushes back until it is known whose commits they have brought: what Tinyforge itself committed to the config
// repository, on whatever host, triggers nothing.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "controller/runtime/clock.h"
#include "controller/runtime/guarded.h"
#include "controller/trigger/fan_out.h"
#include "reconcilers/core/commit_reader.h"

namespace tinyforge {

struct HeldPush {
  Delivery delivery;
  std::vector<Asked> asked;  // when it came
};

// Thread-safe. What passes is decided by the clone of the config repository alone, so a crash or a restart changes
// nothing: who resumes what is not final holds it again.
class PushGate {
 public:
  struct Hooks {
    // What came for one trigger passes in the order in which it came. With `own`, pushes of commits of Tinyforge are
    // Ignored in `held.delivery.events` by now, and what was asked may be nothing of what is left. On the gate's
    // thread.
    std::function<void(const HeldPush& held, bool own)> pass;
    // The controller failed at it. On the gate's thread.
    std::function<void(const HeldPush& held, const std::string& why)> failed;
    // The watched branch is to be fetched soon. Must not block.
    std::function<void()> fetch;
  };

  PushGate(CommitReader& commits, const Clock& clock, Hooks hooks);
  ~PushGate();  // Stop
  PushGate(const PushGate&) = delete;
  PushGate& operator=(const PushGate&) = delete;

  void Start();
  // What is held does not pass any more. Idempotent.
  void Stop();

  // A push that may be to the watched branch, and whose commit the clone does not have, waits until it has been
  // fetched, for 30 s at most. One repository has many URLs: a branch and a path in common are enough for that, or a
  // last name where a host is not known. A push that names no repository is to one of those that its triggers name. Of
  // more than 256 the oldest passes. Everything else passes at once.
  void Hold(HeldPush held);
  // Something was fetched.
  void Wake();
  // How many have not passed, at most.
  std::size_t Held();
  // Whether all that the push brought was committed by Tinyforge, as far as it is known now.
  bool IsOwn(const GitPushed& push);

 private:
  struct Entry {
    HeldPush held;
    SteadyTime until{};
    bool asked = false;  // for a fetch
  };
  struct State {
    std::deque<Entry> entries;  // oldest first
    std::size_t under_way = 0;  // of this turn, besides
    bool woken = false;
    SteadyTime next_fetch{};
  };

  // What the clone says of the branch, the commit before and the commit: to ask it opens a repository.
  using Answers = std::map<std::array<std::string, 3>, CommitOrigin>;

  CommitOrigin OriginOf(const GitPushed& push, std::span<const Asked> asked, Answers& answers);
  bool MayBeWatched(const GitPushed& push, std::span<const Asked> asked) const;
  void Work(std::stop_token stop);
  bool AwaitTurn(std::stop_token stop, std::deque<Entry>& turn);
  std::deque<Entry> PassKnown(std::deque<Entry> turn);
  bool Settle(Entry& entry, bool at_once, Answers& answers);
  bool TryPass(Entry& entry, bool at_once, Answers& answers);
  void AskForFetch(std::deque<Entry>& waiting);

  CommitReader& commits_;
  const Clock& clock_;
  const Hooks hooks_;
  Guarded<State> state_;
  std::condition_variable_any changed_;
  std::jthread thread_;
};

}  // namespace tinyforge
