#include "services/policy/upstream_password.h"

#include <utility>

#include "services/common/errors.h"
#include "services/common/utf8.h"

namespace cvr {

namespace {

constexpr char kPassword[] = "credentials.basic.password";
constexpr char kPasswordBytes[] = "credentials.basic.password_bytes";

}  // namespace

void SetPassword(std::string password, v1::Upstream& upstream) {
  v1::BasicCredentials& basic =
      *upstream.mutable_credentials()->mutable_basic();
  basic.clear_password();
  basic.clear_password_bytes();
  if (IsUtf8(password)) {
    basic.set_password(std::move(password));
  } else {
    basic.set_password_bytes(std::move(password));
  }
}

const std::string& PasswordOf(const v1::Upstream& upstream) {
  const v1::BasicCredentials& basic = upstream.credentials().basic();
  return basic.password_bytes().empty() ? basic.password()
                                        : basic.password_bytes();
}

absl::Status GatherPassword(v1::Upstream& upstream,
                            google::protobuf::FieldMask* mask) {
  if (mask != nullptr) {
    for (std::string& path : *mask->mutable_paths()) {
      if (path == kPasswordBytes) path = kPassword;
    }
  }
  if (upstream.credentials().basic().password_bytes().empty()) {
    return absl::OkStatus();
  }
  v1::BasicCredentials& basic =
      *upstream.mutable_credentials()->mutable_basic();
  if (!basic.password().empty()) {
    return errors::FieldInvalid(kPasswordBytes,
                                "must not be set beside password");
  }
  basic.set_password(std::move(*basic.mutable_password_bytes()));
  basic.clear_password_bytes();
  return absl::OkStatus();
}

}  // namespace cvr
