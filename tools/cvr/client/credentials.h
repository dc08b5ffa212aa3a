#ifndef TOOLS_CVR_CLIENT_CREDENTIALS_H_
#define TOOLS_CVR_CLIENT_CREDENTIALS_H_

#include <string>

#include "cvr/v1/upstream.pb.h"

namespace cvr {

// A login by user name and password. The password may be of any bytes: those
// that are no UTF-8 are in `password_bytes`.
v1::UpstreamCredentials BasicLogin(std::string username, std::string password);

}  // namespace cvr

#endif  // TOOLS_CVR_CLIENT_CREDENTIALS_H_
