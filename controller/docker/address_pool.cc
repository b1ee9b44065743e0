#include "controller/docker/address_pool.h"

namespace tinyforge::docker {
namespace {

constexpr auto kReservation = std::chrono::minutes(2);

}  // namespace

AddressPool::AddressPool(Ipv4Subnet subnet, std::uint64_t seed)
    : subnet_(subnet), next_(subnet.first() + static_cast<Ipv4>(seed % (subnet.last() - subnet.first() + 1))) {}

void AddressPool::SetSubnet(Ipv4Subnet subnet) {
  if (subnet == subnet_) return;
  subnet_ = subnet;
  next_ = subnet.first();
}

void AddressPool::Forget(SteadyTime now) {
  std::erase_if(reserved_, [&](const auto& item) { return item.second <= now; });
}

Expected<std::vector<std::string>> AddressPool::Take(std::size_t count, const std::set<Ipv4>& used, SteadyTime now) {
  Forget(now);
  std::vector<Ipv4> taken;
  std::uint64_t total = subnet_.last() - subnet_.first() + 1;
  Ipv4 candidate = next_;
  for (std::uint64_t tried = 0; tried < total && taken.size() < count; ++tried) {
    if (!used.contains(candidate) && !reserved_.contains(candidate)) taken.push_back(candidate);
    candidate = candidate == subnet_.last() ? subnet_.first() : candidate + 1;
  }
  if (taken.size() < count) {
    return Error{ErrorKind::Waiting, "the shared network " + subnet_.Cidr() + " has no free address left for " +
                                         std::to_string(count) + " more containers"};
  }
  next_ = candidate;
  std::vector<std::string> texts;
  for (auto address : taken) {
    reserved_[address] = now + kReservation;
    texts.push_back(ToString(address));
  }
  return texts;
}

}  // namespace tinyforge::docker
