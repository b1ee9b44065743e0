#include "api-types/v1/set_rules.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <unordered_map>

#include "api-types/v1/enum_names.h"
#include "api-types/v1/hosts.h"

namespace tinyforge::v1 {
namespace {

struct Claim {
  const Object* object;
  const Port* port;
};

bool MayMeet(const Object& a, const Object& b) {
  const std::vector<std::string>* hosts[] = {&a.workload().hosts, &b.workload().hosts};
  return MayShareHost(hosts);
}

bool IsAnyAddress(const std::string& address) {
  return address == "0.0.0.0" || address == "::";
}

// An omitted address is the host policy's one default; every address includes all others when it is the wildcard.
bool SameAddress(const Port& a, const Port& b) {
  const std::string first = a.host_ip.value_or("127.0.0.1");
  const std::string second = b.host_ip.value_or("127.0.0.1");
  return first == second || IsAnyAddress(first) || IsAnyAddress(second);
}

std::string Describe(const Port& port) {
  return (port.host_ip ? *port.host_ip + ":" : "") + std::to_string(*port.host) + "/" +
         std::string(NameOf(port.protocol));
}

class PortClaims {
 public:
  explicit PortClaims(std::vector<Collision>& errors) : errors_(errors) {}

  void Take(const Object& object) {
    const auto& ports = object.workload().ports;
    for (std::size_t i = 0; i < ports.size(); ++i) {
      const Port& port = ports[i];
      if (!port.host || *port.host == 0) continue;
      auto& holders = claims_[static_cast<std::uint32_t>(*port.host) * 4U + static_cast<std::uint32_t>(port.protocol)];
      // One error a port is enough.
      const auto other =
          std::find_if(holders.begin(), holders.end(), [&](const Claim& c) { return Collides(c, object, port); });
      if (other != holders.end()) Report(*other, object, i);
      holders.push_back({&object, &port});
    }
  }

 private:
  static bool Collides(const Claim& claim, const Object& object, const Port& port) {
    return claim.object != &object && SameAddress(*claim.port, port) && MayMeet(*claim.object, object);
  }

  void Report(const Claim& claim, const Object& object, std::size_t index) {
    std::string message = ToString(object.key) + " claims host port " + Describe(object.workload().ports[index]) +
                          ", which " + ToString(claim.object->key) + " (" + ToString(claim.object->position) +
                          ") has already";
    errors_.push_back(
        {object.key, {object.position, "spec.ports[" + std::to_string(index) + "].host", std::move(message)}});
  }

  std::unordered_map<std::uint32_t, std::vector<Claim>> claims_;
  std::vector<Collision>& errors_;
};

// Names that containers serve under. The name of a workload is its own by its uniqueness, so only those that differ
// from it are gathered; few do.
class NameClaims {
 public:
  NameClaims(const std::map<ObjectKey, ObjectPtr>& objects, std::vector<Collision>& errors)
      : objects_(objects), errors_(errors) {}

  void Take(const Object& object) {
    for (int replica = 1; replica <= object.workload().replicas; ++replica) {
      const std::string name = ServingName(object.key.name, replica);
      if (name == object.key.name) continue;
      if (const auto other = objects_.find({Kind::Workload, name}); other != objects_.end()) {
        if (ServesAs(*other->second, name)) Compare(object, *other->second, name);
      }
      auto& holders = claims_[name];
      for (const Object* holder : holders) Compare(object, *holder, name);
      holders.push_back(&object);
    }
  }

 private:
  static bool ServesAs(const Object& object, const std::string& name) {
    return object.workload().replicas > 0 && ServingName(object.key.name, 1) == name;
  }

  void Compare(const Object& a, const Object& b, const std::string& name) {
    if (!MayMeet(a, b)) return;
    const Object& first = a.key < b.key ? a : b;
    const Object& later = a.key < b.key ? b : a;
    errors_.push_back({later.key,
                       {later.position, "metadata.name",
                        ToString(later.key) + " has a container named " + name + ", and so has " + ToString(first.key) +
                            " (" + ToString(first.position) + "); rename one or run them on different hosts"}});
  }

  const std::map<ObjectKey, ObjectPtr>& objects_;
  std::unordered_map<std::string, std::vector<const Object*>> claims_;
  std::vector<Collision>& errors_;
};

// Compose projects by the name that their manifest gives them: it is in the names of all that they are made of. What a
// compose file says of its name is not known here.
class ProjectClaims {
 public:
  explicit ProjectClaims(std::vector<Collision>& errors) : errors_(errors) {}

  void Take(const Object& object) {
    const auto& compose = object.workload().source.compose;
    if (!compose || !compose->project_name) return;
    auto& holders = claims_[*compose->project_name];
    const auto other =
        std::find_if(holders.begin(), holders.end(), [&](const Object* o) { return MayMeet(*o, object); });
    if (other != holders.end())
      errors_.push_back({object.key,
                         {object.position, "spec.source.compose.projectName",
                          ToString(object.key) + " has the project " + *compose->project_name + ", and so has " +
                              ToString((*other)->key) + " (" + ToString((*other)->position) +
                              "); name one otherwise or run them on different hosts"}});
    holders.push_back(&object);
  }

 private:
  std::unordered_map<std::string, std::vector<const Object*>> claims_;
  std::vector<Collision>& errors_;
};

}  // namespace

std::string ServingName(std::string_view workload, int replica) {
  const std::string base = workload.size() == 1 ? "tf-" + std::string(workload) : std::string(workload);
  return replica == 1 ? base : base + "-" + std::to_string(replica);
}

std::vector<Collision> ValidateSet(const std::map<ObjectKey, ObjectPtr>& objects) {
  std::vector<Collision> errors;
  PortClaims ports(errors);
  NameClaims names(objects, errors);
  ProjectClaims projects(errors);
  // Workloads are the first kind of the order.
  for (auto at = objects.begin(); at != objects.end() && at->first.kind == Kind::Workload; ++at) {
    ports.Take(*at->second);
    names.Take(*at->second);
    projects.Take(*at->second);
  }
  return errors;
}

}  // namespace tinyforge::v1
