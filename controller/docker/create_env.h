// The environment of a create body, with the secrets that stand in it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"
#include "controller/docker/secret_text.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::docker {

// The whole value of a variable: as it is written, a secret, or the text with its secrets at their places. Errors are
// those of Reveal.
Expected<SecretText> RevealEnv(const EnvEntry& entry, SecretReader& secrets);

// Lives no longer than the entries that it was made from.
class CreateEnv {
 public:
  static Expected<CreateEnv> Reveal(const std::vector<EnvEntry>& env, SecretReader& secrets);

  bool empty() const { return values_.empty(); }
  // No less than AppendTo adds, so that the body need not grow.
  std::size_t MaxBytes() const;
  // Appends ,"Env":["A=b",…]. Terminal for a value that an environment cannot hold (a NUL byte, no UTF-8); the message
  // names the variable and its secrets.
  Expected<void> AppendTo(std::string& body) const;

 private:
  struct Value {
    const EnvEntry* entry;
    SecretText revealed;
    std::string_view text() const;
  };
  std::vector<Value> values_;
};

}  // namespace tinyforge::docker
