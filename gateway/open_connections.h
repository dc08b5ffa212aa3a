#ifndef GATEWAY_OPEN_CONNECTIONS_H_
#define GATEWAY_OPEN_CONNECTIONS_H_

#include <cstddef>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "services/common/mutex.h"

namespace cvr {

// The connections that are open, by socket, and which of them wait for a
// request or for the rest of its head. While there are more than there are
// threads for, those that have waited longest are ended to make room. Only
// sockets in here are ever shut down, so a descriptor that the system has given
// to somebody else is never touched: remove it before closing it. Thread-safe.
class OpenConnections {
 public:
  // `room` is how many can be served at a time.
  explicit OpenConnections(size_t room) : room_(room) {}

  // A connection was accepted and waits for a thread, which calls Add().
  void BeginWaiting();
  // It is turned away instead.
  void EndWaiting();
  void Add(int fd);
  void Remove(int fd);

  // `fd` waits for its next request. While draining, it reads what has arrived
  // already and then the end.
  void BeginIdle(int fd);
  // Bytes of a request have come: draining lets it come in whole, but it makes
  // room as an idle one does, so that half requests keep nobody out.
  void BeginHead(int fd);
  // It has come, or never will.
  void EndHead(int fd);

  // Whether replies are the last ones on their connections.
  bool draining() const;

  // Ends the idle connections, now and as they become idle.
  void Drain();
  // False when some are still open, or wait, at `deadline`.
  bool WaitUntilNone(absl::Time deadline);
  // Breaks off all of them, and later ones at once.
  void ShutdownAll();

 private:
  struct State {
    absl::Time idle_since = absl::InfiniteFuture();  // Busy.
    bool in_head = false;
    bool evicted = false;
  };

  void MakeRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t room_;

  mutable Mutex mutex_;
  CondVar none_;
  size_t evicted_ ABSL_GUARDED_BY(mutex_) = 0;  // Of the open ones.
  size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  bool broken_off_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_map<int, State> connections_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // GATEWAY_OPEN_CONNECTIONS_H_
