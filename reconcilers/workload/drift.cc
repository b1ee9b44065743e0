#include "reconcilers/workload/drift.h"

#include <algorithm>
#include <set>
#include <utility>

#include "reconcilers/core/field_digests.h"
#include "reconcilers/workload/sharing.h"

namespace tinyforge {
namespace {

constexpr std::size_t kFieldsNamed = 5;
constexpr std::int64_t kEngineCpuShares = 1024;
constexpr std::int64_t kNoPidsLimit = -1;
constexpr std::string_view kAltered = " from what was created: drift";
constexpr std::string_view kAnd = " and ";
constexpr std::string_view kMore = " more";

// "secret.shop/db-password" is no path of the manifest.
std::string ForPeople(std::string field) {
  for (std::string_view kind : {"secret", "file"})
    if (field.starts_with(std::string(kind) + ".")) field[kind.size()] = ' ';
  return field;
}

// "a, b", and how many more there are.
std::string List(const std::vector<std::string>& fields) {
  std::string text;
  for (std::size_t i = 0; i < std::min(fields.size(), kFieldsNamed); ++i) text += (i ? ", " : "") + fields[i];
  if (fields.size() <= kFieldsNamed) return text;
  return text + std::string(kAnd) + std::to_string(fields.size() - kFieldsNamed) + std::string(kMore);
}

std::string Differ(const std::vector<std::string>& fields) {
  return List(fields) + (fields.size() == 1 ? " differs" : " differ");
}

std::string TemplateCause(const ObservedContainer& container, const DesiredContainer& desired) {
  auto fields = DifferingFields(container.Label(label::kFields), FieldDigests(desired.spec));
  if (fields.empty()) return "template differs";
  std::ranges::transform(fields, fields.begin(), ForPeople);
  return Differ(fields);
}

// What the label of a container says that it was created to mend.
struct Mended {
  std::set<std::string, std::less<>> fields;
  bool more = false;  // than are named
};

Mended MendedBy(std::string_view cause) {
  Mended mended;
  if (!cause.ends_with(kAltered)) return mended;
  cause.remove_suffix(kAltered.size());
  cause = cause.substr(0, cause.rfind(" differ"));
  mended.more = cause.ends_with(kMore);
  if (mended.more) cause = cause.substr(0, cause.rfind(kAnd));
  while (!cause.empty()) {
    const std::string_view field = cause.substr(0, cause.find(", "));
    mended.fields.emplace(field);
    cause.remove_prefix(std::min(cause.size(), field.size() + 2));
  }
  return mended;
}

std::vector<std::string> AlteredForPeople(const ObservedContainer& container) {
  std::vector<std::string> fields;
  std::ranges::transform(container.altered, std::back_inserter(fields), ForPeople);
  return fields;
}

// The Engine makes it so: another one would not be better.
bool MadeSoByEngine(const ObservedContainer& container) {
  if (container.altered.empty() || container.created_here) return !container.altered.empty();
  const Mended mended = MendedBy(container.Label(label::kCause));
  return mended.more ||
         std::ranges::all_of(AlteredForPeople(container), [&](const auto& f) { return mended.fields.contains(f); });
}

// Names what was mended before as well, so that the fields grow from one replacement to the next, which ends.
std::string AlteredCause(const ObservedContainer& container) {
  std::set<std::string, std::less<>> fields = MendedBy(container.Label(label::kCause)).fields;
  for (std::string& field : AlteredForPeople(container)) fields.insert(std::move(field));
  return Differ({fields.begin(), fields.end()}) + std::string(kAltered);
}

// The Engine ignores the removal of a limit without an error.
std::string RemovedLimit(const Limits& have, const Limits& want) {
  if (have.memory != 0 && want.memory == 0) return "limit memory was removed";
  if (have.nano_cpus != 0 && want.nano_cpus == 0) return "limit cpus was removed";
  if (have.memory_reservation != 0 && want.memory_reservation == 0) return "limit memory reservation was removed";
  if (!have.cpuset.empty() && want.cpuset.empty()) return "limit cpuset was removed";
  return {};
}

template <class T>
bool Moved(const T& have, const T& want) {
  return want != T{} && have != want;
}

std::int64_t SharesOf(const Limits& limits) {
  return limits.cpu_shares == 0 ? kEngineCpuShares : limits.cpu_shares;
}

bool RestartDiffers(const ObservedContainer& container, const Limits& want) {
  const Limits& have = container.limits;
  if (have.max_attempts != want.max_attempts || have.unless_stopped != want.unless_stopped) return true;
  return !want.unless_stopped && container.restart != want.restart;
}

// The names of those that there were.
std::set<std::string_view> Drop(Limits& limits, const HostSupport& host) {
  std::set<std::string_view> dropped;
  const auto drop = [&](bool supported, auto& limit, std::string_view name) {
    if (!supported && std::exchange(limit, {}) != std::remove_reference_t<decltype(limit)>{}) dropped.insert(name);
  };
  drop(host.memory_limit, limits.memory, "memory");
  drop(host.memory_limit, limits.memory_reservation, "memory");
  drop(host.memory_limit && host.swap_limit, limits.memory_swap, "memory swap");
  drop(host.cpu_limit, limits.nano_cpus, "cpus");
  drop(host.cpu_shares, limits.cpu_shares, "cpu shares");
  drop(host.cpuset, limits.cpuset, "cpuset");
  drop(host.pids_limit, limits.pids, "pids");
  return dropped;
}

// The Engine answers for the name of a container anyway: that as an alias beside those asked for means nothing.
bool SameAliases(std::vector<std::string> have, const std::vector<std::string>& want, const std::string& name) {
  if (std::ranges::find(want, name) == want.end()) std::erase(have, name);
  return have == want;
}

// Of one network of the container of this name. What the Engine fills in where nothing was asked for is not compared.
bool SameEndpoint(const ObservedEndpoint& have, const NetworkAttachment& want, const std::string& name) {
  const bool same_options = std::ranges::all_of(want.driver_opts, [&](const auto& option) {
    const auto found = have.driver_opts.find(option.first);
    return found != have.driver_opts.end() && found->second == option.second;
  });
  const bool same_mac = want.mac_address.empty() || have.mac_address.empty() || have.mac_address == want.mac_address;
  return SameAliases(have.aliases, want.aliases, name) && (!want.address || have.static_address == *want.address) &&
         have.static_ipv6 == want.ipv6_address && have.link_local_ips == want.link_local_ips && same_options &&
         same_mac;
}

}  // namespace

std::string ReplaceCause(const ObservedContainer& container, const DesiredContainer& desired) {
  if (container.Label(label::kTemplateHash) != desired.template_hash) return TemplateCause(container, desired);
  if (!IsOfTemplate(container, desired)) return desired.remake_why;
  if (std::string follows = FollowCause(container, desired); !follows.empty()) return follows;
  const std::string removed = RemovedLimit(container.limits, desired.limits);
  if (!removed.empty()) return container.Label(label::kCause) == removed ? std::string() : removed;
  return container.altered.empty() || MadeSoByEngine(container) ? std::string() : AlteredCause(container);
}

std::string WhereEngineDisagrees(const ObservedContainer& container, const DesiredContainer& desired) {
  if (!IsOfTemplate(container, desired)) return {};
  if (!RemovedLimit(container.limits, desired.limits).empty())
    return "the Engine keeps a limit that was removed from " + container.name;
  if (!MadeSoByEngine(container)) return {};
  return container.name + " was created anew and still is not what was asked for in " +
         List(AlteredForPeople(container)) + "; it is left as it is";
}

bool IsAlteredCause(std::string_view cause) {
  return cause.ends_with(kAltered);
}

bool LimitsDiffer(const ObservedContainer& container, const DesiredContainer& desired) {
  const Limits& have = container.limits;
  const Limits& want = desired.limits;
  return RestartDiffers(container, want) || Moved(have.memory, want.memory) || Moved(have.nano_cpus, want.nano_cpus) ||
         Moved(have.memory_reservation, want.memory_reservation) || Moved(have.cpuset, want.cpuset) ||
         have.pids != std::max<std::int64_t>(want.pids, 0) || SharesOf(have) != SharesOf(want) ||
         (want.memory != 0 && have.memory_swap != want.memory_swap);
}

Limits LimitsToSet(const ObservedContainer& container, const DesiredContainer& desired) {
  Limits limits = desired.limits;
  if (container.limits.pids != 0 && limits.pids == 0) limits.pids = kNoPidsLimit;
  if (container.limits.cpu_shares != 0) limits.cpu_shares = SharesOf(limits);
  return limits;
}

std::string DropUnsupported(DesiredState& desired, ObservedState& observed, const HostSupport& host) {
  for (ObservedContainer& container : observed.containers) Drop(container.limits, host);
  std::set<std::string_view> dropped;
  for (DesiredContainer& container : desired.containers) dropped.merge(Drop(container.limits, host));
  std::string text;
  for (auto name = dropped.begin(); name != dropped.end(); ++name)
    text += (text.empty() ? "" : std::next(name) == dropped.end() ? " and " : ", ") + std::string(*name);
  return text;
}

NetworkDrift CompareNetworks(const ObservedContainer& container, const std::vector<NetworkAttachment>& wanted) {
  NetworkDrift drift;
  for (const auto& entry : container.networks) {
    const std::string& network = entry.first;
    const bool known = std::any_of(wanted.begin(), wanted.end(), [&](const auto& w) { return w.network == network; });
    if (!known) drift.disconnect.push_back(network);
  }
  for (const NetworkAttachment& want : wanted) {
    auto have = container.networks.find(want.network);
    if (have != container.networks.end() && SameEndpoint(have->second, want, container.name)) continue;
    if (have != container.networks.end()) drift.disconnect.push_back(want.network);
    drift.connect.push_back(want);
  }
  return drift;
}

}  // namespace tinyforge
