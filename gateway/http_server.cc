#include "gateway/http_server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <utility>
#include <variant>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gateway/http_connection.h"
#include "gateway/http_exchange.h"
#include "gateway/listener.h"
#include "gateway/open_connections.h"
#include "gateway/plain_transport.h"
#include "gateway/request_body.h"
#include "gateway/request_head.h"
#include "httplib.h"
#include "services/common/status_macros.h"
#include "services/common/thread.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

constexpr size_t kBodyBytesMax = 64 * 1024;

// What the library parses in place of every client's head, which is parsed
// already: it routes nothing and needs to know nothing of the request.
constexpr char kPlaceholderHead[] = "GET / HTTP/1.1\r\nHost: -\r\n\r\n";

// When accepting fails, for want of descriptors or memory.
constexpr absl::Duration kAcceptRetryDelay = absl::Milliseconds(20);

// The accepting thread sets it while it turns a connection away.
thread_local bool turning_away = false;

// The library hands nothing of ours along, but runs a request on one thread
// from parsing to the last byte.
thread_local Exchange* current_exchange = nullptr;

// Hands the library's connections to a pool that outlives it.
class PoolQueue : public httplib::TaskQueue {
 public:
  PoolQueue(ThreadPool& pool, OpenConnections& connections)
      : pool_(pool), connections_(connections) {}

  void enqueue(std::function<void()> serve) override {
    connections_.BeginWaiting();
    if (pool_.Schedule(serve)) return;
    connections_.EndWaiting();
    turning_away = true;
    serve();
    turning_away = false;
  }
  void shutdown() override {}

 private:
  ThreadPool& pool_;
  OpenConnections& connections_;
};

}  // namespace

// The library accepts, parses and writes; sockets, limits and ends are ours.
class HttpServer::Engine : public httplib::Server {
 public:
  Engine(HttpServer::Options options, HttpServer::Handler handler,
         ErrorHandler error_handler);

  absl::Status Start();
  std::string address() const { return listener_ ? listener_->address() : ""; }
  void Stop(absl::Time deadline, const std::function<void()>& at_deadline);

 private:
  void InstallHandlers();
  void AcceptUntilStopped();

  // httplib::Server: the whole life of an accepted connection.
  bool process_and_close_socket(socket_t fd) override;
  std::unique_ptr<Transport> MakeTransport(int fd);
  void Serve(HttpConnection& connection, Transport& transport, int fd);
  void TurnAway(HttpConnection& connection);
  bool Handshake(Transport& transport, int fd);
  // False when the connection ends.
  bool ServeRequest(HttpConnection& connection, bool last);
  // False when there is none. What is no request has its reply already.
  bool ReadRequest(HttpConnection& connection, Exchange& exchange);
  // A wanted body that cannot be had is answered with an error.
  void ReadBody(HttpConnection& connection, Exchange& exchange);
  bool RunLibrary(HttpConnection& connection, Exchange& exchange);
  void Answer(httplib::Response& response);
  void Log(const Exchange& exchange, absl::Duration duration) const;

  const HttpServer::Options options_;
  const HttpServer::Handler handler_;
  const ErrorHandler error_handler_;
  ThreadPool pool_;
  OpenConnections connections_;
  std::optional<Listener> listener_;
  std::atomic<bool> stopping_ = false;
  std::optional<Thread> accepting_;  // Uses all of the above.
};

HttpServer::Engine::Engine(HttpServer::Options options,
                           HttpServer::Handler handler,
                           ErrorHandler error_handler)
    : options_(std::move(options)),
      handler_(std::move(handler)),
      error_handler_(std::move(error_handler)),
      pool_({"http", options_.threads_max, options_.threads_max}),
      connections_(options_.threads_max) {
  InstallHandlers();
}

void HttpServer::Engine::InstallHandlers() {
  new_task_queue = [this] { return new PoolQueue(pool_, connections_); };
  set_pre_routing_handler(
      [this](const httplib::Request&, httplib::Response& response) {
        Answer(response);
        return HandlerResponse::Handled;
      });
  set_exception_handler([this](const httplib::Request&,
                               httplib::Response& response,
                               std::exception_ptr) {
    current_exchange->reply =
        error_handler_(500, "internal error", current_exchange->head.target);
    WriteReply(*current_exchange, response);
  });
  set_post_routing_handler(
      [](const httplib::Request&, httplib::Response& response) {
        WriteFields(*current_exchange, response);
      });
}

absl::Status HttpServer::Engine::Start() {
  ASSIGN_OR_RETURN(listener_, Listener::Open(options_.address));
  accepting_.emplace("http-accept", [this] { AcceptUntilStopped(); });
  return absl::OkStatus();
}

void HttpServer::Engine::AcceptUntilStopped() {
  // The library closes its socket and returns whenever accepting fails, even
  // for a reason that passes: it gets a copy each time.
  while (!stopping_) {
    svr_sock_ = fcntl(listener_->fd(), F_DUPFD_CLOEXEC, 0);
    if (svr_sock_ != INVALID_SOCKET) listen_after_bind();
    if (!stopping_) absl::SleepFor(kAcceptRetryDelay);
  }
}

void HttpServer::Engine::Stop(absl::Time deadline,
                              const std::function<void()>& at_deadline) {
  if (!accepting_) return;
  stopping_ = true;
  listener_->Shutdown();
  accepting_.reset();
  connections_.Drain();
  if (!connections_.WaitUntilNone(deadline)) {
    at_deadline();
    connections_.ShutdownAll();
  }
  pool_.Shutdown();
}

bool HttpServer::Engine::process_and_close_socket(socket_t fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  {
    const std::unique_ptr<Transport> transport = MakeTransport(fd);
    HttpConnection connection(fd, *transport,
                              {options_.head_timeout, options_.write_timeout});
    if (turning_away) {
      TurnAway(connection);
    } else {
      connections_.Add(fd);
      Serve(connection, *transport, fd);
      connections_.Remove(fd);
    }
  }
  close(fd);
  return true;
}

std::unique_ptr<Transport> HttpServer::Engine::MakeTransport(int fd) {
  if (options_.tls && !turning_away) {
    return options_.tls->Accept(fd, options_.write_timeout);
  }
  return std::make_unique<PlainTransport>(fd, options_.write_timeout);
}

void HttpServer::Engine::TurnAway(HttpConnection& connection) {
  Exchange exchange;
  exchange.client = connection.client();
  exchange.close = true;
  exchange.reply = error_handler_(503, "too many connections", "");
  // The accepting thread has no time for a handshake.
  if (options_.tls) {
    exchange.broken_off = absl::ResourceExhaustedError("no handshake");
  } else {
    RunLibrary(connection, exchange);
  }
  Log(exchange, absl::ZeroDuration());
}

// Who connects and says nothing is idle, and gives way to others.
bool HttpServer::Engine::Handshake(Transport& transport, int fd) {
  if (!options_.tls) return true;
  connections_.BeginIdle(fd);
  const bool came = transport.WaitReadable(options_.handshake_timeout);
  connections_.BeginHead(fd);
  const bool done = came && transport.Handshake(options_.handshake_timeout);
  connections_.EndHead(fd);
  return done;
}

void HttpServer::Engine::Serve(HttpConnection& connection, Transport& transport,
                               int fd) {
  if (!Handshake(transport, fd)) return;
  for (size_t requests = 1;; ++requests) {
    connections_.BeginIdle(fd);
    const bool came = connection.AwaitRequest(options_.idle_timeout);
    if (!came) {
      transport.EndWriting();
      return;
    }
    connections_.BeginHead(fd);
    const bool last = requests >= options_.requests_per_connection_max;
    if (!ServeRequest(connection, last)) return;
  }
}

bool HttpServer::Engine::ServeRequest(HttpConnection& connection, bool last) {
  const absl::Time begin = absl::Now();
  Exchange exchange;
  exchange.client = connection.client();
  const bool came = ReadRequest(connection, exchange);
  connections_.EndHead(connection.socket());
  if (!came) return false;
  ReadBody(connection, exchange);
  exchange.close = last || !exchange.head.keep_alive ||
                   exchange.head.has_body || connections_.draining();
  const bool complete = RunLibrary(connection, exchange);
  Log(exchange, absl::Now() - begin);
  if (complete && exchange.close) connection.Linger();
  return complete && !exchange.close;
}

bool HttpServer::Engine::ReadRequest(HttpConnection& connection,
                                     Exchange& exchange) {
  HeadError error;
  const auto outcome = connection.ReadHead(options_.head_timeout, error);
  if (outcome == HttpConnection::HeadOutcome::kClosed) return false;
  if (outcome == HttpConnection::HeadOutcome::kComplete) {
    auto parsed = ParseRequestHead(connection.head());
    if (auto* const head = std::get_if<RequestHead>(&parsed)) {
      exchange.head = std::move(*head);
      return true;
    }
    error = std::get<HeadError>(std::move(parsed));
  }
  exchange.head.keep_alive = false;
  exchange.reply = error_handler_(error.http_status, error.message, "");
  return true;
}

void HttpServer::Engine::ReadBody(HttpConnection& connection,
                                  Exchange& exchange) {
  RequestHead& head = exchange.head;
  if (exchange.reply || !head.has_body || !options_.wants_body) return;
  HttpRequest request;
  request.method = head.method;
  request.target = head.target;
  if (!options_.wants_body(request)) return;
  RequestBody body(head, kBodyBytesMax);
  switch (
      connection.ReadBody(body, options_.head_timeout, head.expects_continue)) {
    case RequestBody::State::kComplete:
      exchange.request_body = std::move(body.bytes());
      head.has_body = false;
      return;
    case RequestBody::State::kMalformed:
      exchange.reply =
          error_handler_(400, "malformed request body", head.target);
      return;
    case RequestBody::State::kTooLong:
      exchange.reply =
          error_handler_(413, "the request body is too long", head.target);
      return;
    case RequestBody::State::kMore:
      exchange.reply =
          error_handler_(408, "the body did not arrive in time", head.target);
  }
}

bool HttpServer::Engine::RunLibrary(HttpConnection& connection,
                                    Exchange& exchange) {
  connection.ReplaceHead(kPlaceholderHead);
  current_exchange = &exchange;
  const auto forget = absl::MakeCleanup([] { current_exchange = nullptr; });
  bool closed = false;
  const bool written =
      process_request(connection, exchange.close, closed, nullptr);
  return connection.Flush() && written && exchange.broken_off.ok();
}

void HttpServer::Engine::Answer(httplib::Response& response) {
  Exchange& exchange = *current_exchange;
  if (!exchange.reply) exchange.reply = handler_(ToHttpRequest(exchange));
  WriteReply(exchange, response);
}

void HttpServer::Engine::Log(const Exchange& exchange,
                             absl::Duration duration) const {
  if (!options_.access_logger || !exchange.reply) return;
  AccessRecord record;
  record.method = exchange.head.method;
  record.target = exchange.head.target;
  record.client = exchange.client;
  record.user_agent = exchange.head.fields.Get("User-Agent").value_or("");
  record.cache_status =
      exchange.reply->fields.Get("Cache-Status").value_or("-");
  record.status = exchange.reply->status;
  record.body_bytes = exchange.body_bytes;
  record.duration = duration;
  record.broken_off = exchange.broken_off;
  record.pull = exchange.reply->pull;
  options_.access_logger(record);
}

HttpServer::HttpServer(Options options, Handler handler,
                       ErrorHandler error_handler)
    : engine_(std::make_unique<Engine>(std::move(options), std::move(handler),
                                       std::move(error_handler))) {}

HttpServer::~HttpServer() {
  Stop(absl::InfinitePast(), [] {});
}

absl::Status HttpServer::Start() { return engine_->Start(); }

std::string HttpServer::address() const { return engine_->address(); }

void HttpServer::Stop(absl::Time deadline,
                      const std::function<void()>& at_deadline) {
  engine_->Stop(deadline, at_deadline);
}

}  // namespace cvr
