// The text formats, each with what it takes and what it refuses.
#include "api-types/codec/formats.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <string>
#include <vector>

namespace tinyforge::codec {
namespace {

struct FormatCase {
  std::string name;
  const TextFormat* format;
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

void PrintTo(const FormatCase& c, std::ostream* out) {
  *out << c.name;
}

class Format : public ::testing::TestWithParam<FormatCase> {};

TEST_P(Format, TakesAndRefuses) {
  for (const std::string& text : GetParam().good) EXPECT_TRUE(GetParam().format->valid(text)) << text;
  for (const std::string& text : GetParam().bad) EXPECT_FALSE(GetParam().format->valid(text)) << text;
}

// Otherwise an editor would complain about what the controller takes.
TEST_P(Format, PatternOfTheSchemaTakesWhatIsGood) {
  const std::string_view pattern = GetParam().format->pattern;
  if (pattern.empty() || pattern.find("(?!") != std::string_view::npos) return;  // RE2 knows no look-ahead
  for (const std::string& text : GetParam().good)
    EXPECT_TRUE(RE2::PartialMatch(text, RE2(std::string(pattern)))) << text;
}

const std::string k64(64, 'a');

INSTANTIATE_TEST_SUITE_P(
    All, Format,
    ::testing::Values(
        FormatCase{"DnsLabel",
                   &format::kDnsLabel,
                   {"a", "a-1", "0a", std::string(63, 'a')},
                   {"", "-a", "a-", "A", "a.b", "a_b", k64}},
        FormatCase{"Hostname", &format::kHostname, {"a", "a.b-c.d"}, {"", "a..b", ".a", "a.", "A.b"}},
        FormatCase{"DomainPattern",
                   &format::kDomainPattern,
                   {"shop.example.com", "*.example.com"},
                   {"*", "a.*.b", "**.a", ""}},
        FormatCase{"HostPattern", &format::kHostPattern, {"web*", "db-?", "Host_1.lan", "*"}, {"", "a b", "[a]"}},
        FormatCase{"LabelKey",
                   &format::kLabelKey,
                   {"team", "example.com/Team_1", "a.b"},
                   {"", "/a", "a/", "a/b/c", "-a", "é"}},
        FormatCase{"LabelValue", &format::kLabelValue, {"", "web", "V1.2_x-y"}, {"-a", "a b", k64}},
        FormatCase{"ImageRepository",
                   &format::kImageRepository,
                   {"nginx", "library/nginx", "docker.io/library/nginx", "localhost/x", "localhost:5000/a/b",
                    "Reg.Example.com:5000/a-b/c__d", "a/b--c", "10.0.0.1:5000/x"},
                   {"", "Nginx", "nginx:1", "nginx@sha256:x", "a//b", "/a", "a/", "a-/b", "a/_b", "a/b___c", "a..b",
                    "http://a/b", "reg.io:x/a", "reg.io:/a"}},
        FormatCase{"ImageTag",
                   &format::kImageTag,
                   {"1.27", "_x", "v1-rc.1", "Latest"},
                   {"", ".a", "-a", "a b", "a/b", "a:b", std::string(129, 'a')}},
        FormatCase{"ImageDigest",
                   &format::kImageDigest,
                   {"sha256:" + k64},
                   {"", k64, "sha256:" + k64 + "a", "sha256:" + std::string(64, 'G'), "md5:" + k64}},
        FormatCase{"EnvName", &format::kEnvName, {"A", "_x", "a.b-c", "PATH1"}, {"", "1A", "A=B", "A B"}},
        FormatCase{"AbsolutePath",
                   &format::kAbsolutePath,
                   {"/a", "/a/b.c", "/..a/b"},
                   {"", "/", "a", "/a/", "//a", "/a/./b", "/a/..", "/" + std::string(5000, 'a')}},
        FormatCase{"RelativePath",
                   &format::kRelativePath,
                   {"a", "a/b", "..a"},
                   {"", "/a", "a/", "a//b", ".", "..", "a/../b", "./a"}},
        FormatCase{"RepositoryPath",
                   &format::kRepositoryPath,
                   {"a", "a/", "./a", "../a", "../../a/b/", ".", ".."},
                   {"", "/", "/a", "a/../b", "a//b", "a//"}},
        FormatCase{"UrlPath", &format::kUrlPath, {"/", "/a?b=c"}, {"", "a", "/a b", "/\n", "/é"}},
        FormatCase{"Signal",
                   &format::kSignal,
                   {"SIGHUP", "HUP", "1", "64", "SIGRTMIN+3", "RTMAX-14", "USR1"},
                   {"", "0", "65", "hup", "SIG", "SIGHUPP", "RTMIN+16", "1x"}},
        FormatCase{"Ulimit", &format::kUlimit, {"nofile", "core"}, {"", "NOFILE", "files"}},
        FormatCase{"Ip",
                   &format::kIp,
                   {"127.0.0.1", "::1", "0.0.0.0", "fe80::1"},
                   {"", "127.0.0", "localhost", "1.2.3.4.5", "256.0.0.1", "[::1]"}},
        FormatCase{"Ipv4", &format::kIpv4, {"10.0.0.1"}, {"::1", "10.0.0", ""}},
        FormatCase{"ExtraHost",
                   &format::kExtraHost,
                   {"a.b:10.0.0.1", "a:::1", "a:host-gateway"},
                   {"a", "a:", ":1.2.3.4", "a:b"}},
        FormatCase{"Capability", &format::kCapability, {"ALL", "NET_ADMIN"}, {"", "net_admin", "NET ADMIN"}},
        FormatCase{"DevicePermissions", &format::kDevicePermissions, {"r", "rwm", "mw"}, {"", "rr", "x", "rwmm"}},
        FormatCase{"Sysctl",
                   &format::kSysctl,
                   {"net.core.somaxconn", "net.ipv4.conf.eth0/1.x"},
                   {"", "net", "net..a", ".a", "a b.c"}},
        FormatCase{"NetworkMode",
                   &format::kNetworkMode,
                   {"host", "none", "service:db"},
                   {"", "bridge", "container:x", "service:", "Host"}},
        FormatCase{"DockerName", &format::kDockerName, {"ab", "A_b.c-d"}, {"", "a", "_a", "a/b", "a b"}},
        FormatCase{"ContainerLabel",
                   &format::kContainerLabel,
                   {"traefik.enable", "tinyforge", "x y"},
                   {"", "tinyforge.managed"}},
        FormatCase{
            "User", &format::kUser, {"0", "1000:1000", "www-data", "a:b"}, {"", ":", "a:", ":b", "a:b:c", "a b", "-a"}},
        FormatCase{"SecretKey", &format::kSecretKey, {"a", "tls.key", "A_b-c"}, {"", ".", "..", "a/b", "a b"}},
        FormatCase{"ProjectName", &format::kProjectName, {"a", "0", "my_shop-1"}, {"", "A", "-a", "_a", "a.b", "a b"}},
        FormatCase{"Cron",
                   &format::kCron,
                   {"* * * * *", "0 3 * * 1-5", "*/5 0 1 JAN MON", "0  3 * * *", "@daily", "@hourly"},
                   {"", "* * * *", "* * * * * *", "@reboot", "a;b * * * *"}},
        FormatCase{"TimeZone",
                   &format::kTimeZone,
                   {"UTC", "Europe/Berlin", "Etc/GMT+3"},
                   {"", "/etc/passwd", "../x", "Europe/"}}),
    [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace tinyforge::codec
