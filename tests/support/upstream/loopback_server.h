#ifndef TESTS_SUPPORT_UPSTREAM_LOOPBACK_SERVER_H_
#define TESTS_SUPPORT_UPSTREAM_LOOPBACK_SERVER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "services/concurrency/thread.h"

namespace httplib {
class Server;
struct Request;
struct Response;
}  // namespace httplib

namespace cvr::testing {

// An HTTP server on a loopback address and a free port, from construction to
// Stop(), that can treat its connections badly. Thread-safe.
class LoopbackServer {
 public:
  struct Tls {
    std::string certificate_pem;
    std::string key_pem;
    std::string client_ca_pem;  // Empty = clients need no certificate.
  };
  struct Options {
    std::string address = "127.0.0.1";  // Or "::1".
    std::optional<Tls> tls;
  };
  // Answers every request, on threads of the server. May block until Stop().
  using Handler =
      std::function<void(const httplib::Request&, httplib::Response&)>;

  LoopbackServer(Options options, Handler handler);
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  // `http://127.0.0.1:41234`, without a trailing slash.
  std::string url() const;
  int port() const { return port_; }

  // Resets the connection from that port of a client.
  void Reset(int client_port);
  // Ends it in good order.
  void HangUp(int client_port);
  // Sends bytes past the server, of which it knows nothing; not through TLS.
  // False when they could not be sent.
  bool Send(int client_port, absl::string_view bytes);

  // Closes everything, waits for the handlers and refuses connections from
  // then on. Idempotent.
  void Stop();

 private:
  const Options options_;
  const std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  std::unique_ptr<Thread> listener_;
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_UPSTREAM_LOOPBACK_SERVER_H_
