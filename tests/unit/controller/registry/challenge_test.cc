#include "controller/registry/challenge.h"

#include <gtest/gtest.h>

namespace tinyforge::registry {
namespace {

std::string Read(const std::vector<std::string>& fields) {
  const auto challenge = ParseChallenges(fields);
  if (!challenge) return "none";
  if (challenge->scheme == Challenge::Scheme::Basic) return "Basic";
  return "Bearer " + challenge->realm + " " + challenge->service;
}

TEST(ChallengeTest, ReadsWhatRegistriesSend) {
  EXPECT_EQ(
      Read({R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a:pull")"}),
      "Bearer https://auth.docker.io/token registry.docker.io");
  EXPECT_EQ(Read({R"(bearer realm = "https://a/t?x=1,2" , error="invalid_token")"}), "Bearer https://a/t?x=1,2 ");
  EXPECT_EQ(Read({"BEARER service=s,realm=https://a/t"}), "Bearer https://a/t s");
  EXPECT_EQ(Read({R"(Basic realm="Registry \"of\" ours")"}), "Basic");
  EXPECT_EQ(Read({"Basic"}), "Basic");
}

TEST(ChallengeTest, OfSeveralTheBearerCountsInOneFieldOrInMany) {
  EXPECT_EQ(Read({R"(Basic realm="x", Bearer realm="https://a/t",service="s")"}), "Bearer https://a/t s");
  EXPECT_EQ(Read({R"(Basic realm="x")", R"(Bearer realm="https://a/t")"}), "Bearer https://a/t ");
  EXPECT_EQ(Read({R"(Negotiate abc==, Basic realm="Bearer realm=https://evil")"}), "Basic");
}

TEST(ChallengeTest, WhatIsNoneIsNone) {
  for (const char* field : {"", " ", "Bearer", "Bearer realm=\"\"", "Bearer realm", "Negotiate", "Digest realm=x", "=",
                            "realm=https://a/t", "\"Basic\"x", ",,,", "Bearer realm=\"", "NTLM TlRMTVNTUAAC=="})
    EXPECT_EQ(Read({field}), "none") << field;
  EXPECT_EQ(Read({}), "none");
  EXPECT_EQ(Read({std::string(60'000, '"')}), "none");
}

}  // namespace
}  // namespace tinyforge::registry
