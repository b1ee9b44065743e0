// Whether a webhook was sent by who knows the secret, as the vendors sign what they send.
#pragma once

#include <functional>
#include <string_view>

namespace tinyforge::serve {

enum class SignatureCheck { Valid, Missing, Wrong };

// The value of a header by its name, whose case does not matter; empty when there is none.
using HeaderLookup = std::function<std::string_view(std::string_view name)>;

// Shorter secrets can be guessed: nothing is valid with one.
inline constexpr std::size_t kShortestSignatureSecret = 16;

// `body` is the raw body, byte for byte. The first of these headers that is there decides alone, so that a sender who
// gives several cannot be weaker than its strongest:
//
//   X-Hub-Signature-256: sha256=HEX          GitHub; HMAC-SHA256 of the body, keyed with the secret, as the next five
//   X-Forgejo-Signature: HEX                 Forgejo
//   X-Gitea-Signature: HEX                   Gitea
//   X-Gogs-Signature: HEX                    Gogs
//   X-Signature-256: sha256=HEX or HEX       who has no vendor's header
//   X-Hub-Signature: sha256=HEX              Bitbucket; sha1=, of older GitHub, counts as no header
//   X-Gitlab-Token: SECRET                   GitLab; the secret itself, as the next
//   Authorization: SECRET or Bearer SECRET   Harbor, Docker Distribution
//
// HEX in any case. The time that it takes does not depend on how much of the secret or of the digest is right.
SignatureCheck CheckSignature(const HeaderLookup& header, std::string_view body, std::string_view secret);

}  // namespace tinyforge::serve
