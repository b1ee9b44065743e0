#include "controller/registry/endpoint.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace tinyforge::registry {
namespace {

// Of "host:port" and "host"; an image's name holds no IPv6 address.
std::string HostOf(const std::string& registry) {
  return registry.substr(0, registry.find(':'));
}

std::string PortOf(const std::string& registry, const std::string& usual) {
  const auto colon = registry.find(':');
  return colon == std::string::npos ? usual : registry.substr(colon + 1);
}

bool IsListed(const std::string& registry, const EndpointOptions& options) {
  return std::ranges::find(options.plain_http, registry) != options.plain_http.end();
}

std::string CaFile(const std::string& registry, const EndpointOptions& options) {
  if (options.certificates.empty()) return {};
  std::string path = options.certificates + "/" + registry + "/ca.crt";
  return access(path.c_str(), R_OK) == 0 ? path : std::string();
}

bool IsBelow(std::string_view host, std::string_view domain) {
  return host == domain ||
         (host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
}

// Who may register below it is anybody: "com", "co.uk", "com.au".
bool IsPublicSuffix(std::string_view domain) {
  constexpr std::array kSecondLevels = {"ac",  "co", "com", "edu", "go", "gob", "gov", "ltd", "me",
                                        "mil", "ne", "net", "nom", "or", "org", "plc", "sch"};
  const auto dot = domain.find('.');
  if (dot == std::string_view::npos) return true;
  const bool of_country = domain.size() - dot == 3 && domain.find('.', dot + 1) == std::string_view::npos;
  return of_country && std::ranges::find(kSecondLevels, domain.substr(0, dot)) != kSecondLevels.end();
}

// The domain that a host is in, or is itself when that is one already.
std::string_view DomainOf(std::string_view host) {
  const auto dot = host.find('.');
  if (dot == std::string_view::npos || IsPublicSuffix(host.substr(dot + 1))) return host;
  return host.substr(dot + 1);
}

bool IsTokenServer(const std::string& registry, const Url& realm, const EndpointOptions& options) {
  const auto [first, last] = options.token_servers.equal_range(registry);
  return std::any_of(
      first, last, [&](const auto& e) { return e.second == realm.host || e.second == realm.host + ":" + realm.port; });
}

bool IsAddress(std::string_view host) {
  return host.starts_with('[') || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

Url Endpoint::At(const std::string& rest) const {
  Url url = base;
  url.target += rest;
  return url;
}

Endpoint EndpointOf(const ImageName& image, const EndpointOptions& options) {
  Endpoint endpoint{.image = image, .ca_file = CaFile(image.host, options)};
  const bool plain = endpoint.ca_file.empty() && (IsLoopback(HostOf(image.host)) || IsListed(image.host, options));
  const std::string host = image.host == "docker.io" ? "registry-1.docker.io" : image.host;
  endpoint.base = {.scheme = plain ? "http" : "https",
                   .host = HostOf(host),
                   .port = PortOf(host, plain ? "80" : "443"),
                   .target = "/v2/" + image.path};
  return endpoint;
}

bool MayLead(const Url& from, const Url& to, const EndpointOptions& options) {
  if (to.scheme == "https") return true;
  return from.scheme == "http" && (IsLoopback(to.host) || IsListed(to.place(), options));
}

bool MayTrust(const Endpoint& endpoint, const Url& realm, const EndpointOptions& options) {
  const Url& registry = endpoint.base;
  if (registry.host == realm.host || (IsLoopback(registry.host) && IsLoopback(realm.host))) return true;
  if (IsTokenServer(endpoint.image.host, realm, options)) return true;
  if (IsAddress(registry.host) || IsAddress(realm.host)) return false;
  return IsBelow(realm.host, DomainOf(registry.host));
}

}  // namespace tinyforge::registry
