// How a container, as inspected, differs from what a create of its template makes: what another hand altered when it
// made the container anew under the same labels.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "reconcilers/core/desired_state.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::docker {

// What an image brings to the containers that are made from it.
struct ImageDefaults {
  std::set<std::string, std::less<>> env;  // "NAME=value"
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::string user;
  std::string working_dir;
  std::string healthcheck;  // see HealthcheckText
  std::string stop_signal;
  std::set<std::string, std::less<>> labels;  // keys
};

// From GET /images/{id}/json. Empty when the answer tells nothing of the image's configuration.
std::optional<ImageDefaults> DecodeImageDefaults(std::string_view inspect);

// The fields in which the container is not `desired`, whose template hash it bears: sorted, named as in FieldDigests
// ("env.LOG_LEVEL", "args", "mounts./data"), without anything of their values, fit for a line of text.
//
// A difference costs a restart, so compared is only what an Engine of API 1.41 or newer reports just as it was sent:
// - both ways: privileged, tty, readOnlyRootFilesystem, capabilities (by set, with or without CAP_; beside ALL nothing
//   else), devices, published ports, bind mounts and named volumes;
// - when the template sets it: env, command, args, user, workingDir, hostname, stopSignal, stopGracePeriod, init,
//   healthcheck, sysctls, ulimits, shmSize, logging, extraHosts, dns, containerLabels, networkMode, each mount's type,
//   source and read-only, stdinOpen, domainname, dnsSearch, dnsOptions, groupAdd, securityOpt, runtime, cgroupParent,
//   annotations, the namespaces of pidMode, ipcMode, utsMode, usernsMode and cgroupMode;
// - when it does not, and the image is known: env, command, args, user and workingDir against the image's;
// - when it does not: "pidMode" and "ipcMode" of the host or of another container, "volumesFrom", all ports
//   published, the network of the host or of another container, or none.
// Left out, since an Engine fills or rewrites them, or since their hash is not the template's: the image's name (its id
// is compared by who owns it), exposed ports, the host IP of a port that names none or no IPv4, what the image brings
// as health check, stop signal and volumes, further ulimits, sysctls, log options, hosts and name servers, sysctls of
// one interface, extra hosts and name servers that are no IPv4, options of tmpfs, volumes and bind mounts, anonymous
// volumes, seccomp profiles, what nobody asked for of security options, runtime, user and cgroup namespaces and groups,
// device requests and rules, scheduling, disk rates, storage options, platform. Networks, limits and restart policy
// are compared elsewhere, as they change in place.
//
// A secret that cannot be revealed now is not compared; without `secrets` none is. Nothing for a text that is no
// inspect answer.
std::vector<std::string> AlteredFields(std::string_view inspect, const DesiredContainer& desired,
                                       const std::optional<ImageDefaults>& image, SecretReader* secrets);

}  // namespace tinyforge::docker
