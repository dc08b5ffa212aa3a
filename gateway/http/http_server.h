#ifndef GATEWAY_HTTP_HTTP_SERVER_H_
#define GATEWAY_HTTP_HTTP_SERVER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/http/access_log.h"
#include "gateway/http/request_scheduler.h"
#include "gateway/message/http_message.h"
#include "gateway/transport/send_pace.h"
#include "gateway/transport/tls_acceptor.h"
#include "services/common/limits.h"

namespace cvr {

// HTTP/1.1 over TCP or TLS.
//
// A connection holds a thread only while a request of it runs: from its handler
// to the last byte of its reply. What it waits for besides (a handshake, a
// head, a body, the next request) it waits for in epoll, which a few threads
// serve; and there it can be closed in favour of another. RequestScheduler
// decides which requests run. Requests for the server's own health run on a
// thread of their own, and never wait for others.
class HttpServer {
 public:
  struct Options {
    std::string address = "127.0.0.1:8080";  // As Listener::Open() takes it.
    std::shared_ptr<TlsAcceptor> tls;        // None = plain TCP.

    // How many requests run at once, and whose. Connections that wait are
    // closed, longest first, for new ones beyond `connections_max`, which is at
    // least twice as many as there are threads, and at most half of the files
    // that the process may have; and beyond `connections_per_client_max` of one
    // client.
    RequestScheduler::Options requests;
    size_t connections_max = 4096;
    size_t connections_per_client_max = 256;
    size_t requests_per_connection_max = 100'000;

    // Between two requests of a connection.
    absl::Duration idle_timeout = absl::Seconds(75);
    // For a TLS handshake, however slowly it goes.
    absl::Duration handshake_timeout = absl::Seconds(10);
    // For the first request of a connection that is new, or in its handshake,
    // when the server stops: its client does not know that yet.
    absl::Duration last_request_timeout = absl::Seconds(1);
    // For a whole head, however slowly it comes, and for a body, which must
    // also come at 1 KiB/s on average once five seconds have passed.
    absl::Duration head_timeout = absl::Seconds(20);
    // How slowly a client may take its reply: see SendPace.
    SendPace::Options send_pace;

    AccessLogger access_logger = LogAccess;

    // Whose thread a request takes; none = all are in one queue.
    std::function<RequestShare(const HttpRequest&)> share_of;
    // Whether a request asks for the server's health: GET or HEAD without a
    // body. None = no request does.
    std::function<bool(const HttpRequest&)> is_health;
    // Whom a connection counts for, by its peer's address; empty = nobody.
    // None = the address.
    std::function<std::string(const std::string&)> client_of;
    // Called for a request with a body before anything of that is read, on a
    // thread of a request. None = bodies are never read: the request is
    // answered, and its connection closed.
    struct BodyDecision {
      bool read = false;               // Up to `bytes_max`.
      std::optional<HttpReply> reply;  // Instead of the handler's.
      size_t bytes_max = limits::kHttpBodyBytesMax;
    };
    std::function<BodyDecision(const HttpRequest&)> before_body;
  };

  // Called for every request that is HTTP at all, from many threads. For errors
  // found before (414 and so on) `error_handler` makes the reply; the target is
  // empty when it is not known.
  using Handler = std::function<HttpReply(const HttpRequest&)>;
  using ErrorHandler = std::function<HttpReply(
      int http_status, absl::string_view message, absl::string_view target)>;

  HttpServer(Options options, Handler handler, ErrorHandler error_handler);
  // Stops at once if it is running.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Listens and serves. At most once. Errors: those of Listener::Open().
  absl::Status Start();

  // With the real port; empty before Start().
  std::string address() const;

  // Accepts nothing more, ends idle connections and waits for the others. At
  // `deadline` (Clock::SteadyNow()) calls `at_deadline`, which must make
  // handlers and body streams return, and breaks off what is left. Returns when
  // no thread is left. Idempotent.
  void Stop(absl::Time deadline, const std::function<void()>& at_deadline);

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace cvr

#endif  // GATEWAY_HTTP_HTTP_SERVER_H_
