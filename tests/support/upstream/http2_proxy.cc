#include "tests/support/upstream/http2_proxy.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tests/support/waiting/eventually.h"

namespace cvr::testing {
namespace {

constexpr char kProgram[] = "/usr/sbin/nghttpx";

void WriteFile(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

// A socket at a free port that nobody else will be given, but at which one who
// names it can listen.
int ReservePort(int& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::abort();
  }
  port = ntohs(address.sin_port);
  return fd;
}

bool IsServing(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  const int failed =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  close(fd);
  return failed == 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Http2Proxy>> Http2Proxy::Start(
    const Options& options) {
  auto proxy = std::unique_ptr<Http2Proxy>(new Http2Proxy);
  proxy->reserved_ = ReservePort(proxy->port_);
  const ScratchDirectory& directory = proxy->directory_;
  WriteFile(directory.Join("key.pem"), options.certificate.key_pem);
  WriteFile(directory.Join("cert.pem"), options.certificate.certificate_pem);
  std::vector<std::string> arguments = {
      kProgram,
      "--conf=/dev/null",
      "--single-process",
      "--workers=1",
      "--no-ocsp",
      absl::StrCat("--frontend=127.0.0.1,", proxy->port_),
      absl::StrCat("--backend=127.0.0.1,", options.backend_port),
      "--accesslog-file=" + directory.Join("requests"),
      "--accesslog-format=$alpn $method $path $status"};
  if (!options.client_ca_pem.empty()) {
    WriteFile(directory.Join("clients.pem"), options.client_ca_pem);
    arguments.push_back("--verify-client");
    arguments.push_back("--verify-client-cacert=" +
                        directory.Join("clients.pem"));
  }
  arguments.push_back(directory.Join("key.pem"));
  arguments.push_back(directory.Join("cert.pem"));
  auto process = ChildProcess::Start(arguments, directory.Join("log"));
  if (!process.ok()) return process.status();
  proxy->process_ = *std::move(process);
  const auto serving = Eventually(
      [&] { return !proxy->process_->running() || IsServing(proxy->port_); },
      "the proxy serves");
  if (!serving || !proxy->process_->running()) {
    return absl::UnavailableError(
        absl::StrCat(serving.message(), "\n", ReadFile(directory.Join("log"))));
  }
  return proxy;
}

Http2Proxy::~Http2Proxy() {
  process_.reset();
  if (reserved_ >= 0) close(reserved_);
}

std::string Http2Proxy::url() const {
  return absl::StrCat("https://127.0.0.1:", port_);
}

std::string Http2Proxy::Stop() {
  process_->Signal(SIGTERM);
  process_->Wait();
  return ReadFile(directory_.Join("requests"));
}

}  // namespace cvr::testing
