#include "gateway/http/open_connections.h"

#include <algorithm>
#include <utility>

#include "gateway/transport/steady_time.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

using Phase = HttpConnection::Phase;

bool IsIdle(const HttpConnection& connection) {
  return connection.phase == Phase::kHandshake ||
         (connection.phase == Phase::kIdle && connection.empty());
}

// Whoever has just connected knows nothing of a server that stops, and is
// served once more.
bool HasAsked(const HttpConnection& connection) {
  return connection.requests > 0;
}

}  // namespace

OpenConnections::OpenConnections(const Options& options, SocketPoller& poller)
    : options_(options), poller_(poller) {}

std::vector<OpenConnections::Connection> OpenConnections::Add(
    HttpConnection& connection, std::string client) {
  std::vector<Connection> give_way;
  MutexLock lock(&mutex_);
  if (!client.empty()) {
    Client& known = clients_[client];
    if (++known.connections > options_.per_client_max) {
      NoteGivenWay(client, known);
      give_way.push_back(TakeLongest(client));
    }
  }
  if (entries_.size() >= options_.connections_max && give_way.empty()) {
    give_way.push_back(TakeLongest(""));
  }
  if (!give_way.empty() && give_way.back() == nullptr) give_way.pop_back();
  connection.id = ++last_id_;
  Entry& entry = entries_[connection.id];
  entry.connection = &connection;
  entry.client = std::move(client);
  return give_way;
}

void OpenConnections::Remove(HttpConnection& connection) {
  MutexLock lock(&mutex_);
  const auto it = entries_.find(connection.id);
  if (!it->second.client.empty()) CountOut(it->second.client);
  entries_.erase(it);
  if (entries_.empty()) none_.SignalAll();
}

OpenConnections::Connection OpenConnections::Park(Connection connection,
                                                  bool for_writing,
                                                  absl::Time deadline) {
  MutexLock lock(&mutex_);
  if (broken_off_) return connection;
  if (draining_ && IsIdle(*connection)) {
    if (HasAsked(*connection)) return connection;
    deadline = std::min(deadline, first_by_);
  }
  Entry& entry = entries_[connection->id];
  const int fd = connection->socket();
  const uint64_t id = connection->id;
  entry.waits_since = connection->phase_since;
  entry.deadline = deadline;
  entry.parked = std::move(connection);
  ++parked_;
  // Claim() waits for the lock.
  poller_.Arm(fd, id, for_writing, entry.polled);
  entry.polled = true;
  return nullptr;
}

OpenConnections::Connection OpenConnections::Claim(uint64_t id) {
  MutexLock lock(&mutex_);
  const auto it = entries_.find(id);
  if (it == entries_.end() || it->second.parked == nullptr) return nullptr;
  return Take(it->second);
}

std::vector<OpenConnections::Connection> OpenConnections::TakeExpired(
    absl::Time now) {
  std::vector<Connection> expired;
  MutexLock lock(&mutex_);
  if (parked_ == 0) return expired;
  for (auto& [id, entry] : entries_) {
    if (entry.parked != nullptr && entry.deadline <= now) {
      expired.push_back(Take(entry));
    }
  }
  return expired;
}

// What has arrived already is still answered.
std::vector<OpenConnections::Connection> OpenConnections::Drain(
    absl::Time first_by) {
  std::vector<Connection> idle;
  MutexLock lock(&mutex_);
  draining_ = true;
  first_by_ = first_by;
  for (auto& [id, entry] : entries_) {
    if (entry.parked == nullptr || !IsIdle(*entry.parked)) continue;
    if (!HasAsked(*entry.parked)) {
      entry.deadline = std::min(entry.deadline, first_by_);
    } else if (!entry.parked->WaitReadable(absl::ZeroDuration())) {
      idle.push_back(Take(entry));
    }
  }
  return idle;
}

std::vector<OpenConnections::Connection> OpenConnections::BreakOffAll() {
  std::vector<Connection> parked;
  MutexLock lock(&mutex_);
  broken_off_ = true;
  for (auto& [id, entry] : entries_) {
    if (entry.parked != nullptr) {
      parked.push_back(Take(entry));
    } else {
      entry.connection->BreakOff();
    }
  }
  return parked;
}

bool OpenConnections::WaitUntilNone(absl::Duration timeout) {
  const absl::Time deadline = SteadyTime() + timeout;
  MutexLock lock(&mutex_);
  while (!entries_.empty()) {
    const absl::Duration left = deadline - SteadyTime();
    if (left <= absl::ZeroDuration()) return false;
    none_.WaitWithTimeout(&mutex_, left);
  }
  return true;
}

size_t OpenConnections::parked() const {
  MutexLock lock(&mutex_);
  return parked_;
}

OpenConnections::Connection OpenConnections::TakeLongest(
    const std::string& client) {
  Entry* longest = nullptr;
  for (auto& [id, entry] : entries_) {
    if (entry.parked == nullptr) continue;
    if (!client.empty() && entry.client != client) continue;
    if (longest == nullptr || entry.waits_since < longest->waits_since) {
      longest = &entry;
    }
  }
  return longest == nullptr ? nullptr : Take(*longest);
}

OpenConnections::Connection OpenConnections::Take(Entry& entry) {
  --parked_;
  return std::move(entry.parked);
}

// Once for each time that the client reaches its limit.
void OpenConnections::NoteGivenWay(const std::string& name, Client& client) {
  if (client.given_way++ > 0) return;
  spdlog::warn(
      "http client {} has {} connections, the most that one may have: those "
      "that have waited longest are closed",
      name, options_.per_client_max);
}

void OpenConnections::CountOut(const std::string& name) {
  const auto it = clients_.find(name);
  Client& client = it->second;
  --client.connections;
  if (client.given_way > 0 &&
      client.connections <= options_.per_client_max / 2) {
    spdlog::info("http client {} was over its connections {} times", name,
                 client.given_way);
    client.given_way = 0;
  }
  if (client.connections == 0) clients_.erase(it);
}

}  // namespace cvr
