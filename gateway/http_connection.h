#ifndef GATEWAY_HTTP_CONNECTION_H_
#define GATEWAY_HTTP_CONNECTION_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "gateway/request_body.h"
#include "gateway/request_head.h"
#include "gateway/transport.h"
#include "httplib.h"

namespace cvr {

// One connection of a client: the bytes under the server library. One thread
// uses it.
class HttpConnection : public httplib::Stream {
 public:
  struct Timeouts {
    absl::Duration read;   // Without any byte, in the middle of a request.
    absl::Duration write;  // Without any progress.
  };

  // `transport` is that of the socket `fd`. Owns neither.
  HttpConnection(int fd, Transport& transport, Timeouts timeouts);

  // Waits for the first byte of a request. False when there will be none.
  bool AwaitRequest(absl::Duration idle_timeout);

  enum class HeadOutcome { kComplete, kInvalid, kClosed };
  // Reads a request's head, which the library reads from here next. When it is
  // kInvalid (too long, too slow), `error` says how.
  HeadOutcome ReadHead(absl::Duration timeout, HeadError& error);
  // Only after kComplete.
  const std::string& head() const { return head_; }
  // What the library is to read in place of the head.
  void ReplaceHead(std::string head);

  // Reads the body that follows the head, asking for it first when `ask`.
  // kMore when it does not come in time.
  RequestBody::State ReadBody(RequestBody& body, absl::Duration timeout,
                              bool ask);

  // Sends what is held back. False when the client is gone.
  bool Flush();

  // Ends the sending side, and reads and forgets what the client still sends,
  // within bounds: closing over unread bytes would make the system drop the
  // reply on its way.
  void Linger();

  // The peer's numeric address.
  const std::string& client() const { return client_; }

  // httplib::Stream. A reply's first write, its header, is held back and goes
  // out together with the second.
  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* ptr, size_t size) override;
  ssize_t write(const char* ptr, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return fd_; }

 private:
  // Appends what arrives to `received_`. False at the end, and on timeout.
  bool Receive(absl::Duration timeout);
  bool SendWithHeld(absl::string_view bytes);

  const int fd_;
  Transport& transport_;
  const Timeouts timeouts_;
  std::string client_;
  std::string head_;  // Of the current request.
  size_t head_consumed_ = 0;
  std::string received_;  // What follows the head.
  std::string held_;
  bool hold_ = true;  // The next write is a reply's first.
};

}  // namespace cvr

#endif  // GATEWAY_HTTP_CONNECTION_H_
