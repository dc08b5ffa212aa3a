#ifndef SERVICES_RPC_UNIX_LISTENER_H_
#define SERVICES_RPC_UNIX_LISTENER_H_

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "grpcpp/server_builder.h"
#include "services/concurrency/thread.h"

namespace cvr {

// Whether a process of `user` may connect to a socket of this one: the same
// user, and root, which may read everything anyway. Pure but for geteuid().
bool MayConnect(uid_t user);

// Accepts connections on a Unix socket for a gRPC server. Only the owner may
// open the socket (0600), and each peer is asked for its user besides
// (SO_PEERCRED): others are turned away, whatever the modes say by then.
class UnixListener {
 public:
  using Acceptor = grpc::experimental::ExternalConnectionAcceptor;

  // Binds `path`, in place of a socket that a killed process has left, and
  // listens; nobody is accepted before Start(). Errors: FAILED_PRECONDITION
  // naming the path.
  static absl::StatusOr<std::unique_ptr<UnixListener>> Bind(
      const std::string& path);

  // As Stop(). Removes the socket's file, if it is still this one.
  ~UnixListener();
  UnixListener(const UnixListener&) = delete;
  UnixListener& operator=(const UnixListener&) = delete;

  // Hands connections to a server that has started. Call once.
  void Start(std::unique_ptr<Acceptor> acceptor);

  // Accepts no more. To be called before the server shuts down. Idempotent.
  void Stop();

 private:
  UnixListener(std::string path, int listener, int wake);

  void AcceptAll();

  const std::string path_;
  const int listener_;
  const int wake_;  // An eventfd: readable = stop.
  dev_t device_ = 0;
  ino_t inode_ = 0;
  std::unique_ptr<Acceptor> acceptor_;
  std::optional<Thread> thread_;
};

}  // namespace cvr

#endif  // SERVICES_RPC_UNIX_LISTENER_H_
