#include "gateway/http/http_library.h"

#include <fcntl.h>

#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gateway/http/http_exchange.h"

namespace cvr {
namespace {

// When accepting fails, for want of descriptors or memory.
constexpr absl::Duration kAcceptRetryDelay = absl::Milliseconds(20);

// The library hands nothing of ours along, but runs a request on one thread
// from parsing to the last byte.
struct Current {
  Exchange& exchange;
  absl::FunctionRef<HttpReply(const HttpRequest&)> handler;
  absl::FunctionRef<HttpReply()> failed;
};
thread_local Current* current = nullptr;

// Connections are taken on the accepting thread, which is quick.
class InlineQueue : public httplib::TaskQueue {
 public:
  void enqueue(std::function<void()> take) override { take(); }
  void shutdown() override {}
};

}  // namespace

HttpLibrary::HttpLibrary(std::function<void(int fd)> accepted)
    : accepted_(std::move(accepted)) {
  new_task_queue = [] { return new InlineQueue; };
  set_pre_routing_handler(
      [](const httplib::Request&, httplib::Response& response) {
        Exchange& exchange = current->exchange;
        if (!exchange.reply)
          exchange.reply = current->handler(exchange.request);
        WriteReply(exchange, response);
        return HandlerResponse::Handled;
      });
  set_exception_handler([](const httplib::Request&, httplib::Response& response,
                           std::exception_ptr) {
    current->exchange.reply = current->failed();
    WriteReply(current->exchange, response);
  });
  set_post_routing_handler(
      [](const httplib::Request&, httplib::Response& response) {
        WriteFields(current->exchange, response);
      });
}

// The library closes its socket and returns whenever accepting fails, even for
// a reason that passes: it gets a copy each time.
void HttpLibrary::Accept(const Listener& listener,
                         const std::atomic<bool>& stopping) {
  while (!stopping) {
    svr_sock_ = fcntl(listener.fd(), F_DUPFD_CLOEXEC, 0);
    if (svr_sock_ != INVALID_SOCKET) listen_after_bind();
    if (!stopping) absl::SleepFor(kAcceptRetryDelay);
  }
}

bool HttpLibrary::process_and_close_socket(socket_t fd) {
  accepted_(fd);
  return true;
}

bool HttpLibrary::Answer(
    HttpConnection& connection,
    absl::FunctionRef<HttpReply(const HttpRequest&)> handler,
    absl::FunctionRef<HttpReply()> failed) {
  Current answered{connection.exchange, handler, failed};
  current = &answered;
  connection.BeginReply();
  bool closed = false;
  const bool written =
      process_request(connection, connection.exchange.close, closed, nullptr);
  current = nullptr;
  return connection.Flush() && written && connection.exchange.broken_off.ok();
}

}  // namespace cvr
