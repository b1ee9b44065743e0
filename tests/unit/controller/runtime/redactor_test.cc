#include "controller/runtime/redactor.h"

#include <gtest/gtest.h>

namespace tinyforge {
namespace {

constexpr std::string_view kSecret = "p@ss/w0rd \"x\"?>";

TEST(Redactor, WithoutSecretsTextIsUnchanged) {
  EXPECT_EQ(Redactor().Redact("a line"), "a line");
}

class RedactorTest : public ::testing::Test {
 protected:
  void SetUp() override { redactor_.Register(kSecret); }
  Redactor redactor_;
};

TEST_F(RedactorTest, TheValueIsBlottedOutWhereverItStands) {
  const std::string text = std::string(kSecret) + " in the middle " + std::string(kSecret);
  EXPECT_EQ(redactor_.Redact(text), "[redacted] in the middle [redacted]");
}

TEST_F(RedactorTest, PercentEncodedFormsAreFound) {
  EXPECT_EQ(redactor_.Redact("https://u:p%40ss%2Fw0rd%20%22x%22%3F%3E@host"), "https://u:[redacted]@host");
  EXPECT_EQ(redactor_.Redact("q=p%40ss%2fw0rd%20%22x%22%3f%3e&"), "q=[redacted]&");
  EXPECT_EQ(redactor_.Redact("q=p%40ss%2Fw0rd+%22x%22%3F%3E&"), "q=[redacted]&");
}

TEST_F(RedactorTest, JsonEscapedFormsAreFound) {
  EXPECT_EQ(redactor_.Redact(R"({"k":"p@ss/w0rd \"x\"?>"})"), R"({"k":"[redacted]"})");
  EXPECT_EQ(redactor_.Redact(R"({"k":"p@ss\/w0rd \"x\"?>"})"), R"({"k":"[redacted]"})");
}

// printf 'user:p@ss/w0rd "x"?>' | base64, with user names of three lengths, so that the secret stands at every offset.
TEST_F(RedactorTest, Base64IsFoundAtEveryOffset) {
  EXPECT_EQ(redactor_.Redact("Basic dXM6cEBzcy93MHJkICJ4Ij8+"), "Basic dXM6[redacted]");
  EXPECT_EQ(redactor_.Redact("Basic dXNlOnBAc3MvdzByZCAieCI/Pg=="), "Basic dXNlOn[redacted]g==");
  EXPECT_EQ(redactor_.Redact("Basic dXNlcjpwQHNzL3cwcmQgIngiPz4="), "Basic dXNlcjp[redacted]4=");
}

TEST_F(RedactorTest, UrlSafeBase64IsFound) {
  EXPECT_EQ(redactor_.Redact("t=dXM6cEBzcy93MHJkICJ4Ij8-"), "t=dXM6[redacted]");
}

TEST(Redactor, AFileWithATrailingNewlineIsFoundWithoutIt) {
  Redactor redactor;
  redactor.Register("hunter22\n");
  EXPECT_EQ(redactor.Redact("password hunter22 refused"), "password [redacted] refused");
}

TEST(Redactor, LongLinesOfAKeyAreFoundOneByOne) {
  Redactor redactor;
  redactor.Register("-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nshort\n-----END KEY-----\n");
  EXPECT_EQ(redactor.Redact("bad line MIIEvQIBADANBgkqhkiG9w0B, near short"), "bad line [redacted], near short");
}

TEST(Redactor, OverlappingSecretsLeaveNothingOfEither) {
  Redactor redactor;
  redactor.Register("abcdef");
  redactor.Register("defghi");
  EXPECT_EQ(redactor.Redact("<abcdefghi>"), "<[redacted]>");
}

TEST(Redactor, ALongerSecretWinsOverItsPrefix) {
  Redactor redactor;
  redactor.Register("pass");
  redactor.Register("passphrase");
  EXPECT_EQ(redactor.Redact("a passphrase, a pass"), "a [redacted], a [redacted]");
}

TEST(Redactor, ValuesTooShortToHideAreLeft) {
  Redactor redactor;
  redactor.Register("on");
  EXPECT_EQ(redactor.Redact("turned on"), "turned on");
}

TEST(Redactor, TheOldestValueIsForgottenBeyondTheLimit) {
  Redactor redactor;
  for (std::size_t i = 0; i <= Redactor::kMaxValues; ++i) redactor.Register("secret-" + std::to_string(i) + ".");
  EXPECT_EQ(redactor.Redact("secret-0. secret-1."), "secret-0. [redacted]");
}

}  // namespace
}  // namespace tinyforge
