#include "gateway/http/http_server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <utility>
#include <vector>

#include "gateway/http/http_connection.h"
#include "gateway/http/http_library.h"
#include "gateway/http/open_connections.h"
#include "gateway/transport/listener.h"
#include "gateway/transport/plain_transport.h"
#include "gateway/transport/socket_poller.h"
#include "gateway/transport/steady_time.h"
#include "services/common/status_macros.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/thread.h"

namespace cvr {
namespace {

using Connection = std::unique_ptr<HttpConnection>;
using Phase = HttpConnection::Phase;
using Step = Transport::Step;

// A thread stays with its connection for HttpConnection::kSoon after a reply,
// since most clients ask again at once, and handing over costs more than
// waiting. It does not when the client took longer the last time. Only so many
// threads do, beside those that requests run on.
constexpr int kStayingThreadsMax = 64;

// Threads that read what clients send. They never wait for anybody.
constexpr size_t kPollThreadsMin = 2;
constexpr size_t kPollThreadsMax = 8;
// How late a deadline may be noticed.
constexpr absl::Duration kSweepInterval = absl::Milliseconds(200);

constexpr size_t kHealthQueueMax = 1024;
// How long connections that have been made already are accepted when the server
// stops; the system resets those that are not.
constexpr absl::Duration kAcceptLastMax = absl::Milliseconds(100);

constexpr char kInternal[] = "internal error";
constexpr char kBusy[] = "too many concurrent requests; retry later";

size_t ConnectionsMax(const HttpServer::Options& options) {
  size_t max =
      std::max(options.connections_max, 2 * options.requests.threads_max + 8);
  rlimit files = {};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 &&
      files.rlim_cur != RLIM_INFINITY) {
    max = std::min<size_t>(max, files.rlim_cur / 2);
  }
  return max;
}

}  // namespace

class HttpServer::Engine {
 public:
  Engine(HttpServer::Options options, HttpServer::Handler handler,
         ErrorHandler error_handler);

  absl::Status Start();
  std::string address() const { return listener_ ? listener_->address() : ""; }
  void Stop(absl::Time deadline, const std::function<void()>& at_deadline);

 private:
  // On the accepting thread.
  void Accept(int fd);
  // A polling thread's life.
  void Poll();
  // Ends what has waited for too long.
  void Sweep();
  void TimeOut(Connection connection);

  // Who calls these: a polling thread, which must not wait, or one that a
  // request may run on.
  enum class On { kPolling, kRequest };
  // Goes on with `connection` for as far as that is possible now.
  void Advance(Connection connection, On on);
  // Null when another has it from here on.
  Connection EndPhase(Connection connection, On on);
  Connection Await(Connection connection, Step step, On on);
  bool ComesNow(HttpConnection& connection);
  Step TakeStep(HttpConnection& connection);
  void Close(Connection connection);

  // A request has come in whole, or cannot.
  Connection Dispatch(Connection connection, On on);
  bool HasError(Exchange& exchange);
  Connection Enter(Connection connection, On on);
  void Schedule(ThreadPool& pool, Connection connection, bool counted);
  // Runs the request, which the gate counts unless it is one for health.
  Connection Serve(Connection connection, bool counted);
  HttpServer::Options::BodyDecision BeforeBody(const Exchange& exchange);
  // False when the body is still to come.
  bool ReadBody(HttpConnection& connection, size_t bytes_max);
  Connection Refuse(Connection connection, int status, const char* message);
  // Sends the reply and ends the exchange.
  Connection Reply(Connection connection, bool patient);

  const HttpServer::Options options_;
  const HttpServer::Handler handler_;
  const ErrorHandler error_handler_;
  SocketPoller poller_;
  OpenConnections connections_;
  ThreadPool pool_;
  ThreadPool health_pool_;
  RequestScheduler scheduler_;
  HttpLibrary library_;
  std::optional<Listener> listener_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> polling_ends_ = false;
  std::atomic<int> staying_ = 0;
  std::atomic<int64_t> next_sweep_ns_ = 0;
  // These use all of the above.
  std::deque<Thread> polling_;
  std::optional<Thread> accepting_;
};

HttpServer::Engine::Engine(HttpServer::Options options,
                           HttpServer::Handler handler,
                           ErrorHandler error_handler)
    : options_(std::move(options)),
      handler_(std::move(handler)),
      error_handler_(std::move(error_handler)),
      connections_(
          {ConnectionsMax(options_), options_.connections_per_client_max},
          poller_),
      pool_({"http", options_.requests.threads_max + kStayingThreadsMax,
             options_.requests.threads_max}),
      health_pool_({"http-health", 1, kHealthQueueMax}),
      scheduler_(options_.requests,
                 [this](std::unique_ptr<RequestScheduler::Job> job) {
                   Schedule(
                       pool_,
                       Connection(static_cast<HttpConnection*>(job.release())),
                       /*counted=*/true);
                 }),
      library_([this](int fd) { Accept(fd); }) {}

absl::Status HttpServer::Engine::Start() {
  ASSIGN_OR_RETURN(listener_, Listener::Open(options_.address));
  const size_t threads = std::clamp<size_t>(sysconf(_SC_NPROCESSORS_ONLN),
                                            kPollThreadsMin, kPollThreadsMax);
  for (size_t i = 0; i < threads; ++i) {
    polling_.emplace_back("http-poll", [this] { Poll(); });
  }
  accepting_.emplace("http-accept",
                     [this] { library_.Accept(*listener_, stopping_); });
  return absl::OkStatus();
}

void HttpServer::Engine::Stop(absl::Time deadline,
                              const std::function<void()>& at_deadline) {
  if (!accepting_) return;
  const absl::Duration timeout = deadline - Clock::Real().SteadyNow();
  listener_->AwaitAccepted(kAcceptLastMax);
  stopping_ = true;
  listener_->Shutdown();
  accepting_.reset();
  for (Connection& idle :
       connections_.Drain(SteadyTime() + options_.last_request_timeout)) {
    Close(std::move(idle));
  }
  if (!connections_.WaitUntilNone(timeout)) {
    at_deadline();
    for (Connection& left : connections_.BreakOffAll()) Close(std::move(left));
  }
  polling_ends_ = true;
  poller_.Stop();
  polling_.clear();
  pool_.Shutdown();
  health_pool_.Shutdown();
  for (auto& job : scheduler_.TakeExpired(/*everyone=*/true)) {
    Close(Connection(static_cast<HttpConnection*>(job.release())));
  }
}

void HttpServer::Engine::Accept(int fd) {
  listener_->NoteAccepted();
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  std::unique_ptr<Transport> transport;
  if (options_.tls) {
    transport = options_.tls->Accept(fd);
  } else {
    transport = std::make_unique<PlainTransport>(
        fd, SendPace(options_.send_pace).slice());
  }
  auto connection = std::make_unique<HttpConnection>(fd, std::move(transport),
                                                     options_.send_pace);
  if (!options_.tls) connection->phase = Phase::kIdle;
  const std::string& peer = connection->client();
  for (Connection& longest : connections_.Add(
           *connection, options_.client_of ? options_.client_of(peer) : peer)) {
    Close(std::move(longest));
  }
  Await(std::move(connection), Step::kWantsRead, On::kPolling);
}

void HttpServer::Engine::Poll() {
  while (!polling_ends_) {
    for (const uint64_t id : poller_.Wait(kSweepInterval)) {
      Connection connection = connections_.Claim(id);
      if (connection != nullptr) Advance(std::move(connection), On::kPolling);
    }
    Sweep();
  }
}

void HttpServer::Engine::Sweep() {
  const absl::Time now = SteadyTime();
  int64_t due = next_sweep_ns_;
  if (absl::ToUnixNanos(now) < due ||
      !next_sweep_ns_.compare_exchange_strong(
          due, absl::ToUnixNanos(now + kSweepInterval))) {
    return;
  }
  for (Connection& late : connections_.TakeExpired(now)) {
    TimeOut(std::move(late));
  }
  for (auto& job : scheduler_.TakeExpired(/*everyone=*/false)) {
    Connection late(static_cast<HttpConnection*>(job.release()));
    Advance(Refuse(std::move(late), 503, kBusy), On::kPolling);
  }
}

void HttpServer::Engine::TimeOut(Connection connection) {
  const bool in_head = connection->phase == Phase::kHead;
  if (!in_head && connection->phase != Phase::kBody) {
    Close(std::move(connection));
    return;
  }
  connection->exchange.begun_at = connection->phase_since;
  Advance(
      Refuse(std::move(connection), 408,
             in_head
                 ? "request timeout: the request headers did not arrive in time"
                 : "request timeout: the request body did not arrive in time"),
      On::kPolling);
}

void HttpServer::Engine::Advance(Connection connection, On on) {
  while (connection != nullptr) {
    const Step step = TakeStep(*connection);
    if (step == Step::kDone) {
      connection = EndPhase(std::move(connection), on);
    } else if (step == Step::kEnd) {
      Close(std::move(connection));
    } else {
      connection = Await(std::move(connection), step, on);
    }
  }
}

Step HttpServer::Engine::TakeStep(HttpConnection& connection) {
  Exchange& exchange = connection.exchange;
  switch (connection.phase) {
    case Phase::kHandshake:
      return connection.Handshake();
    case Phase::kIdle:
    case Phase::kHead:
      return connection.ReadHead(exchange.head_error);
    case Phase::kBody:
      return connection.ReadBody(*exchange.body, exchange.body_state);
    case Phase::kLinger:
      return connection.Discard();
    case Phase::kReply:
      break;
  }
  return Step::kEnd;
}

Connection HttpServer::Engine::EndPhase(Connection connection, On on) {
  if (connection->phase != Phase::kHandshake) {
    return Dispatch(std::move(connection), on);
  }
  connection->phase = Phase::kIdle;
  connection->phase_since = SteadyTime();
  return connection;
}

Connection HttpServer::Engine::Await(Connection connection, Step step, On on) {
  if (on == On::kRequest && step == Step::kWantsRead && ComesNow(*connection)) {
    return connection;
  }
  const absl::Time deadline =
      connection->DeadlineOf({options_.handshake_timeout, options_.idle_timeout,
                              options_.head_timeout});
  Connection unfit = connections_.Park(std::move(connection),
                                       step == Step::kWantsWrite, deadline);
  if (unfit != nullptr) Close(std::move(unfit));
  return nullptr;
}

bool HttpServer::Engine::ComesNow(HttpConnection& connection) {
  if (!connection.asks_soon || stopping_) return false;
  const bool stays = ++staying_ <= kStayingThreadsMax;
  const bool comes = stays && connection.WaitReadable(HttpConnection::kSoon);
  --staying_;
  return comes;
}

void HttpServer::Engine::Close(Connection connection) {
  if (connection->phase == Phase::kIdle) connection->EndWriting();
  connections_.Remove(*connection);
}

Connection HttpServer::Engine::Dispatch(Connection connection, On on) {
  Exchange& exchange = connection->exchange;
  const bool whole_body = connection->phase == Phase::kBody;
  if (!whole_body) {
    exchange.begun_at = SteadyTime();
    RequestHead& head = exchange.head;
    HttpRequest& request = exchange.request;
    request.method = std::move(head.method);
    request.target = std::move(head.target);
    request.fields = std::move(head.fields);
    request.client = connection->client();
    ++connection->requests;
  }
  connection->phase = Phase::kReply;
  if (HasError(exchange))
    return Reply(std::move(connection), on == On::kRequest);
  if (whole_body) {
    exchange.request.body = std::move(exchange.body->bytes());
    exchange.head.has_body = false;
  } else if (options_.is_health && !exchange.head.has_body &&
             options_.is_health(exchange.request)) {
    Schedule(health_pool_, std::move(connection), /*counted=*/false);
    return nullptr;
  }
  return Enter(std::move(connection), on);
}

// Makes the reply to what cannot be a request.
bool HttpServer::Engine::HasError(Exchange& exchange) {
  const std::string& target = exchange.request.target;
  if (exchange.head_error) {
    exchange.close = true;
    exchange.reply = error_handler_(exchange.head_error->http_status,
                                    exchange.head_error->message, target);
  } else if (exchange.body_state == RequestBody::State::kMalformed) {
    exchange.reply = error_handler_(400, "malformed request body", target);
  } else if (exchange.body_state == RequestBody::State::kTooLong) {
    exchange.reply =
        error_handler_(413, "the request body is too long", target);
  }
  return exchange.reply.has_value();
}

Connection HttpServer::Engine::Enter(Connection connection, On on) {
  RequestShare share;
  if (options_.share_of)
    share = options_.share_of(connection->exchange.request);
  std::unique_ptr<RequestScheduler::Job> job = std::move(connection);
  const auto outcome = scheduler_.Enter(job, std::move(share));
  if (outcome == RequestScheduler::Outcome::kWaits) return nullptr;
  connection.reset(static_cast<HttpConnection*>(job.release()));
  if (outcome == RequestScheduler::Outcome::kRefused) {
    return Refuse(std::move(connection), 429, kBusy);
  }
  if (on == On::kRequest) return Serve(std::move(connection), /*counted=*/true);
  Schedule(pool_, std::move(connection), /*counted=*/true);
  return nullptr;
}

void HttpServer::Engine::Schedule(ThreadPool& pool, Connection connection,
                                  bool counted) {
  HttpConnection* const held = connection.release();
  const bool scheduled = pool.Schedule([this, held, counted] {
    Connection served = Serve(Connection(held), counted);
    Advance(std::move(served), counted ? On::kRequest : On::kPolling);
  });
  if (scheduled) return;
  connection.reset(held);
  if (counted) scheduler_.Leave(*connection);
  Close(std::move(connection));
}

Connection HttpServer::Engine::Serve(Connection connection, bool counted) {
  Exchange& exchange = connection->exchange;
  if (exchange.head.has_body && options_.before_body) {
    auto decision = BeforeBody(exchange);
    exchange.reply = std::move(decision.reply);
    if (decision.read && !ReadBody(*connection, decision.bytes_max)) {
      scheduler_.Leave(*connection);
      connection->phase = Phase::kBody;
      connection->phase_since = SteadyTime();
      return connection;
    }
  }
  HttpConnection& served = *connection;
  // The gate may break it off until it has left.
  struct Leaving {
    ~Leaving() {
      if (scheduler != nullptr) scheduler->Leave(connection);
    }
    RequestScheduler* scheduler;
    HttpConnection& connection;
  } leaving{counted ? &scheduler_ : nullptr, served};
  return Reply(std::move(connection), /*patient=*/counted);
}

HttpServer::Options::BodyDecision HttpServer::Engine::BeforeBody(
    const Exchange& exchange) {
  try {
    return options_.before_body(exchange.request);
  } catch (const std::exception&) {
    return {false, error_handler_(500, kInternal, exchange.request.target)};
  }
}

bool HttpServer::Engine::ReadBody(HttpConnection& connection,
                                  size_t bytes_max) {
  Exchange& exchange = connection.exchange;
  exchange.request.head_admitted = true;
  exchange.body.emplace(exchange.head, bytes_max);
  if (connection.ReadBody(*exchange.body, exchange.body_state) != Step::kDone) {
    connection.pace().set_patient(false);
    if (exchange.head.expects_continue) connection.SendContinue();
    return false;
  }
  if (!HasError(exchange)) {
    exchange.request.body = std::move(exchange.body->bytes());
    exchange.head.has_body = false;
  }
  return true;
}

Connection HttpServer::Engine::Refuse(Connection connection, int status,
                                      const char* message) {
  Exchange& exchange = connection->exchange;
  exchange.request.client = connection->client();
  exchange.reply = error_handler_(status, message, exchange.request.target);
  // Those who are refused must not hold this thread with their next request.
  exchange.close = true;
  return Reply(std::move(connection), /*patient=*/false);
}

Connection HttpServer::Engine::Reply(Connection connection, bool patient) {
  Exchange& exchange = connection->exchange;
  exchange.close = exchange.close || !exchange.head.keep_alive ||
                   exchange.head.has_body || connections_.draining() ||
                   connection->requests >= options_.requests_per_connection_max;
  connection->pace().set_patient(patient);
  const bool complete = library_.Answer(*connection, handler_, [&] {
    return error_handler_(500, kInternal, exchange.request.target);
  });
  if (options_.access_logger) {
    options_.access_logger(RecordOf(exchange, SteadyTime()));
  }
  const bool close = exchange.close;
  exchange = Exchange();
  connection->phase_since = SteadyTime();
  connection->phase = close || !complete ? Phase::kLinger : Phase::kIdle;
  if (!complete) connection->BreakOff();
  if (complete && close) connection->EndWriting();
  return connection;
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
