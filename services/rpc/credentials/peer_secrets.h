#ifndef SERVICES_RPC_CREDENTIALS_PEER_SECRETS_H_
#define SERVICES_RPC_CREDENTIALS_PEER_SECRETS_H_

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/concurrency/mutex.h"
#include "services/rpc/credentials/peer_role.h"

namespace cvr {

// Authenticates the processes of one installation to each other where there is
// no mutual TLS: one secret for each role, in the files `gateway.secret`,
// `blob.secret` and `metadata.secret` of one directory. A process shows the
// secret of its own role with each call, and the server compares. Without it,
// every local process could call the internal gRPC services, which hand out
// upstream credentials.
//
// Whoever can read a file has its role. So each file must belong to the
// process's user or to root, and a file that others may read is refused. Files
// that change are read again within about a second. Administrators
// authenticate with access tokens instead; see CallGuard. Thread-safe.
class PeerSecrets {
 public:
  // Makes the directory and what is missing in it, as the metadata service
  // does. Errors: FAILED_PRECONDITION naming the file.
  static absl::StatusOr<std::shared_ptr<PeerSecrets>> OpenOrMake(
      const std::string& directory);

  // Of a process that may start before the metadata service has made them:
  // what is missing is logged, and looked for again. Errors:
  // FAILED_PRECONDITION for a file that others may read.
  static absl::StatusOr<std::shared_ptr<PeerSecrets>> Open(
      const std::string& directory, PeerRoles roles);

  // The secret of a role; empty while there is none.
  std::string Of(PeerRole role) const;

  // The roles whose secret `shown` is. Takes a time that does not depend on how
  // much of it is right.
  PeerRoles RolesOf(absl::string_view shown) const;

 private:
  struct Entry {
    std::string fingerprint;
    std::string secret;
    bool was_told = false;  // That it is missing or no good.
    std::chrono::steady_clock::time_point looked_at;
  };

  PeerSecrets(std::string directory, PeerRoles roles)
      : directory_(std::move(directory)), roles_(roles) {}

  std::string PathOf(PeerRole role) const;

  const std::string directory_;
  const PeerRoles roles_;  // That this process may know.

  mutable Mutex mutex_;
  mutable std::map<PeerRole, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

// A new secret, from the system's randomness.
std::string MakePeerSecret();

}  // namespace cvr

#endif  // SERVICES_RPC_CREDENTIALS_PEER_SECRETS_H_
