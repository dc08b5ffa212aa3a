#ifndef GATEWAY_HTTP_OPEN_CONNECTIONS_H_
#define GATEWAY_HTTP_OPEN_CONNECTIONS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "gateway/http/http_connection.h"
#include "gateway/transport/socket_poller.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// Tracks all open client connections. Those that wait for their client are
// parked here: a parked connection holds no thread. When there are too many
// connections, of one client or of all, the one that has been parked longest is
// closed for each new one, so that silent clients cannot block others.
//
// A connection that is being served belongs to whoever serves it. Call Remove()
// before you destroy one: the system may reuse its descriptor, and this class
// would then close a stranger's connection. Thread-safe.
class OpenConnections {
 public:
  using Connection = std::unique_ptr<HttpConnection>;
  struct Options {
    size_t connections_max = 4096;
    size_t per_client_max = 256;
  };

  // `poller` gets the sockets of the parked ones; it must outlive this.
  OpenConnections(const Options& options, SocketPoller& poller);

  // Knows `connection` from now on, as one of `client`; empty = it counts for
  // nobody. Answers those that have to give way: Remove() them. There may be
  // none although there are too many, when all are being served: then this one
  // has to give way next.
  std::vector<Connection> Add(HttpConnection& connection, std::string client);
  // Before it is destroyed.
  void Remove(HttpConnection& connection);

  // Parks `connection` until its socket is ready or `deadline`, by
  // SteadyTime(), has passed. Gives it back when it may not wait any more.
  Connection Park(Connection connection, bool for_writing, absl::Time deadline);
  // The parked connection whose socket is ready; null when it is parked no
  // more.
  Connection Claim(uint64_t id);
  // Those whose deadline has passed.
  std::vector<Connection> TakeExpired(absl::Time now);

  // Whether replies are the last ones on their connections.
  bool draining() const { return draining_; }
  // Answers those that wait for another request, of which nothing has come.
  // Those that have not sent their first one yet, and may be in their
  // handshake, have until `first_by`, by SteadyTime(), to do so.
  std::vector<Connection> Drain(absl::Time first_by);
  // Breaks off those that are being served, and answers all others. None will
  // be parked from now on.
  std::vector<Connection> BreakOffAll();
  // False when some are still open after `timeout`.
  bool WaitUntilNone(absl::Duration timeout);

  size_t parked() const;

 private:
  struct Entry {
    HttpConnection* connection;
    std::string client;
    bool polled = false;  // The poller knows the socket.
    // Of the parked ones:
    Connection parked;
    absl::Time waits_since;
    absl::Time deadline;
  };
  struct Client {
    size_t connections = 0;
    size_t given_way = 0;  // Since the client was at its limit.
  };
  using Entries = absl::flat_hash_map<uint64_t, Entry>;

  // The parked one that has waited longest, of `client` unless it is empty.
  Connection TakeLongest(const std::string& client)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Connection Take(Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void NoteGivenWay(const std::string& name, Client& client)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CountOut(const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  SocketPoller& poller_;
  std::atomic<bool> draining_ = false;

  mutable Mutex mutex_;
  CondVar none_;
  uint64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t parked_ ABSL_GUARDED_BY(mutex_) = 0;
  bool broken_off_ ABSL_GUARDED_BY(mutex_) = false;
  // Of those that have not asked anything when all others are drained.
  absl::Time first_by_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  Entries entries_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Client> clients_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // GATEWAY_HTTP_OPEN_CONNECTIONS_H_
