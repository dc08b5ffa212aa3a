#include "services/policy/upstream_password.h"

#include <utility>

#include "services/common/errors.h"
#include "services/common/utf8.h"

namespace cvr {

void SetPassword(std::string password, v1::Upstream& upstream) {
  upstream.clear_password();
  upstream.clear_password_bytes();
  if (IsUtf8(password)) {
    upstream.set_password(std::move(password));
  } else {
    upstream.set_password_bytes(std::move(password));
  }
}

const std::string& PasswordOf(const v1::Upstream& upstream) {
  return upstream.password_bytes().empty() ? upstream.password()
                                           : upstream.password_bytes();
}

absl::Status GatherPassword(v1::Upstream& upstream,
                            google::protobuf::FieldMask* mask) {
  if (mask != nullptr) {
    for (std::string& path : *mask->mutable_paths()) {
      if (path == "password_bytes") path = "password";
    }
  }
  if (upstream.password_bytes().empty()) return absl::OkStatus();
  if (!upstream.password().empty()) {
    return errors::FieldInvalid("password_bytes",
                                "must not be set beside password");
  }
  upstream.set_password(std::move(*upstream.mutable_password_bytes()));
  upstream.clear_password_bytes();
  return absl::OkStatus();
}

}  // namespace cvr
