// Cuts a stream of JSON into its objects without keeping more than one: a listing ([{…},{…}]), an event stream or the
// progress of a pull ({…}\n{…}).
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace tinyforge::docker {

class JsonSplitter {
 public:
  // `on_object` gets the text of each complete object; what it does not parse is its own affair.
  JsonSplitter(std::size_t max_object_bytes, std::function<void(std::string_view)> on_object)
      : max_object_bytes_(max_object_bytes), on_object_(std::move(on_object)) {}

  // False, from then on, when an object is larger than allowed.
  bool Feed(std::string_view bytes);

  // The last character outside of objects that is no white space; '\0' before there is one. A whole listing ends in
  // ']'.
  char last_outside() const { return last_outside_; }

 private:
  const std::size_t max_object_bytes_;
  const std::function<void(std::string_view)> on_object_;
  std::string object_;
  int depth_ = 0;  // of braces
  bool in_string_ = false;
  bool escaped_ = false;
  bool failed_ = false;
  char last_outside_ = '\0';
};

}  // namespace tinyforge::docker
