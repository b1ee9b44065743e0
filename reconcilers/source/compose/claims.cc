#include "reconcilers/source/compose/claims.h"

#include <algorithm>
#include <initializer_list>
#include <set>

#include "api-types/v1/enum_names.h"
#include "reconcilers/source/compose/service_renderer.h"

namespace tinyforge::compose {
namespace {

// As far down as the keys go.
Value PlaceOf(const Value& root, std::initializer_list<std::string_view> path) {
  Value place = root;
  for (const std::string_view key : path) {
    if (!place.Is(doc::Type::Map)) return place;
    const auto entries = place.Entries();
    const auto found = std::ranges::find(entries, key, &Value::Entry::key);
    if (found == entries.end()) return place;
    place = found->value;
  }
  return place;
}

bool IsAnyAddress(std::string_view address) {
  return address == "0.0.0.0" || address == "::";
}

// An omitted address is the host policy's one default.
std::string_view AddressOf(const Port& port) {
  return port.host_ip.empty() ? "127.0.0.1" : std::string_view(port.host_ip);
}

bool SameAddress(const Port& a, const Port& b) {
  return AddressOf(a) == AddressOf(b) || IsAnyAddress(a.host_ip) || IsAnyAddress(b.host_ip);
}

std::string HostPort(const Port& port) {
  return "host port " + (port.host_ip.empty() ? "" : port.host_ip + ":") + std::to_string(port.host) +
         (port.host_last > port.host ? "-" + std::to_string(port.host_last) : "") + "/" +
         std::string(v1::NameOf(port.protocol));
}

std::string Few(int count) {
  return count == 1 ? "one" : std::to_string(count);
}

// How many host ports it has to give, one to each replica.
int SizeOf(const Port& port) {
  return std::max<int>(port.host_last - port.host, 0) + 1;
}

bool ShareNetwork(const Service& a, const Service& b) {
  return std::ranges::any_of(a.networks, [&](const auto& joined) { return b.networks.contains(joined.first); });
}

class Claims {
 public:
  Claims(const Project& project, const Value& root) : project_(project), root_(root) {}

  void Check() {
    Names();
    for (const auto& [name, service] : project_.services) {
      if (service.replicas > 1) Replicas(name, service);
      if (service.replicas == 0) continue;
      Ports(name, service);
      for (const auto& [key, network] : service.networks) Addresses(name, key, network);
    }
    Links();
    Networks();
  }

 private:
  void Fail(std::initializer_list<std::string_view> path, std::string message) {
    if (!root_.Full()) PlaceOf(root_, path).Fail(std::move(message));
  }

  // Names that are made of those of services differ as these do.
  void Names() {
    std::map<std::string, std::string_view, std::less<>> owners;
    for (const auto& [name, service] : project_.services)
      for (int replica = 1; !service.container_name && replica <= service.replicas; ++replica)
        owners.emplace(ContainerName(project_, name, service, replica), name);
    for (const auto& [name, service] : project_.services) {
      if (!service.container_name || service.replicas == 0) continue;
      const auto [first, added] = owners.emplace(*service.container_name, name);
      if (!added)
        Fail({"services", name, "container_name"}, Quoted(*service.container_name) +
                                                       " is the name of a container of service " +
                                                       Quoted(first->second) + " too");
    }
  }

  void Replicas(const std::string& name, const Service& service) {
    const std::string containers = "the service has " + std::to_string(service.replicas) + " containers, and ";
    const auto short_of = [&](const Port& p) { return p.host != 0 && SizeOf(p) < service.replicas; };
    if (const auto port = std::ranges::find_if(service.ports, short_of); port != service.ports.end())
      Fail({"services", name, "ports"}, containers + HostPort(*port) + " is for " + Few(SizeOf(*port)) +
                                            "; give a range with a port for each, or leave it to the Engine by giving "
                                            "the container's port alone");
    if (service.mac_address) Fail({"services", name, "mac_address"}, containers + "a MAC address is for one");
    for (const auto& [key, network] : service.networks)
      if (network.ipv4_address || network.ipv6_address || !network.link_local_ips.empty() || network.mac_address)
        Fail({"services", name, "networks", key}, containers + "an address is for one; leave it to the Engine");
  }

  void Ports(const std::string& name, const Service& service) {
    for (const Port& given : service.ports) {
      if (given.host == 0) continue;
      for (int replica = 0; replica < std::min(service.replicas, SizeOf(given)); ++replica) {
        Port port = given;
        port.host = port.host_last = static_cast<std::uint16_t>(given.host + replica);
        Hold(name, port);
      }
    }
  }

  void Hold(const std::string& name, const Port& port) {
    auto& holders = ports_[{port.host, port.protocol}];
    const auto other = std::ranges::find_if(holders, [&](const auto& h) { return SameAddress(h.second, port); });
    if (other != holders.end())
      Fail({"services", name, "ports"},
           HostPort(port) +
               (other->first == name ? " is given twice" : " is that of service " + Quoted(other->first) + " too"));
    holders.emplace_back(name, port);
  }

  void Addresses(const std::string& name, const std::string& key, const ServiceNetwork& network) {
    for (const auto& address : {network.ipv4_address, network.ipv6_address}) {
      if (!address) continue;
      const auto [first, added] = addresses_.try_emplace({key, *address}, name);
      if (!added)
        Fail({"services", name, "networks", key},
             *address + " is the address of service " + Quoted(first->second) + " too");
    }
  }

  // All on the networks of the service know it by the other name, not only who has the link.
  void Links() {
    std::map<std::string_view, std::set<std::string_view>> meant;  // by alias
    for (const auto& [name, service] : project_.services) meant[name].insert(name);
    for (const auto& [name, service] : project_.services)
      for (const Link& link : service.links) {
        auto& others = meant[link.alias];
        const auto& linked = project_.services.at(link.service);
        const auto other = std::ranges::find_if(others, [&](std::string_view o) {
          return o != link.service && ShareNetwork(project_.services.find(o)->second, linked);
        });
        if (other != others.end())
          Fail({"services", name, "links"}, Quoted(link.alias) + " would mean both " + Quoted(*other) + " and " +
                                                Quoted(link.service) +
                                                " to all services beside them; expected names that differ");
        others.insert(link.service);
      }
  }

  void Networks() {
    for (const auto& [key, network] : project_.networks)
      if (!network.external && network.name == kSharedNetwork)
        Fail({"networks", key, "name"},
             Quoted(kSharedNetwork) +
                 " is the controller's own network; expected another name, or external: true "
                 "to join it");
  }

  const Project& project_;
  const Value& root_;
  std::map<std::pair<std::uint16_t, v1::Protocol>, std::vector<std::pair<std::string_view, Port>>> ports_;
  std::map<std::pair<std::string_view, std::string>, std::string_view> addresses_;  // by network and address
};

}  // namespace

void CheckClaims(const Project& project, const Value& root) {
  Claims(project, root).Check();
}

}  // namespace tinyforge::compose
