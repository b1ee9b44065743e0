// The readers of a service's keys, each of one part of it. They note what is wrong with the keys' values and leave at
// its default what they cannot read.
#pragma once

#include "reconcilers/source/compose/project_scope.h"
#include "reconcilers/source/compose/service.h"

namespace tinyforge::compose {

// image, build, develop, pull_policy, platform.
void ReadImage(const ServiceInput& in, Service& out);

// command, entrypoint, user, group_add, working_dir, stop_*, init, tty, stdin_open, read_only, container_name.
void ReadProcess(const ServiceInput& in, Service& out);

// environment and env_file, labels and label_file.
void ReadEnvironment(const ServiceInput& in, Service& out);
void ReadLabels(const ServiceInput& in, Service& out);

// networks, network_mode, links and mac_address.
void ReadNetworking(const ServiceInput& in, Service& out);

// hostname, domainname, extra_hosts, dns*.
void ReadHosts(const ServiceInput& in, Service& out);

// ports and expose.
void ReadPorts(const ServiceInput& in, Service& out);

// volumes, tmpfs, shm_size, storage_opt.
void ReadVolumes(const ServiceInput& in, Service& out);

// secrets and configs.
void ReadGrants(const ServiceInput& in, Service& out);

// privileged, capabilities, devices, sysctls, ulimits, namespaces and the rest that the host policy judges.
void ReadRights(const ServiceInput& in, Service& out);

// Limits of the service and of deploy.resources, gpus.
void ReadResources(const ServiceInput& in, Service& out);

// deploy but for its resources, scale, restart.
void ReadDeploy(const ServiceInput& in, Service& out);

// post_start, pre_stop.
void ReadHooks(const ServiceInput& in, Service& out);

void ReadHealthcheck(const ServiceInput& in, Service& out);
void ReadLogging(const ServiceInput& in, Service& out);

// depends_on, and what is implied by links and shared namespaces; to be called after those are read.
void ReadDependencies(const ServiceInput& in, Service& out);

// All of it.
Service ReadService(const ServiceInput& in);

}  // namespace tinyforge::compose
