#include <gmock/gmock.h>

#include <atomic>
#include <functional>

#include "controller/serve/change_hub.h"
#include "tests/unit/controller/serve/server_fixture.h"

namespace tinyforge::serve {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
using StreamingTest = ServerTest;
using std::chrono::milliseconds;

TEST_F(StreamingTest, WritesEachPieceAsAChunkAndKeepsTheConnection) {
  Route("GET", "/stream", Lane::Own, [](const ExchangePtr& e) {
    e->BeginStream("text/plain");
    e->Write("one\n");
    e->Write("");
    e->Write("two\n");
    e->EndStream();
  });
  Start();
  RawClient client = Connect();
  client.Send(Request("/stream"));
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"), HasSubstr("Transfer-Encoding: chunked"));
  EXPECT_EQ(client.ReadUntil("0\r\n\r\n"), "4\r\none\n\r\n4\r\ntwo\n\r\n0\r\n\r\n");
  client.Send(Request("/hello"));
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("hello"));
}

TEST_F(StreamingTest, Http10GetsThePlainBytesUntilTheEnd) {
  Route("GET", "/stream", Lane::Own, [](const ExchangePtr& e) {
    e->BeginStream("text/plain");
    e->Write("plain");
    e->EndStream();
  });
  Start();
  RawClient client = Connect();
  client.Send("GET /stream HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), testing::EndsWith("\r\n\r\nplain"));
}

TEST_F(StreamingTest, TheWriterLearnsThatTheClientHasGone) {
  std::binary_semaphore ended(0);
  Route("GET", "/endless", Lane::Own, [&ended](const ExchangePtr& e) {
    e->BeginStream("text/plain");
    while (e->Write("more and more\n")) {
    }
    ended.release();
  });
  Start();
  {
    RawClient client = Connect();
    client.Send(Request("/endless"));
    client.ReadUntil("more");
  }
  EXPECT_TRUE(ended.try_acquire_for(std::chrono::seconds(10)));
}

TEST_F(StreamingTest, AQuietStreamIsToldWhenTheClientHasGone) {
  std::binary_semaphore gone(0);
  std::binary_semaphore told(0);
  Route("GET", "/quiet", Lane::Own, [&](const ExchangePtr& e) {
    const std::stop_callback on_gone(e->Gone(), [&gone] { gone.release(); });
    e->BeginStream("text/plain");
    e->Write("x");
    gone.acquire();
    told.release();
  });
  Start();
  {
    RawClient client = Connect();
    client.Send(Request("/quiet"));
    client.ReadUntil("1\r\nx\r\n");
  }
  EXPECT_TRUE(told.try_acquire_for(std::chrono::seconds(10)));
}

TEST_F(StreamingTest, ASlowReaderHoldsBackTheWriter) {
  limits_.stream_buffer = 64 * 1024;
  std::atomic<std::size_t> written = 0;
  std::binary_semaphore ended(0);
  Route("GET", "/flood", Lane::Own, [&](const ExchangePtr& e) {
    e->BeginStream("text/plain");
    const std::string piece(1000, 'x');
    for (int i = 0; i < 20'000 && e->Write(piece); ++i) written += piece.size();
    e->EndStream();
    ended.release();
  });
  Start();
  RawClient client = Connect();
  client.Send(Request("/flood"));
  client.ReadUntil("\r\n\r\n");
  EXPECT_FALSE(ended.try_acquire_for(milliseconds(200)));
  EXPECT_LT(written.load(), 4u << 20);
  client.ReadUntil("\r\n0\r\n\r\n");
  EXPECT_TRUE(ended.try_acquire_for(std::chrono::seconds(10)));
  EXPECT_EQ(written.load(), 20'000'000u);
}

TEST_F(StreamingTest, HeadOfAStreamHasNoBodyAndEndsTheWriter) {
  std::binary_semaphore ended(0);
  Route("GET", "/endless", Lane::Own, [&ended](const ExchangePtr& e) {
    e->BeginStream("text/plain");
    while (e->Write("more")) {
    }
    ended.release();
  });
  Start();
  RawClient client = Connect();
  client.Send("HEAD /endless HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_TRUE(ended.try_acquire_for(std::chrono::seconds(10)));
  client.Send(Request("/hello"));
  EXPECT_THAT(client.ReadAnswer(), AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("hello")));
}

TEST_F(StreamingTest, ParkedRequestsHoldNoThreadAndWakeTogether) {
  ChangeHub hub(7);
  std::counting_semaphore<100> parked(0);
  Route("GET", "/parked", Lane::Pool, [&](const ExchangePtr& e) {
    auto waker = e->Park(std::chrono::seconds(30), [e] { e->Send({.body = "woken"}); });
    hub.Wait(7, std::move(waker));
    parked.release();
  });
  Start();
  std::vector<RawClient> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(Connect());
    clients.back().Send(Request("/parked"));
  }
  for (int i = 0; i < 40; ++i) parked.acquire();
  EXPECT_THAT(Answer(Request("/hello")), HasSubstr("hello"));
  hub.Bump();
  for (auto& client : clients) EXPECT_THAT(client.ReadAnswer(), HasSubstr("woken"));
}

TEST_F(StreamingTest, AParkedRequestIsAnsweredWhenItsTimeIsOver) {
  Route("GET", "/parked", Lane::Pool,
        [](const ExchangePtr& e) { e->Park(milliseconds(30), [e] { e->Send({.body = "over"}); }); });
  Start();
  RawClient client = Connect();
  client.Send(Request("/parked"));
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("over"));
}

TEST_F(StreamingTest, AParkedRequestResumesOnceHoweverOftenItIsWoken) {
  std::atomic<int> resumed = 0;
  std::function<void()> waker;
  std::binary_semaphore parked(0);
  Route("GET", "/parked", Lane::Pool, [&](const ExchangePtr& e) {
    waker = e->Park(milliseconds(20), [&resumed, e] {
      ++resumed;
      e->Send({.body = "once"});
    });
    parked.release();
  });
  Start();
  RawClient client = Connect();
  client.Send(Request("/parked"));
  parked.acquire();
  for (int i = 0; i < 10; ++i) waker();
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("once"));
  server_->Stop();
  waker();
  EXPECT_EQ(resumed, 1);
}

TEST_F(StreamingTest, StopEndsParkedAndStreamedRequests) {
  std::binary_semaphore parked(0);
  std::function<void()> waker;
  Route("GET", "/parked", Lane::Pool, [&](const ExchangePtr& e) {
    waker = e->Park(std::chrono::hours(1), [e] { e->Send({.body = "x"}); });
    parked.release();
  });
  Route("GET", "/endless", Lane::Own, [](const ExchangePtr& e) {
    e->BeginStream("text/plain");
    while (e->Write("more")) {
    }
  });
  Start();
  RawClient first = Connect();
  RawClient second = Connect();
  first.Send(Request("/parked"));
  parked.acquire();
  second.Send(Request("/endless"));
  second.ReadUntil("more");
  server_->Stop();
  EXPECT_TRUE(first.SeesClose());
  EXPECT_TRUE(second.SeesClose());
}

TEST(ChangeHubTest, WakesAtOnceWhenTheVersionIsAnotherOneAlready) {
  ChangeHub hub(5);
  int woken = 0;
  hub.Wait(4, [&woken] { ++woken; });
  EXPECT_EQ(woken, 1);
  hub.Wait(5, [&woken] { ++woken; });
  EXPECT_EQ(woken, 1);
  hub.Bump();
  hub.Bump();
  EXPECT_EQ(woken, 2);
  EXPECT_EQ(hub.Version(), 7u);
}

TEST(ChangeHubTest, ACancelledWaiterIsNotWoken) {
  ChangeHub hub(5);
  bool woken = false;
  hub.Cancel(hub.Wait(5, [&woken] { woken = true; }));
  hub.Bump();
  EXPECT_FALSE(woken);
}

}  // namespace
}  // namespace tinyforge::serve
