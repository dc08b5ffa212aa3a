#include "services/rpc/credentials/peer_secret_channel.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>

#include "services/process/local_address.h"
#include "services/rpc/credentials/call_gate.h"

namespace cvr {
namespace {

namespace experimental = grpc::experimental;

// Whom the secret may be shown to.
class Showing {
 public:
  Showing(std::shared_ptr<const PeerSecrets> secrets, PeerRole role,
          std::string socket_path)
      : secrets_(std::move(secrets)),
        role_(role),
        socket_path_(std::move(socket_path)) {}

  // Empty = nothing is to be shown.
  std::string Secret() const {
    return socket_path_.empty() || IsOurs() ? secrets_->Of(role_) : "";
  }

 private:
  // Whether the socket is this user's. One that is not there, for a service is
  // being restarted, is so when nobody else can make it.
  bool IsOurs() const {
    struct stat info = {};
    if (stat(socket_path_.c_str(), &info) == 0) return IsOwner(info);
    const auto directory = std::filesystem::path(socket_path_).parent_path();
    return stat(directory.c_str(), &info) == 0 && IsOwner(info) &&
           (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
  }
  static bool IsOwner(const struct stat& info) {
    return info.st_uid == geteuid() || info.st_uid == 0;
  }

  const std::shared_ptr<const PeerSecrets> secrets_;
  const PeerRole role_;
  const std::string socket_path_;
};

class ShowSecret final : public experimental::Interceptor {
 public:
  explicit ShowSecret(const Showing& showing) : showing_(showing) {}

  void Intercept(experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            experimental::InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      const std::string secret = showing_.Secret();
      if (!secret.empty()) {
        methods->GetSendInitialMetadata()->emplace(kPeerSecretField, secret);
      }
    }
    methods->Proceed();
  }

 private:
  const Showing& showing_;
};

class ShowSecretFactory final
    : public experimental::ClientInterceptorFactoryInterface {
 public:
  explicit ShowSecretFactory(Showing showing) : showing_(std::move(showing)) {}

  // The channel owns both, and outlives its calls.
  experimental::Interceptor* CreateClientInterceptor(
      experimental::ClientRpcInfo* /*info*/) override {
    return new ShowSecret(showing_);
  }

 private:
  const Showing showing_;
};

}  // namespace

std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>
ShowPeerSecret(std::shared_ptr<const PeerSecrets> secrets, PeerRole role,
               const std::string& address) {
  return std::make_unique<ShowSecretFactory>(
      Showing(std::move(secrets), role, UnixPathOf(address)));
}

}  // namespace cvr
