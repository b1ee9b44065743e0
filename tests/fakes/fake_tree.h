// Files of a revision and values of secrets, in memory.
#pragma once

#include <map>
#include <sstream>
#include <string>

#include "reconcilers/core/ports.h"

namespace tinyforge {

class FakeTree : public TreeReader {
 public:
  std::map<std::string, std::string> files;
  Revision id = "c0ffee";

  const Revision& revision() const override { return id; }
  Expected<std::vector<TreeEntry>> List(std::string_view path) const override {
    std::vector<TreeEntry> found;
    for (const auto& [name, content] : files)
      if (path.empty() || name == path || name.starts_with(std::string(path) + "/"))
        found.push_back({name, "blob-" + name});
    if (found.empty()) return Error{ErrorKind::NotFound, "no file " + std::string(path) + " in the repository"};
    return found;
  }
  Expected<std::string> Read(const TreeEntry& entry) const override { return files.at(entry.path); }
};

class FakeSecrets : public SecretReader {
 public:
  std::map<v1::SecretKeyRef, std::string> values;

  Expected<SecretHandle> Find(const v1::SecretKeyRef& ref) override {
    auto found = values.find(ref);
    if (found == values.end()) return Error{ErrorKind::Waiting, "Secret " + ref.name + " has no key " + ref.key};
    return SecretHandle{ref, "hmac(" + found->second + ")"};
  }
  // Of a value of lines NAME=value.
  Expected<std::vector<SecretHandle>> Variables(const v1::SecretKeyRef& ref) override {
    if (auto whole = Find(ref); !whole) return std::move(whole).error();
    std::vector<SecretHandle> handles;
    std::istringstream lines(values.at(ref));
    for (std::string line; std::getline(lines, line);) {
      const std::size_t equals = line.find('=');
      const std::string value = line.substr(equals + 1);
      handles.push_back({ref, value.empty() ? "" : "hmac(" + value + ")", line.substr(0, equals)});
    }
    return handles;
  }
  Expected<std::string> Reveal(const SecretHandle& handle) override { return values.at(handle.ref); }
};

}  // namespace tinyforge
