#ifndef GATEWAY_TRANSPORT_LISTENER_H_
#define GATEWAY_TRANSPORT_LISTENER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// A listening TCP socket. Movable; closed when destroyed.
class Listener {
 public:
  // `address` is host:port: `127.0.0.1:8080`, `[::1]:8080`, `:8080` (all
  // addresses), `localhost:0` (any port). Errors: INVALID_ARGUMENT for what is
  // no address; FAILED_PRECONDITION when it cannot be had.
  static absl::StatusOr<Listener> Open(absl::string_view address);

  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&& other) noexcept;
  ~Listener();

  int fd() const { return fd_; }
  // What was bound, with the real port.
  const std::string& address() const { return address_; }

  // Waits until every connection that has been made is accepted by another
  // thread, at most for `timeout`. The kernel does not report that its queue is
  // empty, so the thread that accepts must call NoteAccepted() after each
  // connection. Both: any thread, but not while the listener is moved.
  void AwaitAccepted(absl::Duration timeout) const;
  void NoteAccepted() const;
  // Wakes the accepting thread and refuses new connections permanently.
  void Shutdown();

 private:
  struct Accepting {
    Mutex mutex;
    CondVar accepted;
  };

  Listener(int fd, std::string address);

  int fd_ = -1;
  std::string address_;
  std::unique_ptr<Accepting> accepting_ = std::make_unique<Accepting>();
};

}  // namespace cvr

#endif  // GATEWAY_TRANSPORT_LISTENER_H_
