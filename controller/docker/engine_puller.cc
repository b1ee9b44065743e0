#include "controller/docker/engine_puller.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "controller/docker/image_reference.h"
#include "controller/docker/json_splitter.h"
#include "controller/docker/registry_auth.h"
#include "controller/docker/thread_shield.h"
#include "controller/runtime/failpoint.h"

namespace tinyforge::docker {
namespace {

using Json = nlohmann::json;

constexpr auto kCounts = std::chrono::minutes(2);
constexpr auto kInterest = std::chrono::minutes(30);  // for what is known of an image that nobody asks for
constexpr Duration kSilence = std::chrono::minutes(5);
constexpr Duration kLongestPull = std::chrono::hours(2);
constexpr std::size_t kMaxProgressBytes = std::size_t{64} << 10;
constexpr std::size_t kManyImages = 512;
constexpr int kPatience = 6;
constexpr int kMaxDoublings = 12;

std::string TextAt(std::string_view text, const char* key) {
  auto json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return {};
  auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<std::string> Reported(const std::string& progress) {
  if (progress.find("\"error\"") == std::string::npos) return std::nullopt;
  auto error = TextAt(progress, "error");
  return error.empty() ? std::nullopt : std::optional(error);
}

}  // namespace

EnginePuller::EnginePuller(EngineClient& client, SecretReader& secrets, Logger& log, EnginePullerOptions options)
    : client_(client),
      log_(log),
      options_(std::move(options)),
      logins_(secrets, options_.docker_config, options_.on_secret) {}

void EnginePuller::AbortPulls() {
  std::vector<std::jthread> threads;
  {
    Lock lock(mutex_);
    aborted_ = true;
    threads.swap(threads_);
    if (teller_.joinable()) threads.push_back(std::move(teller_));
  }
  for (auto& thread : threads) thread.request_stop();
}

ImagePresence EnginePuller::PresenceOf(const Image& image) {
  if (!image.local) return {};
  return {.id = image.local->id, .pinned = image.local->pinned};
}

// Another login or another platform is another pull, and that of Never is none: it only has somebody who waits.
std::string EnginePuller::KeyOf(const ImageRequest& request) {
  if (request.policy == v1::PullPolicy::Never) return "never|" + request.platform;
  return (request.pull_secret ? request.pull_secret->fingerprint : std::string()) + "|" + request.platform;
}

// Who waits asks again within half a minute.
bool EnginePuller::StillAsked(const Pull& pull, SteadyTime now) const {
  return pull.asked + options_.interest > now;
}

bool EnginePuller::HasFor(const Image& image, const ImageRequest& request) {
  return image.local &&
         (request.platform.empty() || Suits(image.local->platform, ParseImagePlatform(request.platform)));
}

void EnginePuller::AddWaiting(const Image& image, std::vector<ObjectKey>& owners) {
  for (const auto& [login, pull] : image.pulls) owners.insert(owners.end(), pull.waiting.begin(), pull.waiting.end());
}

// The pull that serves the request. An owner waits with one login at a time for a platform: what it waited for with
// another one is of no interest any more. Services of one owner may want several platforms, or never pull.
EnginePuller::Pull& EnginePuller::Enlist(Image& image, const ImageRequest& request, SteadyTime now) {
  const std::string key = KeyOf(request);
  const bool pulls = request.policy != v1::PullPolicy::Never;
  for (auto at = image.pulls.begin(); at != image.pulls.end();) {
    auto& [login, other] = *at;
    const bool replaced = login != key && pulls && other.pulls && other.platform == request.platform;
    if (replaced) other.waiting.erase(request.owner);
    at = replaced && other.waiting.empty() && !other.under_way ? image.pulls.erase(at) : std::next(at);
  }
  Pull& pull = image.pulls[key];
  pull.pull_secret = request.pull_secret;
  pull.platform = request.platform;
  pull.pulls = pulls;
  pull.asked = now;
  pull.waiting.insert(request.owner);
  return pull;
}

ImagePresence EnginePuller::Ensure(const ImageRequest& request) {
  Lock lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  DropOld(now);
  auto& image = images_[request.reference];
  image.registry = ParseImageReference(request.reference).registry;
  image.asked = now;
  Enlist(image, request, now);  // before looking: an event that comes meanwhile wakes the owner
  const auto looked = Look(request.reference, lock);
  Pull& pull = Enlist(image, request, now);  // again: it may have ended while the lock was open
  if (!looked) {
    AskAgainLater(image);
    return {.failure = looked.error()};
  }
  image.ask_again_at.reset();
  const bool here = HasFor(image, request);
  const bool counts = here && image.counts_until.contains(request.owner) && image.counts_until[request.owner] > now;
  const bool wanted = request.policy == v1::PullPolicy::Always ? !counts : !here;
  if (!wanted) {
    NoLongerWaits(image, KeyOf(request), request.owner);
    return PresenceOf(image);
  }
  if (request.policy == v1::PullPolicy::Never) {
    return {.failure = Error{ErrorKind::Waiting, "image " + request.reference + " is not on this host" +
                                                     (image.local ? " for platform " + request.platform : "") +
                                                     " and pullPolicy is Never"}};
  }
  if (!pull.under_way && !pull.due) pull.due = now;
  Staff();
  return {.pulling = pull.under_way || *pull.due <= now, .failure = pull.failure};
}

ImagePresence EnginePuller::Peek(const std::string& reference) {
  {
    Lock lock(mutex_);
    auto found = images_.find(reference);
    if (found != images_.end() && found->second.looked) {
      const auto& image = found->second;
      ImagePresence presence = PresenceOf(image);
      const auto now = std::chrono::steady_clock::now();
      presence.pulling = std::ranges::any_of(image.pulls, [&](const auto& item) {
        return item.second.under_way || (item.second.due && *item.second.due <= now);
      });
      return presence;
    }
  }
  auto found = Inspect(reference);
  if (!found) return {.failure = found.error()};
  if (!*found) return {};
  return {.id = std::move((*found)->id), .pinned = std::move((*found)->pinned)};
}

// Empty: the host does not have it.
Expected<std::optional<LocalImage>> EnginePuller::Inspect(const std::string& reference) {
  EngineCall call{.endpoint = Endpoint::ImageInspect, .object = reference};
  auto answer = client_.Send(call);
  if (!answer) return std::move(answer).error();
  if (answer->status == 404) return std::optional<LocalImage>();
  if (answer->status >= 400) return EngineClient::ToError(call, *answer);
  auto image = DecodeLocalImage(answer->body, reference);
  if (!image) return Error{ErrorKind::Transient, "inspect image " + reference + ": the answer names no id"};
  return image;
}

// Learns whether the host has the image; a call without the lock when that is not known.
Expected<void> EnginePuller::Look(const std::string& reference, Lock& lock) {
  auto& image = images_[reference];
  if (image.looked) return {};
  auto forgotten = image.forgotten;
  lock.unlock();
  auto found = Inspect(reference);
  lock.lock();
  if (!found) return std::move(found).error();
  if (image.looked) return {};  // a pull has brought it meanwhile
  image.local = std::move(*found);
  image.looked = image.forgotten == forgotten;
  return {};
}

// The image came by another way than ours, or it was here for this owner's policy.
void EnginePuller::NoLongerWaits(Image& image, const std::string& login, const ObjectKey& owner) {
  Pull& pull = image.pulls[login];
  pull.waiting.erase(owner);
  if (!pull.waiting.empty()) return;
  pull.failure.reset();
  pull.failures = 0;
  pull.due.reset();
  if (!pull.under_way) image.pulls.erase(login);
}

void EnginePuller::AskAgainLater(Image& image) {
  if (aborted_) return;
  if (!image.ask_again_at) image.ask_again_at = std::chrono::steady_clock::now() + options_.first_retry;
  if (!teller_.joinable()) {
    teller_ = std::jthread([this](const std::stop_token& stop) { TellWhoShouldAskAgain(stop); });
  }
  wake_.notify_all();
}

void EnginePuller::TellWhoShouldAskAgain(const std::stop_token& stop) {
  auto round = [&] {
    Lock lock(mutex_);
    auto wake = std::chrono::steady_clock::now() + std::chrono::hours(1);
    if (TellDue(wake, lock)) return;
    wake_.wait_until(lock, stop, wake, [&] {
      return std::ranges::any_of(
          images_, [&](const auto& item) { return item.second.ask_again_at.value_or(SteadyTime::max()) < wake; });
    });
  };
  while (!stop.stop_requested()) Shielded(log_, "image wishes", stop, round);
}

// False when nobody is to be told now; then `wake` is when somebody is.
bool EnginePuller::TellDue(SteadyTime& wake, Lock& lock) {
  std::vector<ObjectKey> owners;
  for (auto& [reference, image] : images_) {
    if (!image.ask_again_at) continue;
    if (*image.ask_again_at > std::chrono::steady_clock::now()) {
      wake = std::min(wake, *image.ask_again_at);
    } else {
      image.ask_again_at.reset();
      AddWaiting(image, owners);
    }
  }
  if (owners.empty()) return false;
  lock.unlock();
  Tell(owners);
  lock.lock();
  return true;
}

bool EnginePuller::Retry(const ObjectKey& owner) {
  return RetryWhere([&](const Pull& pull) { return pull.waiting.contains(owner); });
}

void EnginePuller::RetryAll() {
  (void)RetryWhere([](const Pull& pull) { return !pull.waiting.empty(); });
}

bool EnginePuller::RetryWhere(const std::function<bool(const Pull&)>& wanted) {
  Lock lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  bool any = false;
  for (auto& [reference, image] : images_) {
    for (auto& [login, pull] : image.pulls) {
      if (!pull.failure || !StillAsked(pull, now) || !wanted(pull)) continue;
      any = true;
      pull.failures = 0;
      if (!pull.under_way) pull.due = now;
    }
  }
  if (any) Staff();
  return any;
}

// As many threads as there are pulls that begin now or later, and all of them told.
void EnginePuller::Staff() {
  if (aborted_) return;
  std::size_t work = 0;
  for (const auto& [reference, image] : images_)
    for (const auto& [login, pull] : image.pulls) work += pull.under_way || pull.due ? 1 : 0;
  while (threads_.size() < std::min(work, options_.max_pulls))
    threads_.emplace_back([this](const std::stop_token& stop) { Work(stop); });
  wake_.notify_all();
}

void EnginePuller::Work(const std::stop_token& stop) {
  auto round = [&] {
    Lock lock(mutex_);
    auto now = std::chrono::steady_clock::now();
    auto wake = now + std::chrono::hours(1);
    if (auto job = Next(now, wake)) {
      PullOne(*job, lock, stop);
    } else {
      wake_.wait_until(lock, stop, wake, [&] {
        auto next = wake;
        return Next(std::chrono::steady_clock::now(), next) || next < wake;
      });
    }
  };
  while (!stop.stop_requested()) Shielded(log_, "image pulls", stop, round);
}

std::map<std::string_view, std::size_t> EnginePuller::UnderWay() const {
  std::map<std::string_view, std::size_t> pulls;
  for (const auto& [reference, image] : images_)
    for (const auto& [login, pull] : image.pulls) pulls[image.registry] += pull.under_way ? 1 : 0;
  return pulls;
}

// The pull to begin now, that which is due longest; else `wake` is when one falls due.
std::optional<EnginePuller::Job> EnginePuller::Next(SteadyTime now, SteadyTime& wake) const {
  const auto under_way = UnderWay();
  std::optional<Job> job;
  auto first = SteadyTime::max();
  for (const auto& [reference, image] : images_) {
    for (const auto& [login, pull] : image.pulls) {
      const bool wanted = !pull.waiting.empty() && (!pull.failure || StillAsked(pull, now));
      if (pull.under_way || !pull.due || !wanted) continue;
      if (*pull.due > now) {
        wake = std::min(wake, *pull.due);
      } else if (*pull.due < first && under_way.at(image.registry) < options_.pulls_registry) {
        first = *pull.due;
        job = Job{reference, login};
      }
    }
  }
  return job;
}

void EnginePuller::PullOne(const Job& job, Lock& lock, const std::stop_token& stop) {
  auto& image = images_[job.reference];
  auto& pull = image.pulls[job.login];
  const ImageRequest wanted{
      .reference = job.reference, .pull_secret = pull.pull_secret, .owner = {}, .platform = pull.platform};
  pull.due.reset();
  pull.under_way = true;
  lock.unlock();
  Fetched fetched{
      .failure = {{ErrorKind::Transient, "pull " + job.reference + ": the puller failed; its log says why"}}};
  Shielded(log_, "image pulls", stop, [&] {
    log_.Info("image pull started", {{"image", job.reference}});
    if (auto passed = Failpoint("docker.pull.begin"); passed) fetched = Fetch(wanted, stop);
    (void)Failpoint("docker.pull.end");
  });
  lock.lock();
  pull.under_way = false;
  if (stop.stop_requested()) return;
  std::vector<ObjectKey> owners;
  if (fetched.local) {
    log_.Info("image pulled", {{"image", job.reference}, {"id", fetched.local->id}});
    AddWaiting(image, owners);
    Succeeded(image, job.login, std::move(*fetched.local));
  } else {
    owners.assign(pull.waiting.begin(), pull.waiting.end());
    Failed(job.reference, pull, std::move(fetched.failure));
  }
  wake_.notify_all();  // the registry has room for another one
  lock.unlock();
  Tell(owners);
  lock.lock();
}

// Who waits with another login finds the image here, unless its policy is Always.
void EnginePuller::Succeeded(Image& image, const std::string& login, LocalImage local) {
  image.local = std::move(local);
  image.looked = true;
  for (const auto& owner : image.pulls[login].waiting)
    image.counts_until[owner] = std::chrono::steady_clock::now() + kCounts;
  image.pulls.erase(login);
}

void EnginePuller::Failed(const std::string& reference, Pull& pull, PullFailure failure) {
  const auto delay =
      options_.first_retry * (failure.patient ? kPatience : 1) * (1 << std::min(pull.failures, kMaxDoublings));
  pull.due = std::chrono::steady_clock::now() + std::min<Duration>(delay, options_.longest_retry);
  ++pull.failures;
  log_.Warn("image not pulled", {{"image", reference}, {"error", failure.error.message}});
  pull.failure = std::move(failure.error);
}

EnginePuller::Fetched EnginePuller::Fetch(const ImageRequest& wanted, const std::stop_token& stop) {
  const std::string& text = wanted.reference;
  const auto failed = [&](Error error) {
    return Fetched{.failure = {{ErrorKind::Waiting, std::move(error).Within("pull " + text).message}}};
  };
  const auto reference = ParseImageReference(text);
  const auto login = logins_.For(reference, wanted.pull_secret);
  if (!login) return failed(login.error());
  EngineCall call{.endpoint = Endpoint::ImagePull,
                  .query = {{"fromImage", reference.name}, {"tag", reference.version()}},
                  .deadline = kLongestPull,
                  .idle = kSilence};
  if (!wanted.platform.empty()) call.query.emplace_back("platform", wanted.platform);
  if (login->header) call.headers.push_back(*login->header);
  std::optional<std::string> reported;
  JsonSplitter progress(kMaxProgressBytes, [&](std::string_view object) {
    if (!reported) reported = Reported(std::string(object));
  });
  HttpStreamHandler handler{.on_data = [&](std::string_view bytes) { return progress.Feed(bytes); }};
  const auto answer = client_.Send(call, handler, stop);
  if (!answer) return failed(answer.error());
  if (answer->status >= 400) reported = EngineClient::MessageOf(*answer);
  if (reported) return {.failure = ExplainPullFailure(text, *login, *reported)};
  auto found = Inspect(text);
  if (!found) return failed(std::move(found).error());
  if (!*found) return failed({ErrorKind::Waiting, "the Engine says it is done and does not have the image"});
  if (!wanted.platform.empty() && !Suits((*found)->platform, ParseImagePlatform(wanted.platform)))
    return {.failure = {{ErrorKind::Terminal, "pull " + text + ": it is not there for platform " + wanted.platform}}};
  return {.local = std::move(*found)};
}

void EnginePuller::Created(const std::string& reference, std::string_view workload) {
  Lock lock(mutex_);
  auto found = images_.find(reference);
  if (found != images_.end()) found->second.counts_until.erase({Kind::Workload, std::string(workload)});
}

// An event names an image by reference, by id, or (a pull) by repository; one whose meaning for a missing image is not
// plain makes every missing one doubtful, so that a `docker load` is seen at once.
void EnginePuller::OnEvent(const EngineEvent& event) {
  if (event.type != EngineEvent::Type::Image) return;
  std::vector<ObjectKey> wake;
  {
    Lock lock(mutex_);
    for (auto& [reference, image] : images_) {
      auto familiar = FamiliarReference(reference);
      bool named = familiar == FamiliarReference(event.name) || familiar == FamiliarReference(event.id);
      if (!image.local || image.local->id == event.id || named) Forget(image, wake);
    }
  }
  Tell(wake);
}

// Who waits is woken each time: it may be asking just now and get an answer from before the event.
void EnginePuller::Forget(Image& image, std::vector<ObjectKey>& wake) {
  image.looked = false;
  ++image.forgotten;
  const auto now = std::chrono::steady_clock::now();
  for (const auto& [login, pull] : image.pulls)
    if (!pull.under_way && StillAsked(pull, now)) wake.insert(wake.end(), pull.waiting.begin(), pull.waiting.end());
}

void EnginePuller::ForgetAll() {
  Lock lock(mutex_);
  for (auto& [reference, image] : images_) {
    image.looked = false;
    ++image.forgotten;
  }
}

void EnginePuller::Tell(const std::vector<ObjectKey>& owners) const {
  if (!options_.on_done) return;
  for (const auto& owner : owners) {
    try {
      options_.on_done(owner);
    } catch (...) {
      LogException(log_, "image pulls");
    }
  }
}

void EnginePuller::DropOld(SteadyTime now) {
  if (images_.size() < kManyImages) return;
  std::erase_if(images_, [&](const auto& item) {
    const Image& image = item.second;
    const bool busy = std::ranges::any_of(image.pulls, [](const auto& entry) { return entry.second.under_way; });
    return !busy && image.asked + kInterest < now;
  });
}

}  // namespace tinyforge::docker
