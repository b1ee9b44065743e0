// Typed reading of a vendor's JSON, with the path of each field for the error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/doc/node.h"
#include "api-types/meta/error.h"

namespace tinyforge::inbound {

class Field;

// A payload that is being read. The first field that is not as it must be becomes the error; reading goes on with empty
// values, so that a parser reads straight through and its caller asks once, at the end.
class Payload {
 public:
  // Keeps both; they must outlive the payload and its fields.
  Payload(std::string_view vendor, const doc::Node& root) : vendor_(vendor), root_(root) {}
  Payload(const Payload&) = delete;
  Payload& operator=(const Payload&) = delete;

  Field Root();
  const std::optional<Error>& error() const { return error_; }

 private:
  friend class Field;
  void Refuse(const std::string& path, std::string_view expected, std::string_view found);

  std::string_view vendor_;
  const doc::Node& root_;
  std::optional<Error> error_;
};

// A place of the payload, whether or not something stands there. Null is the same as absent throughout.
class Field {
 public:
  bool Present() const;
  // The value of a key, of a mapping or of what is absent.
  Field At(std::string_view key) const;

  // Text of at most 4096 bytes without control characters: required and not empty, or empty when it is absent.
  std::string Text() const;
  std::string OptionalText() const;
  // Absent: false.
  bool Flag() const;
  std::optional<std::int64_t> Number() const;
  // The elements of a list that is required, or of one that may be absent. A list of more than `most` is refused.
  std::vector<Field> Items(std::size_t most = SIZE_MAX) const;
  std::vector<Field> OptionalItems() const;
  // A list of texts, each of 1 to 4096 bytes of any kind; empty when it is absent.
  std::vector<std::string> Texts() const;
  // The keys of a mapping; empty for everything else.
  std::vector<std::string> Keys() const;

  // The value does not say what it must. `expected` completes "expected …" and holds nothing of the request.
  void Refuse(std::string_view expected) const;

 private:
  friend class Payload;
  Field(Payload& payload, const doc::Node* node, std::string path)
      : payload_(&payload), node_(node), path_(std::move(path)) {}

  std::string_view Found() const;
  bool Is(doc::Type type, std::string_view expected) const;

  Payload* payload_;
  const doc::Node* node_;  // null: absent
  std::string path_;
};

}  // namespace tinyforge::inbound
