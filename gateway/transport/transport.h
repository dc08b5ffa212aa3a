#ifndef GATEWAY_TRANSPORT_TRANSPORT_H_
#define GATEWAY_TRANSPORT_TRANSPORT_H_

#include <cstddef>

#include "absl/strings/string_view.h"
#include "gateway/transport/send_pace.h"

namespace cvr {

// How the bytes of one accepted connection go over its socket, which is not
// owned. One thread at a time uses it; another may shut the socket down
// meanwhile, which ends every wait. Only Write() waits.
class Transport {
 public:
  virtual ~Transport() = default;

  enum class Step {
    kDone,
    kWantsRead,   // Again when the socket is readable,
    kWantsWrite,  // or writable.
    kEnd,         // Nothing more will come.
  };

  // What the two sides settle before the first byte. kEnd when they cannot: the
  // connection is then of no use.
  virtual Step Handshake() = 0;

  // Reads what is there: kDone with `taken` > 0.
  virtual Step Read(char* buffer, size_t size, size_t& taken) = 0;

  // Whether Read() has bytes that the socket does not show any more.
  virtual bool has_buffered() const = 0;

  // Sends `first` and then `second`, in one go where that is possible; waits as
  // `pace` allows. False when the client is gone or is given up.
  virtual bool Write(absl::string_view first, absl::string_view second,
                     SendPace& pace) = 0;

  // Tells the client that nothing more will come. Reading goes on.
  virtual void EndWriting() = 0;
};

}  // namespace cvr

#endif  // GATEWAY_TRANSPORT_TRANSPORT_H_
