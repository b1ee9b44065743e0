#include "controller/git/list_message.h"

#include <git2.h>
#include <gtest/gtest.h>

#include "controller/git/write_message.h"

namespace tinyforge {
namespace {

const std::string kSha(40, 'a');

ListRequest Request() {
  return {{.directory = "/state/git-list", .url = "https://git.example.com/x", .auth = {.token_file = "/t"}}};
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

// Names of refs are judged by libgit2.
class ListMessage : public ::testing::Test {
 protected:
  ListMessage() { git_libgit2_init(); }
  ~ListMessage() override { git_libgit2_shutdown(); }
};

TEST_F(ListMessage, RequestComesBackAsItWas) {
  EXPECT_EQ(DecodeListRequest(Encode(Request())), Request());
}

TEST_F(ListMessage, OrdersAreNotMistakenForOneAnother) {
  EXPECT_FALSE(DecodeFetchRequest(Encode(Request())));
  EXPECT_FALSE(DecodeWriteRequest(Encode(Request())));
  EXPECT_FALSE(DecodeListRequest(Encode(Request().remote)));
}

TEST_F(ListMessage, AnswersComeBackAsTheyWere) {
  for (const ListAnswer& answer :
       {ListAnswer{}, ListAnswer{{{"HEAD", kSha}, {"refs/heads/a=b", kSha}, {"refs/tags/v 1", kSha}}, {}},
        ListAnswer{{}, GitFailure{GitReason::NotFound, "no"}}})
    EXPECT_EQ(DecodeListAnswer(Encode(answer)), answer);
}

TEST_F(ListMessage, TheLargestAnswerFits) {
  ListAnswer answer;
  answer.refs["HEAD"] = kSha;
  for (std::size_t i = 0; i < kMaxListedRefs; ++i) {
    std::string name = "refs/heads/" + std::to_string(i);
    name.resize(kMaxRefName, 'x');
    answer.refs[name] = kSha;
  }
  ASSERT_EQ(answer.refs.size(), kMaxListedRefs + 1);
  EXPECT_LE(Encode(answer).size(), kMaxListMessage);
  EXPECT_EQ(DecodeListAnswer(Encode(answer)), answer);
  answer.refs["refs/tags/one-more"] = kSha;
  EXPECT_FALSE(DecodeListAnswer(Encode(answer)));
}

TEST_F(ListMessage, NothingButAnEncodedAnswerIsTaken) {
  const std::string good = Encode(ListAnswer{{{"refs/heads/main", kSha}}, {}});
  ASSERT_TRUE(DecodeListAnswer(good));
  EXPECT_FALSE(DecodeListAnswer(""));
  EXPECT_FALSE(DecodeListAnswer(good.substr(0, good.size() - 1)));
  EXPECT_FALSE(DecodeListAnswer(good + good));
  EXPECT_FALSE(DecodeListAnswer(Replaced(good, "refs=1", "refs=2")));
  EXPECT_FALSE(DecodeListAnswer(Replaced(good, "refs=1", "refs=0")));
  EXPECT_FALSE(DecodeListAnswer(Replaced(good, "refs/heads/main", "refs/pull/1/head")));
  EXPECT_FALSE(DecodeListAnswer(Replaced(good, "refs/heads/main", "refs/heads/ma\nin")));
  EXPECT_FALSE(DecodeListAnswer(Replaced(good, "refs/heads/main", "refs/heads/" + std::string(kMaxRefName, 'x'))));
  EXPECT_FALSE(DecodeListAnswer(Replaced(good, kSha, std::string(40, 'g'))));
  EXPECT_FALSE(DecodeListAnswer(Replaced(good, kSha + " ", kSha + "x")));
  EXPECT_FALSE(DecodeListAnswer(Replaced(good, "reason=", "reason=NotFound"))) << "both refs and a failure";
}

TEST_F(ListMessage, MessageOfAnAnswerIsMadePrintable) {
  const auto answer = DecodeListAnswer(Encode(ListAnswer{{}, GitFailure{GitReason::Unreachable, "\x1b[31mred\n"}}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->failure->message, "\\x1b[31mred\\x0a");
}

}  // namespace
}  // namespace tinyforge
