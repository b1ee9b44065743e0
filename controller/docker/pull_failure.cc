#include "controller/docker/pull_failure.h"

#include <algorithm>
#include <array>
#include <vector>

#include "controller/docker/image_reference.h"

namespace tinyforge::docker {
namespace {

enum class Fault {
  Architecture,
  RateLimit,
  Login,
  Missing,
  Certificate,
  PlainHttp,
  Silent,
  Unreachable,
  Ill,
  Disk,
  Other
};

struct Sign {
  Fault fault;
  std::vector<std::string_view> words;  // any of them in the Engine's message
};

// In this order, since one message may show several. What registries and the Engine's own client say.
const std::array<Sign, 10>& Signs() {
  static const std::array<Sign, 10> signs = {
      Sign{Fault::Architecture, {"no matching manifest", "does not match the specified platform"}},
      Sign{Fault::RateLimit, {"toomanyrequests", "Too Many Requests"}},
      Sign{Fault::Disk, {"no space left on device"}},
      Sign{Fault::Certificate, {"x509:", "tls: "}},
      Sign{Fault::PlainHttp, {"server gave HTTP response to HTTPS client"}},
      Sign{Fault::Login,
           {"unauthorized", "denied", "authentication required", "no basic auth", "401 Unauthorized", "403 Forbidden"}},
      Sign{Fault::Missing, {"manifest unknown", "not found", "name unknown"}},
      Sign{Fault::Silent, {"Client.Timeout", "i/o timeout", "deadline exceeded", "TLS handshake timeout", "timed out"}},
      Sign{Fault::Unreachable,
           {"connection refused", "no such host", "is unreachable", "no route to host", "connection reset",
            "server misbehaving", "failure in name resolution", "EOF"}},
      Sign{Fault::Ill, {"received unexpected HTTP status: 5", "unavailable:", "Service Unavailable"}}};
  return signs;
}

Fault FaultOf(std::string_view message) {
  for (const Sign& sign : Signs()) {
    const bool shown =
        std::ranges::any_of(sign.words, [&](auto words) { return message.find(words) != std::string_view::npos; });
    if (shown) return sign.fault;
  }
  return Fault::Other;
}

// Which of the two places of logins is to be mended.
std::string AdviceOnLogin(const PullLogin& login, const std::string& registry) {
  if (!login.lacking.empty() && !login.header) return login.lacking + " has no login for " + registry;
  if (login.header)
    return "the registry does not let the login of " + login.source + " pull this; correct it, or the image's name";
  return "the registry wants a login, or there is no such repository: name a Secret that holds one in "
         "spec.source.image.pullSecret, or give the controller a --registry-config";
}

std::string AdviceOn(Fault fault, const PullLogin& login, const std::string& registry) {
  switch (fault) {
    case Fault::Architecture: return "the image is not made for this machine's architecture; push one that is";
    case Fault::RateLimit:
      return std::string("the registry limits the rate of pulls; the next try comes later") +
             (login.header ? "" : ", and a login (spec.source.image.pullSecret) usually raises the limit");
    case Fault::Login: return AdviceOnLogin(login, registry);
    case Fault::Missing: return "the registry does not have it (yet); it is looked for again";
    case Fault::Certificate:
      return "the Docker Engine does not trust the registry's certificate; put that of its authority at "
             "/etc/docker/certs.d/" +
             registry + "/ca.crt";
    case Fault::PlainHttp:
      return "the registry speaks no TLS; give it a certificate, or list it in insecure-registries of the Docker "
             "Engine";
    case Fault::Silent: return "the registry does not answer; it is tried again";
    case Fault::Unreachable: return "the registry cannot be reached from this host; it is tried again";
    case Fault::Ill: return "the registry is not well; it is tried again";
    case Fault::Disk: return "the disk of the Docker Engine is full";
    case Fault::Other: break;
  }
  return "it is tried again";
}

}  // namespace

PullFailure ExplainPullFailure(const std::string& reference, const PullLogin& login, std::string_view message) {
  const Fault fault = FaultOf(message);
  const std::string registry = ParseImageReference(reference).registry;
  const bool patient = fault == Fault::Architecture || fault == Fault::RateLimit || fault == Fault::Login ||
                       fault == Fault::Missing || fault == Fault::Certificate || fault == Fault::PlainHttp;
  return {.error = {fault == Fault::Architecture ? ErrorKind::Terminal : ErrorKind::Waiting,
                    "pull " + reference + ": " + std::string(message) + " (" + AdviceOn(fault, login, registry) + ")"},
          .patient = patient};
}

}  // namespace tinyforge::docker
