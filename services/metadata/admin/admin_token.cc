#include "services/metadata/admin/admin_token.h"

#include "absl/strings/str_cat.h"
#include "services/common/status_macros.h"
#include "services/process/whole_file.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

absl::Status WriteForOwner(const std::string& path, const std::string& text) {
  const absl::Status written = ReplaceFile(path, text, FileSync::kDurable);
  if (written.ok()) return written;
  return absl::UnavailableError(
      absl::StrCat("cannot write ", written.message()));
}

}  // namespace

absl::Status EnsureAdminToken(AccessTokenAdmin& tokens,
                              const std::string& path) {
  if (path.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const bool has_any, tokens.HasAny());
  if (has_any) return absl::OkStatus();
  v1::CreateAccessTokenRequest request;
  request.mutable_access_token()->set_name("first administrator");
  request.mutable_access_token()->set_all_groups(true);
  request.mutable_access_token()->add_scopes(v1::AccessToken::SCOPE_ADMIN);
  ASSIGN_OR_RETURN(const auto made, tokens.Create(request));
  const absl::Status written = WriteForOwner(path, made.secret() + "\n");
  if (!written.ok()) {
    v1::RevokeAccessTokenRequest revoke;
    revoke.set_id(made.access_token().id());
    tokens.Revoke(revoke).IgnoreError();
    return written;
  }
  spdlog::info(
      "first start: the administrator's access token was written to {}", path);
  return absl::OkStatus();
}

}  // namespace cvr
