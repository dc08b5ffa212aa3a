#include "services/metadata/admin/admin_token.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

absl::Status WriteForOwner(const std::string& path, const std::string& text) {
  const auto failed = [&] {
    return absl::UnavailableError(
        absl::StrCat("cannot write ", path, ": ", std::strerror(errno)));
  };
  // Made anew, so that nobody has it open already.
  ::unlink(path.c_str());
  const int file =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return failed();
  const bool written = ::write(file, text.data(), text.size()) ==
                           static_cast<ssize_t>(text.size()) &&
                       ::fsync(file) == 0;
  const absl::Status status = written ? absl::OkStatus() : failed();
  ::close(file);
  return status;
}

}  // namespace

absl::Status EnsureAdminToken(AccessTokenAdmin& tokens,
                              const std::string& path) {
  if (path.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const bool has_any, tokens.HasAny());
  if (has_any) return absl::OkStatus();
  v1::CreateAccessTokenRequest request;
  request.mutable_access_token()->set_name("first administrator");
  request.mutable_access_token()->add_scopes(v1::AccessToken::ADMIN);
  ASSIGN_OR_RETURN(const v1::AccessToken made, tokens.Create(request));
  const absl::Status written = WriteForOwner(path, made.secret() + "\n");
  if (!written.ok()) {
    v1::RevokeAccessTokenRequest revoke;
    revoke.set_id(made.id());
    tokens.Revoke(revoke).IgnoreError();
    return written;
  }
  spdlog::info(
      "first start: the administrator's access token was written to {}", path);
  return absl::OkStatus();
}

}  // namespace cvr
