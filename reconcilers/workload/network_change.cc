#include "reconcilers/workload/network_change.h"

#include <algorithm>
#include <ranges>
#include <set>
#include <utility>

#include "reconcilers/workload/drift.h"
#include "reconcilers/workload/ownership.h"
#include "reconcilers/workload/step_builder.h"

namespace tinyforge {
namespace {

constexpr Duration kMemberPoll = std::chrono::seconds(30);  // nothing tells when a container of others leaves

const DesiredContainer* FindDesired(const DesiredState& desired, const ObservedContainer& container) {
  const auto found = std::ranges::find_if(desired.containers, [&](const DesiredContainer& d) {
    return d.role == ServiceOf(container) && d.replica == ReplicaOf(container);
  });
  return found == desired.containers.end() ? nullptr : &*found;
}

// As found by name as it was, at the address that is asked for now: the one it had may be out of the new subnet.
NetworkAttachment AgainOn(const std::string& network, const ObservedContainer& container, const DesiredState& desired) {
  const ObservedEndpoint& had = container.networks.at(network);
  if (const DesiredContainer* wanted = FindDesired(desired, container)) {
    const bool named = !had.aliases.empty();
    for (NetworkAttachment& n : StepBuilder::Attachments(*wanted, container.Label(label::kAddress), named))
      if (n.network == network) return std::move(n);
  }
  return {.network = network, .aliases = had.aliases};
}

bool SamePlace(const ObservedEndpoint& had, const NetworkAttachment& place) {
  return had.static_address == place.address.value_or("") && had.static_ipv6 == place.ipv6_address &&
         had.link_local_ips == place.link_local_ips;
}

class NetworkChange {
 public:
  NetworkChange(const PlanContext& context, std::vector<ServicePass>& services)
      : context_(context), services_(services) {
    for (ServicePass& service : services)
      for (const ObservedContainer* c : ClassifyOwnership(service.observed.containers).owned)
        owned_.emplace_back(&service, c);
  }

  void Add(const OutdatedNetwork& network) {
    if (!MayRemake(network)) return KeepPlaces(network.wanted.name);
    Remake(network.wanted);
  }

  void Finish() {
    if (plan_.empty()) return;
    for (ServicePass& service : services_) service.decision.plan.steps.clear();
    std::ranges::move(plan_.steps, std::back_inserter(services_.front().decision.plan.steps));
    // None is settled while nothing of it was looked after.
    for (ServicePass& service : services_)
      if (service.decision.verdict.phase == Phase::Ready) SayOf(service, Phase::Progressing, "Networks", said_);
  }

 private:
  // What stands against it is said.
  bool MayRemake(const OutdatedNetwork& network) {
    if (!network.refused.empty())
      return Say(network, "NetworkRefused", network.wanted.name + " stays as it was: " + network.refused);
    if (const std::string others = OthersOn(network); !others.empty()) {
      ComeBackIn(kMemberPoll);
      return Say(network, "NetworkInUse",
                 network.wanted.name +
                     " is to be made anew from another config, which it cannot be while containers are on it that are "
                     "not of this workload: " +
                     others + "; remove them, or give the network another name");
    }
    if (!context_.closed.empty()) {
      if (context_.opens_in) ComeBackIn(*context_.opens_in);
      return Say(network, "OutsideWindow", network.wanted.name + " differs; " + context_.closed);
    }
    return true;
  }

  // The addresses that are asked for are those of the network to come: on the one that is there each keeps its own, and
  // who comes takes what is free.
  void KeepPlaces(const std::string& network) {
    for (ServicePass& service : services_) {
      auto& steps = service.decision.plan.steps;
      for (std::size_t i = 0; i < steps.size(); ++i) {
        if (auto* create = std::get_if<action::Create>(&steps[i].action))
          for (NetworkAttachment& n : create->request.networks)
            if (n.network == network) n = PlaceOn(nullptr, std::move(n));
        auto* connect = std::get_if<action::Connect>(&steps[i].action);
        if (!connect || connect->attachment.network != network) continue;
        const ObservedContainer* c = Find(connect->target.container);
        connect->attachment = PlaceOn(c, std::move(connect->attachment));
        if (!c || !c->networks.contains(network) || !CompareNetworks(*c, {connect->attachment}).connect.empty())
          continue;
        steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(i - 1),
                    steps.begin() + static_cast<std::ptrdiff_t>(i + 1));
        i -= 2;  // with the step before it, by which it left
      }
    }
  }

  static NetworkAttachment PlaceOn(const ObservedContainer* container, NetworkAttachment attachment) {
    ObservedEndpoint had;
    if (container)
      if (const auto found = container->networks.find(attachment.network); found != container->networks.end())
        had = found->second;
    attachment.address = had.static_address.empty() ? std::nullopt : std::optional(had.static_address);
    attachment.ipv6_address = had.static_ipv6;
    attachment.link_local_ips = had.link_local_ips;
    return attachment;
  }

  const ObservedContainer* Find(std::string_view id) const {
    const auto found = std::ranges::find_if(owned_, [&](const auto& o) { return o.second->id == id; });
    return found == owned_.end() ? nullptr : found->second;
  }

  std::string OthersOn(const OutdatedNetwork& network) const {
    std::string others;
    for (const auto& member : network.members) {
      const bool ours = std::ranges::any_of(owned_, [&](const auto& o) { return o.second->id == member.id; });
      if (!ours) others += (others.empty() ? "" : ", ") + member.name;
    }
    return others;
  }

  // Those that depend on others leave first and join last. Who joins is in a group of its own, so that each comes back
  // to what network there is whatever happened to it; but for who is to have another address there, which the old one
  // could not give: the next pass finds it a place.
  void Remake(const DesiredNetwork& network) {
    const std::string cause = "network " + network.name + " differs";
    said_ = "making network " + network.name + " anew";
    const auto on = [&](const auto& o) {
      return o.second->networks.contains(network.name) && o.second->state != ContainerState::Removing &&
             o.second->state != ContainerState::Dead;
    };
    for (const auto& [service, c] : owned_ | std::views::reverse | std::views::filter(on))
      Step(action::Disconnect{RefTo(*c), network.name}, cause);
    Step(action::RemakeNetwork{network, services_.front().desired.workload}, cause);
    const int remake = group_;
    int last = group_;
    for (const auto& [service, c] : owned_ | std::views::filter(on)) {
      action::Connect join{RefTo(*c), AgainOn(network.name, *c, service->desired)};
      group_ = SamePlace(c->networks.at(network.name), join.attachment) ? ++last : remake;
      Step(std::move(join), cause);
    }
    group_ = last + 1;
  }

  void Step(Action action, const std::string& cause) { plan_.steps.push_back({std::move(action), cause, group_}); }

  // Of the first service that wants it.
  bool Say(const OutdatedNetwork& network, std::string_view reason, const std::string& message) {
    const auto wants = [&](const ServicePass& service) {
      return std::ranges::any_of(service.desired.networks,
                                 [&](const DesiredNetwork& n) { return n.name == network.wanted.name; });
    };
    SayOf(*std::ranges::find_if(services_, wants), Phase::Waiting, reason, "network " + message);
    return false;
  }
  static void SayOf(ServicePass& service, Phase phase, std::string_view reason, std::string message) {
    Verdict& verdict = service.decision.verdict;
    if (phase <= verdict.phase) return;
    verdict.phase = phase;
    verdict.reason = reason;
    verdict.message = std::move(message);
  }
  void ComeBackIn(Duration wait) {
    auto& come_back = services_.front().decision.verdict.come_back;
    come_back = std::min(come_back.value_or(wait), wait);
  }

  const PlanContext& context_;
  std::vector<ServicePass>& services_;
  std::vector<std::pair<ServicePass*, const ObservedContainer*>> owned_;  // in order of the services
  Plan plan_;
  int group_ = 0;
  std::string said_;
};

}  // namespace

std::vector<DesiredNetwork> NetworksOf(const std::vector<ServicePass>& services) {
  std::vector<DesiredNetwork> networks;
  std::set<std::string_view> names;
  for (const ServicePass& service : services)
    for (const DesiredNetwork& network : service.desired.networks)
      if (names.insert(network.name).second) networks.push_back(network);
  return networks;
}

void PlanNetworks(const std::vector<OutdatedNetwork>& outdated, const PlanContext& context,
                  std::vector<ServicePass>& services) {
  NetworkChange change(context, services);
  for (const OutdatedNetwork& network : outdated) change.Add(network);
  change.Finish();
}

}  // namespace tinyforge
