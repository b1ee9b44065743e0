#include "controller/serve/connection_table.h"

namespace tinyforge::serve {

void ConnectionTable::Insert(const std::shared_ptr<Connection>& connection) {
  if (!connections_.insert(connection).second || connection->source().empty()) return;
  ++of_source_[connection->source()];
}

void ConnectionTable::Remove(const std::shared_ptr<Connection>& connection) {
  if (connections_.erase(connection) == 0) return;
  const auto count = of_source_.find(connection->source());
  if (count != of_source_.end() && --count->second == 0) of_source_.erase(count);
}

std::size_t ConnectionTable::OfSource(const IpAddress& source) const {
  const auto count = of_source_.find(source);
  return count == of_source_.end() ? 0 : count->second;
}

bool ConnectionTable::EvictLongestWaiting(const IpAddress& source) {
  std::shared_ptr<Connection> longest;
  auto since = std::chrono::steady_clock::time_point::max();
  for (const auto& connection : connections_) {
    if (!source.empty() && connection->source() != source) continue;
    const auto waiting = connection->WaitingSince();
    if (!waiting || *waiting >= since) continue;
    longest = connection;
    since = *waiting;
  }
  if (!longest) return false;
  longest->Evict();
  return true;
}

void ConnectionTable::CloseAll() {
  const auto open = connections_;
  for (const auto& connection : open) connection->Close();
}

}  // namespace tinyforge::serve
