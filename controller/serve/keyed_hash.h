// SipHash-2-4 (Aumasson and Bernstein, 2012): who does not know the key cannot choose inputs that meet in a table.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tinyforge::serve {

class KeyedHash {
 public:
  using Key = std::array<std::uint64_t, 2>;

  KeyedHash();  // with a random key
  explicit KeyedHash(Key key) : key_(key) {}

  std::uint64_t operator()(std::string_view bytes) const;

 private:
  Key key_;
};

}  // namespace tinyforge::serve
