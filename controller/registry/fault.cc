#include "controller/registry/fault.h"

#include <utility>

namespace tinyforge::registry {
namespace {

constexpr std::size_t kMaxExcerpt = 160;

Fault Ours(const Asked& asked, ErrorKind kind, const std::string& sentence) {
  return {.error = {kind, asked.what + ": " + sentence}, .failure = std::nullopt};
}

Fault Theirs(const Asked& asked, ErrorKind kind, const std::string& sentence, bool of_registry) {
  return {.error = {kind, asked.what + ": " + sentence},
          .failure = PaceFailure{.of_registry = of_registry, .reason = sentence}};
}

std::string WithExcerpt(int status, const std::string& excerpt) {
  return " (" + std::to_string(status) + (excerpt.empty() ? "" : ", " + excerpt) + ")";
}

std::string RefusalOf(const Asked& asked, const Peer& peer, const std::string& said) {
  if (!asked.source.empty()) {
    return peer.place + " does not let the login of " + asked.source + " read this" + said +
           "; correct it, or the image's name";
  }
  if (!asked.lacking.empty()) {
    return peer.place + " wants a login, or there is no such repository" + said + ", and " + asked.lacking +
           " has none for " + asked.registry + "; add it there, or correct the image's name";
  }
  return peer.place + " wants a login, or there is no such repository" + said +
         "; name a Secret that holds one in spec.source.image.pullSecret, give the controller a --registry-config, or "
         "correct the image's name";
}

std::string RateOf(const Asked& asked, const Peer& peer, const std::string& said) {
  return peer.place + " limits the rate of requests" + said + "; it is asked again later" +
         (asked.source.empty() ? ", and a login (spec.source.image.pullSecret) usually raises the limit" : "");
}

std::string CertificateOf(const Asked& asked, const Peer& peer, const std::string& detail) {
  return "the certificate of " + peer.place + " is not trusted (" + detail + "); put that of its authority at " +
         asked.authorities + "/" + asked.registry + "/ca.crt, where the Docker Engine looks too";
}

std::string TlsOf(const Peer& peer, const std::string& detail) {
  return peer.place + " speaks no TLS that is understood (" + detail +
         "); give it a certificate and TLS 1.2 or later, or list it among the registries for plain HTTP";
}

}  // namespace

Fault ExplainStatus(const Asked& asked, const Peer& peer, int status, const std::string& excerpt) {
  const std::string said = WithExcerpt(status, excerpt);
  if (status == 404) {
    return Ours(asked, ErrorKind::NotFound,
                peer.place + " has no " + asked.missing + said + "; correct the name, or push it");
  }
  if (status == 401 || status == 403) return Ours(asked, ErrorKind::Waiting, RefusalOf(asked, peer, said));
  if (status == 429) return Theirs(asked, ErrorKind::Waiting, RateOf(asked, peer, said), peer.is_registry);
  if (status >= 500) {
    // What a proxy says in the place of what is behind it concerns every repository.
    const bool of_all = peer.is_registry && status >= 502 && status <= 504;
    return Theirs(asked, status == 503 ? ErrorKind::Waiting : ErrorKind::Transient,
                  peer.place + " is not well" + said + "; it is asked again later", of_all);
  }
  return ExplainNonsense(asked, peer, "did not take the request" + said);
}

Fault ExplainFailure(const Asked& asked, const Peer& peer, const HttpFailure& failure) {
  const auto transient = [&](const std::string& sentence, bool of_all) {
    return Theirs(asked, ErrorKind::Transient, sentence + "; it is asked again later", of_all && peer.is_registry);
  };
  const auto person = [&](const std::string& sentence) {
    return Theirs(asked, ErrorKind::Waiting, sentence, peer.is_registry);
  };
  switch (failure.fault) {
    case HttpFault::Name:
      return transient("the name " + peer.place + " does not resolve; correct the image's name or this host's DNS",
                       true);
    case HttpFault::Connect:
      return transient(peer.place + " cannot be reached from this host (" + failure.detail + ")", true);
    case HttpFault::Certificate: return person(CertificateOf(asked, peer, failure.detail));
    case HttpFault::Tls: return person(TlsOf(peer, failure.detail));
    case HttpFault::Timeout: return transient(peer.place + " did not answer in time", false);
    case HttpFault::TooLarge:
      return ExplainNonsense(asked, peer, "answered with more than 4 MiB, or a head of more than 64 KiB");
    case HttpFault::Broken:
      return transient("the exchange with " + peer.place + " broke (" + failure.detail + ")", false);
    case HttpFault::Forbidden:
      return person("the name " + peer.place + " leads to the address " + failure.detail +
                    ", where a registry, or what a registry outside of this network points to, may not be; correct the "
                    "name or the DNS");
    case HttpFault::Cancelled: return Ours(asked, ErrorKind::Transient, "cancelled");
  }
  return transient(peer.place + " gave no answer", false);
}

Fault ExplainNonsense(const Asked& asked, const Peer& peer, const std::string& why) {
  return Theirs(asked, ErrorKind::Transient,
                peer.place + " " + why + "; check that it is a registry (distribution API v2)", false);
}

std::string Excerpt(std::string_view text) {
  std::string excerpt(text.substr(0, kMaxExcerpt));
  for (char& c : excerpt) c = c >= ' ' && c < 0x7F ? c : '?';
  if (text.size() > kMaxExcerpt) excerpt.replace(kMaxExcerpt - 3, 3, "...");
  return excerpt;
}

}  // namespace tinyforge::registry
