#include "tools/cvr/client/secrets.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

// Until the end, or an error, which leaves `in` bad.
std::string ReadAll(std::istream& in) {
  std::string content;
  char buffer[4096];
  do {
    in.read(buffer, sizeof(buffer));
    content.append(buffer, in.gcount());
  } while (in);
  return content;
}

absl::StatusOr<std::string> RawPassword(const PasswordSource& source,
                                        const Environment& environment) {
  if (source.file) return ReadFile(*source.file);
  if (source.from_stdin) return ReadAll(environment.in);
  if (auto value = environment.variable("CVR_UPSTREAM_PASSWORD")) {
    return *std::move(value);
  }
  return absl::InvalidArgumentError(
      "password required: use --password-file, --password-stdin or "
      "CVR_UPSTREAM_PASSWORD");
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content = ReadAll(file);
  // A directory opens, and turns bad when it is read.
  if (!file.is_open() || file.bad()) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot read ", path, ": ", std::strerror(errno)));
  }
  return content;
}

absl::string_view WithoutLineBreak(absl::string_view secret) {
  if (absl::ConsumeSuffix(&secret, "\n")) absl::ConsumeSuffix(&secret, "\r");
  return secret;
}

absl::StatusOr<std::string> ReadPassword(const PasswordSource& source,
                                         const Environment& environment) {
  ASSIGN_OR_RETURN(std::string password, RawPassword(source, environment));
  const absl::string_view trimmed = WithoutLineBreak(password);
  if (trimmed.empty()) {
    return absl::InvalidArgumentError("the password is empty");
  }
  return std::string(trimmed);
}

}  // namespace cvr
