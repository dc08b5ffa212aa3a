#include "gateway/tls_transport.h"

#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>

#include "absl/time/clock.h"
#include "gateway/socket_wait.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

constexpr char kPlainReply[] =
    "HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\n"
    "Connection: close\r\n\r\nThis server speaks HTTPS.\n";

}  // namespace

TlsTransport::TlsTransport(SSL* session, absl::Duration write_timeout)
    : session_(session, SSL_free),
      fd_(SSL_get_fd(session)),
      write_timeout_(write_timeout) {}

bool TlsTransport::Handshake(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (true) {
    ERR_clear_error();
    const int result = SSL_accept(session_.get());
    if (result == 1) return true;
    if (!Await(result, deadline - absl::Now())) break;
  }
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  const bool timed_out = !broken_;
  broken_ = true;
  const char* const reason = ERR_reason_error_string(error);
  spdlog::debug("TLS handshake failed: {}", timed_out           ? "too slow"
                                            : reason != nullptr ? reason
                                                                : "broken off");
  if (ERR_GET_REASON(error) == SSL_R_HTTP_REQUEST) {
    send(fd_, kPlainReply, sizeof(kPlainReply) - 1,
         MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  return false;
}

bool TlsTransport::WaitReadable(absl::Duration timeout) const {
  return SSL_has_pending(session_.get()) == 1 ||
         WaitForSocket(fd_, POLLIN, timeout);
}

size_t TlsTransport::Read(char* buffer, size_t size, absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (!broken_) {
    size_t taken = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(session_.get(), buffer, size, &taken);
    if (result == 1) return taken;
    if (!Await(result, deadline - absl::Now())) break;
  }
  return 0;
}

bool TlsTransport::Write(absl::string_view first, absl::string_view second) {
  if (first.empty()) return WriteAll(second);
  // One record, and so one packet if it is small.
  std::string record(first);
  if (record.size() < SSL3_RT_MAX_PLAIN_LENGTH) {
    const size_t some = std::min<size_t>(
        second.size(), SSL3_RT_MAX_PLAIN_LENGTH - record.size());
    record.append(second.data(), some);
    second.remove_prefix(some);
  }
  return WriteAll(record) && WriteAll(second);
}

bool TlsTransport::WriteAll(absl::string_view bytes) {
  while (!broken_ && !bytes.empty()) {
    size_t sent = 0;
    ERR_clear_error();
    const int result =
        SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &sent);
    if (result == 1) {
      bytes.remove_prefix(sent);
    } else if (!Await(result, write_timeout_)) {
      broken_ = true;  // Half a record may be on its way.
    }
  }
  return !broken_;
}

void TlsTransport::EndWriting() {
  if (!broken_) {
    ERR_clear_error();
    SSL_shutdown(session_.get());
  }
  shutdown(fd_, SHUT_WR);
}

bool TlsTransport::Await(int result, absl::Duration timeout) {
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return WaitForSocket(fd_, POLLIN, timeout);
    case SSL_ERROR_WANT_WRITE:
      return WaitForSocket(fd_, POLLOUT, timeout);
    case SSL_ERROR_ZERO_RETURN:
      return false;  // The client has ended its side.
    default:
      broken_ = true;
      return false;
  }
}

}  // namespace cvr
