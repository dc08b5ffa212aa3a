#ifndef TESTS_SUPPORT_TCP_CLIENT_H_
#define TESTS_SUPPORT_TCP_CLIENT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace cvr::testing {

// A connection that sends what it is told and reads nothing until asked to: a
// client that behaves badly, or one whose answer may take as long as it likes.
// Closed when destroyed. Not thread-safe.
class TcpClient {
 public:
  // Connects to `address` (127.0.0.1:PORT) from `source` (127.0.0.2), or from
  // any address when that is empty.
  explicit TcpClient(const std::string& address,
                     const std::string& source = "");
  ~TcpClient();
  TcpClient(TcpClient&& other) noexcept;
  TcpClient& operator=(TcpClient&&) = delete;

  bool connected() const { return fd_ >= 0; }
  // So that the server soon has to wait; counts from the next byte on.
  void ShrinkReceiveBuffer();
  // False when nothing could be sent: the server has gone, or takes nothing.
  bool Send(absl::string_view bytes);
  // Sends a GET without a body.
  bool SendGet(const std::string& target, const std::string& authorization);
  // Everything that comes until `text` has come, the server closes, or the time
  // is over.
  std::string ReadUntil(absl::string_view text, absl::Duration timeout);
  // Whether the server has closed the connection, after waiting so long for
  // that; what it sends before is dropped.
  bool IsClosedWithin(absl::Duration timeout);

 private:
  // What is there, after waiting for it: false at the end, or when it is late.
  bool Receive(absl::Time deadline, std::string& received, bool& closed);

  int fd_ = -1;
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_TCP_CLIENT_H_
