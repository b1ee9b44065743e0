// What a webhook says, whoever sent it (design 4.10). A hint: versions are read back from their source before anything
// is deployed.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tinyforge {

// An image was pushed.
struct ImagePushed {
  std::string host;    // "docker.io", "ghcr.io", "registry.example.com:5000"; empty: the sender does not say
  std::string path;    // without the host, lower case: "library/nginx", "acme/shop"
  std::string tag;     // empty: by digest alone
  std::string digest;  // "sha256:…"; empty: not said, then there is a tag
  bool operator==(const ImagePushed&) const = default;
};

// A branch or a tag of a git repository moved.
struct GitPushed {
  enum class Ref { Branch, Tag };
  std::string repository;         // "owner/name", as the forge spells it; empty: the sender does not say
  std::vector<std::string> urls;  // by which it can be cloned or seen, as the forge gives them
  Ref ref = Ref::Branch;
  std::string name;    // of the branch or tag, without refs/…
  std::string commit;  // it points to now, also an annotated tag, in lower case; empty: the sender does not say
  std::optional<std::vector<std::string>> files;  // that changed; empty optional: not known, or not all
  std::string before{};  // the commit it pointed to until then; empty: none, or the sender does not say
  bool operator==(const GitPushed&) const = default;
};

// Somebody called without saying what happened.
struct Fired {
  bool operator==(const Fired&) const = default;
};

// Understood, and of no concern here: a ping, a deleted branch.
struct Ignored {
  std::string reason;
  bool operator==(const Ignored&) const = default;
};

using InboundEvent = std::variant<ImagePushed, GitPushed, Fired, Ignored>;

}  // namespace tinyforge
