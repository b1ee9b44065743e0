#include "reconcilers/source/compose/render.h"

#include <cstddef>

#include "reconcilers/source/compose/load_session.h"
#include "reconcilers/source/compose/order.h"
#include "reconcilers/source/compose/service_renderer.h"

namespace tinyforge::compose {
namespace {

constexpr std::size_t kMaxRendered = 128 << 20;

std::string PlaceOf(const RenderInput& input, std::string_view service) {
  const doc::Node* services = input.root.Find("services");
  if (services == nullptr) return "";
  for (const doc::Node::Member& member : services->members)
    if (member.key == service) return Where(input.files, member.mark) + ": ";
  return "";
}

// Of what grows with the size of files and the number of replicas.
std::size_t Weigh(const DesiredState& desired) {
  std::size_t files = 0;
  for (const DesiredFile& file : desired.files)
    for (const DesiredFile::Entry& entry : file.entries) files += entry.content.size();
  if (desired.containers.empty()) return files;
  std::size_t environment = 0;
  for (const EnvEntry& entry : desired.containers.front().spec.env) environment += entry.value.size();
  return files + environment * desired.containers.size();
}

}  // namespace

Expected<SecretHandle> SecretAt(const RenderInput& input, std::size_t index, ReadSet& read_set) {
  const SecretHandle& secret = input.secrets.at(index);
  read_set.secrets.insert(secret.ref.name);
  return secret.fingerprint.empty() ? input.request.secrets.Find(secret.ref) : secret;
}

Expected<DesiredServices> Render(const RenderInput& input, ReadSet& read_set) {
  DesiredServices services;
  std::size_t bytes = 0;
  for (const std::string& name : OrderOf(input.project).names) {
    auto desired = ServiceRenderer(input, name, input.project.services.at(name), read_set).Render(services);
    if (!desired) return std::move(desired).error().Within(PlaceOf(input, name) + "services." + name);
    bytes += Weigh(*desired);
    if (bytes > kMaxRendered)
      return Error{ErrorKind::Terminal, "files and environments of the services are more than 128 MiB in all"};
    services.push_back(std::move(*desired));
  }
  return services;
}

}  // namespace tinyforge::compose
