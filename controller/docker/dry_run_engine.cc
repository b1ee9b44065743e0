#include "controller/docker/dry_run_engine.h"

#include "controller/docker/create_body.h"

namespace tinyforge::docker {

Expected<std::string> DryRunEngine::Create(const CreateRequest& request) {
  (void)Note("create", request.name, "from " + request.spec.image);
  return "dry-run-" + request.name;
}

Expected<void> DryRunEngine::Rename(std::string_view container, std::string_view name) {
  return Note("rename", container, "to " + std::string(name));
}

Expected<void> DryRunEngine::Update(std::string_view container, const Limits& limits) {
  return Note("update", container, EncodeUpdateBody(limits));
}

Expected<void> DryRunEngine::Signal(std::string_view container, std::string_view signal) {
  return Note("signal", container, "with " + std::string(signal));
}

Expected<void> DryRunEngine::Connect(std::string_view container, const NetworkAttachment& attachment) {
  return Note("connect", container, "to " + attachment.network);
}

Expected<void> DryRunEngine::Disconnect(std::string_view container, std::string_view network) {
  return Note("disconnect", container, "from " + std::string(network));
}

Expected<void> DryRunEngine::EnsureVolume(std::string_view name, std::string_view workload) {
  return Note("ensure volume", name, "of " + std::string(workload));
}

Expected<void> DryRunEngine::Note(std::string_view verb, std::string_view object, std::string_view rest) {
  std::string line(verb);
  for (auto part : {object, rest}) {
    if (!part.empty()) line.append(" ").append(part);
  }
  lines_.Lock()->push_back(std::move(line));
  return {};
}

}  // namespace tinyforge::docker
