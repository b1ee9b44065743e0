#include "reconcilers/core/field_digests.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "api-types/codec/hash.h"
#include "reconcilers/core/hook_label.h"
#include "reconcilers/core/observed_state.h"

namespace tinyforge {
namespace {

constexpr std::size_t kDigestLength = 8;  // hex digits
constexpr std::size_t kMaxLength = 8192;

// Collects name -> text of the fields that are set. Texts only need to be equal for equal values.
class Collector {
 public:
  std::map<std::string, std::string> fields;

  void Text(std::string name, const std::string& value) {
    if (!value.empty()) fields[std::move(name)] += value + '\n';
  }
  void Text(std::string name, const std::optional<std::string>& value) {
    if (value) fields[std::move(name)] += "=" + *value + '\n';
  }
  void Flag(std::string name, bool value) {
    if (value) fields[std::move(name)] = "true";
  }
  void List(const std::string& name, const std::vector<std::string>& values) {
    for (const std::string& value : values) fields[name] += value + '\n';
  }
  void List(const std::string& name, const std::optional<std::vector<std::string>>& values) {
    if (values) fields[name] += "=", List(name, *values);
  }
  void Map(const std::string& name, const StringMap& values) {
    for (const auto& [key, value] : values) fields[name + "." + key] = value + '\n';
  }
};

std::string Number(std::int64_t value) {
  return std::to_string(value);
}

std::string FieldOf(const SecretHandle& secret) {
  return "secret." + NameOf(secret);
}

void CollectEnv(const EnvEntry& e, Collector& out) {
  out.Text("env." + e.name, e.unset ? "unset" : "=" + (e.secret ? FieldOf(*e.secret) : e.value));
  if (e.secret) out.Text(FieldOf(*e.secret), e.secret->fingerprint);
  for (const EnvInsert& insert : e.inserts) {
    out.Text("env." + e.name, Number(static_cast<std::int64_t>(insert.offset)) + FieldOf(insert.secret));
    out.fields[FieldOf(insert.secret)] = insert.secret.fingerprint + '\n';
  }
}

void CollectProcess(const ContainerTemplate& t, Collector& out) {
  out.Text("image", t.image);
  out.List("command", t.entrypoint);
  out.List("args", t.cmd);
  out.Text("user", t.user);
  out.Text("workingDir", t.working_dir);
  out.Text("hostname", t.hostname);
  out.Text("stopSignal", t.stop_signal);
  if (t.stop_timeout) out.Text("stopGracePeriod", Number(t.stop_timeout->count()));
  if (t.init) out.Text("init", std::string(*t.init ? "true" : "false"));
  out.Flag("tty", t.tty);
  out.Flag("readOnlyRootFilesystem", t.read_only_root_filesystem);
  out.Flag("privileged", t.privileged);
  for (const EnvEntry& e : t.env) CollectEnv(e, out);
}

void CollectHost(const ContainerTemplate& t, Collector& out) {
  out.List("capabilities.add", t.capabilities.add);
  out.List("capabilities.drop", t.capabilities.drop);
  for (const v1::Device& d : t.devices) out.Text("devices", d.host + " " + d.container + " " + d.permissions);
  out.List("extraHosts", t.extra_hosts);
  out.List("dns", t.dns);
  out.Map("sysctls", t.sysctls);
  for (const v1::Ulimit& u : t.ulimits) out.Text("ulimits." + u.name, Number(u.soft) + " " + Number(u.hard));
  if (t.shm_size) out.Text("shmSize", Number(*t.shm_size));
  if (t.logging) {
    out.Text("logging.driver", "=" + t.logging->driver);
    out.Map("logging.options", t.logging->options);
  }
}

std::string OptionsOf(const Mount& m) {
  std::string text;
  if (!m.propagation.empty()) text += " propagation " + m.propagation;
  if (m.no_copy) text += " nocopy";
  if (!m.subpath.empty()) text += " subpath " + m.subpath;
  if (!m.relabel.empty()) text += " relabel " + m.relabel;
  if (m.tmpfs_uid) text += " uid " + Number(*m.tmpfs_uid);
  if (m.tmpfs_gid) text += " gid " + Number(*m.tmpfs_gid);
  if (m.tmpfs_exec) text += " exec";
  return text;
}

void CollectRequest(const DeviceRequest& r, Collector& out) {
  std::string text = r.driver + " " + Number(r.count);
  for (const std::string& id : r.device_ids) text += " id " + id;
  for (const auto& all : r.capabilities)
    for (const std::string& one : all) text += (&one == &all.front() ? " or " : " and ") + one;
  for (const auto& [key, value] : r.options) text += " " + key + "=" + value;
  out.Text("deviceRequests", text);
}

void CollectConnections(const ContainerTemplate& t, Collector& out) {
  out.Text("networkMode", t.network_mode);
  for (const PublishedPort& p : t.ports)
    out.Text("ports." + Number(p.container),
             Number(int(p.protocol)) + " " + Number(p.published) + " " + Number(p.host) + " " + p.host_ip);
  out.Map("containerLabels", t.labels);
  for (const Mount& m : t.mounts)
    out.Text(m.origin.empty() ? "mounts." + m.target : m.origin,
             Number(int(m.type)) + " " + (m.rewritten ? "" : m.source) + " " + Number(m.read_only) + " " +
                 Number(m.tmpfs_size) + " " + Number(m.tmpfs_mode) + OptionsOf(m));
  if (const auto& h = t.healthcheck) {
    out.List("healthcheck", h->test);
    out.Text("healthcheck", Number(h->interval.count()) + " " + Number(h->timeout.count()) + " " +
                                Number(h->start_period.count()) + " " + Number(h->retries));
    if (h->start_interval.count()) out.Text("healthcheck", Number(h->start_interval.count()));
  }
}

void CollectNames(const ContainerTemplate& t, Collector& out) {
  out.Text("domainname", t.domainname);
  out.Flag("stdinOpen", t.stdin_open);
  out.List("dnsSearch", t.dns_search);
  out.List("dnsOptions", t.dns_options);
  out.Text("macAddress", t.mac_address);
  out.Text("platform", t.platform);
  out.Map("annotations", t.annotations);
}

void CollectConfinement(const ContainerTemplate& t, Collector& out) {
  out.List("securityOpt", t.security_opt);
  out.List("groupAdd", t.group_add);
  out.Text("pidMode", t.namespaces.pid);
  out.Text("ipcMode", t.namespaces.ipc);
  out.Text("utsMode", t.namespaces.uts);
  out.Text("usernsMode", t.namespaces.user);
  out.Text("cgroupMode", t.namespaces.cgroup);
  out.Text("cgroupParent", t.cgroup_parent);
  out.Text("runtime", t.runtime);
  out.Map("storageOpt", t.storage_opt);
  out.List("deviceCgroupRules", t.device_cgroup_rules);
  for (const DeviceRequest& r : t.device_requests) CollectRequest(r, out);
}

void CollectScheduling(const Scheduling& s, Collector& out) {
  const auto number = [&](const char* name, std::int64_t value) {
    if (value != 0) out.Text(name, Number(value));
  };
  number("cpuPeriod", s.cpu_period);
  number("cpuQuota", s.cpu_quota);
  number("cpuRealtimePeriod", s.realtime_period);
  number("cpuRealtimeRuntime", s.realtime_runtime);
  if (s.memory_swappiness) out.Text("memorySwappiness", Number(*s.memory_swappiness));
  number("oomScoreAdj", s.oom_score_adj);
  out.Flag("oomKillDisable", s.oom_kill_disable);
}

void CollectBlkio(const Blkio& b, Collector& out) {
  if (b.weight != 0) out.Text("blkio.weight", Number(b.weight));
  const auto rates = [&](const char* name, const std::vector<BlkioRate>& list) {
    for (const BlkioRate& r : list) out.Text(name, r.path + " " + Number(r.rate));
  };
  rates("blkio.weightDevices", b.weight_devices);
  rates("blkio.readBps", b.read_bps);
  rates("blkio.writeBps", b.write_bps);
  rates("blkio.readIops", b.read_iops);
  rates("blkio.writeIops", b.write_iops);
}

void CollectHooks(const char* name, const std::vector<Hook>& hooks, Collector& out) {
  for (const Hook& hook : hooks) {
    out.Text(name, "hook " + Number(hook.privileged));
    out.List(name, hook.command);
    out.Text(name, hook.user);
    out.Text(name, hook.working_dir);
    for (const EnvEntry& e : hook.env) {
      out.Text(name, e.name + (e.unset ? " unset" : "=" + e.value));
      for (const EnvInsert& insert : e.inserts)
        out.Text(name, FieldOf(insert.secret) + " " + insert.secret.fingerprint);
    }
  }
}

// A field name may hold what stands between entries; such bytes are not needed to tell names apart for people.
std::string CleanName(std::string name) {
  for (char& c : name)
    if (c == ' ' || c == '=' || c == '\n') c = '_';
  return name;
}

std::map<std::string_view, std::string_view> Split(std::string_view text) {
  std::map<std::string_view, std::string_view> entries;
  while (!text.empty()) {
    const std::string_view entry = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), entry.size() + 1));
    const std::size_t equals = entry.find('=');
    if (equals != std::string_view::npos) entries[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  return entries;
}

}  // namespace

std::string FieldDigests(const ContainerTemplate& container) {
  Collector out;
  CollectProcess(container, out);
  CollectHost(container, out);
  CollectConnections(container, out);
  CollectNames(container, out);
  CollectConfinement(container, out);
  CollectScheduling(container.scheduling, out);
  CollectBlkio(container.blkio, out);
  CollectHooks("postStart", container.post_start, out);
  CollectHooks("preStop", container.pre_stop, out);
  std::string text;
  std::string rest;
  for (const auto& [name, value] : out.fields) {
    const std::string entry = CleanName(name) + "=" + Sha256Hex(value).substr(0, kDigestLength);
    if (text.size() + entry.size() + 16 > kMaxLength)
      rest += entry;
    else
      text += (text.empty() ? "" : " ") + entry;
  }
  if (!rest.empty()) text += " more=" + Sha256Hex(rest).substr(0, kDigestLength);
  for (const auto& [label, hooks] :
       {std::pair(label::kPostStart, &container.post_start), {label::kPreStop, &container.pre_stop}})
    if (!hooks->empty()) text += " " + HookSeal(label, EncodeHooks(*hooks));
  return text;
}

std::string DigestsBut(std::string_view digests, const std::vector<std::string>& fields, std::size_t bytes) {
  constexpr std::string_view kOther = "other";
  auto entries = Split(digests);
  std::vector<std::string> names;
  std::ranges::transform(fields, std::back_inserter(names), CleanName);
  for (const std::string& name : names) entries[name] = kOther;
  std::string text;
  for (const auto& [name, digest] : entries)
    text.append(text.empty() ? "" : " ").append(name).append("=").append(digest);
  return text.size() <= bytes ? text : "";
}

std::vector<std::string> DifferingFields(std::string_view before, std::string_view after) {
  const auto old_fields = Split(before);
  const auto new_fields = Split(after);
  std::set<std::string> names;
  for (const auto& [name, digest] : old_fields)
    if (auto other = new_fields.find(name); other == new_fields.end() || other->second != digest) names.emplace(name);
  for (const auto& [name, digest] : new_fields)
    if (!old_fields.contains(name)) names.emplace(name);
  std::erase_if(names, [](const std::string& name) {
    return name.starts_with(kHookSeal);
  });  // the hooks have fields of their own
  return {names.begin(), names.end()};
}

}  // namespace tinyforge
