#include "tests/support/upstream/loopback_server.h"

#include <httplib.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <sys/socket.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace cvr::testing {
namespace {

// Every open connection of a test, idle ones included, holds one.
constexpr size_t kThreadsMax = 256;
// More than any test sends over one connection.
constexpr size_t kRequestsPerConnectionMax = 1000000;

class GrowingTaskQueue : public httplib::TaskQueue {
 public:
  GrowingTaskQueue() : pool_({"loopback", kThreadsMax, kThreadsMax}) {}
  void enqueue(std::function<void()> task) override {
    if (!pool_.Schedule(std::move(task))) abort();
  }
  void shutdown() override { pool_.Shutdown(); }

 private:
  ThreadPool pool_;
};

template <typename T, void (*kFree)(T*)>
struct Freer {
  void operator()(T* object) const { kFree(object); }
};
using BioPtr = std::unique_ptr<BIO, Freer<BIO, BIO_free_all>>;
using CertificatePtr = std::unique_ptr<X509, Freer<X509, X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY, EVP_PKEY_free>>;

BioPtr Memory(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

CertificatePtr ReadCertificate(const std::string& pem) {
  return CertificatePtr(
      PEM_read_bio_X509(Memory(pem).get(), nullptr, nullptr, nullptr));
}

std::unique_ptr<httplib::Server> MakeServer(
    const std::optional<LoopbackServer::Tls>& tls) {
  if (!tls) return std::make_unique<httplib::Server>();
  const CertificatePtr certificate = ReadCertificate(tls->certificate_pem);
  const KeyPtr key(PEM_read_bio_PrivateKey(Memory(tls->key_pem).get(), nullptr,
                                           nullptr, nullptr));
  X509_STORE* clients = nullptr;  // Owned by the server's SSL_CTX.
  if (!tls->client_ca_pem.empty()) {
    clients = X509_STORE_new();
    X509_STORE_add_cert(clients, ReadCertificate(tls->client_ca_pem).get());
  }
  return std::make_unique<httplib::SSLServer>(certificate.get(), key.get(),
                                              clients);
}

int PortOf(const sockaddr_storage& address) {
  const auto* const v6 = reinterpret_cast<const sockaddr_in6*>(&address);
  const auto* const v4 = reinterpret_cast<const sockaddr_in*>(&address);
  return ntohs(address.ss_family == AF_INET6 ? v6->sin6_port : v4->sin_port);
}

// The server shows no socket to its handlers, so they are looked up among the
// open ones: those at our end of a connection to `server_port`.
template <typename Visit>
void ForEachConnection(int server_port, Visit visit) {
  constexpr int kFilesMax = 4096;
  for (int fd = 0; fd < kFilesMax; ++fd) {
    sockaddr_storage ours = {};
    sockaddr_storage theirs = {};
    socklen_t size = sizeof(ours);
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&ours), &size) != 0) {
      continue;
    }
    size = sizeof(theirs);
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&theirs), &size) != 0) {
      continue;
    }
    if (PortOf(ours) == server_port) visit(fd, PortOf(theirs));
  }
}

}  // namespace

LoopbackServer::LoopbackServer(Options options, Handler handler)
    : options_(std::move(options)), server_(MakeServer(options_.tls)) {
  server_->new_task_queue = [] { return new GrowingTaskQueue; };
  server_->set_keep_alive_max_count(kRequestsPerConnectionMax);
  server_->set_tcp_nodelay(true);
  server_->set_pre_routing_handler(
      [handler = std::move(handler)](const httplib::Request& request,
                                     httplib::Response& response) {
        // The library's own handling of ranges is wrong.
        const_cast<httplib::Request&>(request).ranges.clear();
        handler(request, response);
        return httplib::Server::HandlerResponse::Handled;
      });
  int listening = -1;
  server_->set_socket_options([&listening](int fd) {
    listening = fd;
    const int yes = 1;  // So that the port can be taken over after Stop().
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  port_ = server_->bind_to_any_port(options_.address);
  if (port_ <= 0) abort();
  // The library's backlog of 5 makes a sixth connection wait a second.
  listen(listening, SOMAXCONN);
  listener_ = std::make_unique<Thread>(
      "loopback", [this] { server_->listen_after_bind(); });
  // stop() before the listener runs would be lost.
  while (!server_->is_running()) std::this_thread::yield();
}

LoopbackServer::~LoopbackServer() { Stop(); }

std::string LoopbackServer::url() const {
  const bool v6 = absl::StrContains(options_.address, ':');
  return absl::StrCat(options_.tls ? "https" : "http", "://", v6 ? "[" : "",
                      options_.address, v6 ? "]" : "", ":", port_);
}

void LoopbackServer::Reset(int client_port) {
  ForEachConnection(port_, [client_port](int fd, int port) {
    if (port != client_port) return;
    sockaddr nowhere = {};
    nowhere.sa_family = AF_UNSPEC;  // On Linux: disconnect, with a reset.
    connect(fd, &nowhere, sizeof(nowhere));
  });
}

bool LoopbackServer::Send(int client_port, absl::string_view bytes) {
  bool sent = false;
  ForEachConnection(port_, [&](int fd, int port) {
    if (port != client_port) return;
    sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == bytes.size();
  });
  return sent;
}

void LoopbackServer::HangUp(int client_port) {
  ForEachConnection(port_, [client_port](int fd, int port) {
    if (port == client_port) shutdown(fd, SHUT_RDWR);
  });
}

void LoopbackServer::Stop() {
  if (listener_ == nullptr) return;
  server_->stop();
  // The server itself would wait for idle connections.
  ForEachConnection(port_, [](int fd, int) { shutdown(fd, SHUT_RDWR); });
  listener_.reset();
}

}  // namespace cvr::testing
