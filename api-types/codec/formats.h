// The text formats of manifest fields.
#pragma once

#include "api-types/codec/field.h"

namespace tinyforge::codec::format {

extern const TextFormat kNotEmpty;
extern const TextFormat kDnsLabel;         // RFC 1123, 63 characters
extern const TextFormat kHostname;         // RFC 1123, labels with dots, 253 characters
extern const TextFormat kDomainPattern;    // a host name, perhaps with a leading "*."
extern const TextFormat kHostPattern;      // glob of --host names
extern const TextFormat kLabelKey;         // Kubernetes: [prefix/]name
extern const TextFormat kLabelValue;       // Kubernetes: up to 63 characters
extern const TextFormat kImageRepository;  // OCI distribution specification 1.1, with an optional registry
extern const TextFormat kImageTag;         // [\w][\w.-]{0,127}
extern const TextFormat kImageDigest;      // sha256:<64 hex>
extern const TextFormat kEnvName;
extern const TextFormat kAbsolutePath;    // clean: no ".", "..", empty part or end slash
extern const TextFormat kRelativePath;    // clean, of the config repository or the secrets directory
extern const TextFormat kRepositoryPath;  // as above; may climb with "..", may end with "/"
extern const TextFormat kUrlPath;         // begins with "/", no white space
extern const TextFormat kSignal;          // SIGHUP, HUP, SIGRTMIN+3, or a number
extern const TextFormat kUlimit;
extern const TextFormat kIp;
extern const TextFormat kIpv4;
extern const TextFormat kExtraHost;          // name:address
extern const TextFormat kCapability;         // NET_ADMIN, ALL
extern const TextFormat kDevicePermissions;  // of r, w, m
extern const TextFormat kSysctl;
extern const TextFormat kNetworkMode;     // host | none | service:NAME
extern const TextFormat kDockerName;      // [a-zA-Z0-9][a-zA-Z0-9_.-]+
extern const TextFormat kContainerLabel;  // not tinyforge.*
extern const TextFormat kUser;            // name or id, optionally ":" group
extern const TextFormat kProjectName;     // [a-z0-9][a-z0-9_-]*, of a compose project
extern const TextFormat kSecretKey;       // [-._a-zA-Z0-9]+
extern const TextFormat kCron;            // five fields, or @daily and the like
extern const TextFormat kTimeZone;        // IANA name

extern const NumberFormat kBytes;
extern const NumberFormat kCpus;
extern const NumberFormat kMode;

}  // namespace tinyforge::codec::format
