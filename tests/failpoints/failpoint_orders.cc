#include "tests/failpoints/failpoint_orders.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "controller/runtime/failpoint.h"
#include "controller/runtime/file.h"
#include "controller/runtime/guarded.h"

namespace tinyforge::failpoint {
namespace {

constexpr unsigned kListed = 16;
constexpr int kUsage = 2;

Error Unreadable(std::string_view order) {
  return {ErrorKind::Invalid,
          "TF_FAILPOINT: \"" + std::string(order) + "\" is not NAME:kill|error|delay[=DURATION][@N]"};
}

std::optional<unsigned> ParseCount(std::string_view text) {
  unsigned count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count == 0) return std::nullopt;
  return count;
}

bool ParseAction(std::string_view text, Order& order) {
  if (text == "kill")
    order.action = Action::Kill;
  else if (text == "error")
    order.action = Action::Error;
  else if (text.starts_with("delay"))
    order.action = Action::Delay;
  else
    return false;
  if (order.action != Action::Delay || text == "delay") return true;
  constexpr std::string_view kWithLength = "delay=";
  if (!text.starts_with(kWithLength)) return false;
  const auto length = ParseDuration(text.substr(kWithLength.size()));
  if (length) order.delay = *length;
  return length.has_value();
}

Expected<Order> ParseOne(std::string_view text) {
  Order order;
  const auto colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos) return Unreadable(text);
  order.name = text.substr(0, colon);
  std::string_view action = text.substr(colon + 1);
  if (const auto at = action.find('@'); at != std::string_view::npos) {
    const auto count = ParseCount(action.substr(at + 1));
    if (!count) return Unreadable(text);
    order.at = *count;
    action = action.substr(0, at);
  }
  if (!ParseAction(action, order)) return Unreadable(text);
  return order;
}

std::vector<Order> OrdersOfEnvironment() {
  const char* text = std::getenv("TF_FAILPOINT");
  auto orders = Parse(text ? text : "");
  if (orders) return std::move(*orders);
  std::fprintf(stderr, "%s\n", orders.error().message.c_str());
  std::_Exit(kUsage);
}

void List(const std::string& name, unsigned passing) {
  const char* file = std::getenv("TF_FAILPOINT_LIST");
  if (!file || passing > kListed) return;
  const Fd fd(::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  (void)WriteAll(fd.get(), name + "@" + std::to_string(passing) + "\n", file);
}

unsigned Count(const std::string& name) {
  static Guarded<std::map<std::string, unsigned>> passings;
  return ++(*passings.Lock())[name];
}

Expected<void> Obey(const Order& order) {
  switch (order.action) {
    case Action::Kill: std::raise(SIGKILL); break;
    case Action::Error: return Error{ErrorKind::Transient, "failpoint " + order.name};
    case Action::Delay: std::this_thread::sleep_for(order.delay); break;
  }
  return {};
}

}  // namespace

Expected<std::vector<Order>> Parse(std::string_view text) {
  std::vector<Order> orders;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    auto order = ParseOne(text.substr(0, comma));
    if (!order) return std::move(order).error();
    orders.push_back(std::move(*order));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return orders;
}

bool Armed() {
  return true;
}

Expected<void> Pass(std::string name) {
  static const std::vector<Order> orders = OrdersOfEnvironment();
  std::replace(name.begin(), name.end(), '_', '-');
  const unsigned passing = Count(name);
  List(name, passing);
  for (const Order& order : orders) {
    if (order.name != name || order.at != passing) continue;
    if (auto obeyed = Obey(order); !obeyed) return obeyed;
  }
  return {};
}

}  // namespace tinyforge::failpoint
