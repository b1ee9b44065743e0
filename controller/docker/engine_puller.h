// Brings images onto the host, beside the workers.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "controller/docker/engine_client.h"
#include "controller/docker/engine_event.h"
#include "controller/runtime/log.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::docker {

struct EnginePullerOptions {
  std::string docker_config;  // path of a Docker config.json with credentials; empty: none
  std::size_t max_pulls = 2;  // at the same time
  Duration first_retry = std::chrono::seconds(5);
  Duration longest_retry = std::chrono::minutes(10);
  std::function<void(const ObjectKey& owner)> on_done;  // a pull ended, well or not; from any thread; must be quick
};

// Thread-safe. Ensure makes at most one quick local call (is the image here?), whose answer is kept until an image
// event of the Engine touches it; pulls run on threads of their own, one a reference however many owners ask.
//
// Policy:
// - IfNotPresent: pulled when the host has no image under the reference.
// - Never: a missing image is a failure (Waiting); who loads it onto the host wakes the owner.
// - Always: to be asked for only in a pass that is about to create a container; others use Peek. A pull that ends well
// counts for every
//   owner that had asked by then, until that owner has created a container (Created) or two minutes have passed; until
//   it counts, the presence holds no id, even if an older image is there.
//
// A failed pull is tried again with a delay that doubles from `first_retry` (six times that for what an administrator
// must change: credentials, a missing image, a rate limit) to `longest_retry`, for as long as somebody asks. Failures
// are Waiting, except Terminal for an image that does not exist for this machine's architecture.
//
// An Engine that does not say whether it has the image is no verdict: who asked is told after `first_retry`, to ask
// again.
class EnginePuller : public ImagePuller {
 public:
  EnginePuller(EngineClient& client, Logger& log, EnginePullerOptions options);
  ~EnginePuller() override { AbortPulls(); }

  ImagePresence Ensure(const std::string& reference, v1::PullPolicy policy, const ObjectKey& owner) override;
  // From what is known, else by one inspect, which is not kept.
  ImagePresence Peek(const std::string& reference) override;

  // A container was created from the reference for this workload.
  void Created(const std::string& reference, std::string_view workload);
  void OnEvent(const EngineEvent& event);
  void ForgetAll();  // after a lost connection
  // At the end: no pull is under way any more, none begins. The Engine keeps the layers that are complete.
  void AbortPulls();

 private:
  struct LocalImage {
    std::string id;
    std::string pinned;  // see ImagePresence
  };
  struct Image {
    bool looked = false;  // `local` is what the host has
    std::optional<LocalImage> local;
    bool queued = false;
    bool pulling = false;
    std::optional<Error> failure;
    int failures = 0;
    SteadyTime retry_at{};
    std::optional<SteadyTime> ask_again_at;  // the Engine could not be asked: then `waiting` are told
    SteadyTime asked{};
    std::uint64_t forgotten = 0;                   // moves when an event made `id` doubtful
    std::set<ObjectKey> waiting;                   // owners to tell
    std::map<ObjectKey, SteadyTime> counts_until;  // Always: how long the last pull counts for an owner
  };
  using Lock = std::unique_lock<std::mutex>;

  static ImagePresence PresenceOf(const Image& image);
  Expected<std::optional<LocalImage>> Inspect(const std::string& reference);
  Expected<void> Look(const std::string& reference, Lock& lock);
  static void NoLongerWaits(Image& image, const ObjectKey& owner);
  void AskAgainLater(Image& image);
  void TellWhoShouldAskAgain(const std::stop_token& stop);
  bool TellDue(SteadyTime& wake, Lock& lock);
  void Queue(Image& image);
  void Work(const std::stop_token& stop);
  std::string Next(SteadyTime now, SteadyTime& wake) const;
  void PullOne(const std::string& reference, Lock& lock, const std::stop_token& stop);
  Expected<LocalImage> Pull(const std::string& reference, const std::stop_token& stop);
  void Failed(const std::string& reference, Image& image, Error error);
  void Forget(Image& image, std::vector<ObjectKey>& wake);
  void Tell(const std::vector<ObjectKey>& owners) const;
  void DropOld(SteadyTime now);

  EngineClient& client_;
  Logger& log_;
  const EnginePullerOptions options_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::map<std::string, Image> images_;  // guarded by mutex_, as all below; nodes never move
  std::vector<std::jthread> threads_;
  std::jthread teller_;  // besides threads_: those may all be pulling for hours
  bool aborted_ = false;
};

// What a pull's error text means for the one who waits. `status` of the HTTP answer, 200 for an error in the progress.
Error ExplainPullFailure(const std::string& reference, int status, std::string_view message);

}  // namespace tinyforge::docker
