#include "tools/cvr/client/credentials.h"

#include <utility>

#include "services/common/utf8.h"

namespace cvr {

v1::UpstreamCredentials BasicLogin(std::string username, std::string password) {
  v1::UpstreamCredentials credentials;
  v1::BasicCredentials& basic = *credentials.mutable_basic();
  basic.set_username(std::move(username));
  if (IsUtf8(password)) {
    basic.set_password(std::move(password));
  } else {
    basic.set_password_bytes(std::move(password));
  }
  return credentials;
}

}  // namespace cvr
