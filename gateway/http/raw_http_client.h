#ifndef GATEWAY_HTTP_RAW_HTTP_CLIENT_H_
#define GATEWAY_HTTP_RAW_HTTP_CLIENT_H_

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "gateway/message/http_message.h"

namespace cvr {

// A reply exactly as it came over the wire.
struct RawReply {
  int status = 0;  // 0 = the connection ended before a whole header.
  HttpFields fields;
  std::string body;
  // Whether as many bytes came as Content-Length said.
  bool complete = false;

  std::string Field(absl::string_view name) const {
    return fields.Get(name).value_or("<none>");
  }
};

// How a client speaks TLS.
struct RawTls {
  std::string authority_pem;  // Whom it trusts.
  int version_max = TLS1_3_VERSION;
  std::string protocol;  // That it offers (ALPN). Empty = it says nothing.
};

// An HTTP client for tests that shows what is really sent, and sends whatever
// it is told to. Blocking, with a timeout of a minute.
class RawHttpClient {
 public:
  // `address` is host:port; `source` an IPv4 address to connect from, empty =
  // any.
  explicit RawHttpClient(absl::string_view address,
                         const std::string& source = "");
  // Not connected when the handshake fails.
  RawHttpClient(absl::string_view address, const RawTls& tls,
                const std::string& source = "");
  ~RawHttpClient();
  RawHttpClient(const RawHttpClient&) = delete;
  RawHttpClient& operator=(const RawHttpClient&) = delete;

  // Speaks TLS from now on. Not connected when the handshake fails.
  void StartTls(const RawTls& tls);

  bool connected() const { return fd_ >= 0; }
  // Why a handshake failed.
  const std::string& tls_error() const { return tls_error_; }
  // What was agreed on: `TLSv1.3`, `http/1.1`.
  std::string tls_version() const;
  std::string tls_protocol() const;
  // The serial number of the certificate that the server has shown.
  long tls_serial() const;

  // False when the server has gone.
  bool Send(absl::string_view bytes);
  // Reads one reply. A reply to HEAD has no body, whatever its length says.
  RawReply Receive(bool to_head = false);
  // Reads a header only; the body stays to be read.
  RawReply ReceiveHeader();
  // At most `size` bytes of what comes next; empty at the end.
  std::string ReadSome(size_t size);
  // Whether something can be read, or the end has come, without waiting. Of TLS
  // also what is not for the reader, such as the tickets after a handshake.
  bool Readable() const;
  // Whether the server has closed, and sent nothing more before.
  bool AtEnd();
  // Leaves at once.
  void Close();
  // So that the server soon has to wait. Before anything is sent.
  void ShrinkReceiveBuffer();

  // `extra_fields` are whole lines with their CRLF.
  RawReply Request(absl::string_view method, absl::string_view target,
                   absl::string_view extra_fields = "");

 private:
  bool Fill();

  int fd_ = -1;
  std::unique_ptr<SSL, decltype(&SSL_free)> tls_{nullptr, SSL_free};
  std::string tls_error_;
  std::string received_;
};

}  // namespace cvr

#endif  // GATEWAY_HTTP_RAW_HTTP_CLIENT_H_
