#include "controller/registry/answer_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyforge::registry {
namespace {

using testing::ElementsAre;
using testing::Optional;

TEST(AnswerHeadTest, TakesWhatItKnowsInAnyCaseAndOfTwoTheFirst) {
  AnswerHead head;
  for (const char* line :
       {"HTTP/1.1 200 OK\r\n", "DOCKER-content-digest:  sha256:a \r\n", "Docker-Content-Digest: sha256:b\r\n",
        "Location: /x\r\n", "retry-after: 5\r\n", "Link: </a>\r\n", "Link: </b>\r\n", "WWW-Authenticate: Basic\r\n",
        "X-Location: /y\r\n", "nonsense\r\n", ":\r\n", "\r\n"})
    head.Take(line);
  EXPECT_EQ(head.digest, "sha256:a");
  EXPECT_EQ(head.location, "/x");
  EXPECT_EQ(head.retry_after, "5");
  EXPECT_THAT(head.links, ElementsAre("</a>", "</b>"));
  EXPECT_THAT(head.challenges, ElementsAre("Basic"));
}

TEST(AnswerHeadTest, KeepsNoMoreOfAListThanItNeeds) {
  AnswerHead head;
  for (int i = 0; i < 1000; ++i) head.Take("Link: </a>\r\n");
  EXPECT_EQ(head.links.size(), 16u);
}

TEST(NextLinkTest, IsTheFirstWithThatRelation) {
  EXPECT_THAT(NextLink({R"(</v2/a/tags/list?last=b&n=1>; rel="next")"}),
              Optional(std::string("/v2/a/tags/list?last=b&n=1")));
  EXPECT_THAT(NextLink({R"(</1>; rel=prev, </2>;title="a, \"b; rel=next" ; REL = "first NEXT", </3>; rel="next")"}),
              Optional(std::string("/2")));
  EXPECT_THAT(NextLink({"</1>; rel=prev", "</2>;rel=next"}), Optional(std::string("/2")));
}

TEST(NextLinkTest, NothingIsMadeOfNonsense) {
  for (const char* value : {"", "<", "</1>", "</1>;", "</1>; rel", "</1>; rel=", "</1>; rel=\"", "</1>; rel=nextpage",
                            "/1; rel=next", "</1>; x=\"rel=next\"", "</1; rel=next", ",,,;;;", "</1>; rel=\"\\"})
    EXPECT_FALSE(NextLink({value})) << value;
  EXPECT_FALSE(NextLink({}));
}

TEST(RetryAfterTest, IsSecondsOrADate) {
  const SysTime now(std::chrono::seconds(1767225600));  // 2026-01-01T00:00:00Z
  EXPECT_THAT(ParseRetryAfter("120", now), Optional(Duration(std::chrono::minutes(2))));
  EXPECT_THAT(ParseRetryAfter("0", now), Optional(Duration(0)));
  EXPECT_THAT(ParseRetryAfter("Thu, 01 Jan 2026 00:00:30 GMT", now), Optional(Duration(std::chrono::seconds(30))));
  EXPECT_FALSE(ParseRetryAfter("Wed, 31 Dec 2025 23:59:59 GMT", now));
  EXPECT_GT(*ParseRetryAfter("99999999999999999999999999", now), std::chrono::hours(24));
  EXPECT_GT(*ParseRetryAfter("9223372036854775807", now), std::chrono::hours(24));
  for (const char* value : {"", "-5", "5s", "soon", "1.5"}) EXPECT_FALSE(ParseRetryAfter(value, now)) << value;
}

}  // namespace
}  // namespace tinyforge::registry
