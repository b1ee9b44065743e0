// The closed table of Engine API endpoints that Tinyforge calls. What is not here cannot be called: no archive, build,
// plugin, swarm or commit endpoint exists in this program (they run code as root or copy files over the host). What may
// be run in a container is what it was made with as its hooks, see HookRunner.
#pragma once

#include <span>
#include <string_view>

#include "api-types/meta/time.h"

namespace tinyforge::docker {

enum class Endpoint {
  Version,
  Info,
  Events,
  ContainerList,
  ContainerInspect,
  ContainerLogs,
  ContainerCreate,
  ContainerStart,
  ContainerStop,
  ContainerKill,
  ContainerUnpause,
  ContainerRename,
  ContainerUpdate,
  ContainerRemove,
  ExecCreate,
  ExecStart,
  ExecInspect,
  NetworkInspect,
  NetworkCreate,
  NetworkConnect,
  NetworkDisconnect,
  NetworkRemove,
  VolumeInspect,
  VolumeCreate,
  ImageInspect,
  ImagePull,
  ImageRemove,
};

struct EndpointInfo {
  Endpoint endpoint;
  std::string_view operation;  // metric label: "container_create"
  std::string_view words;      // begins error messages: "create container"
  std::string_view method;
  std::string_view path;  // "{}" stands for the object
  bool versioned = true;  // prefixed with "/v1.xx"
  Duration deadline{0};   // of the whole call; zero: a stream, bounded by its caller

  // Changes something on the host.
  bool mutating() const { return method != "GET"; }
};

// In the order of the enum.
std::span<const EndpointInfo> Endpoints();
const EndpointInfo& InfoOf(Endpoint endpoint);

}  // namespace tinyforge::docker
