#include "controller/git/fetch_message.h"

#include <gtest/gtest.h>

namespace tinyforge {
namespace {

const std::string kSha(40, 'a');

TEST(FetchMessage, RequestComesBackAsItWas) {
  FetchRequest request;
  request.directory = "/state/a=b";
  request.create = true;
  request.url = "ssh://git@example.com/x";
  request.branch = "main";
  request.auth = {"me", "/p", "/t", "/k", "/h", "/c"};
  request.limits = {1, 2, 3};
  const auto decoded = DecodeFetchRequest(Encode(request));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, request);
}

TEST(FetchMessage, AnswersComeBackAsTheyWere) {
  const FetchAnswer good{kSha, true, std::nullopt};
  const FetchAnswer bad{"", false, GitFailure{GitReason::HostKey, "changed"}};
  EXPECT_EQ(DecodeFetchAnswer(Encode(good)), good);
  EXPECT_EQ(DecodeFetchAnswer(Encode(bad)), bad);
}

TEST(FetchMessage, NothingButAnEncodedAnswerIsTaken) {
  const std::string good = Encode(FetchAnswer{kSha, true, std::nullopt});
  ASSERT_TRUE(DecodeFetchAnswer(good));
  EXPECT_FALSE(DecodeFetchAnswer(""));
  EXPECT_FALSE(DecodeFetchAnswer(good.substr(0, good.size() - 1)));
  EXPECT_FALSE(DecodeFetchAnswer(good + good));
  EXPECT_FALSE(DecodeFetchAnswer(good + std::string("extra=1\0", 8)));
  EXPECT_FALSE(DecodeFetchAnswer(std::string("no equals\0", 10)));
  EXPECT_FALSE(DecodeFetchAnswer(std::string(kMaxFetchMessage + 1, 'x')));
  EXPECT_FALSE(DecodeFetchAnswer(Encode(FetchAnswer{"../../etc/passwd", true, std::nullopt})));
  EXPECT_FALSE(DecodeFetchAnswer(Encode(FetchAnswer{"", true, std::nullopt})));
}

TEST(FetchMessage, MessageOfAnAnswerIsMadePrintable) {
  const auto answer =
      DecodeFetchAnswer(Encode(FetchAnswer{"", false, GitFailure{GitReason::Unreachable, "\x1b[31mred\n"}}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->failure->message, "\\x1b[31mred\\x0a");
}

TEST(FetchMessage, UnknownReasonIsInternal) {
  EXPECT_EQ(ParseGitReason("Whatever"), GitReason::Internal);
}

}  // namespace
}  // namespace tinyforge
