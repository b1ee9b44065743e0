#include "controller/serve/webhook_signature.h"

#include <openssl/crypto.h>

#include <array>
#include <string>

#include "api-types/codec/hash.h"

namespace tinyforge::serve {
namespace {

enum class Scheme {
  Hmac,          // HEX
  PrefixedHmac,  // sha256=HEX
  AnyHmac,       // either
  HubHmac,       // sha256=HEX; without the prefix it is no signature of ours
  Token,         // SECRET
  BearerToken    // SECRET or Bearer SECRET
};

struct SignatureHeader {
  std::string_view name;
  Scheme scheme;
};

constexpr std::array kHeaders = {SignatureHeader{"X-Hub-Signature-256", Scheme::PrefixedHmac},
                                 SignatureHeader{"X-Forgejo-Signature", Scheme::Hmac},
                                 SignatureHeader{"X-Gitea-Signature", Scheme::Hmac},
                                 SignatureHeader{"X-Gogs-Signature", Scheme::Hmac},
                                 SignatureHeader{"X-Signature-256", Scheme::AnyHmac},
                                 SignatureHeader{"X-Hub-Signature", Scheme::HubHmac},
                                 SignatureHeader{"X-Gitlab-Token", Scheme::Token},
                                 SignatureHeader{"Authorization", Scheme::BearerToken}};

constexpr std::string_view kPrefix = "sha256=";
constexpr std::string_view kBearer = "Bearer ";

bool SameDigest(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool IsHmac(std::string_view given, std::string_view body, std::string_view secret) {
  std::string lower(given);
  for (char& c : lower)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  return SameDigest(lower, HmacSha256Hex(secret, body));
}

// Digests are compared, so that the time does not tell the length of the secret either.
bool IsToken(std::string_view given, std::string_view secret) {
  return SameDigest(Sha256Hex(given), Sha256Hex(secret));
}

bool CutPrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool Holds(Scheme scheme, std::string_view given, std::string_view body, std::string_view secret) {
  switch (scheme) {
    case Scheme::Hmac: return IsHmac(given, body, secret);
    case Scheme::PrefixedHmac:
    case Scheme::HubHmac: return CutPrefix(given, kPrefix) && IsHmac(given, body, secret);
    case Scheme::AnyHmac: CutPrefix(given, kPrefix); return IsHmac(given, body, secret);
    case Scheme::Token: return IsToken(given, secret);
    case Scheme::BearerToken: return IsToken(given, secret) || (CutPrefix(given, kBearer) && IsToken(given, secret));
  }
  return false;
}

bool IsGiven(const SignatureHeader& header, std::string_view value) {
  return !value.empty() && (header.scheme != Scheme::HubHmac || value.starts_with(kPrefix));
}

}  // namespace

SignatureCheck CheckSignature(const HeaderLookup& header, std::string_view body, std::string_view secret) {
  for (const SignatureHeader& known : kHeaders) {
    const std::string_view given = header(known.name);
    if (!IsGiven(known, given)) continue;
    const bool holds = secret.size() >= kShortestSignatureSecret && Holds(known.scheme, given, body, secret);
    return holds ? SignatureCheck::Valid : SignatureCheck::Wrong;
  }
  return SignatureCheck::Missing;
}

}  // namespace tinyforge::serve
