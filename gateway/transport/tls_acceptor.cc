#include "gateway/transport/tls_acceptor.h"

#include <fcntl.h>
#include <openssl/err.h>

#include <cstring>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gateway/transport/tls_transport.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

// Of TLS 1.2: forward secrecy and authenticated encryption only. Those of 1.3
// are all of that kind.
constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

constexpr absl::string_view kHttp11 = "http/1.1";

// A client that speaks other protocols only is told so in the handshake; one
// that says nothing is taken for one of ours.
int ChooseProtocol(SSL*, const unsigned char** chosen,
                   unsigned char* chosen_size, const unsigned char* offered,
                   unsigned int offered_size, void*) {
  // Each is preceded by its length.
  for (unsigned int i = 0; i < offered_size; i += 1 + offered[i]) {
    const unsigned int size = offered[i];
    if (i + 1 + size > offered_size) break;
    if (size != kHttp11.size() ||
        std::memcmp(offered + i + 1, kHttp11.data(), size) != 0) {
      continue;
    }
    *chosen = offered + i + 1;
    *chosen_size = static_cast<unsigned char>(size);
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::string LibraryError() {
  const char* const reason = ERR_reason_error_string(ERR_get_error());
  ERR_clear_error();
  return reason != nullptr ? reason : "unknown error";
}

bool UseCertificate(SSL_CTX* context, const Certificate& certificate) {
  if (SSL_CTX_use_certificate(context, certificate.chain[0].get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, certificate.key.get()) != 1) {
    return false;
  }
  for (size_t i = 1; i < certificate.chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, certificate.chain[i].get()) != 1) {
      return false;
    }
  }
  return true;
}

std::shared_ptr<SSL_CTX> NewContext() {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()),
                                   SSL_CTX_free);
  if (context == nullptr) return nullptr;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.get(), kCiphers);
  SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_PRIORITIZE_CHACHA |
                                         SSL_OP_NO_RENEGOTIATION);
  // Sessions are resumed by tickets, which clients keep, and not by a table.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  // Idle connections need no buffers. A write that waits is continued from
  // another part of the same bytes.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS |
                                      SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_alpn_select_cb(context.get(), ChooseProtocol, nullptr);
  return context;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsAcceptor>> TlsAcceptor::Open(
    CertificateFiles files) {
  std::unique_ptr<TlsAcceptor> acceptor(new TlsAcceptor(std::move(files)));
  RETURN_IF_ERROR(acceptor->Reload());
  return acceptor;
}

absl::Status TlsAcceptor::Reload() {
  ASSIGN_OR_RETURN(const Certificate certificate, ReadCertificate(files_));
  auto context = NewContext();
  if (context == nullptr || !UseCertificate(context.get(), certificate)) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot use TLS certificate file ", files_.certificate,
                     ": ", LibraryError()));
  }
  MutexLock lock(&mutex_);
  context_ = std::move(context);
  description_ = certificate.Describe();
  return absl::OkStatus();
}

std::string TlsAcceptor::Describe() const {
  MutexLock lock(&mutex_);
  return description_;
}

std::unique_ptr<Transport> TlsAcceptor::Accept(int fd) const {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  MutexLock lock(&mutex_);
  SSL* const session = SSL_new(context_.get());  // Keeps the context.
  if (session == nullptr || SSL_set_fd(session, fd) != 1) {
    SSL_free(session);
    throw std::bad_alloc();
  }
  return std::make_unique<TlsTransport>(session);
}

}  // namespace cvr
