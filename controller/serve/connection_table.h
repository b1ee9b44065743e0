// The open connections of a server. Internal to controller/serve; io thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "controller/serve/ip_address.h"

namespace tinyforge::serve {

// A connection as the server sees it.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void Start() = 0;
  virtual void Close() = 0;
  // Close, to make room for others.
  virtual void Evict() = 0;
  // Since when it waits for its client to say what it wants: with a handshake, a request, or the rest of one; or, after
  // a refusal, to go away. Empty while it is being answered.
  virtual std::optional<std::chrono::steady_clock::time_point> WaitingSince() const = 0;
  // What it is counted by; the empty address: it is not.
  virtual const IpAddress& source() const = 0;
};

class ConnectionTable {
 public:
  void Insert(const std::shared_ptr<Connection>& connection);
  void Remove(const std::shared_ptr<Connection>& connection);

  std::size_t size() const { return connections_.size(); }
  std::size_t OfSource(const IpAddress& source) const;
  // Closes the one that waits for longest; of one source where it is not the empty address. False: none waits.
  bool EvictLongestWaiting(const IpAddress& source);
  void CloseAll();

 private:
  std::set<std::shared_ptr<Connection>> connections_;
  std::map<IpAddress, std::size_t> of_source_;
};

}  // namespace tinyforge::serve
