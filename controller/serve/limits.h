// Every bound of the HTTP front in one place.
#pragma once

#include <chrono>
#include <cstddef>

namespace tinyforge::serve {

struct HttpLimits {
  std::size_t target_bytes = 8 * 1024;           // request target; more: 414
  std::size_t header_bytes = 64 * 1024;          // request line and fields; more: 431
  std::size_t header_fields = 100;               // more: 431
  std::size_t body_bytes = 1024 * 1024;          // unless the route says otherwise; more: 413
  std::size_t chunk_extension_bytes = 256;       // of one chunk; more: 400
  std::size_t query_parameters = 32;             // more: 400
  std::chrono::milliseconds header_time{5'000};  // from the first byte of a request to the end of its header; then 408
  std::chrono::milliseconds body_time{15'000};   // for the whole body; then 408
  std::chrono::milliseconds idle_time{30'000};   // between requests; then closed
  std::chrono::milliseconds write_time{30'000};  // a client that takes no byte for so long is closed
  std::chrono::milliseconds linger_time{1'000};  // after an answer that ends a connection, so that the client reads it
  std::size_t linger_bytes = 256 * 1024;         // read and thrown away meanwhile
  std::size_t connections = 1'024;               // of all listeners; then the one waiting for longest makes room
  std::size_t held_bytes = 0;                    // of unfinished requests, of all listeners, likewise; 0: no limit
  // (Complete bodies, until their handler of Lane::Pool has returned, may hold as much again; more: 503.)
  std::size_t stream_buffer = 256 * 1024;  // unsent bytes of a streamed answer before its writer waits
  std::size_t pool_threads = 2;
  std::size_t own_threads = 16;  // requests at once on Lane::Own; more: 503
};

}  // namespace tinyforge::serve
