#include <array>

#include "reconcilers/source/compose/limits.h"
#include "reconcilers/source/compose/mapping.h"
#include "reconcilers/source/compose/service_readers.h"

namespace tinyforge::compose {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

std::optional<std::int64_t> ReadSwap(const Value& value) {
  const std::string& text = value.node().text;
  return text == "-1" ? std::optional<std::int64_t>(-1) : value.Bytes();
}

std::optional<std::int64_t> ReadPids(const Value& value) {
  return value.Integer(-1, kMax);
}

// A limit that two keys may say; both together only where they agree.
struct Twice {
  std::string_view own;       // key of the service
  std::string_view deployed;  // key of `section`
  std::int64_t Resources::*member;
  std::optional<std::int64_t> (*read)(const Value&);
};

void ReadTwice(const Section& service, const Section& section, const Twice& twice, Resources& out) {
  const auto value = section.Find(twice.deployed);
  const auto amount = value ? twice.read(*value) : std::nullopt;
  if (!amount) return;
  const auto own = service.Find(twice.own);
  if (own && out.*twice.member != *amount)
    value->Fail("is not what " + std::string(twice.own) + " of the service says; keep one");
  out.*twice.member = *amount;
}

std::optional<std::int64_t> Bytes(const Value& value) {
  return value.Bytes();
}

std::optional<std::int64_t> Cpus(const Value& value) {
  return value.NanoCpus();
}

void ReadOwn(const Section& keys, Resources& out) {
  keys.Take("cpus", out.nano_cpus, Cpus);
  keys.Take("mem_limit", out.memory, Bytes);
  keys.Take("mem_reservation", out.memory_reservation, Bytes);
  keys.Take("memswap_limit", out.memory_swap, ReadSwap);
  keys.TakeInteger("mem_swappiness", out.memory_swappiness, 0, 100);
  keys.Take("pids_limit", out.pids, ReadPids);
  keys.TakeInteger("cpu_shares", out.cpu_shares, 0, kMax);
  keys.TakeText("cpuset", out.cpuset, &Value::Word);
  keys.TakeInteger("oom_score_adj", out.oom_score_adj, -1000, 1000);
  keys.Take("oom_kill_disable", out.oom_kill_disable, &Value::Boolean);
}

// Microseconds, or a duration of whole ones.
std::optional<std::int64_t> ReadMicroseconds(const Value& value) {
  if (value.Is(doc::Type::Int) || value.node().text.find_first_not_of("0123456789") == std::string::npos)
    return value.Integer(0, kMax);
  const auto time = value.Nanoseconds();
  if (!time) return std::nullopt;
  if (time->count() % 1000 == 0) return time->count() / 1000;
  value.Mismatch("a duration of whole microseconds, such as 50ms or 500us");
  return std::nullopt;
}

// -1 is no limit, which is what the Engine has without one.
std::optional<std::int64_t> ReadQuota(const Value& value) {
  return value.node().text == "-1" ? std::optional<std::int64_t>(0) : ReadMicroseconds(value);
}

std::optional<std::int64_t> ReadWeight(const Value& value) {
  return value.Integer(10, 1000);
}

std::optional<std::int64_t> ReadOperations(const Value& value) {
  return value.Integer(1, kMax);
}

std::optional<std::int64_t> ReadRate(const Value& value) {
  const auto bytes = value.Bytes();
  if (!bytes || *bytes > 0) return bytes;
  value.Mismatch("more than 0 bytes a second");
  return std::nullopt;
}

// A list of devices, each with what `amount` is called there.
struct Rates {
  std::string_view key;
  std::string_view amount;
  std::optional<std::int64_t> (*read)(const Value&);
  std::vector<BlkioRate> Blkio::*member;
};

std::optional<std::vector<BlkioRate>> ReadRates(const Value& list, const Rates& rates) {
  std::vector<BlkioRate> found;
  for (const Value& item : list.Items()) {
    const Section keys(item, "services.*.blkio_config." + std::string(rates.key) + "[]");
    const auto path = keys.Require("path");
    const auto amount = keys.Require(rates.amount);
    auto device = path ? path->Word() : std::nullopt;
    const auto rate = amount ? rates.read(*amount) : std::nullopt;
    if (device && !device->starts_with('/')) path->Mismatch("the path of a device of the host, such as /dev/sda");
    if (device && rate) found.push_back({*std::move(device), *rate});
  }
  return found;
}

std::optional<Blkio> ReadBlkio(const Value& value) {
  constexpr std::array<Rates, 5> kRates = {{{"weight_device", "weight", ReadWeight, &Blkio::weight_devices},
                                            {"device_read_bps", "rate", ReadRate, &Blkio::read_bps},
                                            {"device_write_bps", "rate", ReadRate, &Blkio::write_bps},
                                            {"device_read_iops", "rate", ReadOperations, &Blkio::read_iops},
                                            {"device_write_iops", "rate", ReadOperations, &Blkio::write_iops}}};
  const Section keys(value, "services.*.blkio_config");
  Blkio blkio;
  keys.TakeInteger("weight", blkio.weight, 10, 1000);
  for (const Rates& rates : kRates)
    keys.Take(rates.key, blkio.*rates.member, [&](const Value& list) { return ReadRates(list, rates); });
  return blkio;
}

void ReadDeployed(const Section& service, const Value& value, Resources& out) {
  const Section keys(value, "services.*.deploy.resources");
  constexpr std::array<Twice, 3> kLimits = {{{"cpus", "cpus", &Resources::nano_cpus, Cpus},
                                             {"mem_limit", "memory", &Resources::memory, Bytes},
                                             {"pids_limit", "pids", &Resources::pids, ReadPids}}};
  constexpr Twice kReservation = {"mem_reservation", "memory", &Resources::memory_reservation, Bytes};
  if (const auto limits = keys.Find("limits")) {
    const Section section(*limits, "services.*.deploy.resources.limits");
    for (const Twice& twice : kLimits) ReadTwice(service, section, twice, out);
  }
  if (const auto reservations = keys.Find("reservations")) {
    const Section section(*reservations, "services.*.deploy.resources.reservations");
    ReadTwice(service, section, kReservation, out);
    section.Take("devices", out.devices, [](const Value& devices) {
      return ReadDeviceRequests(devices, "services.*.deploy.resources.reservations.devices[]");
    });
  }
}

// Swap alone has no bound that the Engine would keep.
void CheckSwap(const ServiceInput& in, Resources& out) {
  const auto swap = in.keys.Find("memswap_limit");
  if (!swap || out.memory_swap <= 0) {
    if (out.memory == 0) out.memory_swap = 0;
    return;
  }
  if (out.memory == 0) return swap->Fail("needs mem_limit beside it: it is the bound of memory and swap together");
  if (out.memory_swap < out.memory)
    return swap->Fail("is below mem_limit, which is part of it; expected at least as much, for no swap the same");
}

}  // namespace

void ReadResources(const ServiceInput& in, Service& out) {
  ReadOwn(in.keys, out.resources);
  in.keys.Take("cpu_quota", out.resources.cpu_quota, ReadQuota);
  in.keys.Take("cpu_period", out.resources.cpu_period, ReadMicroseconds);
  in.keys.Take("cpu_rt_runtime", out.resources.cpu_rt_runtime, ReadMicroseconds);
  in.keys.Take("cpu_rt_period", out.resources.cpu_rt_period, ReadMicroseconds);
  in.keys.Take("blkio_config", out.resources.blkio, ReadBlkio);
  const auto deployed = in.deploy != nullptr ? in.deploy->Find("resources") : std::nullopt;
  if (deployed) ReadDeployed(in.keys, *deployed, out.resources);
  CheckSwap(in, out.resources);
  std::vector<DeviceRequest> gpus;
  in.keys.Take("gpus", gpus, [](const Value& value) { return ReadDeviceRequests(value, "services.*.gpus[]"); });
  out.resources.devices.insert(out.resources.devices.end(), gpus.begin(), gpus.end());
}

}  // namespace tinyforge::compose
