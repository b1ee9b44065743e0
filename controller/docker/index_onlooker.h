// The index for whoever only looks: previews and the API.
#pragma once

#include "controller/docker/container_index.h"

namespace tinyforge::docker {

// Takes no mark away, so that the next reconcile still sees every change, and claims nothing. Thread-safe.
class IndexOnlooker : public ContainerReader {
 public:
  explicit IndexOnlooker(ContainerIndex& index) : index_(index) {}

  Expected<std::vector<ObservedContainer>> Containers(std::string_view workload) override {
    return index_.Peek(workload);
  }
  // Compares nothing: what the reconcile has not seen yet shows as not altered.
  Expected<std::vector<ObservedContainer>> Compared(const DesiredRefs& desired) override {
    return index_.Peek(desired.front()->workload);
  }
  Expected<std::vector<ObservedContainer>> OfProject(const std::string& project, const DesiredRefs& desired) override {
    return index_.OfProject(project, desired);
  }
  std::map<std::string, ContainerAge> Ages(std::string_view workload) override { return index_.Ages(workload); }
  std::map<std::string, std::string> WritersElsewhere(std::string_view workload,
                                                      const std::set<std::string>& sources) override {
    return index_.PeekWriters(workload, sources);
  }
  HostSupport Host() override { return index_.Host(); }
  Expected<std::vector<std::string>> FreeAddresses(std::size_t) override {
    return Error{ErrorKind::Invalid, "whoever only looks is given no address"};
  }

 private:
  ContainerIndex& index_;
};

}  // namespace tinyforge::docker
