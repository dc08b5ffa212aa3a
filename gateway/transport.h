#ifndef GATEWAY_TRANSPORT_H_
#define GATEWAY_TRANSPORT_H_

#include <cstddef>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace cvr {

// How the bytes of one accepted connection go over its socket, which is not
// owned. One thread uses it; another may shut the socket down meanwhile, which
// ends every wait.
class Transport {
 public:
  virtual ~Transport() = default;

  // What the two sides settle before the first byte. False when they do not
  // within `timeout`: the connection is then of no use.
  virtual bool Handshake(absl::Duration timeout) = 0;

  // Whether bytes, or the end, have come within `timeout`.
  virtual bool WaitReadable(absl::Duration timeout) const = 0;

  // Reads what is there, waiting up to `timeout` for the first byte. 0 at the
  // end, and on timeout.
  virtual size_t Read(char* buffer, size_t size, absl::Duration timeout) = 0;

  // Sends `first` and then `second`, in one go where that is possible; waits
  // for as long as there is progress. False when the client is gone.
  virtual bool Write(absl::string_view first, absl::string_view second) = 0;

  // Tells the client that nothing more will come. Reading goes on.
  virtual void EndWriting() = 0;
};

}  // namespace cvr

#endif  // GATEWAY_TRANSPORT_H_
