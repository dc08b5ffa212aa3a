#ifndef TESTS_SUPPORT_PEER_SECURITY_H_
#define TESTS_SUPPORT_PEER_SECURITY_H_

#include <optional>

#include "services/rpc/credentials/peer_secrets.h"
#include "services/rpc/rpc_security.h"
#include "tests/support/temporary_directory.h"

namespace cvr::testing {

// For a server in plain text that knows its peers by secrets, and for a client
// that is one of them: all that this process makes know each other.
inline RpcSecurity PeerSecurity(std::optional<PeerRole> role = std::nullopt) {
  static const auto* const directory = new TemporaryDirectory;
  static const auto secrets =
      *PeerSecrets::OpenOrMake(directory->path() + "/peers");
  RpcSecurity security;
  security.insecure_plaintext = true;
  security.peers.secrets = secrets;
  security.role = role;
  return security;
}

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_PEER_SECURITY_H_
