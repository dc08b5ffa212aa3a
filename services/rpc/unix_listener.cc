#include "services/rpc/unix_listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

constexpr int kBacklog = 1024;
// When there are no descriptors left, the next try is a little later.
constexpr int kRetryMilliseconds = 100;

absl::Status CannotServe(const std::string& path, absl::string_view problem) {
  return absl::FailedPreconditionError(
      absl::StrCat("cannot serve gRPC on 'unix:", path, "': ", problem));
}

// A socket file that a killed process left behind would keep us from binding.
void RemoveStaleSocket(const std::string& path) {
  struct stat info = {};
  if (lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode)) {
    unlink(path.c_str());
  }
}

absl::Status BindTo(int listener, const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return CannotServe(path, "the path must have 1 to 107 characters");
  }
  path.copy(address.sun_path, path.size());
  RemoveStaleSocket(path);
  // Of the descriptor: what the file is made with, so nobody gets in between.
  fchmod(listener, 0600);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address),
           sizeof(address)) != 0 ||
      chmod(path.c_str(), 0600) != 0 || listen(listener, kBacklog) != 0) {
    return CannotServe(path, std::strerror(errno));
  }
  return absl::OkStatus();
}

// The user at the other end; nothing when that cannot be told.
std::optional<uid_t> UserOf(int connection) {
  ucred peer = {};
  socklen_t size = sizeof(peer);
  if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return std::nullopt;
  }
  return peer.uid;
}

}  // namespace

bool MayConnect(uid_t user) { return user == geteuid() || user == 0; }

absl::StatusOr<std::unique_ptr<UnixListener>> UnixListener::Bind(
    const std::string& path) {
  const int listener =
      socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) return CannotServe(path, std::strerror(errno));
  const absl::Status bound = BindTo(listener, path);
  const int wake = bound.ok() ? eventfd(0, EFD_CLOEXEC) : -1;
  if (wake < 0) {
    const int error = errno;
    close(listener);
    return bound.ok() ? CannotServe(path, std::strerror(error)) : bound;
  }
  return std::unique_ptr<UnixListener>(new UnixListener(path, listener, wake));
}

UnixListener::UnixListener(std::string path, int listener, int wake)
    : path_(std::move(path)), listener_(listener), wake_(wake) {
  struct stat info = {};
  if (lstat(path_.c_str(), &info) == 0) {
    device_ = info.st_dev;
    inode_ = info.st_ino;
  }
}

UnixListener::~UnixListener() {
  Stop();
  close(listener_);
  close(wake_);
}

void UnixListener::Start(std::unique_ptr<Acceptor> acceptor) {
  acceptor_ = std::move(acceptor);
  thread_.emplace("unix-accept", [this] { AcceptAll(); });
}

void UnixListener::Stop() {
  eventfd_write(wake_, 1);
  thread_.reset();
  struct stat info = {};
  if (lstat(path_.c_str(), &info) == 0 && info.st_dev == device_ &&
      info.st_ino == inode_) {
    unlink(path_.c_str());
  }
}

void UnixListener::AcceptAll() {
  pollfd waits[] = {{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
  while (true) {
    poll(waits, 2, -1);
    if (waits[0].revents != 0) return;
    const int connection =
        accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
        poll(waits, 1, kRetryMilliseconds);
      }
      continue;
    }
    const auto user = UserOf(connection);
    if (!user || !MayConnect(*user)) {
      spdlog::warn("unix:{}: turned away a process of user {}", path_,
                   user ? absl::StrCat(*user) : "unknown");
      close(connection);
      continue;
    }
    Acceptor::NewConnectionParameters parameters;
    parameters.listener_fd = listener_;
    parameters.fd = connection;
    acceptor_->HandleNewConnection(&parameters);
  }
}

}  // namespace cvr
