#include "api-types/codec/formats.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <arpa/inet.h>

#include "api-types/codec/quantity.h"
#include "api-types/meta/object.h"
#include "api-types/v1/cron.h"
#include "api-types/v1/paths.h"

namespace tinyforge::codec::format {
namespace {

using Text = std::string_view;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsLower(char c) {
  return c >= 'a' && c <= 'z';
}
bool IsUpper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool IsAlnum(char c) {
  return IsDigit(c) || IsLower(c) || IsUpper(c);
}
bool IsHex(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f');
}

// Every character is alphanumeric or one of `more`.
bool Only(Text text, Text more) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return IsAlnum(c) || more.find(c) != Text::npos; });
}

// Calls `accept` for each part between separators; false as soon as one does not hold.
template <class Accept>
bool EachPart(Text text, char separator, Accept accept) {
  while (true) {
    const std::size_t end = text.find(separator);
    if (!accept(text.substr(0, end))) return false;
    if (end == Text::npos) return true;
    text.remove_prefix(end + 1);
  }
}

bool NotEmpty(Text text) {
  return !text.empty();
}

bool Hostname(Text text) {
  return text.size() <= 253 && EachPart(text, '.', IsDnsLabel);
}

bool DomainPattern(Text text) {
  if (text.starts_with("*.")) text.remove_prefix(2);
  return Hostname(text);
}

bool HostPattern(Text text) {
  return !text.empty() && text.size() <= 253 && Only(text, "-_.*?");
}

bool QualifiedPart(Text text) {
  return !text.empty() && text.size() <= 63 && Only(text, "-_.") && IsAlnum(text.front()) && IsAlnum(text.back());
}

bool LabelKey(Text text) {
  const std::size_t slash = text.find('/');
  if (slash == Text::npos) return QualifiedPart(text);
  return Hostname(text.substr(0, slash)) && QualifiedPart(text.substr(slash + 1));
}

bool LabelValue(Text text) {
  return text.empty() || QualifiedPart(text);
}

bool Registry(Text text) {
  const std::size_t colon = text.rfind(':');
  if (colon != Text::npos) {
    const Text port = text.substr(colon + 1);
    if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), IsDigit)) return false;
    text = text.substr(0, colon);
  }
  return EachPart(text, '.', [](Text part) {
    return !part.empty() && Only(part, "-") && part.front() != '-' && part.back() != '-';
  });
}

// [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*
bool RepositoryPart(Text text) {
  if (text.empty()) return false;
  const auto plain = [](char c) { return IsDigit(c) || IsLower(c); };
  if (!plain(text.front()) || !plain(text.back())) return false;
  for (std::size_t at = 0; at < text.size();) {
    if (plain(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (!plain(text[end])) ++end;
    const Text run = text.substr(at, end - at);
    if (run != "." && run != "_" && run != "__" && run.find_first_not_of('-') != Text::npos) return false;
    at = end;
  }
  return true;
}

bool ImageRepository(Text text) {
  if (text.empty() || text.size() > 255) return false;
  const std::size_t slash = text.find('/');
  const Text first = text.substr(0, slash);
  // Docker's rule for what is a registry: it has a dot or a port, or is localhost.
  const bool registry = slash != Text::npos && (first.find_first_of(".:") != Text::npos || first == "localhost");
  if (registry) {
    if (!Registry(first)) return false;
    text.remove_prefix(slash + 1);
  }
  return EachPart(text, '/', RepositoryPart);
}

bool ImageTag(Text text) {
  return !text.empty() && text.size() <= 128 && text.front() != '.' && text.front() != '-' && Only(text, "_.-");
}

bool ImageDigest(Text text) {
  constexpr Text kPrefix = "sha256:";
  return text.starts_with(kPrefix) && text.size() == kPrefix.size() + 64 &&
         std::all_of(text.begin() + kPrefix.size(), text.end(), IsHex);
}

bool EnvName(Text text) {
  return !text.empty() && !IsDigit(text.front()) && Only(text, "_.-");
}

bool RepositoryPath(Text text) {
  if (text.ends_with('/')) text.remove_suffix(1);
  if (text == ".") return true;
  while (text.starts_with("../")) text.remove_prefix(3);
  if (text.starts_with("./")) text.remove_prefix(2);
  return text == ".." || v1::IsCleanRelativePath(text);
}

bool UrlPath(Text text) {
  return text.starts_with('/') && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c != 0x7F; });
}

bool SmallNumber(Text text, int min, int max) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value >= min && value <= max;
}

// The names of signal(7), which are those that the Engine knows.
bool Signal(Text text) {
  constexpr std::array<Text, 34> kNames = {"ABRT", "ALRM",   "BUS",  "CHLD",   "CLD",   "CONT", "FPE",  "HUP",  "ILL",
                                           "INT",  "IO",     "IOT",  "KILL",   "PIPE",  "POLL", "PROF", "PWR",  "QUIT",
                                           "SEGV", "STKFLT", "STOP", "SYS",    "TERM",  "TRAP", "TSTP", "TTIN", "TTOU",
                                           "URG",  "USR1",   "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ"};
  if (SmallNumber(text, 1, 64)) return true;
  if (text.starts_with("SIG")) text.remove_prefix(3);
  if (text == "RTMIN" || text == "RTMAX") return true;
  if (text.starts_with("RTMIN+")) return SmallNumber(text.substr(6), 1, 15);
  if (text.starts_with("RTMAX-")) return SmallNumber(text.substr(6), 1, 14);
  return std::find(kNames.begin(), kNames.end(), text) != kNames.end();
}

bool Ulimit(Text text) {
  constexpr std::array<Text, 15> kNames = {"core",    "cpu",      "data",   "fsize",      "locks",
                                           "memlock", "msgqueue", "nice",   "nofile",     "nproc",
                                           "rss",     "rtprio",   "rttime", "sigpending", "stack"};
  return std::find(kNames.begin(), kNames.end(), text) != kNames.end();
}

bool Address(Text text, int family) {
  std::array<unsigned char, sizeof(in6_addr)> buffer{};
  return text.size() <= INET6_ADDRSTRLEN && inet_pton(family, std::string(text).c_str(), buffer.data()) == 1;
}

bool Ipv4(Text text) {
  return Address(text, AF_INET);
}
bool Ip(Text text) {
  return Address(text, AF_INET) || Address(text, AF_INET6);
}

bool ExtraHost(Text text) {
  const std::size_t colon = text.find(':');
  if (colon == Text::npos || !Hostname(text.substr(0, colon))) return false;
  return text.substr(colon + 1) == "host-gateway" || Ip(text.substr(colon + 1));
}

bool Capability(Text text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsUpper(c) || IsDigit(c) || c == '_'; });
}

bool DevicePermissions(Text text) {
  if (text.empty() || text.find_first_not_of("rwm") != Text::npos) return false;
  return std::count(text.begin(), text.end(), 'r') <= 1 && std::count(text.begin(), text.end(), 'w') <= 1 &&
         std::count(text.begin(), text.end(), 'm') <= 1;
}

bool Sysctl(Text text) {
  return text.find('.') != Text::npos && Only(text, "_.-/") && EachPart(text, '.', NotEmpty);
}

bool NetworkMode(Text text) {
  if (text == "host" || text == "none") return true;
  return text.starts_with("service:") && IsDnsLabel(text.substr(8));
}

bool ContainerLabel(Text text) {
  return !text.empty() && !text.starts_with("tinyforge.");
}

bool User(Text text) {
  const auto name = [](Text part) { return !part.empty() && part.front() != '-' && Only(part, "_.-$"); };
  return std::count(text.begin(), text.end(), ':') <= 1 && EachPart(text, ':', name);
}

bool SecretKey(Text text) {
  return !text.empty() && text.size() <= 253 && text != "." && text != ".." && Only(text, "-._");
}

// The Compose Specification, "Version and name top-level elements".
bool ProjectName(Text text) {
  const auto plain = [](char c) { return IsDigit(c) || (c >= 'a' && c <= 'z'); };
  return !text.empty() && text.size() <= 63 && plain(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return plain(c) || c == '_' || c == '-'; });
}

bool Cron(Text text) {
  return v1::Cron::Parse(text).has_value();
}

bool TimeZone(Text text) {
  return v1::IsCleanRelativePath(text) && Only(text, "_/+-");
}

}  // namespace

constexpr Text kAbsolutePattern = "^(/(?!\\.{1,2}(/|$))[^/]+)+$";

const TextFormat kNotEmpty = {"a string that is not empty", NotEmpty, "."};
const TextFormat kDnsLabel = {"a DNS label: a-z, 0-9 and -, at most 63 characters, no - at either end", IsDnsLabel,
                              "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"};
const TextFormat kHostname = {"a host name: DNS labels joined by dots", Hostname,
                              "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"};
const TextFormat kDomainPattern = {"a host name such as shop.example.com or *.example.com", DomainPattern,
                                   "^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"};
const TextFormat kHostPattern = {"a pattern of host names: letters, digits, - _ . and the wildcards * and ?",
                                 HostPattern, "^[-A-Za-z0-9_.*?]+$"};
const TextFormat kLabelKey = {"a label key: [prefix/]name, the name at most 63 of letters, digits, - _ and .", LabelKey,
                              "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"};
const TextFormat kLabelValue = {"a label value: at most 63 of letters, digits, - _ and .", LabelValue,
                                "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$"};
const TextFormat kImageRepository = {
    "an image repository without tag, such as registry.example.com/team/shop in lower case", ImageRepository, ""};
const TextFormat kImageTag = {"an image tag: letters, digits, _ . and -, at most 128 characters", ImageTag,
                              "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$"};
const TextFormat kImageDigest = {"a digest: sha256: and 64 hexadecimal digits", ImageDigest, "^sha256:[a-f0-9]{64}$"};
const TextFormat kEnvName = {"a variable name: letters, digits, _ . and -, not beginning with a digit", EnvName,
                             "^[A-Za-z_.-][A-Za-z0-9_.-]*$"};
const TextFormat kAbsolutePath = {"an absolute path without ., .. or a slash at the end", v1::IsCleanAbsolutePath,
                                  kAbsolutePattern};
const TextFormat kRelativePath = {"a relative path without ., .. or empty parts", v1::IsCleanRelativePath,
                                  "^[^/].*[^/]$|^[^/]$"};
const TextFormat kRepositoryPath = {"a path of the config repository, relative to the manifest", RepositoryPath,
                                    "^[^/]"};
const TextFormat kUrlPath = {"a path that begins with /, without blanks, other characters than ASCII percent-encoded",
                             UrlPath, "^/[!-~]*$"};
const TextFormat kSignal = {"a signal such as SIGHUP, HUP or 1", Signal, "^(SIG)?[A-Z][A-Z0-9+-]+$|^[0-9]{1,2}$"};
const TextFormat kUlimit = {
    "one of core, cpu, data, fsize, locks, memlock, msgqueue, nice, nofile, nproc, rss, rtprio, rttime, sigpending, "
    "stack",
    Ulimit, "^(core|cpu|data|fsize|locks|memlock|msgqueue|nice|nofile|nproc|rss|rtprio|rttime|sigpending|stack)$"};
const TextFormat kIp = {"an IP address", Ip, ""};
const TextFormat kIpv4 = {"an IPv4 address", Ipv4, "^[0-9]{1,3}(\\.[0-9]{1,3}){3}$"};
const TextFormat kExtraHost = {"NAME:ADDRESS, the address an IP address or host-gateway", ExtraHost, "^[^:]+:.+$"};
const TextFormat kCapability = {"a capability such as NET_ADMIN, or ALL", Capability, "^[A-Z0-9_]+$"};
const TextFormat kDevicePermissions = {"letters of rwm", DevicePermissions, "^[rwm]{1,3}$"};
const TextFormat kSysctl = {"a kernel parameter such as net.core.somaxconn", Sysctl, "^[^.]+(\\.[^.]+)+$"};
const TextFormat kNetworkMode = {"host, none or service:NAME", NetworkMode, "^(host|none|service:[a-z0-9][-a-z0-9]*)$"};
const TextFormat kDockerName = {"a Docker name: at least two of letters, digits, _ . and -, the first alphanumeric",
                                v1::IsDockerName, "^[A-Za-z0-9][A-Za-z0-9_.-]+$"};
const TextFormat kContainerLabel = {"a label key outside tinyforge.*, which is the controller's own", ContainerLabel,
                                    "^(?!tinyforge\\.).+$"};
const TextFormat kUser = {"a user or id, with an optional :group", User, "^[^:\\s]+(:[^:\\s]+)?$"};
const TextFormat kProjectName = {
    "a project name: lower-case letters, digits, - and _, beginning with a letter or digit, at most 63 characters",
    ProjectName, "^[a-z0-9][a-z0-9_-]{0,62}$"};
const TextFormat kSecretKey = {"a key of letters, digits, - _ and .", SecretKey, "^[-._A-Za-z0-9]+$"};
const TextFormat kCron = {
    "five fields: minute, hour, day of month, month, day of week, each * or numbers in its range, as 5, 1-5, */15, or "
    "@hourly, @daily, @weekly, @monthly, @yearly",
    Cron, "^\\S+( +\\S+){4}$|^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$"};
const TextFormat kTimeZone = {"a time zone such as Europe/Berlin or UTC", TimeZone, "^[A-Za-z0-9_/+-]+$"};

const NumberFormat kBytes = {"a quantity of bytes such as 256Mi or 1G",        ParseBytes, FormatBytes, "quantity",
                             "^[0-9.]+([kMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$", true};
const NumberFormat kCpus = {"a quantity of CPUs such as 500m or 1.5", ParseCpus, FormatCpus, "quantity",
                            "^[0-9.]+([numkM]|[eE][+-]?[0-9]+)?$",    true};
const NumberFormat kMode = {"permission bits in octal, in quotes, such as \"0644\"",
                            ParseMode,
                            FormatMode,
                            "octal string",
                            "^[0-7]{3,5}$",
                            false};

}  // namespace tinyforge::codec::format
