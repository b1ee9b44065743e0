#include "controller/docker/host_config.h"

#include <nlohmann/json.hpp>

namespace tinyforge::docker {
namespace {

using Json = nlohmann::json;

void AddIsolation(const ContainerTemplate& spec, Json& host) {
  if (spec.init) host["Init"] = *spec.init;
  if (spec.privileged) host["Privileged"] = true;
  if (spec.read_only_root_filesystem) host["ReadonlyRootfs"] = true;
  if (!spec.capabilities.add.empty()) host["CapAdd"] = spec.capabilities.add;
  if (!spec.capabilities.drop.empty()) host["CapDrop"] = spec.capabilities.drop;
  if (!spec.security_opt.empty()) host["SecurityOpt"] = spec.security_opt;
  if (!spec.group_add.empty()) host["GroupAdd"] = spec.group_add;
  if (!spec.namespaces.uts.empty()) host["UTSMode"] = spec.namespaces.uts;
  if (!spec.namespaces.user.empty()) host["UsernsMode"] = spec.namespaces.user;
  if (!spec.namespaces.cgroup.empty()) host["CgroupnsMode"] = spec.namespaces.cgroup;
  if (!spec.cgroup_parent.empty()) host["CgroupParent"] = spec.cgroup_parent;
  if (!spec.runtime.empty()) host["Runtime"] = spec.runtime;
  if (!spec.storage_opt.empty()) host["StorageOpt"] = spec.storage_opt;
  if (!spec.annotations.empty()) host["Annotations"] = spec.annotations;
}

Json RequestJson(const DeviceRequest& request) {
  Json json = {{"Driver", request.driver}, {"Capabilities", request.capabilities}, {"Options", request.options}};
  if (request.count != 0) json["Count"] = request.count;
  if (!request.device_ids.empty()) json["DeviceIDs"] = request.device_ids;
  return json;
}

void AddDevices(const ContainerTemplate& spec, Json& host) {
  for (const auto& device : spec.devices) {
    host["Devices"].push_back({{"PathOnHost", device.host},
                               {"PathInContainer", device.container.empty() ? device.host : device.container},
                               {"CgroupPermissions", device.permissions}});
  }
  if (!spec.device_cgroup_rules.empty()) host["DeviceCgroupRules"] = spec.device_cgroup_rules;
  for (const DeviceRequest& request : spec.device_requests) host["DeviceRequests"].push_back(RequestJson(request));
}

void AddTunables(const ContainerTemplate& spec, Json& host) {
  for (const auto& limit : spec.ulimits)
    host["Ulimits"].push_back({{"Name", limit.name}, {"Soft", limit.soft}, {"Hard", limit.hard}});
  if (!spec.sysctls.empty()) host["Sysctls"] = spec.sysctls;
  if (spec.shm_size) host["ShmSize"] = *spec.shm_size;
}

void AddScheduling(const Scheduling& scheduling, Json& host) {
  if (scheduling.cpu_period) host["CpuPeriod"] = scheduling.cpu_period;
  if (scheduling.cpu_quota) host["CpuQuota"] = scheduling.cpu_quota;
  if (scheduling.realtime_period) host["CpuRealtimePeriod"] = scheduling.realtime_period;
  if (scheduling.realtime_runtime) host["CpuRealtimeRuntime"] = scheduling.realtime_runtime;
  if (scheduling.memory_swappiness) host["MemorySwappiness"] = *scheduling.memory_swappiness;
  if (scheduling.oom_score_adj) host["OomScoreAdj"] = scheduling.oom_score_adj;
  if (scheduling.oom_kill_disable) host["OomKillDisable"] = true;
}

void AddRates(const std::vector<BlkioRate>& rates, const char* key, const char* value, Json& host) {
  for (const BlkioRate& rate : rates) host[key].push_back({{"Path", rate.path}, {value, rate.rate}});
}

void AddBlkio(const Blkio& blkio, Json& host) {
  if (blkio.weight) host["BlkioWeight"] = blkio.weight;
  AddRates(blkio.weight_devices, "BlkioWeightDevice", "Weight", host);
  AddRates(blkio.read_bps, "BlkioDeviceReadBps", "Rate", host);
  AddRates(blkio.write_bps, "BlkioDeviceWriteBps", "Rate", host);
  AddRates(blkio.read_iops, "BlkioDeviceReadIOps", "Rate", host);
  AddRates(blkio.write_iops, "BlkioDeviceWriteIOps", "Rate", host);
}

}  // namespace

void AddHostConfig(const ContainerTemplate& spec, Json& host) {
  AddIsolation(spec, host);
  AddDevices(spec, host);
  AddTunables(spec, host);
  AddScheduling(spec.scheduling, host);
  AddBlkio(spec.blkio, host);
}

}  // namespace tinyforge::docker
