#ifndef GATEWAY_HTTP_SERVER_H_
#define GATEWAY_HTTP_SERVER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/access_log.h"
#include "gateway/http_message.h"
#include "gateway/tls_acceptor.h"

namespace cvr {

// HTTP/1.1 over TCP or TLS, by cpp-httplib, which is known to nobody but this
// class.
//
// Every connection holds a thread. Beyond `threads_max` connections, the
// longest idle one is ended for each new one, which waits for a thread
// meanwhile; beyond twice as many, new ones get 503, or with TLS are closed.
//
// Request bodies are not read, unless they are wanted: the reply is sent and
// the connection closed.
class HttpServer {
 public:
  struct Options {
    std::string address = "127.0.0.1:8080";  // As Listener::Open() takes it.
    std::shared_ptr<TlsAcceptor> tls;        // None = plain TCP.
    size_t threads_max = 1024;
    size_t requests_per_connection_max = 100'000;
    // Between two requests of a connection.
    absl::Duration idle_timeout = absl::Seconds(75);
    // For a TLS handshake, however slowly it goes.
    absl::Duration handshake_timeout = absl::Seconds(10);
    // For a whole head, however slowly it comes.
    absl::Duration head_timeout = absl::Seconds(20);
    // Without progress in sending.
    absl::Duration write_timeout = absl::Seconds(60);
    AccessLogger access_logger = LogAccess;
    // Whether the body of such a request is to be read, up to 64 KiB, within
    // `head_timeout`: 413 and 408 otherwise. None = never.
    std::function<bool(const HttpRequest&)> wants_body;
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
  // `deadline` calls `at_deadline`, which must make handlers and body streams
  // return, and breaks off what is left. Returns when no thread is left.
  // Idempotent.
  void Stop(absl::Time deadline, const std::function<void()>& at_deadline);

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace cvr

#endif  // GATEWAY_HTTP_SERVER_H_
