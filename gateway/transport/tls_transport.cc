#include "gateway/transport/tls_transport.h"

#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "gateway/transport/peer_address.h"
#include "gateway/transport/socket_wait.h"
#include "gateway/transport/steady_time.h"
#include "services/process/quiet_log.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

constexpr char kPlainReply[] =
    "HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\n"
    "Connection: close\r\n\r\nThis server speaks HTTPS.\n";

// Of all connections.
QuietLog& Failures() {
  static auto* const failures = new QuietLog;
  return *failures;
}

}  // namespace

TlsTransport::TlsTransport(SSL* session)
    : session_(session, SSL_free), fd_(SSL_get_fd(session)) {}

Transport::Step TlsTransport::Handshake() {
  ERR_clear_error();
  const Step step = StepAfter(SSL_accept(session_.get()));
  if (step != Step::kEnd) return step;
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  broken_ = true;
  const char* const reason = ERR_reason_error_string(error);
  if (reason != nullptr) {
    Failures().Warn(
        reason,
        absl::StrCat("refused a TLS handshake with ",
                     PeerAddress(fd_).value_or("a client that has gone"), ": ",
                     reason));
  } else {
    spdlog::debug("TLS handshake failed: connection closed by the client");
  }
  if (ERR_GET_REASON(error) == SSL_R_HTTP_REQUEST) {
    send(fd_, kPlainReply, sizeof(kPlainReply) - 1,
         MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  return Step::kEnd;
}

Transport::Step TlsTransport::Read(char* buffer, size_t size, size_t& taken) {
  if (broken_) return Step::kEnd;
  ERR_clear_error();
  return StepAfter(SSL_read_ex(session_.get(), buffer, size, &taken));
}

bool TlsTransport::has_buffered() const {
  return !broken_ && SSL_has_pending(session_.get()) == 1;
}

bool TlsTransport::Write(absl::string_view first, absl::string_view second,
                         SendPace& pace) {
  if (first.empty()) return WriteAll(second, pace);
  // One record, and so one packet if it is small.
  std::string record(first);
  if (record.size() < SSL3_RT_MAX_PLAIN_LENGTH) {
    const size_t some = std::min<size_t>(
        second.size(), SSL3_RT_MAX_PLAIN_LENGTH - record.size());
    record.append(second.data(), some);
    second.remove_prefix(some);
  }
  return WriteAll(record, pace) && WriteAll(second, pace);
}

// When it gives up, half a record may be on its way.
bool TlsTransport::WriteAll(absl::string_view bytes, SendPace& pace) {
  while (!broken_ && !bytes.empty()) {
    size_t sent = 0;
    ERR_clear_error();
    const Step step = StepAfter(
        SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &sent));
    if (step == Step::kDone) {
      bytes.remove_prefix(sent);
      broken_ = !pace.Note(absl::ZeroDuration(), sent);
    } else {
      broken_ = step == Step::kEnd || !pace.patient() || !Await(step, pace);
    }
  }
  return !broken_;
}

bool TlsTransport::Await(Step step, SendPace& pace) {
  const absl::Time begin = SteadyTime();
  const bool ready = WaitForSocket(
      fd_, step == Step::kWantsWrite ? POLLOUT : POLLIN, pace.slice());
  const absl::Duration waited = SteadyTime() - begin;
  // What the socket takes now is noted once it has taken it.
  return ready ? pace.NoteWait(waited) : pace.Note(waited, 0);
}

void TlsTransport::EndWriting() {
  if (!broken_) {
    ERR_clear_error();
    SSL_shutdown(session_.get());
  }
  shutdown(fd_, SHUT_WR);
}

Transport::Step TlsTransport::StepAfter(int result) {
  if (result == 1) return Step::kDone;
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Step::kWantsRead;
    case SSL_ERROR_WANT_WRITE:
      return Step::kWantsWrite;
    case SSL_ERROR_ZERO_RETURN:
      return Step::kEnd;  // The client has ended its side.
    default:
      broken_ = true;
      return Step::kEnd;
  }
}

}  // namespace cvr
