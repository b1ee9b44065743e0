// Looks at the host for one pass over a workload: what its services have, and what a container to create needs.
#pragma once

#include <string>
#include <vector>

#include "reconcilers/workload/services.h"
#include "reconcilers/workload/workload_ports.h"

namespace tinyforge {

class Observer {
 public:
  enum class Purpose { Reconcile, Preview };  // a preview claims nothing and takes no change away
  // `ports` is kept by reference and must outlive this.
  Observer(const WorkloadPorts& ports, Purpose purpose) : ports_(ports), purpose_(purpose) {}

  // Fills in `observed` of each service but for images and addresses; what none asks for becomes one more service.
  // `adopted` count as being there already.
  Expected<void> Observe(std::vector<ServicePass>& services, std::vector<ObservedContainer> adopted = {}) const;

  // One service about to be planned.
  struct Need {
    const ObjectKey& owner;
    const PlanContext& context;
    bool held = false;  // nothing may be changed: nothing is pulled, and no address taken
  };
  // The image and the addresses for containers to create; without any to create, nothing. A release that begins is
  // noted in the facts before its pull and before a container is made of it.
  Expected<void> PrepareCreate(const Need& need, ServicePass& service) const;

 private:
  ContainerReader& Containers() const { return purpose_ == Purpose::Preview ? ports_.onlooker : ports_.containers; }
  ObservedState WithoutContainers(const std::vector<ServicePass>& services) const;
  void Probe(std::vector<ServicePass>& services) const;
  Expected<void> BringImage(const Need& need, ServicePass& service) const;
  Expected<void> NoteRelease(const DesiredState& desired, const std::string& image_id, SysTime now) const;

  const WorkloadPorts& ports_;
  const Purpose purpose_;
};

}  // namespace tinyforge
