#ifndef GATEWAY_HTTP_HTTP_CONNECTION_H_
#define GATEWAY_HTTP_HTTP_CONNECTION_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/http/http_exchange.h"
#include "gateway/http/request_body.h"
#include "gateway/http/request_scheduler.h"
#include "gateway/message/request_head.h"
#include "gateway/transport/send_pace.h"
#include "gateway/transport/transport.h"
#include "httplib.h"

namespace cvr {

// One connection of a client: its socket, the received part of the current
// request, and its phase. Reading never blocks: a step takes the bytes that
// have arrived, and the caller calls it again when there are more, so that idle
// and slow connections need no thread. To be used by one thread at a time,
// except for stalled_since() and BreakOff(), which any thread may call.
class HttpConnection : public httplib::Stream, public RequestScheduler::Job {
 public:
  // What the connection waits for.
  enum class Phase {
    kHandshake,
    kIdle,   // The next request.
    kHead,   // The rest of a head.
    kBody,   // The rest of a body.
    kReply,  // A thread has it, or it waits for one.
    kLinger,
  };

  // Takes ownership of the socket `fd`, which `transport` uses.
  HttpConnection(int fd, std::unique_ptr<Transport> transport,
                 const SendPace::Options& pace);
  ~HttpConnection() override;

  uint64_t id = 0;  // Of OpenConnections.
  Phase phase = Phase::kHandshake;
  // When the phase began, by SteadyTime().
  absl::Time phase_since;
  // The current request and its reply.
  Exchange exchange;
  size_t requests = 0;
  // Whether the last request came within kSoon after the reply before it. Then
  // the next one is likely to.
  static constexpr absl::Duration kSoon = absl::Milliseconds(5);
  bool asks_soon = true;

  // How long phases may last: see HttpServer::Options.
  struct Timeouts {
    absl::Duration handshake;
    absl::Duration idle;
    absl::Duration head;  // And a body.
  };
  // The deadline of the present phase, considering the bytes received so far.
  absl::Time DeadlineOf(const Timeouts& timeouts) const;

  // Steps. kDone = the phase is complete; kEnd = the client has disconnected.

  Transport::Step Handshake() { return transport_->Handshake(); }
  // Reads the request's head. When it is complete, it is in `exchange`; if it
  // is invalid, `error` is set. The first byte changes kIdle to kHead.
  Transport::Step ReadHead(std::optional<HeadError>& error);
  // Reads the body of the request whose head was read, and sets `state`.
  Transport::Step ReadBody(RequestBody& body, RequestBody::State& state);
  // Reads and discards further bytes of the client, up to a limit. Closing a
  // socket with unread bytes would make the kernel drop the response that is
  // still on its way.
  Transport::Step Discard();

  // Whether bytes have arrived; waits up to `timeout` for them.
  bool WaitReadable(absl::Duration timeout) const;
  // Whether no byte of a request has arrived.
  bool empty() const { return received_.empty(); }

  // Sends `100 Continue` (RFC 9110, section 10.1.1).
  bool SendContinue();
  // Sends the bytes that are held back. False if the client has disconnected.
  bool Flush();
  // The next write is a reply's first.
  void BeginReply();
  void EndWriting() { transport_->EndWriting(); }
  SendPace& pace() { return pace_; }

  // RequestScheduler::Job.
  absl::Time stalled_since() const override { return pace_.stalled_since(); }
  void BreakOff() override;

  // The peer's numeric address.
  const std::string& client() const { return client_; }

  // httplib::Stream. It reads `library_head_`, never the client's bytes. A
  // reply's first write, its header, is held back and goes out together with
  // the second.
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }  // write() waits.
  ssize_t read(char* ptr, size_t size) override;
  ssize_t write(const char* ptr, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return fd_; }

 private:
  // Appends what has arrived to `received_`.
  Transport::Step Receive();
  bool SendWithHeld(absl::string_view bytes);

  const int fd_;
  const std::unique_ptr<Transport> transport_;
  SendPace pace_;
  std::string client_;
  std::string received_;  // Not used yet.
  size_t checked_ = 0;    // Of it: holds no end of a head.
  size_t discarded_ = 0;
  absl::string_view library_head_;
  std::string held_;
  bool hold_ = true;
};

}  // namespace cvr

#endif  // GATEWAY_HTTP_HTTP_CONNECTION_H_
