#include "tools/cvr/declaration/secret_source.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tools/cvr/client/secrets.h"

namespace cvr::declaration {
namespace {

absl::Status At(const SecretSource& source, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(source.where, ": ", what));
}

absl::StatusOr<std::string> RawSecret(const SecretSource& source,
                                      const Environment& environment) {
  if (source.kind == SecretSource::Kind::kFile) {
    auto content = ReadFile(source.name);
    if (!content.ok()) return At(source, content.status().message());
    return content;
  }
  auto value = environment.variable(source.name.c_str());
  if (value) return *std::move(value);
  return At(source, absl::StrCat("the environment variable ", source.name,
                                 " is not set"));
}

}  // namespace

absl::StatusOr<std::string> ReadSecret(const SecretSource& source,
                                       const Environment& environment) {
  auto secret = RawSecret(source, environment);
  if (!secret.ok()) return secret;
  const std::string trimmed(WithoutLineBreak(*secret));
  if (trimmed.empty()) {
    return At(source, absl::StrCat(source.name, " is empty"));
  }
  return trimmed;
}

}  // namespace cvr::declaration
