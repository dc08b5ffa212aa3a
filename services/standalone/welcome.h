#ifndef SERVICES_STANDALONE_WELCOME_H_
#define SERVICES_STANDALONE_WELCOME_H_

#include <string>

#include "services/metadata/metadata_stack.h"

namespace cvr {

struct WelcomeFacts {
  std::string http_address;  // As it is bound.
  std::string grpc_address;
  bool grpc_tls = false;
  std::string admin_token_file;
  std::string external_url;  // Empty = none.
};

// What the person at the terminal is told: lines to be typed as they are, about
// the first registry. The login comes before the pull where the registry wants
// one, and neither is shown when it is gone.
std::string Welcome(MetadataStack& metadata, const WelcomeFacts& facts);

}  // namespace cvr

#endif  // SERVICES_STANDALONE_WELCOME_H_
