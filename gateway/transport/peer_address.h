#ifndef GATEWAY_TRANSPORT_PEER_ADDRESS_H_
#define GATEWAY_TRANSPORT_PEER_ADDRESS_H_

#include <optional>
#include <string>

namespace cvr {

// The address, in numbers and without the port, of who is connected to the
// socket `fd`. Empty when he has gone or has none. Any thread.
std::optional<std::string> PeerAddress(int fd);

}  // namespace cvr

#endif  // GATEWAY_TRANSPORT_PEER_ADDRESS_H_
