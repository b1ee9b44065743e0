// An engine that changes nothing and writes down what it was asked, one line a call.
#pragma once

#include <string>
#include <vector>

#include "controller/runtime/guarded.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::docker {

// Thread-safe. Every call succeeds; Create answers with an id made of the name.
class DryRunEngine : public ContainerWriter {
 public:
  Expected<std::string> Create(const CreateRequest& request) override;
  Expected<void> Start(std::string_view container) override { return Note("start", container); }
  Expected<void> BeginStop(std::string_view container) override { return Note("stop", container); }
  Expected<void> Remove(std::string_view container) override { return Note("remove", container); }
  Expected<void> Rename(std::string_view container, std::string_view name) override;
  Expected<void> Update(std::string_view container, const Limits& limits) override;
  Expected<void> DisableRestart(std::string_view container) override { return Note("disable restart of", container); }
  Expected<void> Unpause(std::string_view container) override { return Note("unpause", container); }
  Expected<void> Signal(std::string_view container, std::string_view signal) override;
  Expected<void> Connect(std::string_view container, const NetworkAttachment& attachment) override;
  Expected<void> Disconnect(std::string_view container, std::string_view network) override;
  Expected<void> EnsureNetwork(const DesiredNetwork& network) override { return Note("ensure network", network.name); }
  Expected<void> EnsureVolume(std::string_view name, std::string_view workload) override;
  Expected<void> RemoveNetwork(std::string_view name) override { return Note("remove network", name); }

  // "create web from shop:1", "connect web to backend", …, in order.
  std::vector<std::string> lines() { return *lines_.Lock(); }

 private:
  Expected<void> Note(std::string_view verb, std::string_view object, std::string_view rest = {});

  Guarded<std::vector<std::string>> lines_;
};

}  // namespace tinyforge::docker
