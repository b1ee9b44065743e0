#include "controller/docker/container_list.h"

#include <utility>

#include "controller/docker/container_json.h"
#include "controller/docker/json_splitter.h"

namespace tinyforge::docker {
namespace {

constexpr std::size_t kMaxSummaryBytes = std::size_t{1} << 20;

}  // namespace

Expected<std::vector<ObservedContainer>> ListContainers(EngineClient& client, const ContainerFilter& filter,
                                                        const std::stop_token& stop) {
  std::vector<ObservedContainer> containers;
  bool readable = true;
  JsonSplitter splitter(kMaxSummaryBytes, [&](std::string_view text) {
    auto container = DecodeSummary(text);
    readable = readable && container;
    if (container) containers.push_back(std::move(*container));
  });
  EngineCall call{.endpoint = Endpoint::ContainerList,
                  .query = {{"all", "1"}, {"filters", FiltersJson({{filter.kind, filter.values}})}}};
  HttpStreamHandler handler{
      .on_data = [&](std::string_view bytes) { return readable = splitter.Feed(bytes) && readable; }};
  auto done = client.Stream(call, handler, stop);
  if (!done) return std::move(done).error();
  if (!readable || splitter.last_outside() != ']')
    return Error{ErrorKind::Transient, "list containers: the answer is no list of containers"};
  return containers;
}

}  // namespace tinyforge::docker
