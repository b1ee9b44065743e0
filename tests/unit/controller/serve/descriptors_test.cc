#include "controller/serve/descriptors.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "controller/serve/webhook.h"

namespace tinyforge::serve {
namespace {

class DescriptorsTest : public testing::Test {
 protected:
  DescriptorsTest() { ::getrlimit(RLIMIT_NOFILE, &before_); }
  ~DescriptorsTest() override { ::setrlimit(RLIMIT_NOFILE, &before_); }

  static rlim_t SoftLimit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
  }
  void SetSoftLimit(rlim_t to) {
    const rlimit limit{.rlim_cur = to, .rlim_max = before_.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  }
  rlimit before_{};
};

TEST_F(DescriptorsTest, TheLimitIsRaisedAndNeverLowered) {
  SetSoftLimit(200);
  RaiseDescriptorLimit(300);
  EXPECT_EQ(SoftLimit(), 300u);
  RaiseDescriptorLimit(250);
  EXPECT_EQ(SoftLimit(), 300u);
}

TEST_F(DescriptorsTest, EachOneOpenedIsOneLess) {
  const std::size_t left = DescriptorsLeft();
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(DescriptorsLeft(), left - 1);
  ::close(fd);
}

TEST_F(DescriptorsTest, StrangersHaveHalfOfWhatIsLeft) {
  SetSoftLimit(300);
  EXPECT_LE(WebhookLimits().connections, 150u);
  EXPECT_GE(WebhookLimits().connections, 100u);
}

}  // namespace
}  // namespace tinyforge::serve
