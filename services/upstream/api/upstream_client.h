#ifndef SERVICES_UPSTREAM_API_UPSTREAM_CLIENT_H_
#define SERVICES_UPSTREAM_API_UPSTREAM_CLIENT_H_

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/content.h"
#include "services/concurrency/memory_budget.h"
#include "services/policy/upstream_access.h"
#include "services/upstream/api/upstream_list.h"

namespace cvr {

// A manifest as an upstream sent it.
struct UpstreamManifest {
  // Of the bytes: verified against the reference when that is a digest, and
  // against Docker-Content-Digest when the upstream sent one.
  Descriptor target;
  std::string bytes;
  std::string etag;  // Without quotes; empty when there was none.
  // The memory that it is counted in, as long as the bytes are held; or null.
  MemoryBudget::Lease room = nullptr;
};

// What an upstream says of a blob before its bytes.
struct UpstreamBlobHeader {
  // The whole blob's size in bytes; absent when the upstream did not say.
  std::optional<uint64_t> size_bytes;
  // Where the body starts: 0 when the upstream ignored the wish for a part.
  uint64_t offset = 0;
  std::string etag;  // Without quotes; empty when there was none or it is weak.
};

// Which part of a blob is wanted.
struct UpstreamBlobPart {
  uint64_t offset = 0;
  std::optional<uint64_t> length;  // At least 1; absent = to the end.
  // When set and the blob has another ETag by now, it comes from byte 0.
  std::string if_range_etag;
};

// Receives a blob's body, on the thread that asked for it.
class UpstreamBlobSink {
 public:
  virtual ~UpstreamBlobSink() = default;
  // Once, before any bytes. An error ends the transfer.
  virtual absl::Status OnHeader(const UpstreamBlobHeader& header) = 0;
  // `bytes` is valid during the call only. An error ends the transfer.
  virtual absl::Status OnBytes(absl::string_view bytes) = 0;
  // Ends the call with CANCELLED at once, wherever it is: in a line,
  // connecting, waiting for a token, an answer or bytes.
  virtual std::stop_token cancel() const { return {}; }
};

// Talks to upstream registries: OCI distribution-spec as a client, with token
// exchange, redirects and every quirk of theirs. Blocks the calling thread
// until the answer is complete; each answer but a blob's for
// limits::kDocumentSecondsMax at most. Thread-safe.
//
// Errors of every call, naming the host that failed:
//   NOT_FOUND           the upstream does not have it
//                       (reason MANIFEST_UNKNOWN or BLOB_UNKNOWN); also
//                       401 and 403 to a token that it has granted, or when it
//                       refuses one to anonymous callers and we hold no
//                       credentials: registries answer so for what is absent.
//                       IsHidden() tells that it was one of these
//   UNAVAILABLE         connect, DNS, TLS, timeout, 408, 5xx, a body that
//   breaks
//                       off (UPSTREAM_UNAVAILABLE, perhaps with Retry-After),
//                       an answer that no registry may give (UPSTREAM_INVALID;
//                       MANIFEST_INVALID: see manifest_facts.h),
//                       other bytes than the digest says (CONTENT_MISMATCH)
//   RESOURCE_EXHAUSTED  429, with its Retry-After (UPSTREAM_RATE_LIMITED); no
//                       room in memory for a manifest or a list
//   PERMISSION_DENIED   401 or 403 (UPSTREAM_DENIED), an address that the
//                       deployment does not allow (DENIED)
class UpstreamClient {
 public:
  virtual ~UpstreamClient() = default;

  // At most limits::kManifestBytesMax.
  virtual absl::StatusOr<UpstreamManifest> GetManifest(
      const UpstreamAccess& access, const Repository& repository,
      const Reference& reference) = 0;

  // What GetManifest would answer, without its bytes and, at registries that
  // count pulls, without counting as one. The size is 0 when the upstream does
  // not say it. UNAVAILABLE (UPSTREAM_INVALID) when it does not say the digest
  // of a tag, or knows no HEAD: GetManifest may still do.
  virtual absl::StatusOr<Descriptor> HeadManifest(
      const UpstreamAccess& access, const Repository& repository,
      const Reference& reference) = 0;

  // Streams a blob, unverified: the caller hashes. An error of `sink` is
  // returned unchanged. OK only when the whole body came.
  virtual absl::Status GetBlob(const UpstreamAccess& access,
                               const Repository& repository,
                               const Digest& digest,
                               const UpstreamBlobPart& part,
                               UpstreamBlobSink& sink) = 0;

  // All tags, over all pages, in the upstream's order. What can be no tag is
  // left out. NOT_FOUND (reason NAME_UNKNOWN) when it does not know the
  // repository; UNAVAILABLE (UPSTREAM_INVALID) for a list beyond
  // limits::kTagsMax, kListBytesMax or kListPagesMax, for one that goes round
  // in circles, and for one whose next page is at another origin, which is not
  // asked: no list is given for less than it is.
  virtual absl::StatusOr<UpstreamList> ListTags(
      const UpstreamAccess& access, const Repository& repository) = 0;

  // All descriptors of manifests that refer to `subject`, over all pages, each
  // as a line of referrer_line.h. NOT_FOUND (reason MANIFEST_UNKNOWN) when the
  // upstream does not know this API or the repository; bounds as for ListTags,
  // but limits::kReferrersMax.
  virtual absl::StatusOr<UpstreamList> ListReferrers(
      const UpstreamAccess& access, const Repository& repository,
      const Digest& subject) = 0;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_API_UPSTREAM_CLIENT_H_
