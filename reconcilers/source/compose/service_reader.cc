#include <map>

#include "reconcilers/source/compose/service_readers.h"

namespace tinyforge::compose {
namespace {

// Notes a path in the container that two keys claim.
class Targets {
 public:
  explicit Targets(const Value& service) : service_(service) {}

  void Claim(const std::string& target, std::string_view key) {
    const auto [first, added] = keys_.emplace(target, key);
    if (!added)
      service_.Fail(target + " is mounted twice, by " + std::string(first->second) +
                    (first->second == key ? "" : " and by " + std::string(key)) + "; keep one");
  }

 private:
  const Value& service_;
  std::map<std::string, std::string_view> keys_;
};

void CheckTargets(const Value& value, const Service& service) {
  Targets targets(value);
  for (const ServiceVolume& volume : service.tmpfs) targets.Claim(volume.target, "tmpfs");
  for (const ServiceVolume& volume : service.volumes) targets.Claim(volume.target, "volumes");
  for (const FileGrant& grant : service.secrets) targets.Claim(grant.target, "secrets");
  for (const FileGrant& grant : service.configs) targets.Claim(grant.target, "configs");
}

}  // namespace

Service ReadService(const ServiceInput& in) {
  Service service;
  ReadImage(in, service);
  ReadProcess(in, service);
  ReadEnvironment(in, service);
  ReadLabels(in, service);
  ReadNetworking(in, service);
  ReadHosts(in, service);
  ReadPorts(in, service);
  ReadVolumes(in, service);
  ReadGrants(in, service);
  ReadRights(in, service);
  ReadResources(in, service);
  ReadDeploy(in, service);
  ReadHooks(in, service);
  ReadHealthcheck(in, service);
  ReadLogging(in, service);
  ReadDependencies(in, service);
  CheckTargets(in.keys.value(), service);
  return service;
}

}  // namespace tinyforge::compose
