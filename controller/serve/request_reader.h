// Reads one request out of bytes as they come. The grammar is Beast's; this class adds the bounds and refusals that
// HttpServer promises.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/serve/http_message.h"
#include "controller/serve/limits.h"

namespace tinyforge::serve {

// What is known once the header is complete.
struct RequestHead {
  std::string method;
  std::string path;
  StringMap query;
  std::string authorization;
  bool keep_alive = false;
  bool http_1_1 = false;
  bool expects_continue = false;
  bool has_length = false;                                  // of its body; or it is chunked
  std::vector<std::pair<std::string, std::string>> fields;  // as they came; those after a chunked body are dropped
};

class RequestReader {
 public:
  enum class Progress {
    NeedMore,  // give it more bytes
    Header,    // said once: head() is complete; set the body's limit, then go on
    Done,      // TakeBody()
    Refused,   // refusal(); the connection cannot go on
  };

  explicit RequestReader(const HttpLimits& limits);
  ~RequestReader();

  // Takes bytes from the front of `bytes` and says how many in `consumed`.
  Progress Put(std::string_view bytes, std::size_t& consumed);

  const RequestHead& head() const;
  std::vector<std::pair<std::string, std::string>> TakeFields();  // once, those of head()
  // Between Header and the next Put. False when the declared length is over it: the next Put refuses.
  bool LimitBody(std::size_t bytes);
  bool header_done() const;
  std::size_t body_size() const;  // so far
  std::string TakeBody();
  const HttpResponse& refusal() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tinyforge::serve
