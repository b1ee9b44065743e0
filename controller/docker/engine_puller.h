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
#include "controller/docker/image_reference.h"
#include "controller/docker/local_image.h"
#include "controller/docker/pull_failure.h"
#include "controller/docker/registry_auth.h"
#include "controller/runtime/log.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::docker {

struct EnginePullerOptions {
  std::string docker_config;       // path of a Docker config.json with credentials; empty: none
  std::size_t pulls_registry = 2;  // at the same time from one registry, so that a silent one holds up its own alone
  std::size_t max_pulls = 8;       // at the same time
  Duration first_retry = std::chrono::seconds(5);
  Duration longest_retry = std::chrono::minutes(10);
  Duration interest = std::chrono::minutes(2);  // who has not asked for so long does not want the image any more
  std::function<void(const ObjectKey& owner)> on_done;    // a pull ended, well or not; from any thread; must be quick
  std::function<void(std::string_view value)> on_secret;  // see PullLogins
};

// Thread-safe. Ensure makes at most one quick local call (is the image here?), whose answer is kept until an image
// event of the Engine touches it; pulls run on threads of their own, one a reference and login however many owners ask.
//
// Policy:
// - IfNotPresent: pulled when the host has no image under the reference, or one for another platform than the one that
//   is asked for.
// - Never: a missing image is a failure (Waiting); who loads it onto the host wakes the owner.
// - Always: to be asked for only in a pass that is about to create a container; others use Peek. A pull that ends well
//   counts for every owner that had asked with this login by then, until that owner has created a container (Created)
//   or two minutes have passed; until it counts, the presence holds no id, even if an older image is there.
//
// A failed pull is tried again with a delay that doubles from `first_retry` (six times that for what an administrator
// must change: credentials, a missing image, a rate limit) to `longest_retry`, for as long as somebody asks (see
// `interest`), or when somebody says Retry. Failures are Waiting, except Terminal for an image that does not exist for
// this machine's architecture.
//
// An Engine that does not say whether it has the image is no verdict: who asked is told after `first_retry`, to ask
// again.
class EnginePuller : public ImagePuller {
 public:
  EnginePuller(EngineClient& client, SecretReader& secrets, Logger& log, EnginePullerOptions options);
  ~EnginePuller() override { AbortPulls(); }

  ImagePresence Ensure(const ImageRequest& request) override;
  // From what is known, else by one inspect, which is not kept.
  ImagePresence Peek(const std::string& reference) override;
  bool Retry(const ObjectKey& owner) override;
  void RetryAll();  // as Retry, for everybody

  // A container was created from the reference for this workload.
  void Created(const std::string& reference, std::string_view workload);
  void OnEvent(const EngineEvent& event);
  void ForgetAll();  // after a lost connection
  // At the end: no pull is under way any more, none begins. The Engine keeps the layers that are complete.
  void AbortPulls();

 private:
  // Of one image with one login, for one platform.
  struct Pull {
    std::optional<SecretHandle> pull_secret;
    std::string platform;           // empty: the host's
    bool pulls = true;              // false: only waited for, see KeyOf
    std::optional<SteadyTime> due;  // when it begins; empty: it is under way, or nobody needs it
    bool under_way = false;
    std::optional<Error> failure;
    int failures = 0;
    SteadyTime asked{};
    std::set<ObjectKey> waiting;  // owners to tell
  };
  struct Image {
    std::string registry;
    bool looked = false;  // `local` is what the host has
    std::optional<LocalImage> local;
    std::optional<SteadyTime> ask_again_at;  // the Engine could not be asked: then who waits is told
    SteadyTime asked{};
    std::uint64_t forgotten = 0;                   // moves when an event made `local` doubtful
    std::map<std::string, Pull> pulls;             // see KeyOf
    std::map<ObjectKey, SteadyTime> counts_until;  // Always: how long the last pull counts for an owner
  };
  struct Fetched {
    std::optional<LocalImage> local;
    PullFailure failure;  // without local
  };
  struct Job {
    std::string reference;
    std::string login;  // key of Image::pulls
  };
  using Lock = std::unique_lock<std::mutex>;

  static bool HasFor(const Image& image, const ImageRequest& request);
  static ImagePresence PresenceOf(const Image& image);
  static void AddWaiting(const Image& image, std::vector<ObjectKey>& owners);
  static std::string KeyOf(const ImageRequest& request);
  bool StillAsked(const Pull& pull, SteadyTime now) const;
  static Pull& Enlist(Image& image, const ImageRequest& request, SteadyTime now);
  Expected<std::optional<LocalImage>> Inspect(const std::string& reference);
  Expected<void> Look(const std::string& reference, Lock& lock);
  static void NoLongerWaits(Image& image, const std::string& login, const ObjectKey& owner);
  void AskAgainLater(Image& image);
  void TellWhoShouldAskAgain(const std::stop_token& stop);
  bool TellDue(SteadyTime& wake, Lock& lock);
  bool RetryWhere(const std::function<bool(const Pull&)>& wanted);
  void Staff();
  void Work(const std::stop_token& stop);
  std::map<std::string_view, std::size_t> UnderWay() const;
  std::optional<Job> Next(SteadyTime now, SteadyTime& wake) const;
  void PullOne(const Job& job, Lock& lock, const std::stop_token& stop);
  static void Succeeded(Image& image, const std::string& login, LocalImage local);
  void Failed(const std::string& reference, Pull& pull, PullFailure failure);
  Fetched Fetch(const ImageRequest& wanted, const std::stop_token& stop);
  void Forget(Image& image, std::vector<ObjectKey>& wake);
  void Tell(const std::vector<ObjectKey>& owners) const;
  void DropOld(SteadyTime now);

  EngineClient& client_;
  Logger& log_;
  const EnginePullerOptions options_;
  const PullLogins logins_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::map<std::string, Image> images_;  // guarded by mutex_, as all below; nodes never move
  std::vector<std::jthread> threads_;
  std::jthread teller_;  // besides threads_: those may all be pulling for hours
  bool aborted_ = false;
};

}  // namespace tinyforge::docker
