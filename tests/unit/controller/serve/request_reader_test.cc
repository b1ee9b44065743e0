// A request that comes in pieces is read, and refused, as one that comes at once.
#include "controller/serve/request_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyforge::serve {
namespace {

using ::testing::HasSubstr;
using Progress = RequestReader::Progress;

// How it ends when the first bytes come before the rest, as a connection reads it.
std::string ReadInTwo(const std::string& request, std::size_t first, const HttpLimits& limits = {}) {
  RequestReader reader(limits);
  std::string in = request.substr(0, first);
  bool rest = false;
  while (true) {
    std::size_t consumed = 0;
    const Progress progress = reader.Put(in, consumed);
    in.erase(0, consumed);
    if (progress == Progress::Refused) return std::to_string(reader.refusal().status) + " " + reader.refusal().body;
    if (progress == Progress::Done) return reader.head().method + " " + reader.head().path + " " + reader.TakeBody();
    if (progress == Progress::NeedMore && std::exchange(rest, true)) return "need more";
    if (progress == Progress::NeedMore) in += request.substr(first);
  }
}

TEST(RequestReaderTest, IsTheSameHoweverItIsCut) {
  const std::string request = "POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
  for (std::size_t first = 0; first < request.size(); ++first)
    EXPECT_EQ(ReadInTwo(request, first), "POST /a hello") << first;
}

TEST(RequestReaderTest, AFoldedFieldIsRefusedWhereverItIsCut) {
  for (const char* fold : {" ", "\t"}) {
    const std::string request = "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n" + std::string(fold) + "c\r\nD: e\r\n\r\n";
    for (std::size_t first = 0; first <= request.size(); ++first)
      EXPECT_THAT(ReadInTwo(request, first), HasSubstr("must not be folded")) << first;
  }
}

TEST(RequestReaderTest, AHeaderThatIsTooLargeIsRefusedWhereverItIsCut) {
  const HttpLimits limits = {.header_bytes = 128, .header_fields = 1'000};
  std::string request = "GET / HTTP/1.1\r\nHost: x\r\n";
  while (request.size() < 150) request += "A: b\r\n";
  request += "\r\n";
  for (std::size_t first = 0; first <= request.size(); ++first)
    EXPECT_THAT(ReadInTwo(request, first, limits), HasSubstr("431 ")) << first;
}

}  // namespace
}  // namespace tinyforge::serve
