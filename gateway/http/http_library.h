#ifndef GATEWAY_HTTP_HTTP_LIBRARY_H_
#define GATEWAY_HTTP_HTTP_LIBRARY_H_

#include <atomic>
#include <functional>

#include "absl/functional/function_ref.h"
#include "gateway/http/http_connection.h"
#include "gateway/message/http_message.h"
#include "gateway/transport/listener.h"
#include "httplib.h"

namespace cvr {

// What cpp-httplib does for us, and the only class that derives from it: it
// accepts connections and writes replies. Requests are read by our own parser,
// and waited for by our own loop; the library gets a placeholder to parse, so
// nothing that a client sends reaches it. Thread-safe.
class HttpLibrary : private httplib::Server {
 public:
  // `accepted` gets every new socket, on the thread that accepts, and owns it.
  explicit HttpLibrary(std::function<void(int fd)> accepted);

  // Accepts at `listener` until `stopping`, whatever errors there are.
  void Accept(const Listener& listener, const std::atomic<bool>& stopping);

  // Writes the reply of the connection's exchange, which `handler` makes if
  // there is none; `failed` makes it when `handler` throws. False when it was
  // not written in whole.
  bool Answer(HttpConnection& connection,
              absl::FunctionRef<HttpReply(const HttpRequest&)> handler,
              absl::FunctionRef<HttpReply()> failed);

 private:
  bool process_and_close_socket(socket_t fd) override;

  const std::function<void(int fd)> accepted_;
};

}  // namespace cvr

#endif  // GATEWAY_HTTP_HTTP_LIBRARY_H_
