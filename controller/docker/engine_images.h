// The images of the host: what they are called, who uses them, and their removal.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controller/docker/engine_client.h"
#include "controller/docker/engine_event.h"
#include "controller/runtime/guarded.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::docker {

struct EngineImagesOptions {
  Duration interval = std::chrono::minutes(10);  // from one look to the next
  Duration after_event = std::chrono::seconds(10);
  // A container or an image went, and images that this workload left were still there; from any thread, must be quick.
  std::function<void(const std::string& workload)> on_gone;
};

// Thread-safe. Find makes two quick calls; Remove one a reference and one for the image, each refused by the Engine
// while a container uses what it would take away.
class EngineImages : public HostImages {
 public:
  EngineImages(EngineClient& client, EngineImagesOptions options) : client_(client), options_(std::move(options)) {}

  Expected<std::optional<HostImage>> Find(const std::string& image) override;
  std::string Familiar(const std::string& reference) override;
  Expected<void> Remove(const HostImage& image) override;
  Duration BeginLook(const std::string& workload, bool at_once) override;
  void EndLook(const std::string& workload, bool pending) override;

  // To be called by the event stream.
  void OnEvent(const EngineEvent& event);

 private:
  struct Seen {
    SteadyTime at{};
    bool stirred = false;  // something went since
  };

  Expected<std::optional<HostImage>> Inspect(const std::string& image);
  Expected<std::vector<std::string>> Users(const std::string& id);
  Expected<void> Untag(const std::string& reference, const std::string& id);
  Expected<void> Delete(const std::string& image);

  EngineClient& client_;
  const EngineImagesOptions options_;
  Guarded<std::map<std::string, Seen>> seen_;  // by workload
};

}  // namespace tinyforge::docker
