// Where the API of an image's registry is, and how it may be spoken to.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "controller/registry/url.h"
#include "reconcilers/core/image_name.h"

namespace tinyforge::registry {

struct EndpointOptions {
  // Registries ("registry.lan:5000") spoken to over plain HTTP, logins too, unless the Engine has an authority for
  // them. The Engine tries TLS first with its insecure-registries; here nobody does.
  std::vector<std::string> plain_http{};
  // Hosts ("api.example.net", or with ":PORT") of token servers that get the logins of a registry of another domain.
  std::multimap<std::string, std::string> token_servers{};
  // Where the Engine has certificates of authorities: CERTIFICATES/REGISTRY/ca.crt.
  std::string certificates = "/etc/docker/certs.d";
};

struct Endpoint {
  ImageName image;
  Url base;             // its target is "/v2/REPOSITORY"
  std::string ca_file;  // to trust beside the system's; empty: none

  Url At(const std::string& rest) const;  // base with "/tags/list" and the like behind it
};

// Docker Hub is at registry-1.docker.io. https, but without a ca_file for loopback and for what is listed as
// plain_http.
Endpoint EndpointOf(const ImageName& image, const EndpointOptions& options);

// Whether who was asked at `from` may send its client to `to`: over https, and over http when `from` was plain already
// and `to` is loopback or listed.
bool MayLead(const Url& from, const Url& to, const EndpointOptions& options);

// Whether a login for the registry may be sent to the token server at `realm`. The Engine sends it to any https address
// that the registry names; here it stays with what token_servers has for it, the host itself, its subdomains, the
// domain it is in and the hosts of that: of registry.example.com that is example.com and auth.example.com. A domain has
// two labels or more, and below a country's second level (co.uk) three; for an address or a single label just the host
// itself counts.
bool MayTrust(const Endpoint& registry, const Url& realm, const EndpointOptions& options);

}  // namespace tinyforge::registry
