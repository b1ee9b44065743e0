#include "controller/registry/registry_client.h"

#include <utility>

#include "api-types/codec/field.h"
#include "api-types/codec/formats.h"
#include "controller/logins/registry_logins.h"
#include "controller/registry/client_state.h"
#include "controller/registry/manifest.h"
#include "controller/registry/registry_call.h"
#include "controller/registry/repository_reader.h"

namespace tinyforge::registry {
namespace {

// What is asked about a repository.
struct Topic {
  std::string what;                           // "tags of registry.example.com/team/shop"
  std::string missing;                        // what is not there after a 404
  const codec::TextFormat* format = nullptr;  // of `value`; null: there is none
  std::string value{};
};

Error Misnamed(const Topic& topic, const codec::TextFormat& format) {
  return {ErrorKind::Invalid, topic.what + ": expected " + std::string(format.expected)};
}

Error LeftAlone(const Topic& topic, const std::string& host, const Pace::Closed& closed) {
  return {ErrorKind::Waiting,
          topic.what + ": " + host + " is left alone until " + FormatRfc3339(closed.until) + ": " + closed.reason};
}

std::string Shown(std::string_view text) {
  return Excerpt(text);
}

}  // namespace

struct RegistryClient::Parts {
  Parts(SecretReader& secrets, const Clock& clock, RegistryClientOptions options)
      : logins(secrets, std::move(options.docker_config), std::move(options.on_secret)),
        platform(std::move(options.platform)),
        state{.clock = clock,
              .endpoints = std::move(options.endpoints),
              .call_timeout = options.call_timeout,
              .http = HttpClient({.connect_timeout = options.connect_timeout}),
              .pace = Pace(clock, options.pace)} {}

  // What `read` makes of a call, unless the question is none or its registry is left alone.
  template <class Read>
  auto Ask(const RegistryQuery& query, const Topic& topic, std::stop_token stop, Read read)
      -> decltype(read(std::declval<RegistryCall&>())) {
    if (!codec::format::kImageRepository.valid(query.repository))
      return Misnamed(topic, codec::format::kImageRepository);
    if (topic.format && !topic.format->valid(topic.value)) return Misnamed(topic, *topic.format);
    const ImageName image = SplitImageName(query.repository);
    if (const auto closed = state.pace.Look(image)) return LeftAlone(topic, image.host, *closed);
    auto login = logins.For(image, query.pull_secret);
    if (!login) return std::move(login).error().Within(topic.what);
    RegistryCall call(state,
                      {.endpoint = EndpointOf(image, state.endpoints),
                       .login = std::move(*login),
                       .what = topic.what,
                       .missing = topic.missing},
                      std::move(stop));
    auto result = read(call);
    call.Settle();
    return result;
  }

  const logins::RegistryLogins logins;
  const Platform platform;
  ClientState state;
};

RegistryClient::RegistryClient(SecretReader& secrets, const Clock& clock, RegistryClientOptions options)
    : parts_(std::make_unique<Parts>(secrets, clock, std::move(options))) {}

RegistryClient::~RegistryClient() = default;

Expected<std::vector<std::string>> RegistryClient::Tags(const RegistryQuery& query, std::stop_token stop) {
  const Topic topic{.what = "tags of " + Shown(query.repository),
                    .missing = "repository " + SplitImageName(query.repository).path};
  return parts_->Ask(query, topic, std::move(stop), [](RegistryCall& call) { return ReadTags(call); });
}

Expected<std::string> RegistryClient::Digest(const RegistryQuery& query, std::string_view tag_or_digest,
                                             std::stop_token stop) {
  const bool by_digest = tag_or_digest.find(':') != std::string_view::npos;
  const std::string reference(tag_or_digest);
  const Topic topic{.what = "digest of " + Shown(query.repository) + (by_digest ? "@" : ":") + Shown(reference),
                    .missing = reference + " in a repository " + SplitImageName(query.repository).path,
                    .format = by_digest ? &codec::format::kImageDigest : &codec::format::kImageTag,
                    .value = reference};
  return parts_->Ask(query, topic, std::move(stop), [&](RegistryCall& call) { return ReadDigest(call, reference); });
}

Expected<SysTime> RegistryClient::Created(const RegistryQuery& query, std::string_view digest, std::stop_token stop) {
  const ImageName image = SplitImageName(query.repository);
  const std::string key = image.host + "/" + image.path + "@" + std::string(digest);
  if (const auto known = parts_->state.created.Find(key)) return *known;
  const Topic topic{.what = "date of " + Shown(query.repository) + "@" + Shown(digest),
                    .missing = std::string(digest) + " in a repository " + image.path,
                    .format = &codec::format::kImageDigest,
                    .value = std::string(digest)};
  auto created = parts_->Ask(query, topic, std::move(stop),
                             [&](RegistryCall& call) { return ReadCreated(call, topic.value, parts_->platform); });
  if (created) parts_->state.created.Put(key, *created);
  return created;
}

Duration RegistryClient::Pause(std::string_view repository) {
  const auto closed = parts_->state.pace.Look(SplitImageName(repository));
  return closed ? closed->remaining : Duration(0);
}

}  // namespace tinyforge::registry
