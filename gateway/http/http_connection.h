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
#include "gateway/http/request_gate.h"
#include "gateway/message/request_head.h"
#include "gateway/transport/send_pace.h"
#include "gateway/transport/transport.h"
#include "httplib.h"

namespace cvr {

// One connection of a client: its socket, what has come of the current request,
// and what it waits for. Reading never waits: a step takes what is there, and
// whoever calls comes back when more has come. One thread at a time uses it;
// stalled_since() and BreakOff() may be called by any meanwhile.
class HttpConnection : public httplib::Stream, public RequestGate::Job {
 public:
  // What it is doing, or waits for.
  enum class Phase {
    kHandshake,
    kIdle,   // The next request.
    kHead,   // The rest of a head.
    kBody,   // The rest of a body.
    kReply,  // A thread has it, or it waits for one.
    kLinger,
  };

  // Owns the socket `fd`, of which `transport` is.
  HttpConnection(int fd, std::unique_ptr<Transport> transport,
                 const SendPace::Options& pace);
  ~HttpConnection() override;

  uint64_t id = 0;  // Of OpenConnections.
  Phase phase = Phase::kHandshake;
  // Since when it is in its phase, by SteadyTime().
  absl::Time phase_since;
  // The current request and its reply.
  Exchange exchange;
  size_t requests = 0;

  // How long phases may last: see HttpServer::Options.
  struct Timeouts {
    absl::Duration handshake;
    absl::Duration idle;
    absl::Duration head;  // And a body.
  };
  // When the phase has to be over, with what has come until now.
  absl::Time DeadlineOf(const Timeouts& timeouts) const;

  // Steps. kDone when the phase is over; kEnd when the client is gone.

  Transport::Step Handshake() { return transport_->Handshake(); }
  // When the head is in, or cannot become one, it stands in `exchange`, or the
  // error in `error`. kIdle becomes kHead with the first byte.
  Transport::Step ReadHead(std::optional<HeadError>& error);
  // Of the request whose head was read. `state` says what became of it.
  Transport::Step ReadBody(RequestBody& body, RequestBody::State& state);
  // Reads and forgets what the client still sends, within bounds: closing over
  // unread bytes would make the system drop the reply on its way.
  Transport::Step Discard();

  // Whether bytes have come, or come within `timeout`. Waits.
  bool WaitReadable(absl::Duration timeout) const;
  // Whether nothing of a request has come.
  bool empty() const { return received_.empty(); }

  // Asks for the body: RFC 9110, section 10.1.1.
  bool SendContinue();
  // Sends what is held back. False when the client is gone.
  bool Flush();
  // The next write is a reply's first.
  void BeginReply();
  void EndWriting() { transport_->EndWriting(); }
  SendPace& pace() { return pace_; }

  // RequestGate::Job.
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
