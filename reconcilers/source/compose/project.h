// A compose project as the decoder hands it on: complete, checked, every reference resolvable. Equal projects mean the
// same, however their files were written.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/source/compose/service.h"

namespace tinyforge::compose {

// One entry of `ipam.config`.
struct IpamPool {
  std::string subnet;  // CIDR
  std::string ip_range;
  std::string gateway;
  StringMap aux_addresses;
  bool operator==(const IpamPool&) const = default;
};

struct Ipam {
  std::string driver;  // empty: the Engine's
  std::vector<IpamPool> pools;
  StringMap options;
  bool operator==(const Ipam&) const = default;
};

struct Network {
  std::string name;       // of the Docker network: as given, else PROJECT_KEY; the key of an external one
  bool external = false;  // must exist; never created, changed or removed. The rest is at its default then
  std::string driver;     // empty: the Engine's
  StringMap driver_opts;
  Ipam ipam;
  bool internal = false;
  bool attachable = false;
  std::optional<bool> enable_ipv6;
  StringMap labels;
  bool operator==(const Network&) const = default;
};

struct Volume {
  std::string name;       // of the Docker volume: as given, else PROJECT_KEY; the key of an external one
  bool external = false;  // must exist; never created. The rest is at its default then
  std::string driver;     // empty: the Engine's
  StringMap driver_opts;
  StringMap labels;
  bool operator==(const Volume&) const = default;
};

// Where the content of a secret or a config comes from; exactly one of file, content and external.
struct FileSource {
  std::optional<ComposePath> file;  // of the host where it is absolute; the host policy judges it
  // Of `content`, or the value of the variable that `environment` names.
  std::optional<SecretText> content;
  std::optional<std::string> external;  // the name it has in the platform
  bool operator==(const FileSource&) const = default;
};

// What no service uses is not here. Names of networks and volumes are unique.
struct Project {
  std::string name;
  std::map<std::string, Service, std::less<>> services;
  std::map<std::string, Network, std::less<>> networks;  // by key; "default" is here when a service is on it
  std::map<std::string, Volume, std::less<>> volumes;
  std::map<std::string, FileSource, std::less<>> secrets;
  std::map<std::string, FileSource, std::less<>> configs;
  bool operator==(const Project&) const = default;
};

}  // namespace tinyforge::compose
