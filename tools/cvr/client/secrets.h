#ifndef TOOLS_CVR_CLIENT_SECRETS_H_
#define TOOLS_CVR_CLIENT_SECRETS_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/cvr/client/environment.h"

namespace cvr {

// The whole file. Errors: INVALID_ARGUMENT naming `path` and the reason.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// Where a password comes from. Never from the command line itself, which every
// user of the machine can read.
struct PasswordSource {
  std::optional<std::string> file;
  bool from_stdin = false;
};

// `secret`, of whatever bytes, without the one line break that editors and
// `echo` put at the end.
absl::string_view WithoutLineBreak(absl::string_view secret);

// The password without the line break at its end; from the environment
// variable CVR_UPSTREAM_PASSWORD when `source` names nothing.
// Errors: INVALID_ARGUMENT when there is none or it is empty.
absl::StatusOr<std::string> ReadPassword(const PasswordSource& source,
                                         const Environment& environment);

}  // namespace cvr

#endif  // TOOLS_CVR_CLIENT_SECRETS_H_
