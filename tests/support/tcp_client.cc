#include "tests/support/tcp_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace cvr::testing {
namespace {

constexpr int kSmallBufferBytes = 4096;
constexpr timeval kSendTimeout = {20, 0};

sockaddr_in AddressOf(const std::string& host, int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  return address;
}

}  // namespace

TcpClient::TcpClient(const std::string& address, const std::string& source) {
  const size_t colon = address.rfind(':');
  int port = 0;
  if (!absl::SimpleAtoi(address.substr(colon + 1), &port)) return;
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &kSendTimeout, sizeof(kSendTimeout));
  const sockaddr_in from = AddressOf(source, 0);
  const sockaddr_in to = AddressOf(address.substr(0, colon), port);
  const auto* const generic = reinterpret_cast<const sockaddr*>(&to);
  const bool bound =
      source.empty() ||
      bind(fd_, reinterpret_cast<const sockaddr*>(&from), sizeof(from)) == 0;
  if (bound && connect(fd_, generic, sizeof(to)) == 0) return;
  close(fd_);
  fd_ = -1;
}

TcpClient::~TcpClient() {
  if (fd_ >= 0) close(fd_);
}

TcpClient::TcpClient(TcpClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

void TcpClient::ShrinkReceiveBuffer() {
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &kSmallBufferBytes,
             sizeof(kSmallBufferBytes));
}

bool TcpClient::Send(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(sent);
  }
  return true;
}

bool TcpClient::SendGet(const std::string& target,
                        const std::string& authorization) {
  const std::string field =
      authorization.empty()
          ? ""
          : absl::StrCat("Authorization: ", authorization, "\r\n");
  return Send(
      absl::StrCat("GET ", target, " HTTP/1.1\r\nHost: x\r\n", field, "\r\n"));
}

bool TcpClient::Receive(absl::Time deadline, std::string& received,
                        bool& closed) {
  const int64_t left_ms = absl::ToInt64Milliseconds(deadline - absl::Now());
  pollfd wanted = {fd_, POLLIN, 0};
  if (poll(&wanted, 1, static_cast<int>(std::max<int64_t>(left_ms, 0))) <= 0) {
    return false;
  }
  std::array<char, 64 * 1024> buffer;
  const ssize_t size = recv(fd_, buffer.data(), buffer.size(), 0);
  closed = size <= 0;
  if (closed) return false;
  received.append(buffer.data(), size);
  return true;
}

std::string TcpClient::ReadUntil(absl::string_view text,
                                 absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  std::string received;
  bool closed = false;
  while (received.find(text.data(), 0, text.size()) == std::string::npos &&
         Receive(deadline, received, closed)) {
  }
  return received;
}

bool TcpClient::IsClosedWithin(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  std::string dropped;
  bool closed = false;
  while (Receive(deadline, dropped, closed)) dropped.clear();
  return closed;
}

}  // namespace cvr::testing
