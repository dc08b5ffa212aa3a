#ifndef SERVICES_METADATA_API_RESOLVER_H_
#define SERVICES_METADATA_API_RESOLVER_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/access/caller.h"
#include "services/common/content.h"
#include "services/common/limits.h"
#include "services/policy/failure_policy.h"
#include "services/policy/pull_rules.h"

namespace cvr {

// What is recorded for a path.
struct CachedEntry {
  Descriptor target;
  absl::Time last_check_time;
  // Whether it may be served without asking the upstream again. Always so for
  // what is addressed by digest.
  bool fresh = false;
  // For how long after the plan was made it may be served when the upstream
  // fails; negative = not any more.
  absl::Duration stale_for = absl::InfiniteDuration();
};

// What an upstream has said of content that it did not supply.
enum class NegativeAnswer {
  kNone,
  kNotFound,  // 404, and what registries use for it.
  kRefused,   // 401 and 403.
  kHidden,    // 401 and 403 in spite of a token: it has nothing there for us.
};

// An upstream as somebody knew it: a number that rises with every purge of what
// is cached of it, deletion of an entry, and change of its URL, its
// credentials, its TLS settings or whether it is disabled. What was found out
// under an earlier one is not recorded any more.
struct UpstreamEpoch {
  int64_t upstream_id = 0;
  int64_t cache_epoch = 0;  // From 1; 0 is never good.

  friend bool operator==(const UpstreamEpoch& a, const UpstreamEpoch& b) {
    return a.upstream_id == b.upstream_id && a.cache_epoch == b.cache_epoch;
  }
};

// An upstream that may be asked for some content.
struct Candidate {
  int64_t upstream_id = 0;
  // A manifest that this upstream supplied refers to the wanted digest, so
  // bytes that it has delivered before may be served without asking it.
  bool reachable = false;
  std::optional<CachedEntry> cached = std::nullopt;
  // What it answered a moment ago: it is not to be asked again yet.
  NegativeAnswer negative_answer = NegativeAnswer::kNone;
  FailurePolicy failure_policy = {};
  // Only of lists of tags: what is to be left out of its list.
  RuleSet tag_rules = {};

  // As whom it is asked: one number for one URL with one pair of credentials,
  // within one group; 0 = not known, so like no other upstream.
  int64_t identity = 0;
  // As whom it would be asked without credentials: one number for one URL, in
  // all groups. What was delivered so is for everybody who may ask that URL.
  int64_t public_identity = 0;
  // The wanted bytes have been delivered, in full and verified, to one of these
  // two identities. Of a path by tag: the bytes of `cached`. Bytes that are
  // stored are served in this upstream's name only if this is true.
  bool possessed = false;
  // Of UpstreamEpoch, when this was so.
  int64_t cache_epoch = 0;
  // What the upstream calls the repository, where that differs from what was
  // asked for (docker_hub.h). Everything about it is recorded under this name.
  std::optional<Repository> repository = std::nullopt;
  // UpstreamAccess::version, when this was so; 0 = not known.
  int64_t upstream_version = 0;
  // UpstreamLimits::rate_reserve_percent of the upstream.
  int rate_reserve_percent = limits::kRateReservePercentDefault;

  UpstreamEpoch epoch() const { return {upstream_id, cache_epoch}; }
  // `content` as this upstream names it.
  ContentRef ContentOf(ContentRef content) const {
    if (repository) content.repository = *repository;
    return content;
  }
};

// The candidates in order of precedence. For digests those that are known to
// have it come first: bytes prove themselves, so nothing is lost by it.
struct FetchPlan {
  std::vector<Candidate> candidates;
  // When this was so. What an upstream has answered since needs not be asked
  // again; by default nothing is later.
  absl::Time resolved_at = absl::InfiniteFuture();
  // The group whose share of bounded resources the pull uses: the registry's.
  // Empty = no group's.
  std::string group = {};
};

struct Hit {
  Descriptor target;
  int64_t upstream_id = 0;
};

struct ResolveRequest {
  int64_t registry_id = 0;
  ContentRef content;
  // Whether a hit counts as a pull of its cache entry (GET).
  bool counts_as_pull = false;
  // Only upstreams that stand for this registry host, `docker.io`; empty = all.
  // Docker Hub's names are one.
  std::string source_namespace = {};
  // Who asks, verified.
  Caller caller = {};
  // How the client names the registry, if not by its id: everything between
  // `containers/` and `/manifests/` and its kin, so with the repository. Errors
  // contain this path instead of the id, because a caller that may not see the
  // registry must not learn its id. Empty = by its id.
  std::string registry_path = {};
  // How long the answer may take; besides, other bounds hold. Does not travel.
  absl::Duration patience = absl::InfiniteDuration();
};

struct Resolution {
  // Set when a fresh entry answers; its bytes may still turn out to be gone.
  std::optional<Hit> hit;
  // Whom to ask when there is no hit, or its bytes are gone. Never empty, but
  // for what is remembered.
  FetchPlan plan;
  // The metadata service does not answer; the hit is what it answered before.
  // Nobody can be asked then.
  bool remembered = false;
};

// A repository that something is cached of.
struct CachedRepository {
  int64_t registry_id = 0;
  std::string name;
};

// A registry that a path begins with the name of: `<group>/<name>`.
struct LocatedRegistry {
  int64_t id = 0;
  // How many components of the path name it: from 2 to
  // limits::kRegistryPathPartsMax. What follows is a repository.
  int path_parts = 0;
};

// An id that no registry ever has: that of names which name none, so that they
// are answered as ids are that exist for somebody else.
inline constexpr int64_t kNoRegistry = std::numeric_limits<int64_t>::max();

// Decides what a pull gets. Thread-safe.
class Resolver {
 public:
  virtual ~Resolver() = default;

  // Errors: UNAUTHENTICATED when the caller has shown nothing and the registry,
  // if there is one, is not for everybody; NOT_FOUND (reason NAME_UNKNOWN) when
  // there is no such registry, the caller may not see it, or nothing in it may
  // answer; PERMISSION_DENIED (reason DENIED) when the caller may see the
  // registry but not pull from it, and when the rules of its upstreams exclude
  // the content; UNAVAILABLE when the metadata service cannot
  // be reached.
  virtual absl::StatusOr<Resolution> Resolve(const ResolveRequest& request) = 0;

  // The first `max` (1-1000) repositories after `start_after`, of one registry
  // or, when it is 0, of all that the caller may pull from, by registry and
  // then by name, that rules do not exclude. Errors: UNAUTHENTICATED, NOT_FOUND
  // and PERMISSION_DENIED as above, UNAVAILABLE.
  virtual absl::StatusOr<std::vector<CachedRepository>> ListRepositories(
      const Caller& caller, int64_t registry_id,
      const CachedRepository& start_after, int max) = 0;

  // The registry whose group and name `path`, components with `/` between them,
  // begins with: what was created or renamed before the call is found under
  // that name, and not under another. The answer tells every caller whether a
  // registry exists, so callers must give their clients the same response for a
  // missing registry as for one that they may not see. Cheap: a read for each
  // component. Errors: NOT_FOUND when there is none; INVALID_ARGUMENT
  // (NAME_INVALID) when the path is not one of a repository; UNAVAILABLE.
  virtual absl::StatusOr<LocatedRegistry> Locate(absl::string_view path) = 0;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_API_RESOLVER_H_
