#include "tools/cvr/commands/secret_commands.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "cvr/v1/secret_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/commands/operation_wait.h"

namespace cvr {
namespace {

struct RotateOptions {
  v1::RotateSecretKeyRequest request;
  bool no_wait = false;
};

std::string RotationText(const v1::RotateSecretKeyResponse& response) {
  return absl::StrCat("secret key rotated; re-encrypted secrets: ",
                      response.secret_count(), "\n");
}

absl::Status Rotate(Session& session, const RotateOptions& options) {
  ASSIGN_OR_RETURN(
      const v1::Operation operation,
      session.server.Call(&v1::SecretService::Stub::RotateSecretKey,
                          options.request));
  return FinishOperation<v1::RotateSecretKeyResponse>(
      session, operation, options.no_wait, RotationText);
}

}  // namespace

void AddSecretCommands(CLI::App& root, Action* chosen) {
  CommandGroup secrets(root, "secret",
                       "Manage the encryption of stored secrets", chosen);
  const auto options = std::make_shared<RotateOptions>();
  CLI::App& command = secrets.Add(
      "rotate", "Rotate the key that encrypts stored secrets",
      [options](Session& session) { return Rotate(session, *options); });
  AddNoWait(command, options->no_wait);
  AddRequestId(command, *options->request.mutable_request_id());
}

}  // namespace cvr
