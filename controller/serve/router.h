// Which handler answers a request. Patterns are literal, segment by segment; {name} captures one segment.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "controller/serve/exchange.h"

namespace tinyforge::serve {

// Where a handler runs.
enum class Lane {
  Io,    // on the io thread: only what never waits (health)
  Pool,  // on one of a few threads: short reads
  Own,   // on a thread of its own, a bounded number at once: what waits for the world or streams
};

struct Route {
  std::string method;   // GET (answers HEAD too) or POST
  std::string pattern;  // "/api/workloads/{name}/plan"
  Lane lane = Lane::Pool;
  Handler handler;
  std::size_t body_bytes = 0;  // 0: the server's limit
};

struct RouteMatch {
  const Route* route = nullptr;  // null: see `allow`
  StringMap captures;
  std::string allow;  // methods that the path knows, "GET, HEAD"; empty: no such path
};

// Immutable once the server starts. A literal segment wins over a capture, whatever the order of adding.
class Router {
 public:
  void Add(Route route);
  RouteMatch Match(std::string_view method, std::string_view path) const;

 private:
  struct Entry {
    Route route;
    std::vector<std::string> segments;
  };
  std::vector<Entry> entries_;
};

// Percent-decoded parameters of a query string. False when it is malformed or holds more than `most`.
bool ParseQuery(std::string_view query, std::size_t most, StringMap& out);

}  // namespace tinyforge::serve
