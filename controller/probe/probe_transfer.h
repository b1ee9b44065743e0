// One probe on the wire, and the judgement of how it ended.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "controller/probe/probe_outcome.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::probe {

// How a transfer ended, as far as the judgement needs it.
struct TransferEnd {
  CURLcode code = CURLE_OK;
  int os_error = 0;        // errno of the call that failed, 0 when curl names none
  bool connected = false;  // the container's side took the connection
  bool head_read = false;  // the whole head of an answer came
  int status = 0;          // of that head
  bool body_cut = false;   // by us, as enough of it came
};

// Before a connection stands only a refusal or a reset is the container's failure; after it whatever is not a whole
// answer in time with a status of 200 to 399.
ProbeOutcome Judge(const ProbeTarget& target, const TransferEnd& end);

// An HTTP GET or a connect on a connection of its own: no redirect is followed, no proxy asked, no name resolved; of an
// answer at most 64 KiB are read, and dropped. One thread at a time.
class ProbeTransfer {
 public:
  // Throws std::bad_alloc. The target's check is http or tcp.
  explicit ProbeTransfer(const ProbeTarget& target);
  ProbeTransfer(const ProbeTransfer&) = delete;
  ProbeTransfer& operator=(const ProbeTransfer&) = delete;

  // To be added to a multi handle, and removed before the transfer is destroyed.
  CURL* easy() const { return easy_.get(); }
  // What it came to, once curl is done with it.
  ProbeOutcome Outcome(CURLcode code) const;

 private:
  struct Cleanup {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  static std::size_t TakeHeader(char* data, std::size_t size, std::size_t count, void* transfer);
  static std::size_t TakeBody(char* data, std::size_t size, std::size_t count, void* transfer);
  void Configure();

  const ProbeTarget target_;
  std::unique_ptr<CURL, Cleanup> easy_;
  std::size_t read_bytes_ = 0;  // head and body
  bool head_read_ = false;
  bool body_began_ = false;
  bool body_cut_ = false;
};

}  // namespace tinyforge::probe
