#include "services/metadata/metadata_flags.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/common/limits.h"

ABSL_FLAG(int, registries_per_group_max,
          cvr::limits::kRegistriesPerGroupDefault,
          "Maximum number of registries per group.");
ABSL_FLAG(int, upstreams_per_registry_max,
          cvr::limits::kUpstreamsPerRegistryDefault,
          "Maximum number of upstreams per registry.");
ABSL_FLAG(absl::Duration, token_lifetime, absl::Minutes(5),
          "Lifetime of the short-lived bearer tokens that clients such as "
          "docker get from /jwt/auth in exchange for an access token.");
ABSL_FLAG(absl::Duration, signing_key_rotation, absl::Hours(24 * 30),
          "How often the key that signs these bearer tokens is rotated. Must "
          "be at least --token_lifetime.");
ABSL_FLAG(std::string, secret_key_file, "",
          "File with the key that encrypts stored upstream credentials. It is "
          "created at the first start with mode 0600. If empty: secret.key in "
          "the data directory. Back it up: without it the stored credentials "
          "cannot be decrypted.");

ABSL_FLAG(int64_t, audit_events_max, 100000,
          "Number of audit events kept in the database for `cvr audit list`. "
          "Older events are only in the audit log file.");
ABSL_FLAG(int64_t, entries_per_upstream_max,
          cvr::limits::kEntriesPerUpstreamDefault,
          "Maximum number of cache entries per upstream. For each entry above "
          "it, one that was not used for a long time is deleted. At least 1.");
ABSL_FLAG(
    absl::Duration, cleanup_check_interval, absl::Minutes(1),
    "How often the server checks for cleanup policies that are due to run.");

namespace cvr {

absl::StatusOr<MetadataStack::Options> MetadataOptionsFromFlags(
    std::string data_dir, std::string admin_token_file) {
  MetadataStack::Options options;
  options.data_dir = std::move(data_dir);
  options.secret_key_file = absl::GetFlag(FLAGS_secret_key_file);
  options.admin_token_file = std::move(admin_token_file);
  options.signing.token_lifetime = absl::GetFlag(FLAGS_token_lifetime);
  options.signing.rotate_after = absl::GetFlag(FLAGS_signing_key_rotation);
  if (options.signing.token_lifetime < absl::Seconds(1)) {
    return absl::InvalidArgumentError(
        "--token_lifetime must be at least one second");
  }
  if (options.signing.rotate_after < options.signing.token_lifetime) {
    return absl::InvalidArgumentError(
        "--signing_key_rotation must not be less than --token_lifetime");
  }
  options.cleanup_check_interval = absl::GetFlag(FLAGS_cleanup_check_interval);
  if (options.cleanup_check_interval <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        "--cleanup_check_interval must be positive");
  }
  options.client.entries_per_upstream_max =
      std::max<int64_t>(1, absl::GetFlag(FLAGS_entries_per_upstream_max));
  options.audit.events_max =
      std::max<int64_t>(1, absl::GetFlag(FLAGS_audit_events_max));
  options.limits.registries_per_group =
      absl::GetFlag(FLAGS_registries_per_group_max);
  options.limits.upstreams_per_registry =
      absl::GetFlag(FLAGS_upstreams_per_registry_max);
  return options;
}

}  // namespace cvr
