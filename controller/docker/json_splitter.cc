#include "controller/docker/json_splitter.h"

namespace tinyforge::docker {

bool JsonSplitter::Feed(std::string_view bytes) {
  for (char c : bytes) {
    if (failed_) break;
    if (depth_ == 0 && c != '{') {
      if (c != ' ' && c != '\t' && c != '\r' && c != '\n') last_outside_ = c;
      continue;
    }
    if (object_.size() >= max_object_bytes_) {
      failed_ = true;
      break;
    }
    object_ += c;
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
      continue;
    }
    if (c == '"') in_string_ = true;
    if (c == '{') ++depth_;
    if (c == '}' && --depth_ == 0) {
      on_object_(object_);
      object_.clear();
    }
  }
  return !failed_;
}

}  // namespace tinyforge::docker
