#ifndef GATEWAY_PLAIN_TRANSPORT_H_
#define GATEWAY_PLAIN_TRANSPORT_H_

#include "gateway/transport.h"

namespace cvr {

// Plain TCP.
class PlainTransport final : public Transport {
 public:
  // `write_timeout` is for no progress at all.
  PlainTransport(int fd, absl::Duration write_timeout);

  bool Handshake(absl::Duration /*timeout*/) override { return true; }
  bool WaitReadable(absl::Duration timeout) const override;
  size_t Read(char* buffer, size_t size, absl::Duration timeout) override;
  bool Write(absl::string_view first, absl::string_view second) override;
  void EndWriting() override;

 private:
  const int fd_;
};

}  // namespace cvr

#endif  // GATEWAY_PLAIN_TRANSPORT_H_
