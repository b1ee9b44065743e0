#include "reconcilers/core/field_digests.h"

#include <map>
#include <set>

#include "api-types/codec/hash.h"

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

void CollectProcess(const ContainerTemplate& t, Collector& out) {
  out.Text("image", t.image);
  out.List("command", t.entrypoint);
  out.List("args", t.cmd);
  out.Text("user", t.user);
  out.Text("workingDir", t.working_dir);
  out.Text("hostname", t.hostname);
  out.Text("stopSignal", t.stop_signal);
  if (t.stop_timeout) out.Text("stopGracePeriod", Number(t.stop_timeout->count()));
  out.Flag("init", t.init);
  out.Flag("tty", t.tty);
  out.Flag("readOnlyRootFilesystem", t.read_only_root_filesystem);
  out.Flag("privileged", t.privileged);
  for (const EnvEntry& e : t.env) {
    const std::string secret = e.secret ? "secret." + e.secret->ref.name + "/" + e.secret->ref.key : "";
    out.Text("env." + e.name, "=" + (e.secret ? secret : e.value));
    if (e.secret) out.Text(secret, e.secret->fingerprint);
  }
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

void CollectConnections(const ContainerTemplate& t, Collector& out) {
  out.Text("networkMode", t.network_mode);
  for (const PublishedPort& p : t.ports)
    out.Text("ports." + Number(p.container),
             Number(int(p.protocol)) + " " + Number(p.published) + " " + Number(p.host) + " " + p.host_ip);
  out.Map("containerLabels", t.labels);
  for (const Mount& m : t.mounts)
    out.Text(m.origin.empty() ? "mounts." + m.target : m.origin, Number(int(m.type)) + " " + m.source + " " +
                                                                     Number(m.read_only) + " " + Number(m.tmpfs_size) +
                                                                     " " + Number(m.tmpfs_mode));
  if (const auto& h = t.healthcheck) {
    out.List("healthcheck", h->test);
    out.Text("healthcheck", Number(h->interval.count()) + " " + Number(h->timeout.count()) + " " +
                                Number(h->start_period.count()) + " " + Number(h->retries));
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
  std::string text;
  std::string rest;
  for (const auto& [name, value] : out.fields) {
    const std::string entry = CleanName(name) + "=" + Sha256Hex(value).substr(0, kDigestLength);
    if (text.size() + entry.size() + 16 > kMaxLength)
      rest += entry;
    else
      text += (text.empty() ? "" : " ") + entry;
  }
  return rest.empty() ? text : text + " more=" + Sha256Hex(rest).substr(0, kDigestLength);
}

std::vector<std::string> DifferingFields(std::string_view before, std::string_view after) {
  const auto old_fields = Split(before);
  const auto new_fields = Split(after);
  std::set<std::string> names;
  for (const auto& [name, digest] : old_fields)
    if (auto other = new_fields.find(name); other == new_fields.end() || other->second != digest) names.emplace(name);
  for (const auto& [name, digest] : new_fields)
    if (!old_fields.contains(name)) names.emplace(name);
  return {names.begin(), names.end()};
}

}  // namespace tinyforge
