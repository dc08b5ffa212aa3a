#include "gateway/transport/peer_address.h"

#include <netdb.h>
#include <sys/socket.h>

namespace cvr {

std::optional<std::string> PeerAddress(int fd) {
  sockaddr_storage storage;
  socklen_t size = sizeof(storage);
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  char host[NI_MAXHOST];
  if (getpeername(fd, address, &size) != 0 ||
      getnameinfo(address, size, host, sizeof(host), nullptr, 0,
                  NI_NUMERICHOST) != 0) {
    return std::nullopt;
  }
  return host;
}

}  // namespace cvr
