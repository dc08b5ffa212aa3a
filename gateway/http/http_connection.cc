#include "gateway/http/http_connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "gateway/transport/peer_address.h"
#include "gateway/transport/socket_wait.h"
#include "gateway/transport/steady_time.h"

namespace cvr {
namespace {

using Step = Transport::Step;

constexpr size_t kReceiveBytes = 16 * 1024;

// A body has so long to begin, and then has to come at this rate.
constexpr absl::Duration kBodyGrace = absl::Seconds(5);
constexpr double kBodyBytesPerSecond = 1024;

constexpr absl::Duration kLingerTimeout = absl::Seconds(2);

// What Discard() takes from a client that goes on sending.
constexpr size_t kLingerBytesMax = 1024 * 1024;

// What the library parses in place of every client's head, which is parsed
// already: it routes nothing and needs to know nothing of the request.
constexpr absl::string_view kPlaceholderHead =
    "GET / HTTP/1.1\r\nHost: -\r\n\r\n";

// Empty lines before a request are to be forgiven: RFC 9112, section 2.2.
void DropEmptyLines(std::string& received) {
  size_t size = 0;
  while (absl::string_view(received).substr(size, 2) == "\r\n") size += 2;
  if (size > 0) received.erase(0, size);
}

}  // namespace

HttpConnection::HttpConnection(int fd, std::unique_ptr<Transport> transport,
                               const SendPace::Options& pace)
    : phase_since(SteadyTime()),
      fd_(fd),
      transport_(std::move(transport)),
      pace_(pace),
      client_(PeerAddress(fd).value_or("-")) {}

HttpConnection::~HttpConnection() { close(fd_); }

absl::Time HttpConnection::DeadlineOf(const Timeouts& timeouts) const {
  switch (phase) {
    case Phase::kHandshake:
      return phase_since + timeouts.handshake;
    case Phase::kIdle:
      return phase_since + timeouts.idle;
    case Phase::kHead:
      return phase_since + timeouts.head;
    case Phase::kBody:
      return phase_since +
             std::min(timeouts.head,
                      kBodyGrace + absl::Seconds(exchange.body->size() /
                                                 kBodyBytesPerSecond));
    case Phase::kReply:
    case Phase::kLinger:
      break;
  }
  return phase_since + kLingerTimeout;
}

Step HttpConnection::ReadHead(std::optional<HeadError>& error) {
  while (true) {
    DropEmptyLines(received_);
    if (!received_.empty() && phase == Phase::kIdle) {
      const absl::Time now = SteadyTime();
      if (requests > 0) asks_soon = now - phase_since < kSoon;
      phase = Phase::kHead;
      phase_since = now;
    }
    const size_t size = FindHeadEnd(received_, checked_);
    if (size != std::string::npos) {
      auto parsed =
          ParseRequestHead(absl::string_view(received_).substr(0, size));
      received_.erase(0, size);
      checked_ = 0;
      if (auto* const head = std::get_if<RequestHead>(&parsed)) {
        exchange.head = std::move(*head);
      } else {
        error = std::get<HeadError>(std::move(parsed));
      }
      return Step::kDone;
    }
    HeadError partial = CheckPartialHead(received_, checked_);
    if (!partial.message.empty()) {
      error = std::move(partial);
      return Step::kDone;
    }
    checked_ = received_.size();
    const Step step = Receive();
    if (step != Step::kDone) return step;
  }
}

Step HttpConnection::ReadBody(RequestBody& body, RequestBody::State& state) {
  while (true) {
    state = body.Take(received_);
    if (state != RequestBody::State::kMore) return Step::kDone;
    const Step step = Receive();
    if (step != Step::kDone) return step;
  }
}

Step HttpConnection::Discard() {
  while (true) {
    discarded_ += received_.size();
    received_.clear();
    if (discarded_ > kLingerBytesMax) return Step::kEnd;
    const Step step = Receive();
    if (step != Step::kDone) return step;
  }
}

bool HttpConnection::WaitReadable(absl::Duration timeout) const {
  return !received_.empty() || transport_->has_buffered() ||
         WaitForSocket(fd_, POLLIN, timeout);
}

bool HttpConnection::SendContinue() {
  return received_.empty()
             ? transport_->Write("", "HTTP/1.1 100 Continue\r\n\r\n", pace_)
             : true;  // The client has not waited to be asked.
}

bool HttpConnection::Flush() { return held_.empty() || SendWithHeld(""); }

void HttpConnection::BeginReply() {
  library_head_ = kPlaceholderHead;
  hold_ = true;
}

void HttpConnection::BreakOff() { shutdown(fd_, SHUT_RDWR); }

ssize_t HttpConnection::read(char* ptr, size_t size) {
  const size_t taken = library_head_.copy(ptr, size);
  library_head_.remove_prefix(taken);
  return taken > 0 ? static_cast<ssize_t>(taken) : -1;
}

ssize_t HttpConnection::write(const char* ptr, size_t size) {
  if (hold_) {
    hold_ = false;
    held_.assign(ptr, size);
    return size;
  }
  return SendWithHeld({ptr, size}) ? static_cast<ssize_t>(size) : -1;
}

void HttpConnection::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip = client_;
  port = 0;
}

// Nobody asks for it.
void HttpConnection::get_local_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

Step HttpConnection::Receive() {
  std::array<char, kReceiveBytes> buffer;
  size_t taken = 0;
  const Step step = transport_->Read(buffer.data(), buffer.size(), taken);
  if (step == Step::kDone) received_.append(buffer.data(), taken);
  return step;
}

bool HttpConnection::SendWithHeld(absl::string_view bytes) {
  const bool sent = transport_->Write(held_, bytes, pace_);
  held_.clear();
  return sent;
}

}  // namespace cvr
