// Text that is overwritten before its memory is given back.
#pragma once

#include <string>
#include <utility>

namespace tinyforge::docker {

// It is to be allocated once at its full size, so that no copy stays behind from growing.
class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::string text) : text_(std::move(text)) {}
  SecretText(SecretText&& other) noexcept : text_(std::move(other.text_)) { other.Clear(); }
  SecretText& operator=(SecretText&& other) noexcept;
  ~SecretText() { Clear(); }

  std::string& text() { return text_; }
  const std::string& text() const { return text_; }
  void Clear();

 private:
  std::string text_;
};

}  // namespace tinyforge::docker
