// The delivery log in the cache.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <vector>

#include "controller/store/sqlite_store.h"
#include "tests/fakes/temporary_directory.h"

namespace tinyforge {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string Why(const Expected<void>& outcome) {
  return outcome ? "" : outcome.error().message;
}

// 16 characters, in the order of numbers.
std::string Id(int number) {
  std::string digits = std::to_string(number);
  return std::string(16 - digits.size(), '0') + digits;
}

class DeliveryLogTest : public ::testing::Test {
 protected:
  SqliteStore Open(std::size_t most = 1000) {
    return SqliteStore({.state_dir = dir_ / "state",
                        .now = [this] { return now_; },
                        .max_deliveries = most,
                        .max_delivery_age = hours(48),
                        .retry_interval = Duration(0)});
  }
  Delivery Make(int number, std::string trigger = "t") const {
    return {.id = Id(number),
            .trigger = std::move(trigger),
            .cause = "webhook",
            .vendor = "github",
            .received = now_,
            .events = {ImagePushed{"ghcr.io", "acme/shop", "1.4.3", ""}},
            .outcomes = {{"b", "shop", "", DeliveryResult::Pending, "", now_}}};
  }
  static std::vector<std::string> Ids(SqliteStore& store, const DeliveryFilter& filter = {}) {
    std::vector<std::string> ids;
    const auto found = store.Deliveries(filter);
    if (!found) ADD_FAILURE() << found.error().message;
    for (const Delivery& delivery : *found) ids.push_back(delivery.id);
    return ids;
  }

  TemporaryDirectory dir_;
  SysTime now_ = SysTime(seconds(1767225600));
};

TEST_F(DeliveryLogTest, KeepsADeliveryOverARestart) {
  Delivery delivery = Make(1);
  {
    SqliteStore store = Open();
    ASSERT_EQ(Why(store.PutDeliveries({delivery})), "");
    delivery.outcomes[0].result = DeliveryResult::Deployed;
    delivery.ended = now_ + seconds(4);
    ASSERT_EQ(Why(store.PutDeliveries({delivery})), "");
  }
  SqliteStore store = Open();
  const auto found = store.FindDelivery(Id(1));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ(**found, delivery);
  EXPECT_THAT(Ids(store), ElementsAre(Id(1)));
  EXPECT_EQ(*store.FindDelivery(Id(2)), std::nullopt);
}

TEST_F(DeliveryLogTest, ListsTheNewestFirstAndOfOneTrigger) {
  SqliteStore store = Open();
  ASSERT_EQ(Why(store.PutDeliveries({Make(2, "a"), Make(1, "b"), Make(3, "b")})), "");
  EXPECT_THAT(Ids(store), ElementsAre(Id(3), Id(2), Id(1)));
  EXPECT_THAT(Ids(store, {.trigger = "b"}), ElementsAre(Id(3), Id(1)));
  EXPECT_THAT(Ids(store, {.trigger = "b", .limit = 1}), ElementsAre(Id(3)));
  EXPECT_THAT(Ids(store, {.trigger = "c"}), IsEmpty());
}

TEST_F(DeliveryLogTest, PrunesTheOldestByNumberWhateverTheOrderTheyAreGivenIn) {
  SqliteStore store = Open(3);
  ASSERT_EQ(Why(store.PutDeliveries({Make(5), Make(4), Make(6), Make(2)})), "");
  EXPECT_THAT(Ids(store), ElementsAre(Id(6), Id(5), Id(4)));
  ASSERT_EQ(Why(store.PutDeliveries({Make(1), Make(6)})), "");
  EXPECT_THAT(Ids(store), ElementsAre(Id(6), Id(5), Id(4)));
  ASSERT_EQ(Why(store.PutDeliveries({Make(7)})), "");
  EXPECT_THAT(Ids(store), ElementsAre(Id(7), Id(6), Id(5)));
}

TEST_F(DeliveryLogTest, WhatIsIgnoredPushesOutNothingElse) {
  SqliteStore store = Open();
  const auto ping = [this](int number) {
    Delivery delivery = Make(number);
    delivery.events = {Ignored{"a ping"}};
    return delivery;
  };
  ASSERT_EQ(Why(store.PutDeliveries({Make(1), Make(2)})), "");
  for (int batch = 0; batch < 30; ++batch) {
    std::vector<Delivery> pings;
    for (int i = 0; i < 50; ++i) pings.push_back(ping(10 + 50 * batch + i));
    ASSERT_EQ(Why(store.PutDeliveries(pings)), "");
  }
  auto ids = Ids(store, {.limit = 5000});
  ASSERT_THAT(ids, SizeIs(102));
  EXPECT_EQ(ids.front(), Id(1509));
  EXPECT_EQ(ids[99], Id(1410));
  EXPECT_EQ(ids[100], Id(2));
  EXPECT_THAT(Ids(store, {.limit = 2, .ignored = false}), ElementsAre(Id(2), Id(1)));
  ASSERT_EQ(Why(store.PutDeliveries({ping(1509), Make(2000)})), "");
  EXPECT_THAT(Ids(store, {.limit = 5000}), SizeIs(103));
  now_ += hours(49);
  ASSERT_EQ(Why(store.PutDeliveries({Make(3000)})), "");
  EXPECT_THAT(Ids(store), ElementsAre(Id(3000)));
}

TEST_F(DeliveryLogTest, PrunesByAgeAndKeepsToASmallerNumberAfterARestart) {
  {
    SqliteStore store = Open();
    ASSERT_EQ(Why(store.PutDeliveries({Make(1), Make(2)})), "");
    now_ += hours(49);
    ASSERT_EQ(Why(store.PutDeliveries({Make(3), Make(4), Make(5)})), "");
    EXPECT_THAT(Ids(store), ElementsAre(Id(5), Id(4), Id(3)));
  }
  SqliteStore store = Open(1);
  ASSERT_EQ(Why(store.PutDeliveries({Make(6)})), "");
  EXPECT_THAT(Ids(store), ElementsAre(Id(6)));
}

TEST_F(DeliveryLogTest, TenThousandTakeWellUnderASecondABatch) {
  SqliteStore store = Open();
  std::vector<std::chrono::steady_clock::duration> took;
  for (int batch = 0; batch < 20; ++batch) {
    std::vector<Delivery> deliveries;
    for (int i = 0; i < 500; ++i) deliveries.push_back(Make(batch * 500 + i));
    const auto start = std::chrono::steady_clock::now();
    ASSERT_EQ(Why(store.PutDeliveries(deliveries)), "");
    took.push_back(std::chrono::steady_clock::now() - start);
  }
  EXPECT_THAT(Ids(store, {.limit = 5000}), SizeIs(1000));
  EXPECT_EQ(Ids(store, {.limit = 1}).front(), Id(9999));
  std::ranges::sort(took);
  EXPECT_LT(took[took.size() / 2], seconds(1));
}

TEST_F(DeliveryLogTest, WhatIsWrittenAgainAsItWasWritesNothing) {
  SqliteStore store = Open();
  ASSERT_EQ(Why(store.PutDeliveries({Make(1), Make(2)})), "");
  const auto before = std::filesystem::file_size(dir_ / "state/cache-v4.sqlite-wal");
  for (int i = 0; i < 20; ++i) ASSERT_EQ(Why(store.PutDeliveries({Make(1), Make(2)})), "");
  EXPECT_EQ(std::filesystem::file_size(dir_ / "state/cache-v4.sqlite-wal"), before);
}

TEST_F(DeliveryLogTest, TooManyEventsAreCutAndCounted) {
  SqliteStore store = Open();
  Delivery many = Make(1);
  many.events = std::vector<InboundEvent>(64, Fired{});
  Delivery more = Make(2);
  more.events = std::vector<InboundEvent>(100, Fired{});
  ASSERT_EQ(Why(store.PutDeliveries({many, more})), "");
  EXPECT_EQ((*store.FindDelivery(Id(1)))->events, many.events);
  const auto kept = (*store.FindDelivery(Id(2)))->events;
  ASSERT_THAT(kept, SizeIs(64));
  EXPECT_EQ(kept.back(), InboundEvent(Ignored{"37 more events are not kept"}));
}

TEST_F(DeliveryLogTest, LargeTextsAreCutAndALargeListOfFilesIsUnknown) {
  SqliteStore store = Open();
  Delivery large = Make(1);
  large.event = std::string(5000, 'e');
  large.headers = {{"User-Agent", std::string(5000, 'h')}};
  large.outcomes[0].message = std::string(5000, 'm');
  GitPushed push{.repository = "acme/shop", .name = "main", .files = std::vector<std::string>(9000, "some/file")};
  large.events = {push};
  for (int i = 0; i < 60; ++i) large.events.emplace_back(ImagePushed{.path = std::string(5000, 'p'), .tag = "1"});
  for (int i = 0; i < 3; ++i) large.events.emplace_back(ImagePushed{.path = std::string(1000, 'p'), .tag = "1"});
  ASSERT_EQ(Why(store.PutDeliveries({large})), "");
  const Delivery kept = **store.FindDelivery(Id(1));
  EXPECT_THAT(kept.event, EndsWith("…"));
  EXPECT_THAT(kept.headers.at("User-Agent"), EndsWith("…"));
  EXPECT_THAT(kept.outcomes[0].message, EndsWith("…"));
  EXPECT_EQ(std::get<GitPushed>(kept.events[0]).files, std::nullopt);
  EXPECT_THAT(std::get<ImagePushed>(kept.events[1]).path, EndsWith("…"));
  EXPECT_LT(kept.events.size(), 64U);
  EXPECT_THAT(std::get<Ignored>(kept.events.back()).reason, EndsWith(" more events are not kept"));
}

TEST_F(DeliveryLogTest, BytesThatAreNoTextAreMended) {
  SqliteStore store = Open();
  Delivery odd = Make(1);
  odd.headers = {{"X-Odd", "a\xff\x01z"}};
  ASSERT_EQ(Why(store.PutDeliveries({odd})), "");
  EXPECT_EQ((*store.FindDelivery(Id(1)))->headers.at("X-Odd"), "a\uFFFD\uFFFDz");
}

TEST_F(DeliveryLogTest, IsLostWithTheCacheAndGoesOn) {
  SqliteStore store = Open(2);
  ASSERT_EQ(Why(store.PutDeliveries({Make(1), Make(2)})), "");
  std::filesystem::remove(dir_ / "state/cache-v4.sqlite");
  EXPECT_THAT(Ids(store), IsEmpty());
  ASSERT_EQ(Why(store.PutDeliveries({Make(3), Make(4), Make(5)})), "");
  EXPECT_THAT(Ids(store), ElementsAre(Id(5), Id(4)));
}

}  // namespace
}  // namespace tinyforge
