// A checkout on this machine, as a person works in it: what of it the next commit would hold.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tinyforge {

class Checkout {
 public:
  // The innermost around an existing folder; empty when there is none, or it cannot be read.
  static std::optional<Checkout> Around(const std::string& folder);
  ~Checkout();
  Checkout(Checkout&&) noexcept;
  Checkout& operator=(Checkout&&) noexcept;

  // Absolute, without symlinks, without a slash at the end.
  const std::string& root() const { return root_; }
  // Whether a file is left out of commits: a .gitignore (or .git/info/exclude) names it, and the index does not. `path`
  // is relative to the root.
  bool Ignores(const std::string& path) const;

 private:
  struct Handles;
  Checkout(std::unique_ptr<Handles> handles, std::string root);

  std::unique_ptr<Handles> handles_;
  std::string root_;
};

}  // namespace tinyforge
