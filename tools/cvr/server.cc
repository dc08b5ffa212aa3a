#include "tools/cvr/server.h"

#include "absl/strings/str_cat.h"
#include "services/common/errors.h"

namespace cvr {
namespace {

constexpr char kHowToGiveAToken[] =
    " (--token-file, CVR_TOKEN; the first start leaves an administrator's "
    "token "
    "in DATA_DIR/admin-token)";

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  // Administration is local; a web proxy in the environment is not meant.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // A page of a thousand entries may be larger than the library's default.
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(),
                                   arguments);
}

}  // namespace

Server::Server(std::string address, absl::Duration timeout, Role role,
               std::string token)
    : address_(std::move(address)),
      timeout_(timeout),
      role_(std::move(role)),
      token_(std::move(token)),
      channel_(Connect(address_)) {}

void Server::ShowToken(grpc::ClientContext& context) const {
  if (token_.empty()) return;
  context.AddMetadata("authorization", absl::StrCat("Bearer ", token_));
}

absl::Status Server::Explained(const absl::Status& status) const {
  if (absl::IsUnauthenticated(status)) {
    const std::string complaint =
        token_.empty()
            ? " wants an access token"
            : absl::StrCat(" refuses the access token: ", status.message());
    return absl::UnauthenticatedError(
        absl::StrCat("the server at ", address_, complaint, kHowToGiveAToken));
  }
  // With a reason attached it is the service that speaks, not the connection.
  if (ReasonOf(status) != Reason::kNone) return status;
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return Annotate(status, absl::StrCat("cannot reach the server at ",
                                           address_, " (", role_.option, ")"));
    case absl::StatusCode::kDeadlineExceeded:
      return absl::DeadlineExceededError(
          absl::StrCat("the server at ", address_, " did not answer within ",
                       absl::FormatDuration(timeout_), " (--timeout)"));
    case absl::StatusCode::kUnimplemented:
      return Annotate(
          status,
          absl::StrCat("the server at ", address_, " does not offer this (",
                       role_.option, " must name ", role_.programs, ")"));
    default:
      return status;
  }
}

}  // namespace cvr
