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
  // The digest is that of the bytes. It was verified against the reference, if
  // that is a digest, and against Docker-Content-Digest, if the upstream sent
  // that header.
  Descriptor target;
  std::string bytes;
  std::string etag;  // Without quotes; empty when there was none.
  // The reservation of memory for the bytes, to be kept as long as they are; or
  // null.
  MemoryBudget::Lease room = nullptr;
};

// The response headers of a blob.
struct UpstreamBlobHeader {
  // The whole blob's size in bytes; absent when the upstream did not say.
  std::optional<uint64_t> size_bytes;
  // Offset of the body in the blob; 0 if the upstream ignored the range.
  uint64_t offset = 0;
  std::string etag;  // Without quotes; empty when there was none or it is weak.
};

// The part of a blob to request.
struct UpstreamBlobPart {
  uint64_t offset = 0;
  std::optional<uint64_t> length;  // At least 1; absent = to the end.
  // If set and the blob's ETag has changed, the upstream sends the whole blob.
  std::string if_range_etag;
};

// Receives the body of a blob, on the thread that called GetBlob().
class UpstreamBlobSink {
 public:
  virtual ~UpstreamBlobSink() = default;
  // Once, before any bytes. An error ends the transfer.
  virtual absl::Status OnHeader(const UpstreamBlobHeader& header) = 0;
  // `bytes` is valid during the call only. An error ends the transfer.
  virtual absl::Status OnBytes(absl::string_view bytes) = 0;
  // A token whose stop ends the call with CANCELLED at once, in whatever phase
  // it is: in a queue, connecting, waiting for a token, a response or bytes.
  virtual std::stop_token cancel() const { return {}; }
};

// Client of upstream registries (OCI distribution-spec). It hides the token
// exchange, redirects and the peculiarities of registries from its callers.
// Each call blocks its thread until the response is complete: at most
// limits::kDocumentSecondsMax, except for blobs. Thread-safe.
//
// Errors of every call, with the name of the host that failed:
//   NOT_FOUND           (MANIFEST_UNKNOWN, BLOB_UNKNOWN) the upstream does not
//                       have the content. Also 401 or 403 for a token that it
//                       has granted, or if it grants none to anonymous callers
//                       and there are no credentials, because registries
//                       answer so for absent content; IsHidden() is true then
//   UNAVAILABLE         (UPSTREAM_UNAVAILABLE, perhaps with Retry-After)
//                       connect, DNS, TLS, timeout, 408, 5xx, or a body that
//                       breaks off
//                       (UPSTREAM_INVALID, MANIFEST_INVALID) a response that
//                       violates the protocol; see manifest_facts.h
//                       (CONTENT_MISMATCH) bytes that do not match the digest
//   RESOURCE_EXHAUSTED  (UPSTREAM_RATE_LIMITED) 429, with its Retry-After
//                       no memory for a manifest or list; see MemoryBudget
//   PERMISSION_DENIED   (UPSTREAM_REFUSED) 401 or 403
//                       (DENIED) an address that the deployment forbids
class UpstreamClient {
 public:
  virtual ~UpstreamClient() = default;

  // At most limits::kManifestBytesMax.
  virtual absl::StatusOr<UpstreamManifest> GetManifest(
      const UpstreamAccess& access, const Repository& repository,
      const Reference& reference) = 0;

  // The descriptor of the manifest that GetManifest() would return. Does not
  // count as a pull at registries with rate limits for pulls. The size is 0 if
  // the upstream does not send it. UNAVAILABLE (UPSTREAM_INVALID) if the
  // upstream does not send the digest of a tag or does not support HEAD;
  // GetManifest() may still succeed.
  virtual absl::StatusOr<Descriptor> HeadManifest(
      const UpstreamAccess& access, const Repository& repository,
      const Reference& reference) = 0;

  // Streams a blob into `sink`, without verifying it: the caller must compute
  // the digest. An error of `sink` is returned unchanged. OK only if the whole
  // body was received.
  virtual absl::Status GetBlob(const UpstreamAccess& access,
                               const Repository& repository,
                               const Digest& digest,
                               const UpstreamBlobPart& part,
                               UpstreamBlobSink& sink) = 0;

  // All tags from all pages, in the upstream's order, without strings that are
  // not valid tags. NOT_FOUND (reason NAME_UNKNOWN) if the upstream does not
  // know the repository. UNAVAILABLE (UPSTREAM_INVALID) for a list that is
  // larger than limits::kTagsMax, kListBytesMax or kListPagesMax, whose pages
  // form a loop, or whose next page is at another origin, which is never
  // contacted. An incomplete list is never returned.
  virtual absl::StatusOr<UpstreamList> ListTags(
      const UpstreamAccess& access, const Repository& repository) = 0;

  // The descriptors of all manifests that refer to `subject`, from all pages,
  // each as a line of referrer_line.h. NOT_FOUND (reason MANIFEST_UNKNOWN) if
  // the upstream does not know the referrers API or the repository. The bounds
  // are those of ListTags(), with limits::kReferrersMax for the number.
  virtual absl::StatusOr<UpstreamList> ListReferrers(
      const UpstreamAccess& access, const Repository& repository,
      const Digest& subject) = 0;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_API_UPSTREAM_CLIENT_H_
