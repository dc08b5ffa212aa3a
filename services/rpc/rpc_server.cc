#include "services/rpc/rpc_server.h"

#include <grpc/support/log.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/concurrency/clock.h"
#include "services/process/local_address.h"
#include "services/process/quiet_log.h"
#include "services/rpc/channel_keeper.h"
#include "services/rpc/credentials/peer_secret_channel.h"

namespace cvr {
namespace {

// After so long without a word from the other side it is asked for one, which
// may take as long.
constexpr int kKeepaliveMs = 20000;

// `SSL routines::certificate verify failed` and the like, in the last part of
// what the library (1.51) writes of a handshake; empty for other lines.
absl::string_view HandshakeFailure(absl::string_view message) {
  if (!absl::ConsumePrefix(&message, "Handshake failed with fatal error ")) {
    return "";
  }
  const size_t reason = message.rfind("::");
  if (reason != message.npos) message.remove_prefix(reason + 2);
  absl::ConsumeSuffix(&message, ".");
  return message;
}

// The library does not say why it did not believe a certificate.
absl::string_view HintFor(absl::string_view reason) {
  if (absl::StrContains(reason, "certificate verify failed")) {
    return ": the other side's certificate has expired, or is not issued by "
           "the authority that is believed here (--rpc_ca_file)";
  }
  if (absl::StrContains(reason, "alert")) {
    return ": the other side does not accept our certificate, or speaks "
           "otherwise";
  }
  return "";
}

// The library's own log lines are for debugging; what matters is in statuses,
// but for handshakes, which no call of ours has to do with.
void Log(gpr_log_func_args* line) {
  const absl::string_view reason = HandshakeFailure(line->message);
  if (!reason.empty()) {
    static auto* const quiet = new QuietLog;
    quiet->Warn(reason, absl::StrCat("gRPC: a TLS handshake failed: ", reason,
                                     HintFor(reason)));
    return;
  }
  spdlog::debug("grpc: {}:{}: {}", line->file, line->line, line->message);
}

void InitializeLibraryOnce() {
  static const bool done = [] {
    gpr_set_log_function(Log);
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  (void)done;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(
    const std::string& address, const std::vector<grpc::Service*>& services,
    const RpcSecurity& security) {
  InitializeLibraryOnce();
  ASSIGN_OR_RETURN(const auto credentials,
                   MakeServerCredentials(address, security));
  auto server = std::unique_ptr<RpcServer>(new RpcServer);
  grpc::ServerBuilder builder;
  std::unique_ptr<UnixListener::Acceptor> acceptor;
  int port = 0;
  if (IsUnixAddress(address)) {
    ASSIGN_OR_RETURN(server->unix_listener_,
                     UnixListener::Bind(UnixPathOf(address)));
    acceptor = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        credentials);
  } else {
    builder.AddListeningPort(address, credentials, &port);
  }
  // Another server on the same port must be an error, not a sharer of calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Clients ask whether we are still there: OpenRpcChannel().
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kKeepaliveMs / 2);
  builder.SetMaxReceiveMessageSize(limits::kGrpcMessageBytesMax);
  for (grpc::Service* const service : services) {
    builder.RegisterService(service);
  }
  server->credentials_ = credentials;
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr || (acceptor == nullptr && port == 0)) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot listen for gRPC on '", address,
                     "': the port is already in use, or the address does not "
                     "belong to this machine"));
  }
  if (acceptor != nullptr) server->unix_listener_->Start(std::move(acceptor));
  server->address_ =
      IsUnixAddress(address)
          ? address
          : absl::StrCat(address.substr(0, address.rfind(':')), ":", port);
  return server;
}

RpcServer::~RpcServer() { Shutdown(absl::InfinitePast()); }

void RpcServer::Shutdown(absl::Time deadline) {
  if (unix_listener_ != nullptr) unix_listener_->Stop();
  if (server_ == nullptr) return;
  const absl::Duration left = deadline - Clock::Real().SteadyNow();
  // The library takes times before 1970 for "never".
  server_->Shutdown(
      absl::ToChronoTime(std::max(absl::Now() + left, absl::UnixEpoch())));
}

std::shared_ptr<grpc::Channel> RpcServer::InProcessChannel() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(limits::kGrpcMessageBytesMax);
  return server_->InProcessChannel(arguments);
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenRpcChannel(
    const std::string& address, const RpcSecurity& security) {
  InitializeLibraryOnce();
  ASSIGN_OR_RETURN(const auto credentials,
                   MakeChannelCredentials(address, security));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(limits::kGrpcMessageBytesMax);
  // A bounded window for each stream, whatever the connection could carry.
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES,
                   limits::kGrpcStreamBytesMax);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, limits::kGrpcFrameBytesMax);
  // A service that comes back must be used again within a second or so.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // How long one attempt may take; a handshake on a busy machine takes a while.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 500);
  // A machine that vanishes says nothing; without questions the system would
  // go on sending to it for a quarter of an hour.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  std::vector<
      std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
      interceptors;
  const bool has_tls = security.tls && !IsUnixAddress(address);
  if (!has_tls && security.role && security.peers.secrets != nullptr) {
    interceptors.push_back(
        ShowPeerSecret(security.peers.secrets, *security.role, address));
  }
  return KeepConnected(grpc::experimental::CreateCustomChannelWithInterceptors(
      address, credentials, arguments, std::move(interceptors)));
}

std::shared_ptr<grpc::Channel> MakeRpcChannel(const std::string& address) {
  return *OpenRpcChannel(address, {.insecure_plaintext = true});
}

}  // namespace cvr
