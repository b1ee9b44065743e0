#include "controller/docker/secret_text.h"

#include <openssl/crypto.h>

namespace tinyforge::docker {

SecretText& SecretText::operator=(SecretText&& other) noexcept {
  if (this == &other) return *this;
  Clear();
  text_ = std::move(other.text_);
  other.Clear();
  return *this;
}

void SecretText::Clear() {
  text_.resize(text_.capacity());
  OPENSSL_cleanse(text_.data(), text_.size());
  text_.clear();
}

}  // namespace tinyforge::docker
