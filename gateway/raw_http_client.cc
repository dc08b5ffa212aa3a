#include "gateway/raw_http_client.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace cvr {
namespace {

constexpr timeval kTimeout = {60, 0};
constexpr int kSmallBufferBytes = 4096;

void ParseHeader(absl::string_view header, RawReply& reply) {
  bool first = true;
  for (const absl::string_view line : absl::StrSplit(header, "\r\n")) {
    if (first) {
      // HTTP/1.1 200 OK
      if (!absl::SimpleAtoi(line.substr(9, 3), &reply.status)) return;
    } else if (const size_t colon = line.find(": "); colon != line.npos) {
      reply.fields.Add(line.substr(0, colon), line.substr(colon + 2));
    }
    first = false;
  }
}

}  // namespace

RawHttpClient::RawHttpClient(absl::string_view address) {
  const size_t colon = address.rfind(':');
  std::string host(address.substr(0, colon));
  if (host.front() == '[') host = host.substr(1, host.size() - 2);
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::string(address.substr(colon + 1)).c_str(),
                  &hints, &found) != 0) {
    return;
  }
  fd_ = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &kTimeout, sizeof(kTimeout));
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &kTimeout, sizeof(kTimeout));
  if (connect(fd_, found->ai_addr, found->ai_addrlen) != 0) Close();
  freeaddrinfo(found);
}

RawHttpClient::~RawHttpClient() { Close(); }

void RawHttpClient::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

void RawHttpClient::ShrinkReceiveBuffer() {
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &kSmallBufferBytes,
             sizeof(kSmallBufferBytes));
}

bool RawHttpClient::Send(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(sent);
  }
  return true;
}

bool RawHttpClient::Fill() {
  std::array<char, 64 * 1024> buffer;
  const ssize_t size = recv(fd_, buffer.data(), buffer.size(), 0);
  if (size <= 0) return false;
  received_.append(buffer.data(), size);
  return true;
}

RawReply RawHttpClient::ReceiveHeader() {
  RawReply reply;
  size_t end;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) return reply;
  }
  ParseHeader(absl::string_view(received_).substr(0, end), reply);
  received_.erase(0, end + 4);
  return reply;
}

RawReply RawHttpClient::Receive(bool to_head) {
  RawReply reply = ReceiveHeader();
  if (reply.status == 0) return reply;
  size_t length = 0;
  const bool has_body = !to_head && reply.status != 304;
  if (has_body && !absl::SimpleAtoi(reply.Field("Content-Length"), &length)) {
    return reply;
  }
  while (received_.size() < length && Fill()) continue;
  reply.complete = received_.size() >= length;
  reply.body = received_.substr(0, length);
  received_.erase(0, reply.body.size());
  return reply;
}

std::string RawHttpClient::ReadSome(size_t size) {
  if (received_.empty()) Fill();
  std::string some = received_.substr(0, size);
  received_.erase(0, some.size());
  return some;
}

bool RawHttpClient::AtEnd() { return received_.empty() && !Fill(); }

RawReply RawHttpClient::Request(absl::string_view method,
                                absl::string_view target,
                                absl::string_view extra_fields) {
  Send(absl::StrCat(method, " ", target, " HTTP/1.1\r\nHost: test\r\n",
                    extra_fields, "\r\n"));
  return Receive(method == "HEAD");
}

}  // namespace cvr
