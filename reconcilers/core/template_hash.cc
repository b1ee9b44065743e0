#include <string>
#include <string_view>
#include <vector>

#include "api-types/codec/hash.h"
#include "api-types/doc/json.h"
#include "api-types/v1/enum_names.h"
#include "reconcilers/core/desired_state.h"

// The keys are part of every stored hash. They are written out here and do not follow the names of members or of
// manifest keys, so that renaming one of those replaces no container.

namespace tinyforge {
namespace {

using doc::Node;

Node Json(bool value) {
  return Node::Of(value);
}
Node Json(const std::string& value) {
  return Node::Of(value);
}
Node Json(std::int64_t value) {
  return Node::Of(value);
}
Node Json(int value) {
  return Node::Of(std::int64_t{value});
}
Node Json(std::uint16_t value) {
  return Node::Of(std::int64_t{value});
}
Node Json(std::uint32_t value) {
  return Node::Of(std::int64_t{value});
}
Node Json(Duration value) {
  return Node::Of(std::int64_t{value.count()});
}
Node Json(v1::Protocol value) {
  return Node::Of(std::string(v1::NameOf(value)));
}

Node Json(MountType value) {
  switch (value) {
    case MountType::Bind: return Node::Of(std::string("bind"));
    case MountType::Volume: return Node::Of(std::string("volume"));
    case MountType::Tmpfs: return Node::Of(std::string("tmpfs"));
  }
  return {};
}

Node Json(const StringMap& map) {
  Node node = Node::Map();
  for (const auto& [key, value] : map) node.Add(key, Json(value));
  return node;
}

Node Json(const v1::Capabilities& capabilities);
Node Json(const v1::Device& device);
Node Json(const v1::Ulimit& ulimit);
Node Json(const v1::Logging& logging);
Node Json(const SecretHandle& secret);
Node Json(const EnvEntry& entry);
Node Json(const PublishedPort& port);
Node Json(const Mount& mount);
Node Json(const NativeHealthcheck& healthcheck);

template <class T>
Node Json(const std::vector<T>& list) {
  Node node = Node::List();
  for (const T& item : list) node.items.push_back(Json(item));
  return node;
}

// Adds members that are not at their default.
class Members {
 public:
  template <class T>
  void Add(std::string_view key, const T& value, const T& standard = T{}) {
    if (value != standard) node_.Add(std::string(key), Json(value));
  }
  template <class T>
  void Add(std::string_view key, const std::optional<T>& value) {
    if (value) node_.Add(std::string(key), Json(*value));
  }
  Node Take() { return std::move(node_); }

 private:
  Node node_ = Node::Map();
};

Node Json(const v1::Capabilities& capabilities) {
  Members members;
  members.Add("add", capabilities.add);
  members.Add("drop", capabilities.drop);
  return members.Take();
}

Node Json(const v1::Device& device) {
  Members members;
  members.Add("host", device.host);
  members.Add("container", device.container);
  members.Add("permissions", device.permissions, v1::Device{}.permissions);
  return members.Take();
}

Node Json(const v1::Ulimit& ulimit) {
  Members members;
  members.Add("name", ulimit.name);
  members.Add("soft", ulimit.soft);
  members.Add("hard", ulimit.hard);
  return members.Take();
}

Node Json(const v1::Logging& logging) {
  Members members;
  members.Add("driver", logging.driver);
  members.Add("options", logging.options);
  return members.Take();
}

Node Json(const SecretHandle& secret) {
  Members members;
  members.Add("name", secret.ref.name);
  members.Add("key", secret.ref.key);
  members.Add("fingerprint", secret.fingerprint);
  return members.Take();
}

Node Json(const EnvEntry& entry) {
  Members members;
  members.Add("name", entry.name);
  members.Add("value", entry.value);
  members.Add("secret", entry.secret);
  return members.Take();
}

Node Json(const PublishedPort& port) {
  Members members;
  members.Add("container", port.container);
  members.Add("protocol", port.protocol);
  members.Add("published", port.published);
  members.Add("host", port.host);
  members.Add("hostIP", port.host_ip);
  return members.Take();
}

Node Json(const Mount& mount) {
  Members members;
  members.Add("type", mount.type);
  members.Add("source", mount.source);
  members.Add("target", mount.target);
  members.Add("readOnly", mount.read_only);
  members.Add("tmpfsSize", mount.tmpfs_size);
  members.Add("tmpfsMode", mount.tmpfs_mode);
  return members.Take();
}

Node Json(const NativeHealthcheck& healthcheck) {
  Members members;
  members.Add("test", healthcheck.test);
  members.Add("interval", healthcheck.interval);
  members.Add("timeout", healthcheck.timeout);
  members.Add("startPeriod", healthcheck.start_period);
  members.Add("retries", healthcheck.retries);
  return members.Take();
}

void AddProcess(const ContainerTemplate& container, Members& members) {
  members.Add("image", container.image);
  members.Add("entrypoint", container.entrypoint);
  members.Add("cmd", container.cmd);
  members.Add("user", container.user);
  members.Add("workingDir", container.working_dir);
  members.Add("hostname", container.hostname);
  members.Add("stopSignal", container.stop_signal);
  members.Add("stopTimeout", container.stop_timeout);
  members.Add("init", container.init);
  members.Add("tty", container.tty);
  members.Add("readOnlyRootFilesystem", container.read_only_root_filesystem);
  members.Add("privileged", container.privileged);
  members.Add("env", container.env);
}

void AddHost(const ContainerTemplate& container, Members& members) {
  members.Add("capabilities", container.capabilities);
  members.Add("devices", container.devices);
  members.Add("extraHosts", container.extra_hosts);
  members.Add("dns", container.dns);
  members.Add("sysctls", container.sysctls);
  members.Add("ulimits", container.ulimits);
  members.Add("shmSize", container.shm_size);
  members.Add("logging", container.logging);
  members.Add("networkMode", container.network_mode);
  members.Add("ports", container.ports);
  members.Add("labels", container.labels);
  members.Add("mounts", container.mounts);
  members.Add("healthcheck", container.healthcheck);
}

}  // namespace

std::string TemplateHash(const ContainerTemplate& container) {
  Members members;
  AddProcess(container, members);
  AddHost(container, members);
  return "v1:" + Sha256Hex(doc::CanonicalJson(members.Take()));
}

}  // namespace tinyforge
