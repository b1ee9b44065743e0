// The form of what the controller and its git child say to each other: a list of fields "key=value", every field ended
// by a NUL byte. What a child says that has talked to a hostile server is hostile input too, so there is as little to
// parse as can be. Internal to controller/git.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tinyforge::git {

class FieldWriter {
 public:
  // A value ends at its first NUL byte.
  FieldWriter& Text(std::string_view key, std::string_view value);
  FieldWriter& Number(std::string_view key, std::uint64_t value) { return Text(key, std::to_string(value)); }
  FieldWriter& Flag(std::string_view key, bool value) { return Number(key, value ? 1 : 0); }
  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

// Takes fields out of a message; the message is good when every one asked for was there and none is left.
class FieldReader {
 public:
  // Empty for bytes that are no list of fields, name one twice or are longer than `max`.
  static std::optional<FieldReader> Open(std::string_view bytes, std::size_t max);

  std::string Text(std::string_view key);
  std::uint64_t Number(std::string_view key);
  // A number up to `max`; a larger one spoils the message.
  std::size_t Count(std::string_view key, std::size_t max);
  bool Flag(std::string_view key) { return Number(key) == 1; }
  bool good() const { return good_ && fields_.empty(); }

 private:
  using Fields = std::map<std::string, std::string, std::less<>>;
  explicit FieldReader(Fields fields) : fields_(std::move(fields)) {}

  Fields fields_;
  bool good_ = true;
};

}  // namespace tinyforge::git
