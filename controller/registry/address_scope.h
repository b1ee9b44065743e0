// Where an address lies, so that a registry in the internet cannot send its client into the network that it runs in
// (server-side request forgery). Asked at the moment of the connect with the address that is connected to: a name that
// is resolved anew to something else gains nothing.
#pragma once

#include <sys/socket.h>

#include <string>

namespace tinyforge::registry {

enum class AddressScope {
  Outside,    // the internet
  Inside,     // loopback, RFC 1918, RFC 6598 and RFC 4193: this host, its network
  Forbidden,  // no registry lives there: unspecified, link-local (metadata of clouds), multicast, reserved
};

// IPv4 inside of IPv6 (mapped, NAT64, 6to4) counts as what it is. Other families are Forbidden.
AddressScope ScopeOf(const sockaddr& address);

// Of an address as text; Forbidden when it is none.
AddressScope ScopeOf(const std::string& address);

}  // namespace tinyforge::registry
