#include "controller/docker/engine_puller.h"

#include <algorithm>
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
constexpr auto kInterest = std::chrono::minutes(30);  // after which nobody is thought to want the image
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

// The reference by digest under which this repository's registry has the image that was inspected; empty: the image has
// none of that repository, or it is asked for by digest or id already.
std::string PinnedReference(std::string_view inspected, const std::string& reference) {
  const ImageReference asked = ParseImageReference(reference);
  if (!asked.digest.empty() || reference.starts_with("sha256:")) return {};
  const auto json = Json::parse(inspected, nullptr, false);
  if (!json.is_object() || !json.contains("RepoDigests") || !json["RepoDigests"].is_array()) return {};
  for (const Json& item : json["RepoDigests"]) {
    if (!item.is_string()) continue;
    const ImageReference known = ParseImageReference(item.get<std::string>());
    if (FamiliarReference(known.name + ":x") == FamiliarReference(asked.name + ":x")) return item.get<std::string>();
  }
  return {};
}

bool ContainsAny(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](auto word) { return text.find(word) != std::string_view::npos; });
}

std::optional<std::string> Reported(const std::string& progress) {
  if (progress.find("\"error\"") == std::string::npos) return std::nullopt;
  auto error = TextAt(progress, "error");
  return error.empty() ? std::nullopt : std::optional(error);
}

}  // namespace

Error ExplainPullFailure(const std::string& reference, int status, std::string_view message) {
  Error error{ErrorKind::Waiting, "pull " + reference + ": " + std::string(message)};
  if (ContainsAny(message, {"no matching manifest", "does not match the specified platform"})) {
    error.kind = ErrorKind::Terminal;
  } else if (ContainsAny(message, {"toomanyrequests", "Too Many Requests"}) || status == 429) {
    error.message += " (the registry limits the rate of pulls; credentials raise the limit)";
  } else if (ContainsAny(message, {"unauthorized", "denied", "authentication required", "no basic auth"})) {
    error.message += " (the registry wants credentials: give them in the Docker config.json of the controller)";
  } else if (ContainsAny(message, {"no space left on device"})) {
    error.message += " (the disk of the Docker Engine is full)";
  }
  return error;
}

EnginePuller::EnginePuller(EngineClient& client, Logger& log, EnginePullerOptions options)
    : client_(client), log_(log), options_(std::move(options)) {}

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

ImagePresence EnginePuller::Ensure(const std::string& reference, v1::PullPolicy policy, const ObjectKey& owner) {
  Lock lock(mutex_);
  auto now = std::chrono::steady_clock::now();
  DropOld(now);
  auto& image = images_[reference];
  image.asked = now;
  image.waiting.insert(owner);
  if (auto looked = Look(reference, lock); !looked) {
    AskAgainLater(image);
    return {.failure = looked.error()};
  }
  image.ask_again_at.reset();
  bool counts = image.local && image.counts_until.contains(owner) && image.counts_until[owner] > now;
  bool wanted = policy == v1::PullPolicy::Always ? !counts : !image.local;
  if (!wanted) {
    NoLongerWaits(image, owner);
    return PresenceOf(image);
  }
  if (policy == v1::PullPolicy::Never) {
    return {.failure =
                Error{ErrorKind::Waiting, "image " + reference + " is not on this host and pullPolicy is Never"}};
  }
  if (!image.pulling && !image.queued && now >= image.retry_at) Queue(image);
  return {.pulling = image.pulling || image.queued, .failure = image.failure};
}

ImagePresence EnginePuller::Peek(const std::string& reference) {
  {
    Lock lock(mutex_);
    auto found = images_.find(reference);
    if (found != images_.end() && found->second.looked) {
      const auto& image = found->second;
      ImagePresence presence = PresenceOf(image);
      presence.pulling = image.pulling || image.queued;
      presence.failure = image.failure;
      return presence;
    }
  }
  auto found = Inspect(reference);
  if (!found) return {.failure = found.error()};
  if (!*found) return {};
  return {.id = std::move((*found)->id), .pinned = std::move((*found)->pinned)};
}

// Empty: the host does not have it.
Expected<std::optional<EnginePuller::LocalImage>> EnginePuller::Inspect(const std::string& reference) {
  EngineCall call{.endpoint = Endpoint::ImageInspect, .object = reference};
  auto answer = client_.Send(call);
  if (!answer) return std::move(answer).error();
  if (answer->status == 404) return std::optional<LocalImage>();
  if (answer->status >= 400) return EngineClient::ToError(call, *answer);
  auto id = TextAt(answer->body, "Id");
  if (id.empty()) return Error{ErrorKind::Transient, "inspect image " + reference + ": the answer names no id"};
  return std::optional(LocalImage{std::move(id), PinnedReference(answer->body, reference)});
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
  image.local = std::move(*found);
  image.looked = image.forgotten == forgotten;
  return {};
}

// The image came by another way than ours, or it was here for this owner's policy.
void EnginePuller::NoLongerWaits(Image& image, const ObjectKey& owner) {
  image.waiting.erase(owner);
  if (!image.waiting.empty()) return;
  image.failure.reset();
  image.failures = 0;
  image.retry_at = {};
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
      owners.insert(owners.end(), image.waiting.begin(), image.waiting.end());
    }
  }
  if (owners.empty()) return false;
  lock.unlock();
  Tell(owners);
  lock.lock();
  return true;
}

void EnginePuller::Queue(Image& image) {
  if (aborted_) return;
  image.queued = true;
  auto busy =
      std::ranges::count_if(images_, [](const auto& item) { return item.second.queued || item.second.pulling; });
  if (threads_.size() < std::min<std::size_t>(static_cast<std::size_t>(busy), options_.max_pulls)) {
    threads_.emplace_back([this](const std::stop_token& stop) { Work(stop); });
  }
  wake_.notify_all();
}

void EnginePuller::Work(const std::stop_token& stop) {
  auto round = [&] {
    Lock lock(mutex_);
    auto now = std::chrono::steady_clock::now();
    auto wake = now + std::chrono::hours(1);
    auto reference = Next(now, wake);
    if (!reference.empty()) {
      PullOne(reference, lock, stop);
    } else {
      wake_.wait_until(lock, stop, wake, [&] {
        SteadyTime unused{};
        return !Next(std::chrono::steady_clock::now(), unused).empty();
      });
    }
  };
  while (!stop.stop_requested()) Shielded(log_, "image pulls", stop, round);
}

// The reference to pull now; else `wake` is when a retry falls due.
std::string EnginePuller::Next(SteadyTime now, SteadyTime& wake) const {
  for (const auto& [reference, image] : images_) {
    if (image.queued) return reference;
    bool retry = image.failure && !image.pulling && !image.waiting.empty() && image.asked + kInterest > now;
    if (!retry) continue;
    if (image.retry_at <= now) return reference;
    wake = std::min(wake, image.retry_at);
  }
  return {};
}

void EnginePuller::PullOne(const std::string& reference, Lock& lock, const std::stop_token& stop) {
  auto& image = images_[reference];
  image.queued = false;
  image.pulling = true;
  lock.unlock();
  Expected<LocalImage> pulled =
      Error{ErrorKind::Transient, "pull " + reference + ": the puller failed; its log says why"};
  Shielded(log_, "image pulls", stop, [&] {
    log_.Info("image pull started", {{"image", reference}});
    if (auto passed = Failpoint("docker.pull.begin"); passed) pulled = Pull(reference, stop);
    (void)Failpoint("docker.pull.end");
  });
  lock.lock();
  image.pulling = false;
  if (stop.stop_requested()) return;
  std::vector<ObjectKey> owners(image.waiting.begin(), image.waiting.end());
  if (pulled) {
    log_.Info("image pulled", {{"image", reference}, {"id", pulled->id}});
    image.local = std::move(*pulled);
    image.looked = true;
    image.failure.reset();
    image.failures = 0;
    image.retry_at = {};
    for (const auto& owner : owners) image.counts_until[owner] = std::chrono::steady_clock::now() + kCounts;
    image.waiting.clear();
  } else {
    Failed(reference, image, std::move(pulled.error()));
  }
  lock.unlock();
  Tell(owners);
  lock.lock();
}

void EnginePuller::Failed(const std::string& reference, Image& image, Error error) {
  bool administrator =
      error.kind == ErrorKind::Terminal || ContainsAny(error.message, {"credentials", "not found", "manifest unknown"});
  auto delay = options_.first_retry * (administrator ? kPatience : 1) * (1 << std::min(image.failures, kMaxDoublings));
  image.retry_at = std::chrono::steady_clock::now() + std::min<Duration>(delay, options_.longest_retry);
  ++image.failures;
  log_.Warn("image not pulled", {{"image", reference}, {"error", error.message}});
  image.failure = std::move(error);
}

Expected<EnginePuller::LocalImage> EnginePuller::Pull(const std::string& text, const std::stop_token& stop) {
  auto reference = ParseImageReference(text);
  auto auth = RegistryAuthHeaderFromFile(options_.docker_config, reference.registry);
  if (!auth) return std::move(auth).error().Within("pull " + text);
  EngineCall call{.endpoint = Endpoint::ImagePull,
                  .object = text,
                  .query = {{"fromImage", reference.name}, {"tag", reference.version()}},
                  .deadline = kLongestPull,
                  .idle = kSilence};
  if (*auth) call.headers.push_back(**auth);
  std::optional<std::string> reported;
  JsonSplitter progress(kMaxProgressBytes, [&](std::string_view object) {
    if (!reported) reported = Reported(std::string(object));
  });
  HttpStreamHandler handler{.on_data = [&](std::string_view bytes) { return progress.Feed(bytes); }};
  auto done = client_.Stream(call, handler, stop);
  if (!done) return ExplainPullFailure(text, 0, done.error().message);
  if (reported) return ExplainPullFailure(text, 200, *reported);
  auto found = Inspect(text);
  if (!found) return std::move(found).error();
  if (!*found)
    return Error{ErrorKind::Waiting, "pull " + text + ": the Engine says it is done and does not have the image"};
  return std::move(**found);
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

void EnginePuller::Forget(Image& image, std::vector<ObjectKey>& wake) {
  bool missing = image.looked && !image.local;
  image.looked = false;
  ++image.forgotten;
  if (missing && !image.pulling) wake.insert(wake.end(), image.waiting.begin(), image.waiting.end());
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
    return !item.second.pulling && !item.second.queued && item.second.asked + kInterest < now;
  });
}

}  // namespace tinyforge::docker
