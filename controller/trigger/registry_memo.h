// What a registry said a moment ago, for the many workloads that one push concerns.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "controller/runtime/clock.h"
#include "controller/runtime/guarded.h"
#include "reconcilers/core/image_registry.h"

namespace tinyforge {

// Thread-safe. Of callers that want the same thing at once one asks and the others wait for its answer.
class RegistryMemo {
 public:
  RegistryMemo(ImageRegistry& registry, const Clock& clock) : registry_(registry), clock_(clock) {}

  // As asked for at `since` or later.
  Expected<std::vector<std::string>> Tags(const RegistryQuery& query, SteadyTime since, std::stop_token stop);
  Expected<std::string> Digest(const RegistryQuery& query, const std::string& tag, SteadyTime since,
                               std::stop_token stop);
  Expected<SysTime> Created(const RegistryQuery& query, const std::string& digest, std::stop_token stop);
  Duration Pause(const std::string& repository) { return registry_.Pause(repository); }

 private:
  template <class T>
  struct Note {
    std::mutex asking;
    SteadyTime asked{};
    std::optional<Expected<T>> answer;
  };
  template <class T>
  using Notes = std::map<std::string, std::shared_ptr<Note<T>>>;
  template <class T>
  Expected<T> Recall(Guarded<Notes<T>>& notes, const std::string& key, SteadyTime since,
                     const std::function<Expected<T>()>& ask);

  ImageRegistry& registry_;
  const Clock& clock_;
  Guarded<Notes<std::vector<std::string>>> tags_;
  Guarded<Notes<std::string>> digests_;
};

}  // namespace tinyforge
