// Webhook requests for tests: made on the spot, or read from tests/golden/webhooks.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <strings.h>

#include "api-types/doc/json.h"
#include "reconcilers/inbound/webhook.h"

namespace tinyforge::inbound {

struct CaseBlind {
  bool operator()(const std::string& a, const std::string& b) const { return ::strcasecmp(a.c_str(), b.c_str()) < 0; }
};
using Headers = std::map<std::string, std::string, CaseBlind>;

inline Expected<WebhookDelivery> Read(const Headers& headers, std::string_view body) {
  const HeaderLookup lookup = [&](std::string_view name) -> std::string_view {
    const auto found = headers.find(std::string(name));
    return found == headers.end() ? std::string_view() : found->second;
  };
  return ReadWebhook({lookup, body});
}

// The one event of a request that is understood.
template <class Event>
Event ReadOne(const Headers& headers, std::string_view body) {
  auto delivery = Read(headers, body);
  EXPECT_TRUE(delivery) << (delivery ? "" : delivery.error().message);
  if (!delivery) return {};
  EXPECT_EQ(delivery->events.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<Event>(delivery->events.front())) << delivery->events.front().index();
  const Event* event = std::get_if<Event>(&delivery->events.front());
  return event != nullptr ? *event : Event{};
}

// The message of a request that is refused.
inline std::string ReadError(const Headers& headers, std::string_view body) {
  auto delivery = Read(headers, body);
  EXPECT_FALSE(delivery);
  if (delivery) return "";
  EXPECT_EQ(delivery.error().kind, ErrorKind::Invalid);
  return delivery.error().message;
}

struct Fixture {
  std::string id;
  Headers headers;
  std::string body;
  doc::Node expect;
};

inline std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

inline Headers ReadHeaders(const std::filesystem::path& path) {
  Headers headers;
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::size_t value = line.find_first_not_of(' ', colon + 1);
    headers[line.substr(0, colon)] = value == std::string::npos ? "" : line.substr(value);
  }
  return headers;
}

inline std::vector<Fixture> Fixtures() {
  const std::filesystem::path folder = TINYFORGE_SOURCE_DIR "/tests/golden/webhooks";
  std::vector<Fixture> fixtures;
  std::ifstream lines(folder / "expected.jsonl");
  for (std::string line; std::getline(lines, line);) {
    auto node = doc::ParseJson(line);
    EXPECT_TRUE(node) << line;
    if (!node) continue;
    const std::string id = node->Find("id")->text;
    fixtures.push_back(
        {id, ReadHeaders(folder / (id + ".headers")), ReadFile(folder / (id + ".json")), *node->Find("expect")});
  }
  return fixtures;
}

}  // namespace tinyforge::inbound
