// Keeps secret values out of everything that people and machines can read.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "controller/runtime/guarded.h"

namespace tinyforge {

// Knows the secret values of this process and blots them out of text. One Redactor is shared by the logger, the worker
// (statuses and events) and the API. Thread-safe; Redact holds no lock while it searches, and its cost follows the text
// and not the number of secrets.
//
// Found are the value as it is, without its trailing newline, line by line (lines of 16 bytes and more: keys in PEM),
// and as base64 (both alphabets, at any offset in what was encoded), percent-encoded and JSON-escaped. Values under 4
// bytes are not registered: blotting them out would tell them. Encoded forms are kept of values up to 4 KiB.
class Redactor {
 public:
  static constexpr std::string_view kMark = "[redacted]";
  static constexpr std::size_t kMinLength = 4;
  static constexpr std::size_t kMaxValues = 4096;  // beyond it the oldest value is forgotten

  // Registering a value twice costs nothing.
  void Register(std::string_view secret);
  std::string Redact(std::string_view text) const;

 private:
  struct Index;
  struct State {
    std::vector<std::string> values;     // in order of registration
    std::shared_ptr<const Index> index;  // of their forms; null: to be built by the next Redact
  };

  std::shared_ptr<const Index> CurrentIndex() const;

  mutable Guarded<State> state_;
};

}  // namespace tinyforge
