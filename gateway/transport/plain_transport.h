#ifndef GATEWAY_TRANSPORT_PLAIN_TRANSPORT_H_
#define GATEWAY_TRANSPORT_PLAIN_TRANSPORT_H_

#include "absl/time/time.h"
#include "gateway/transport/transport.h"

namespace cvr {

// Plain TCP.
class PlainTransport final : public Transport {
 public:
  // `slice` is SendPace::slice() of the connection.
  PlainTransport(int fd, absl::Duration slice);

  Step Handshake() override { return Step::kDone; }
  Step Read(char* buffer, size_t size, size_t& taken) override;
  bool has_buffered() const override { return false; }
  bool Write(absl::string_view first, absl::string_view second,
             SendPace& pace) override;
  void EndWriting() override;

 private:
  const int fd_;
};

}  // namespace cvr

#endif  // GATEWAY_TRANSPORT_PLAIN_TRANSPORT_H_
