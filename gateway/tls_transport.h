#ifndef GATEWAY_TLS_TRANSPORT_H_
#define GATEWAY_TLS_TRANSPORT_H_

#include <openssl/ssl.h>

#include <memory>

#include "gateway/transport.h"

namespace cvr {

// The server's side of a TLS connection. SIGPIPE must be ignored.
class TlsTransport final : public Transport {
 public:
  // Owns `session`, whose socket does not block.
  TlsTransport(SSL* session, absl::Duration write_timeout);

  // A client that speaks plain HTTP is told so, in plain text.
  bool Handshake(absl::Duration timeout) override;
  bool WaitReadable(absl::Duration timeout) const override;
  size_t Read(char* buffer, size_t size, absl::Duration timeout) override;
  bool Write(absl::string_view first, absl::string_view second) override;
  void EndWriting() override;

 private:
  bool WriteAll(absl::string_view bytes);
  // After a call that answered `result`: waits for what it lacks. False when it
  // is not to be repeated.
  bool Await(int result, absl::Duration timeout);

  const std::unique_ptr<SSL, decltype(&SSL_free)> session_;
  const int fd_;
  const absl::Duration write_timeout_;
  // Nothing more may be asked of the library.
  bool broken_ = false;
};

}  // namespace cvr

#endif  // GATEWAY_TLS_TRANSPORT_H_
