// Who may call a webhook and how often, and what is told of it.
#include "controller/serve/webhook_guard.h"

#include <random>

#include "tests/unit/controller/serve/webhook_fixture.h"

namespace tinyforge::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kWrong = "another-secret-of-nobody";

class WebhookGuardTest : public WebhookTest {
 protected:
  // What the guard says of a call, as the server would ask and tell it: 202 where it lets it in.
  int Call(WebhookGuard& guard, const std::string& source, const std::string& secret) {
    HttpRequest request{.method = "POST", .path = kPath + secret, .captures = {{"secret", secret}}, .has_length = true};
    request.source = *IpAddress::Parse(source);
    const auto refusal = guard.Refuse(request);
    const int status = refusal ? refusal->status : 202;
    guard.Answered(request, status);
    return status;
  }
  WebhookGuard Guard(const WebhookRates& rates = {}) { return WebhookGuard({backend_, clock_, metrics_, log_}, rates); }

  static std::string Address(unsigned number) {
    return std::to_string(1 + number % 223) + "." + std::to_string(number / 223 % 256) + "." +
           std::to_string(number / 223 / 256 % 256) + ".1";
  }
};

TEST_F(WebhookGuardTest, ABurstOfACiIsLetInAndAFloodIs429) {
  WebhookGuard guard = Guard();
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(Call(guard, "192.0.2.1", kSecret), 202);
  EXPECT_EQ(Call(guard, "192.0.2.1", kSecret), 429);
  EXPECT_EQ(Call(guard, "192.0.2.200", kSecret), 429) << "the same network";
  EXPECT_EQ(Call(guard, "192.0.3.1", kSecret), 202) << "another one";
  clock_.Advance(seconds(1));
  int more = 0;
  for (int i = 0; i < 1000; ++i) more += Call(guard, "192.0.2.1", kSecret) == 202;
  EXPECT_EQ(more, 200);
}

TEST_F(WebhookGuardTest, AnIpv6Slash48IsOneSource) {
  WebhookGuard guard = Guard({.source = {.per_second = 1, .burst = 1}});
  EXPECT_EQ(Call(guard, "2001:db8:1:1::1", kSecret), 202);
  EXPECT_EQ(Call(guard, "2001:db8:1:2::1", kSecret), 429);
  EXPECT_EQ(Call(guard, "2001:db8:2:1::1", kSecret), 202);
}

TEST_F(WebhookGuardTest, AllTogetherAreBoundedAndOneFloodIsNotTheOthers) {
  WebhookGuard guard = Guard({.source = {.per_second = 1, .burst = 5}, .total = {.per_second = 1, .burst = 8}});
  for (int i = 0; i < 1000; ++i) Call(guard, "192.0.2.1", kSecret);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Call(guard, "198.51.100.1", kSecret), 202) << i;
  EXPECT_EQ(Call(guard, "203.0.113.1", kSecret), 429);
}

TEST_F(WebhookGuardTest, StrangersDoNotUseUpWhatIsForAll) {
  WebhookGuard guard = Guard({.source = {}, .total = {.per_second = 1, .burst = 8}, .guesses = {}});
  for (unsigned i = 0; i < 1000; ++i) Call(guard, Address(i), kWrong + std::to_string(i));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(Call(guard, "203.0.113.1", kSecret), 202) << i;
  EXPECT_EQ(Call(guard, "203.0.113.1", kSecret), 429);
}

TEST_F(WebhookGuardTest, TenGuessesAndThenOneEachSixSeconds) {
  WebhookGuard guard = Guard();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Call(guard, "192.0.2.1", kWrong + std::to_string(i)), 404);
  EXPECT_EQ(Call(guard, "192.0.2.1", kWrong), 429);
  EXPECT_EQ(Call(guard, "192.0.2.1", kSecret), 202) << "who knows one does not guess";
  int tried = 0;
  for (int second = 0; second < 600; ++second, clock_.Advance(seconds(1)))
    tried += Call(guard, "192.0.2.7", kWrong + std::to_string(1000 + second)) == 404;
  EXPECT_NEAR(tried, 100, 2);
}

// Many of the same are one: a vendor whose signature is set up wrong goes on sending.
TEST_F(WebhookGuardTest, WrongSignaturesToOneSecretAreOneGuess) {
  WebhookGuard guard = Guard();
  HttpRequest request{.captures = {{"secret", kSecret}}, .has_length = true};
  request.source = *IpAddress::Parse("192.0.2.1");
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(guard.Refuse(request)) << i;
    guard.Answered(request, 401);
  }
  for (int i = 0; i < 9; ++i) EXPECT_EQ(Call(guard, "192.0.2.1", kWrong + std::to_string(i)), 404) << i;
  EXPECT_EQ(Call(guard, "192.0.2.1", kWrong), 429);
}

// All customers of a forge call from its few networks; one of them may mistype, or mean harm.
TEST_F(WebhookGuardTest, WhoKnowsASecretIsLetInWhateverItsNeighboursDo) {
  WebhookGuard guard = Guard();
  for (int i = 0; i < 100; ++i) Call(guard, "192.0.2.2", kWrong + std::to_string(i));
  EXPECT_EQ(Call(guard, "192.0.2.2", kWrong), 429);
  EXPECT_EQ(Call(guard, "192.0.2.3", kSecret), 202);
  const std::string made_later = "a-secret-of-a-new-trigger";
  backend_.Know(made_later);
  EXPECT_EQ(Call(guard, "192.0.2.2", made_later), 202);
}

TEST_F(WebhookGuardTest, TheSameWrongSecretAgainIsNoGuess) {
  WebhookGuard guard = Guard();
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(Call(guard, "192.0.2.1", kWrong), 404);
  EXPECT_EQ(Call(guard, "192.0.2.1", kSecret), 202);
}

TEST_F(WebhookGuardTest, AMillionOtherNetworksNeitherFreeAGuesserNorLockOutAnyone) {
  WebhookGuard guard = Guard();
  for (int i = 0; i < 20; ++i) Call(guard, "224.0.0.1", kWrong + std::to_string(i));
  ASSERT_EQ(Call(guard, "224.0.0.1", kWrong), 429);
  // In one second.
  for (unsigned i = 0; i < 1'000'000; ++i) {
    Call(guard, Address(i), kWrong + std::to_string(i));
    if (i % 40 == 0) clock_.Advance(std::chrono::microseconds(40));
  }
  EXPECT_EQ(Call(guard, "224.0.0.1", kWrong), 429);
  clock_.Advance(seconds(1));
  EXPECT_EQ(Call(guard, "225.0.0.1", kSecret), 202);
}

TEST_F(WebhookGuardTest, RetryAfterIsSaidInWholeSeconds) {
  options_.rates.source = {.per_second = 0.1, .burst = 1};
  Start();
  EXPECT_EQ(StatusOf(Post("{}")), "202");
  EXPECT_THAT(Answer(Post("{}")),
              AllOf(StartsWith("HTTP/1.1 429 Too Many Requests\r\n"), HasSubstr("Retry-After: 10\r\n"),
                    HasSubstr(R"("reason":"TooManyRequests")"), HasSubstr("Connection: close")));
}

TEST_F(WebhookGuardTest, RatesHoldForPathsThatAreNotServedToo) {
  options_.rates.source = {.per_second = 1, .burst = 2};
  Start();
  EXPECT_EQ(StatusOf(Post("{}", "", "/x")), "404");
  EXPECT_EQ(StatusOf("GET " + kPath + "x HTTP/1.1\r\nHost: x\r\n\r\n"), "405");
  EXPECT_EQ(StatusOf(Post("{}", "", "/x")), "429");
}

TEST_F(WebhookGuardTest, ForwardedForIsIgnoredUnlessTheProxyIsTrusted) {
  Start();
  EXPECT_EQ(StatusOf(Post("{}", "X-Forwarded-For: 203.0.113.9\r\n")), "202");
  EXPECT_EQ(backend_.calls().back().source, "127.0.0.1");
}

TEST_F(WebhookGuardTest, ATrustedProxySaysWhoCalls) {
  options_.trusted_proxies = *ParseNetworks("127.0.0.1");
  options_.rates.source = {.per_second = 1, .burst = 1};
  Start();
  EXPECT_EQ(StatusOf(Post("{}", "X-Forwarded-For: 1.1.1.1, 203.0.113.9\r\n")), "202");
  EXPECT_EQ(backend_.calls().back().source, "203.0.113.9");
  EXPECT_EQ(StatusOf(Post("{}", "X-Forwarded-For: 203.0.113.10\r\n")), "429") << "its network has called already";
  EXPECT_EQ(StatusOf(Post("{}", "X-Forwarded-For: 198.51.100.1\r\n")), "202");
  EXPECT_EQ(StatusOf(Post("{}", "x-forwarded-for: 198.51.101.1\r\nX-FORWARDED-FOR: 198.51.102.1\r\n")), "202");
  EXPECT_EQ(backend_.calls().back().source, "198.51.102.1");
  EXPECT_EQ(StatusOf(Post("{}", "X-Forwarded-For: 203.0.113.11\r\n"), "127.0.0.2"), "202") << "not this one";
  EXPECT_EQ(backend_.calls().back().source, "127.0.0.2");
  EXPECT_EQ(StatusOf(Post("{}", "X-Forwarded-For: \r\n")), "429")
      << "nothing to read: the proxy itself; 127.0.0/24 called";
}

// Every answer that the listener has, with the secret in its path.
TEST_F(WebhookGuardTest, TheSecretIsInNoLogNoMetricAndNoAnswer) {
  options_.rates.source = {.per_second = 1, .burst = 40};
  limits_.header_time = limits_.body_time = milliseconds(50);
  Start();
  const std::string path = kPath + kSecret;
  std::string answers;
  for (const std::string& bytes :
       {Post("{}"), Post("{}", "", path + "?wait=1ms"), Post("{}", "", path + "?wait=" + kSecret),
        Post("{}", "", path + "/x"), Post("{}", "", path + "x"), "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST " + path + " HTTP/1.1\r\nHost: x\r\n\r\n", Post("{}", "Content-Type: text/" + kSecret + "\r\n"),
        Post("{}", "Content-Encoding: " + kSecret + "\r\n"), Post("{}", "Expect: " + kSecret + "\r\n"),
        Post("{}", "", path + "%41"),
        "POST " + path + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: " + kSecret + "\r\n\r\n",
        Post(std::string(2 << 20, ' ')), Post("{}", "", path + std::string(9000, 'x')),
        Post("{}", "X: " + std::string(70'000, 'x') + "\r\n"), kSecret + " " + path + "\r\n\r\n",
        "POST " + path + " HTTP/3.0\r\n\r\n"})
    answers += Answer(bytes);
  for (const auto code : {WebhookReceipt::Code::Invalid, WebhookReceipt::Code::Unauthorized,
                          WebhookReceipt::Code::NotFound, WebhookReceipt::Code::Busy}) {
    backend_.Say({.code = code, .reason = "Reason", .message = "message"});
    answers += Answer(Post("{}"));
    clock_.Advance(seconds(1));
  }
  RawClient slow = Connect();
  slow.Send("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n");
  answers += slow.ReadAll();
  for (int i = 0; i < 60; ++i) answers += Answer(Post("{}"));
  for (const char* status : {"200", "202", "400", "401", "404", "405", "408", "411", "413", "414", "415", "417", "429",
                             "431", "501", "503", "505"})
    EXPECT_THAT(answers, HasSubstr(std::string("HTTP/1.1 ") + status)) << "the test does not make it";
  EXPECT_THAT(answers, Not(HasSubstr(kSecret)));
  EXPECT_THAT(log_.lines(), Each(Not(HasSubstr(kSecret))));
  EXPECT_THAT(metrics_.Serialize(), Not(HasSubstr(kSecret)));
}

TEST_F(WebhookGuardTest, EachAcceptedCallIsALogLine) {
  Start();
  Answer(Post("{}"));
  EXPECT_THAT(log_.lines(), Contains("I webhook accepted source=127.0.0.1 status=202 delivery=delivery00000001"));
  EXPECT_EQ(Metric(R"(tinyforge_webhook_requests_total{code="202"})"), 1);
}

TEST_F(WebhookGuardTest, AFloodOfRefusalsIsCountedAndLoggedOnceASecond) {
  Start();
  for (int i = 0; i < 50; ++i) Answer(Post("{}", "", kPath + kWrong));
  clock_.Advance(seconds(1));
  Answer(Post("{}", "", kPath + kWrong));
  EXPECT_THAT(log_.lines(), testing::ElementsAre("I webhook refused source=127.0.0.1 status=404 not_logged=0",
                                                 "I webhook refused source=127.0.0.1 status=404 not_logged=49"));
  EXPECT_EQ(Metric(R"(tinyforge_webhook_requests_total{code="404"})"), 51);
}

TEST_F(WebhookGuardTest, NoRequestMakesASeries) {
  const auto series = [this] {
    const std::string text = metrics_.Serialize();
    return std::ranges::count(text, '\n');
  };
  Start();
  Answer("NONSENSE\r\n\r\n");
  Answer("POST / HTTP/7.0\r\n\r\n");
  const auto before = series();
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    const std::string word = std::to_string(random());
    Answer(word + " /" + word + " HTTP/1.1\r\nHost: " + word + "\r\nX-GitHub-Event: " + word + "\r\n\r\n");
    Answer(Post("{\"image\": \"" + word + "\"}", "X-GitHub-Event: " + word + "\r\n"));
  }
  WebhookGuard guard = Guard();
  for (int i = 0; i < 100'000; ++i) {
    HttpRequest request{.method = std::to_string(random()), .path = "/" + std::to_string(random())};
    guard.Answered(request, static_cast<int>(random() % 1000));
  }
  EXPECT_EQ(series(), before);
}

}  // namespace
}  // namespace tinyforge::serve
