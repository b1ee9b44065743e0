// The probes on the wire, driven by one thread.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "controller/probe/probe_table.h"
#include "controller/probe/probe_transfer.h"

namespace tinyforge::probe {

struct EndedProbe {
  ProbeSerial serial = 0;
  ProbeOutcome outcome;
};

// Of one thread, except Wake. Throws std::bad_alloc, and std::runtime_error when curl fails as a whole.
class TransferSet {
 public:
  TransferSet();
  ~TransferSet();
  TransferSet(const TransferSet&) = delete;
  TransferSet& operator=(const TransferSet&) = delete;

  std::size_t size() const { return transfers_.size(); }
  void Begin(const DueProbe& probe);
  void Abort(ProbeSerial serial);  // unknown: nothing happens
  void AbortAll();
  // Reads and writes what is ready; those that ended are no longer in the set.
  std::vector<EndedProbe> Advance();
  // Until a connection or a timer of curl wants Advance, Wake was called since the last Wait, or `most` has passed;
  // empty: however long that takes.
  void Wait(std::optional<std::chrono::nanoseconds> most);
  void Wake() noexcept;  // thread-safe

 private:
  struct Cleanup {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };
  struct Transfer {
    Transfer(CURLM* owner, const DueProbe& probe);
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    CURLM* multi;
    ProbeSerial serial;
    ProbeTransfer wire;
  };

  std::unique_ptr<CURLM, Cleanup> multi_;
  std::map<ProbeSerial, std::unique_ptr<Transfer>> transfers_;
};

}  // namespace tinyforge::probe
