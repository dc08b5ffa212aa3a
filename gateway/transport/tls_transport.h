#ifndef GATEWAY_TRANSPORT_TLS_TRANSPORT_H_
#define GATEWAY_TRANSPORT_TLS_TRANSPORT_H_

#include <openssl/ssl.h>

#include <memory>

#include "gateway/transport/transport.h"

namespace cvr {

// The server's side of a TLS connection. SIGPIPE must be ignored.
class TlsTransport final : public Transport {
 public:
  // Owns `session`, whose socket does not block.
  explicit TlsTransport(SSL* session);

  // A client that speaks plain HTTP is told so, in plain text.
  Step Handshake() override;
  Step Read(char* buffer, size_t size, size_t& taken) override;
  bool has_buffered() const override;
  bool Write(absl::string_view first, absl::string_view second,
             SendPace& pace) override;
  void EndWriting() override;

 private:
  bool WriteAll(absl::string_view bytes, SendPace& pace);
  // Waits for what `step` lacks. False when the client is given up.
  bool Await(Step step, SendPace& pace);
  // After a call of the library that answered `result`.
  Step StepAfter(int result);

  const std::unique_ptr<SSL, decltype(&SSL_free)> session_;
  const int fd_;
  // Nothing more may be asked of the library.
  bool broken_ = false;
};

}  // namespace cvr

#endif  // GATEWAY_TRANSPORT_TLS_TRANSPORT_H_
