#include "controller/registry/url.h"

#include <gtest/gtest.h>

namespace tinyforge::registry {
namespace {

std::string Parsed(std::string_view text) {
  const auto url = ParseUrl(text);
  return url ? url->text() : "none";
}

TEST(UrlTest, APlaceIsSaidInFullAndItsPathIsLeftAsItIs) {
  EXPECT_EQ(Parsed("https://R.example.com/v2/a%2Fb/../c?x=%2B#f"), "https://r.example.com:443/v2/a%2Fb/../c?x=%2B");
  EXPECT_EQ(Parsed("http://127.0.0.1:5000"), "http://127.0.0.1:5000/");
  EXPECT_EQ(Parsed("HTTPS://[2001:DB8::1]/"), "https://[2001:db8::1]:443/");
  EXPECT_EQ(ParseUrl("https://r.example.com/")->place(), "r.example.com");
  EXPECT_EQ(ParseUrl("https://r.example.com:5000/")->place(), "r.example.com:5000");
  EXPECT_EQ(ParseUrl("http://r.example.com:443/")->place(), "r.example.com:443");
}

TEST(UrlTest, AllElseIsNone) {
  for (const char* text :
       {"", "r.example.com", "/v2/", "ftp://r.example.com/", "file:///etc/passwd", "gopher://r.example.com/",
        "https://user:pw@r.example.com/", "https://user@r.example.com/",

        "https://r.example.com:x/", "https://r.example.com:99999/", "https://r.example.com/a b",
        "https://r.example.com/\r\nX: y", "https://r\xC3\xBC/", "https://r.example.com%0d%0a/", "https://a%2fb/",
        "https://[::1", "https://r.example.com\\@evil.example.com/", "unix:///run/docker.sock", "javascript:alert(1)"})
    EXPECT_EQ(Parsed(text), "none") << text;
  EXPECT_EQ(Parsed("https://r.example.com/" + std::string(9000, 'a')), "none");
  EXPECT_EQ(Parsed(std::string("https://r.example.com/\0x", 24)), "none");
}

TEST(UrlTest, AReferenceMeansWhatItMeansWhereItStands) {
  const Url base = *ParseUrl("https://r.example.com:5000/v2/a/tags/list?n=1");
  EXPECT_EQ(Resolve(base, "/v2/b?x=1")->text(), "https://r.example.com:5000/v2/b?x=1");
  EXPECT_EQ(Resolve(base, "?last=x")->text(), "https://r.example.com:5000/v2/a/tags/list?last=x");
  EXPECT_EQ(Resolve(base, "//evil.example.com/x")->text(), "https://evil.example.com:443/x");
  EXPECT_EQ(Resolve(base, "http://127.0.0.1/x")->text(), "http://127.0.0.1:80/x");
  EXPECT_FALSE(Resolve(base, "file:///etc/passwd"));
  EXPECT_FALSE(Resolve(base, "https://user:pw@r.example.com/"));
  EXPECT_FALSE(Resolve(base, ""));
}

TEST(UrlTest, AnOriginIsSchemeHostAndPort) {
  const Url url = *ParseUrl("https://r.example.com/a");
  EXPECT_TRUE(url.SameOrigin(*ParseUrl("https://R.example.com:443/b")));
  for (const char* other : {"http://r.example.com:443/a", "https://r.example.com:444/a", "https://r.example.com./a"})
    EXPECT_FALSE(url.SameOrigin(*ParseUrl(other))) << other;
}

TEST(UrlTest, LoopbackIsANameAndAddresses) {
  for (const char* host : {"localhost", "127.0.0.1", "127.255.0.9", "[::1]"}) EXPECT_TRUE(IsLoopback(host)) << host;
  for (const char* host : {"127.0.0.1.example.com", "128.0.0.1", "localhost.example.com", "[::2]", ""})
    EXPECT_FALSE(IsLoopback(host)) << host;
}

TEST(UrlTest, PercentEncodingLeavesNothingWithAMeaning) {
  EXPECT_EQ(PercentEncode("repository:a/b-c_d.e~:pull &\xFF"), "repository%3Aa%2Fb-c_d.e~%3Apull%20%26%FF");
}

}  // namespace
}  // namespace tinyforge::registry
