#include "controller/docker/endpoints.h"

#include <array>

namespace tinyforge::docker {
namespace {

constexpr Duration kRead = std::chrono::seconds(10);
constexpr Duration kWrite = std::chrono::seconds(60);
constexpr Duration kStream{0};

constexpr std::array kEndpoints = {
    EndpointInfo{Endpoint::Version, "version", "read version of", "GET", "/version", false, kRead},
    EndpointInfo{Endpoint::Info, "info", "read information of", "GET", "/info", true, kRead},
    EndpointInfo{Endpoint::Events, "events", "follow events", "GET", "/events", true, kStream},
    EndpointInfo{Endpoint::ContainerList, "container_list", "list containers", "GET", "/containers/json", true, kRead},
    EndpointInfo{Endpoint::ContainerInspect, "container_inspect", "inspect container", "GET", "/containers/{}/json",
                 true, kRead},
    EndpointInfo{Endpoint::ContainerLogs, "container_logs", "read logs of container", "GET", "/containers/{}/logs",
                 true, kStream},
    EndpointInfo{Endpoint::ContainerCreate, "container_create", "create container", "POST", "/containers/create", true,
                 kWrite},
    EndpointInfo{Endpoint::ContainerStart, "container_start", "start container", "POST", "/containers/{}/start", true,
                 kWrite},
    EndpointInfo{Endpoint::ContainerStop, "container_stop", "stop container", "POST", "/containers/{}/stop", true,
                 kWrite},
    EndpointInfo{Endpoint::ContainerKill, "container_kill", "signal container", "POST", "/containers/{}/kill", true,
                 kWrite},
    EndpointInfo{Endpoint::ContainerUnpause, "container_unpause", "unpause container", "POST", "/containers/{}/unpause",
                 true, kWrite},
    EndpointInfo{Endpoint::ContainerRename, "container_rename", "rename container", "POST", "/containers/{}/rename",
                 true, kWrite},
    EndpointInfo{Endpoint::ContainerUpdate, "container_update", "update container", "POST", "/containers/{}/update",
                 true, kWrite},
    EndpointInfo{Endpoint::ContainerRemove, "container_remove", "remove container", "DELETE", "/containers/{}", true,
                 kWrite},
    EndpointInfo{Endpoint::ExecCreate, "exec_create", "prepare a command in container", "POST", "/containers/{}/exec",
                 true, kWrite},
    EndpointInfo{Endpoint::ExecStart, "exec_start", "run command", "POST", "/exec/{}/start", true, kStream},
    EndpointInfo{Endpoint::ExecInspect, "exec_inspect", "inspect command", "GET", "/exec/{}/json", true, kRead},
    EndpointInfo{Endpoint::NetworkInspect, "network_inspect", "inspect network", "GET", "/networks/{}", true, kRead},
    EndpointInfo{Endpoint::NetworkCreate, "network_create", "create network", "POST", "/networks/create", true, kWrite},
    EndpointInfo{Endpoint::NetworkConnect, "network_connect", "connect network", "POST", "/networks/{}/connect", true,
                 kWrite},
    EndpointInfo{Endpoint::NetworkDisconnect, "network_disconnect", "disconnect network", "POST",
                 "/networks/{}/disconnect", true, kWrite},
    EndpointInfo{Endpoint::NetworkRemove, "network_remove", "remove network", "DELETE", "/networks/{}", true, kWrite},
    EndpointInfo{Endpoint::VolumeInspect, "volume_inspect", "inspect volume", "GET", "/volumes/{}", true, kRead},
    EndpointInfo{Endpoint::VolumeCreate, "volume_create", "create volume", "POST", "/volumes/create", true, kWrite},
    EndpointInfo{Endpoint::ImageInspect, "image_inspect", "inspect image", "GET", "/images/{}/json", true, kRead},
    EndpointInfo{Endpoint::ImagePull, "image_pull", "pull image", "POST", "/images/create", true, kStream},
    EndpointInfo{Endpoint::ImageRemove, "image_remove", "remove image", "DELETE", "/images/{}", true, kWrite},
};

}  // namespace

std::span<const EndpointInfo> Endpoints() {
  return kEndpoints;
}

const EndpointInfo& InfoOf(Endpoint endpoint) {
  return kEndpoints[static_cast<std::size_t>(endpoint)];
}

}  // namespace tinyforge::docker
