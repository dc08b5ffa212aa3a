#include "tools/cvr/client/server_connection.h"

#include <grpc/support/log.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/errors.h"

namespace cvr {
namespace {

constexpr char kHowToGiveAToken[] =
    " (use --token-file or CVR_TOKEN; the administrator's token is in "
    "DATA_DIR/admin-token on the server)";

// What matters is in the statuses; standard error is for one line of ours.
void DropLibraryLog() {
  static const bool done = [] {
    gpr_set_log_function([](gpr_log_func_args*) {});
    return true;
  }();
  (void)done;
}

// What to look at, in brackets, by the library's own words.
std::string HintOf(absl::string_view message) {
  if (absl::StrContains(message, "handshake failed")) {
    return ": TLS handshake failed (check --server, --tls-ca-file, "
           "--tls-certificate-file)";
  }
  return absl::StrContains(message, "Socket closed")
             ? " (--server; if the server uses TLS, add --tls)"
             : " (--server)";
}

std::shared_ptr<grpc::Channel> Connect(
    const std::string& address,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  DropLibraryLog();
  grpc::ChannelArguments arguments;
  // Administration is local; a web proxy in the environment is not meant.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // A page of a thousand entries may be larger than the library's default.
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, credentials, arguments);
}

}  // namespace

ServerConnection::ServerConnection(
    std::string address, absl::Duration timeout,
    std::shared_ptr<grpc::ChannelCredentials> credentials, std::string token)
    : address_(std::move(address)),
      timeout_(timeout),
      token_(std::move(token)),
      channel_(Connect(address_, credentials)) {}

void ServerConnection::ShowToken(grpc::ClientContext& context) const {
  if (token_.empty()) return;
  context.AddMetadata("authorization", absl::StrCat("Bearer ", token_));
}

absl::Status ServerConnection::Explained(const absl::Status& status) const {
  if (absl::IsUnauthenticated(status)) {
    const std::string complaint =
        token_.empty()
            ? " requires an access token"
            : absl::StrCat(" rejected the access token: ", status.message());
    return absl::UnauthenticatedError(
        absl::StrCat("the server at ", address_, complaint, kHowToGiveAToken));
  }
  // With a reason attached it is the service that speaks, not the connection.
  if (ReasonOf(status) != Reason::kNone) return status;
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return Annotate(status, absl::StrCat("cannot reach the server at ",
                                           address_, HintOf(status.message())));
    case absl::StatusCode::kDeadlineExceeded:
      return absl::DeadlineExceededError(
          absl::StrCat("the server at ", address_, " did not answer within ",
                       absl::FormatDuration(timeout_), " (--timeout)"));
    case absl::StatusCode::kUnimplemented:
      return Annotate(
          status,
          absl::StrCat("the server at ", address_,
                       " does not support this command (--server must be the "
                       "address of cvr-standalone or cvr-metadata)"));
    default:
      return status;
  }
}

}  // namespace cvr
