#include "controller/probe/transfer_set.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <new>
#include <stdexcept>

namespace tinyforge::probe {
namespace {

void Check(CURLMcode code) {
  if (code != CURLM_OK) throw std::runtime_error(std::string("curl: ") + curl_multi_strerror(code));
}

}  // namespace

TransferSet::Transfer::Transfer(CURLM* owner, const DueProbe& probe)
    : multi(owner), serial(probe.serial), wire(probe.target) {
  curl_easy_setopt(wire.easy(), CURLOPT_PRIVATE, this);
  Check(curl_multi_add_handle(multi, wire.easy()));
}

TransferSet::Transfer::~Transfer() {
  curl_multi_remove_handle(multi, wire.easy());
}

TransferSet::TransferSet() {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  multi_.reset(curl_multi_init());
  if (!multi_) throw std::bad_alloc();
}

TransferSet::~TransferSet() {
  transfers_.clear();
  multi_.reset();
  curl_global_cleanup();
}

void TransferSet::Begin(const DueProbe& probe) {
  transfers_[probe.serial] = std::make_unique<Transfer>(multi_.get(), probe);
}

void TransferSet::Abort(ProbeSerial serial) {
  transfers_.erase(serial);
}

void TransferSet::AbortAll() {
  transfers_.clear();
}

std::vector<EndedProbe> TransferSet::Advance() {
  int running = 0;
  Check(curl_multi_perform(multi_.get(), &running));
  std::vector<EndedProbe> ended;
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    char* user = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &user);
    const auto* transfer = reinterpret_cast<const Transfer*>(user);
    ended.push_back({transfer->serial, transfer->wire.Outcome(message->data.result)});
    transfers_.erase(ended.back().serial);
  }
  return ended;
}

void TransferSet::Wait(std::optional<std::chrono::nanoseconds> most) {
  constexpr std::chrono::milliseconds kLongest(std::numeric_limits<int>::max());
  auto wait = kLongest;
  if (most) {
    const auto whole = std::chrono::ceil<std::chrono::milliseconds>(*most);
    wait = std::clamp(whole, std::chrono::milliseconds(0), kLongest);
  }
  Check(curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(wait.count()), nullptr));
}

void TransferSet::Wake() noexcept {
  curl_multi_wakeup(multi_.get());
}

}  // namespace tinyforge::probe
