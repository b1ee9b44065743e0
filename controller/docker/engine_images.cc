#include "controller/docker/engine_images.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "controller/docker/image_reference.h"

namespace tinyforge::docker {
namespace {

using Json = nlohmann::json;

std::vector<std::string> Texts(const Json& json, const char* key) {
  std::vector<std::string> texts;
  if (!json.contains(key) || !json[key].is_array()) return texts;
  for (const Json& item : json[key])
    if (item.is_string() && !item.get_ref<const std::string&>().starts_with("<none>"))
      texts.push_back(item.get<std::string>());
  return texts;
}

// What has to be taken off one by one before the Engine removes an image by its id: by id it removes one that has at
// most one tag and is of one repository alone. A digest goes with the last tag of its repository.
std::vector<std::string> ReferencesOf(const HostImage& image) {
  std::vector<std::string> references = image.tags;
  std::set<std::string> repositories;
  for (const std::string& tag : image.tags) repositories.insert(ParseImageReference(tag).name);
  for (const std::string& digest : image.digests)
    if (repositories.insert(ParseImageReference(digest).name).second) references.push_back(digest);
  return references;
}

}  // namespace

Expected<std::optional<HostImage>> EngineImages::Find(const std::string& image) {
  auto found = Inspect(image);
  if (!found || !*found) return found;
  auto users = Users((*found)->id);
  if (!users) return std::move(users).error();
  (*found)->users = std::move(*users);
  return found;
}

Expected<std::optional<HostImage>> EngineImages::Inspect(const std::string& image) {
  EngineCall call{.endpoint = Endpoint::ImageInspect, .object = image};
  auto answer = client_.Send(call);
  if (!answer) return std::move(answer).error();
  if (answer->status == 404) return std::optional<HostImage>();
  if (answer->status >= 400) return EngineClient::ToError(call, *answer);
  const auto json = Json::parse(answer->body, nullptr, false);
  if (!json.is_object() || !json.contains("Id") || !json["Id"].is_string())
    return Error{ErrorKind::Transient, "inspect image " + image + ": the answer names no id"};
  return std::optional(HostImage{
      .id = json["Id"].get<std::string>(), .tags = Texts(json, "RepoTags"), .digests = Texts(json, "RepoDigests")});
}

Expected<std::vector<std::string>> EngineImages::Users(const std::string& id) {
  EngineCall call{.endpoint = Endpoint::ContainerList,
                  .object = "of image " + id,
                  .query = {{"all", "1"}, {"filters", FiltersJson({{"ancestor", {id}}})}}};
  auto answer = client_.Call(call);
  if (!answer) return std::move(answer).error();
  const auto json = Json::parse(answer->body, nullptr, false);
  if (!json.is_array())
    return Error{ErrorKind::Transient, "list containers of image " + id + ": the answer is no list"};
  std::vector<std::string> names;
  for (const Json& item : json) {
    auto given = item.is_object() ? Texts(item, "Names") : std::vector<std::string>();
    names.push_back(given.empty() ? "without a name" : given.front().substr(given.front().starts_with('/') ? 1 : 0));
  }
  std::ranges::sort(names);
  return names;
}

std::string EngineImages::Familiar(const std::string& reference) {
  return FamiliarReference(reference);
}

Expected<void> EngineImages::Remove(const HostImage& image) {
  const auto references = ReferencesOf(image);
  for (std::size_t i = 0; i + 1 < references.size(); ++i)
    if (auto done = Untag(references[i], image.id); !done) return done;
  return Delete(image.id);
}

// A tag may have been moved to another image, which must keep it.
Expected<void> EngineImages::Untag(const std::string& reference, const std::string& id) {
  auto now = Inspect(reference);
  if (!now) return std::move(now).error();
  if (!*now || (*now)->id != id) return {};
  return Delete(reference);
}

// Not by force: the Engine refuses what is in use. What the image was built on stays.
Expected<void> EngineImages::Delete(const std::string& image) {
  EngineCall call{.endpoint = Endpoint::ImageRemove, .object = image, .query = {{"force", "0"}, {"noprune", "1"}}};
  auto answer = client_.Send(call);
  if (!answer) return std::move(answer).error();
  if (answer->status < 400 || answer->status == 404) return {};
  return EngineClient::ToError(call, *answer);
}

Duration EngineImages::BeginLook(const std::string& workload, bool at_once) {
  const SteadyTime now = std::chrono::steady_clock::now();
  auto seen = seen_.Lock();
  const auto last = seen->find(workload);
  if (last != seen->end() && !at_once) {
    const SteadyTime due = last->second.at + (last->second.stirred ? options_.after_event : options_.interval);
    if (due > now) return std::max(std::chrono::duration_cast<Duration>(due - now), Duration(1));
  }
  (*seen)[workload] = {.at = now};
  return Duration(0);
}

void EngineImages::EndLook(const std::string& workload, bool pending) {
  if (!pending) seen_.Lock()->erase(workload);
}

void EngineImages::OnEvent(const EngineEvent& event) {
  const bool container_gone = event.type == EngineEvent::Type::Container && event.action == "destroy";
  const bool image_gone =
      event.type == EngineEvent::Type::Image && (event.action == "untag" || event.action == "delete");
  if (!container_gone && !image_gone) return;
  std::vector<std::string> told;
  for (auto seen = seen_.Lock(); auto& [workload, last] : *seen)
    if (!std::exchange(last.stirred, true)) told.push_back(workload);
  if (!options_.on_gone) return;
  for (const std::string& workload : told) options_.on_gone(workload);
}

}  // namespace tinyforge::docker
