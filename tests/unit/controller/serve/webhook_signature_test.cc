#include "controller/serve/webhook_signature.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <random>
#include <vector>

#include "api-types/codec/hash.h"

namespace tinyforge::serve {
namespace {

const std::string kSecret = "It's a Secret to Everybody";
const std::string kBody = "Hello, World!";
const std::string kDigest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

using Headers = std::map<std::string, std::string>;

SignatureCheck Check(const Headers& headers, const std::string& body = kBody, const std::string& secret = kSecret) {
  return CheckSignature(
      [&headers](std::string_view name) -> std::string_view {
        const auto header = headers.find(std::string(name));
        return header == headers.end() ? std::string_view() : std::string_view(header->second);
      },
      body, secret);
}

TEST(WebhookSignatureTest, GithubsPublishedExampleIsValid) {
  EXPECT_EQ(Check({{"X-Hub-Signature-256", "sha256=" + kDigest}}), SignatureCheck::Valid);
}

struct Vendor {
  const char* header;
  std::string value;
};

const Vendor kVendors[] = {{"X-Hub-Signature-256", "sha256=" + kDigest},
                           {"X-Forgejo-Signature", kDigest},
                           {"X-Gitea-Signature", kDigest},
                           {"X-Gogs-Signature", kDigest},
                           {"X-Signature-256", "sha256=" + kDigest},
                           {"X-Signature-256", kDigest},
                           {"X-Hub-Signature", "sha256=" + kDigest},
                           {"X-Gitlab-Token", kSecret},
                           {"Authorization", kSecret},
                           {"Authorization", "Bearer " + kSecret}};

TEST(WebhookSignatureTest, EachVendorsHeaderIsTaken) {
  for (const auto& [header, value] : kVendors) EXPECT_EQ(Check({{header, value}}), SignatureCheck::Valid) << header;
}

TEST(WebhookSignatureTest, AnotherSecretOrByteIsWrongForEachVendor) {
  for (const auto& [header, value] : kVendors) {
    EXPECT_EQ(Check({{header, value}}, kBody, kSecret + "."), SignatureCheck::Wrong) << header;
    std::string changed = value;
    changed.back() = changed.back() == '0' ? '1' : '0';
    EXPECT_EQ(Check({{header, changed}}), SignatureCheck::Wrong) << header;
    EXPECT_EQ(Check({{header, value + "0"}}), SignatureCheck::Wrong) << header;
    EXPECT_EQ(Check({{header, value.substr(0, value.size() - 1)}}), SignatureCheck::Wrong) << header;
  }
  EXPECT_EQ(Check({{"X-Hub-Signature-256", "sha256=" + kDigest}}, kBody + "\n"), SignatureCheck::Wrong);
}

TEST(WebhookSignatureTest, HexIsReadInAnyCase) {
  std::string upper = kDigest;
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; });
  EXPECT_EQ(Check({{"X-Gitea-Signature", upper}}), SignatureCheck::Valid);
}

TEST(WebhookSignatureTest, WithoutAHeaderItIsMissing) {
  EXPECT_EQ(Check({}), SignatureCheck::Missing);
  EXPECT_EQ(Check({{"X-Other", "sha256=" + kDigest}}), SignatureCheck::Missing);
  EXPECT_EQ(Check({{"X-Hub-Signature-256", ""}}), SignatureCheck::Missing);
}

// HMAC-SHA1 of the same body and secret, as older GitHub sends it.
TEST(WebhookSignatureTest, Sha1IsNeverTaken) {
  EXPECT_EQ(Check({{"X-Hub-Signature", "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59"}}), SignatureCheck::Missing);
  EXPECT_EQ(Check({{"X-Hub-Signature", "sha1=" + kDigest}}), SignatureCheck::Missing);
  EXPECT_EQ(Check({{"X-Hub-Signature-256", "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59"}}), SignatureCheck::Wrong);
  EXPECT_EQ(Check({{"X-Hub-Signature", "sha1=0"}, {"X-Hub-Signature-256", "sha256=" + kDigest}}),
            SignatureCheck::Valid);
}

TEST(WebhookSignatureTest, TheFirstHeaderDecidesAlone) {
  EXPECT_EQ(Check({{"X-Hub-Signature-256", "sha256=00"}, {"X-Gitlab-Token", kSecret}}), SignatureCheck::Wrong);
  EXPECT_EQ(Check({{"X-Gitea-Signature", kDigest}, {"Authorization", "Basic eA=="}}), SignatureCheck::Valid);
}

TEST(WebhookSignatureTest, ThePrefixIsPartOfTheHeadersThatHaveOne) {
  EXPECT_EQ(Check({{"X-Hub-Signature-256", kDigest}}), SignatureCheck::Wrong);
  EXPECT_EQ(Check({{"X-Gitea-Signature", "sha256=" + kDigest}}), SignatureCheck::Wrong);
  EXPECT_EQ(Check({{"X-Hub-Signature-256", "SHA256=" + kDigest}}), SignatureCheck::Wrong);
}

// An empty secret is a key like any other to HMAC, and anybody knows it.
TEST(WebhookSignatureTest, NothingIsValidWithAnEmptyOrShortSecret) {
  for (const std::string& secret : {std::string(), std::string("short"), std::string(15, 'x')}) {
    EXPECT_EQ(Check({{"X-Hub-Signature-256", "sha256=" + HmacSha256Hex(secret, kBody)}}, kBody, secret),
              SignatureCheck::Wrong);
    EXPECT_NE(Check({{"X-Gitlab-Token", secret}}, kBody, secret), SignatureCheck::Valid);
    EXPECT_NE(Check({{"Authorization", "Bearer " + secret}}, kBody, secret), SignatureCheck::Valid);
  }
  const std::string shortest(16, 'x');
  EXPECT_EQ(Check({{"X-Gitlab-Token", shortest}}, kBody, shortest), SignatureCheck::Valid);
}

TEST(WebhookSignatureTest, BodiesAreBytesNotText) {
  const std::string body("\0\xff{\r\n", 5);
  EXPECT_EQ(Check({{"X-Gitea-Signature", HmacSha256Hex(kSecret, body)}}, body), SignatureCheck::Valid);
}

// The t statistic of Welch's test over how long two wrong headers take, in turns, without the slowest tenth, which
// tells of the machine.
double TimingDifference(const std::string& header, const std::string& one, const std::string& other) {
  constexpr int kSamples = 20'000;
  std::vector<double> times[2];
  std::mt19937 random(7);
  std::string value = one;
  for (int i = 0; i < 2 * kSamples; ++i) {
    const std::size_t which = random() % 2;
    value.replace(0, value.size(), which == 0 ? one : other);  // in one place, so that only the bytes differ
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(CheckSignature([&](std::string_view name) { return name == header ? std::string_view(value) : ""; },
                             kBody, kSecret),
              SignatureCheck::Wrong);
    times[which].push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
  }
  double mean[2];
  double error[2];
  for (int i = 0; i < 2; ++i) {
    std::ranges::sort(times[i]);
    times[i].resize(times[i].size() * 9 / 10);
    const auto count = static_cast<double>(times[i].size());
    mean[i] = 0;
    for (const double t : times[i]) mean[i] += t / count;
    error[i] = 0;
    for (const double t : times[i]) error[i] += (t - mean[i]) * (t - mean[i]) / (count - 1) / count;
  }
  return std::abs(mean[0] - mean[1]) / std::sqrt(error[0] + error[1]);
}

// A busy machine can make one run look different; what really differs does so in each.
TEST(WebhookSignatureTest, TheTimeDoesNotTellWhichByteIsWrong) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer's time would be measured";
#endif
  const auto differs = [](const std::string& header, const std::string& right) {
    std::string first = right;
    first.front() = first.front() == '0' ? '1' : '0';
    std::string last = right;
    last.back() = last.back() == '0' ? '1' : '0';
    double least = 1e9;
    for (int run = 0; run < 5 && least >= 4.5; ++run) least = std::min(least, TimingDifference(header, first, last));
    return least;
  };
  EXPECT_LT(differs("X-Gitea-Signature", kDigest), 4.5);
  EXPECT_LT(differs("X-Gitlab-Token", kSecret), 4.5);
}

}  // namespace
}  // namespace tinyforge::serve
