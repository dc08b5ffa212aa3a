#include "gateway/http/raw_http_client.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <poll.h>
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

RawHttpClient::RawHttpClient(absl::string_view address,
                             const std::string& source) {
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
  sockaddr_in from = {};
  from.sin_family = AF_INET;
  if (!source.empty() &&
      (inet_pton(AF_INET, source.c_str(), &from.sin_addr) != 1 ||
       bind(fd_, reinterpret_cast<sockaddr*>(&from), sizeof(from)) != 0)) {
    Close();
  }
  if (connect(fd_, found->ai_addr, found->ai_addrlen) != 0) Close();
  freeaddrinfo(found);
}

RawHttpClient::RawHttpClient(absl::string_view address, const RawTls& tls,
                             const std::string& source)
    : RawHttpClient(address, source) {
  if (connected()) StartTls(tls);
}

void RawHttpClient::StartTls(const RawTls& tls) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
      SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> pem(
      BIO_new_mem_buf(tls.authority_pem.data(),
                      static_cast<int>(tls.authority_pem.size())),
      BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> authority(
      PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr), X509_free);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), authority.get());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  // Old versions are for the server to refuse.
  SSL_CTX_set_cipher_list(context.get(), "DEFAULT@SECLEVEL=0");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), tls.version_max);
  tls_.reset(SSL_new(context.get()));
  if (!tls.protocol.empty()) {
    std::string offer(1, static_cast<char>(tls.protocol.size()));
    offer += tls.protocol;
    SSL_set_alpn_protos(tls_.get(),
                        reinterpret_cast<const unsigned char*>(offer.data()),
                        offer.size());
  }
  SSL_set_fd(tls_.get(), fd_);
  ERR_clear_error();
  if (SSL_connect(tls_.get()) == 1) return;
  const char* const reason = ERR_reason_error_string(ERR_get_error());
  tls_error_ = reason != nullptr ? reason : "the server has closed";
  Close();
}

std::string RawHttpClient::tls_version() const {
  return SSL_get_version(tls_.get());
}

std::string RawHttpClient::tls_protocol() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(tls_.get(), &name, &size);
  return std::string(reinterpret_cast<const char*>(name), size);
}

long RawHttpClient::tls_serial() const {
  X509* const certificate = SSL_get0_peer_certificate(tls_.get());
  return ASN1_INTEGER_get(X509_get0_serialNumber(certificate));
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
    const ssize_t sent =
        tls_ != nullptr ? SSL_write(tls_.get(), bytes.data(),
                                    static_cast<int>(bytes.size()))
                        : send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(sent);
  }
  return true;
}

bool RawHttpClient::Fill() {
  std::array<char, 64 * 1024> buffer;
  const ssize_t size =
      tls_ != nullptr
          ? SSL_read(tls_.get(), buffer.data(), static_cast<int>(buffer.size()))
          : recv(fd_, buffer.data(), buffer.size(), 0);
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

bool RawHttpClient::Readable() const {
  pollfd entry = {fd_, POLLIN, 0};
  return !received_.empty() || poll(&entry, 1, 0) > 0;
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
