#include "reconcilers/source/compose/render.h"

#include "reconcilers/source/compose/order.h"
#include "reconcilers/source/compose/service_renderer.h"

namespace tinyforge::compose {

Expected<DesiredServices> Render(const RenderInput& input, ReadSet& read_set) {
  auto order = OrderOf(input.project);
  if (!order) return std::move(order).error();
  DesiredServices services;
  for (const std::string& name : *order) {
    auto desired = ServiceRenderer(input, name, input.project.services.at(name), read_set).Render(services);
    if (!desired) return std::move(desired).error().Within("service " + name);
    services.push_back(std::move(*desired));
  }
  return services;
}

}  // namespace tinyforge::compose
