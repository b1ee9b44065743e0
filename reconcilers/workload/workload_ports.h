// All that the reconciler of workloads needs of the world.
#pragma once

#include "reconcilers/core/ports.h"
#include "reconcilers/core/task_runner.h"

namespace tinyforge {

struct WorkloadPorts {
  ConfigReader& config;
  DeletionGate& deletions;
  BindingReader& bindings;
  ContainerReader& containers;
  ContainerReader& onlooker;  // of the same containers, for previews: takes no change away and claims nothing
  NetworkReader& networks;
  ContainerWriter& engine;
  HealthView& health;
  LogReader& logs;
  Calendar& calendar;
  ImagePuller& images;
  SecretReader& secrets;
  FileMaterializer& files;
  FactStore& facts;
  ObjectStore& store;
  HostImages& host_images;
  TaskRunner& tasks;
};

}  // namespace tinyforge
