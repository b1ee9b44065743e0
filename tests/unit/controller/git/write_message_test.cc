#include "controller/git/write_message.h"

#include <gtest/gtest.h>

namespace tinyforge {
namespace {

const std::string kSha(40, 'a');

WriteRequest Request() {
  WriteRequest request;
  request.fetch = {.directory = "/state/git", .url = "ssh://git@example.com/x", .branch = "main"};
  request.review_branch = "review/x";
  request.path = "hosts/web1";
  request.edits = {{{Kind::Workload, "shop"}, "a=b.yaml", {"spec", "source", "image", "tag"}, "1", "2"},
                   {{Kind::Trigger, "t"}, "t.yaml", {"spec"}, "", "new\nline"},
                   {{Kind::Workload, "s"}, ".env", {}, "1", "2", codec::LinePlace{7, "TAG='", "' # = here"}},
                   {{Kind::Workload, "s"}, "x", {"a"}, "1", "2", {}, EditBasis{kSha, {"a.yaml", "b", ""}}},
                   {{Kind::Workload, "s"}, "x", {"a"}, "1", "2", {}, EditBasis{kSha, {}}}};
  request.message = "a\n\nTinyforge-Instance: x\n";
  request.instance = "x";
  request.author_name = "Tinyforge";
  request.author_email = "t@example.com";
  return request;
}

TEST(WriteMessage, RequestComesBackAsItWas) {
  EXPECT_EQ(DecodeWriteRequest(Encode(Request())), Request());
}

TEST(WriteMessage, OrdersAreNotMistakenForOneAnother) {
  EXPECT_FALSE(DecodeFetchRequest(Encode(Request())));
  EXPECT_FALSE(DecodeWriteRequest(Encode(Request().fetch)));
}

TEST(WriteMessage, AnswersComeBackAsTheyWere) {
  for (const WriteAnswer& answer : {WriteAnswer{kSha, {}, {}}, WriteAnswer{"", {"workload/shop: gone", "b"}, {}},
                                    WriteAnswer{"", {}, GitFailure{GitReason::Declined, "no"}},
                                    WriteAnswer{"", {"a"}, GitFailure{GitReason::Raced, "moved"}}})
    EXPECT_EQ(DecodeWriteAnswer(Encode(answer)), answer);
}

TEST(WriteMessage, NothingButAnEncodedAnswerIsTaken) {
  const std::string good = Encode(WriteAnswer{kSha, {"a"}, {}});
  ASSERT_TRUE(DecodeWriteAnswer(good));
  EXPECT_FALSE(DecodeWriteAnswer(""));
  EXPECT_FALSE(DecodeWriteAnswer(good.substr(0, good.size() - 1)));
  EXPECT_FALSE(DecodeWriteAnswer(good + good));
  EXPECT_FALSE(DecodeWriteAnswer(Encode(WriteAnswer{"../../etc/passwd", {}, {}})));
  EXPECT_FALSE(DecodeWriteAnswer(Encode(WriteAnswer{kSha, {}, GitFailure{}}))) << "both a commit and a failure";
  std::string lying = good;
  lying.replace(lying.find("dropped=1"), 9, "dropped=9");
  EXPECT_FALSE(DecodeWriteAnswer(lying));
}

TEST(WriteMessage, TextsOfAnAnswerAreMadePrintable) {
  const auto answer = DecodeWriteAnswer(Encode(WriteAnswer{"", {"\x1b[31mred\n" + std::string(9999, 'x')}, {}}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->dropped[0].substr(0, 15), "\\x1b[31mred\\x0a");
  EXPECT_LT(answer->dropped[0].size(), 600U);
}

}  // namespace
}  // namespace tinyforge
