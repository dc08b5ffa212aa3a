#include "tests/support/bad_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace cvr::testing {
namespace {

// A queue for one connection holds two; the last is one too many.
constexpr int kConnectionsToFillTheQueue = 3;

sockaddr_in AddressOf(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

BadPort::BadPort(int port, Manner manner) {
  const sockaddr_in address = AddressOf(port);
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
  const int bound = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockets_.push_back(bound);
  const int yes = 1;  // The server's last connections may still linger.
  setsockopt(bound, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (bind(bound, generic, sizeof(address)) != 0) abort();
  if (manner == Manner::kRefuse) return;  // Bound, and nobody listens.
  if (listen(bound, 0) != 0) abort();
  for (int i = 0; i < kConnectionsToFillTheQueue; ++i) {
    const int client =
        socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockets_.push_back(client);
    connect(client, generic, sizeof(address));
  }
}

BadPort::~BadPort() {
  for (const int socket : sockets_) close(socket);
}

}  // namespace cvr::testing
