#ifndef SERVICES_METADATA_API_CONTENT_INDEX_H_
#define SERVICES_METADATA_API_CONTENT_INDEX_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "services/common/digest.h"

namespace cvr {

// The cache entries of all upstreams, by the digest that they point at: what
// the blob store compares its bytes with. Thread-safe. Every call answers
// UNAVAILABLE when the metadata service cannot be reached.
class ContentIndex {
 public:
  virtual ~ContentIndex() = default;

  // The bytes of `digests` are stored no more. Drops every entry that points at
  // one of them, of all upstreams that have delivered it, by tag or by digest;
  // what upstreams can supply stays known. What an entry of another upstream
  // says was never about those bytes, so it must not tell of them. Forgetting
  // the unknown succeeds. A power cut may undo it, which costs a miss. Errors:
  // INVALID_ARGUMENT for more than limits::kForgottenDigestsMax.
  virtual absl::Status ForgetContent(absl::Span<const Digest> digests) = 0;

  // Those of `digests`, in their order, that no entry of any upstream points
  // at. Errors: INVALID_ARGUMENT for more than limits::kForgottenDigestsMax.
  virtual absl::StatusOr<std::vector<Digest>> FilterUnreferenced(
      absl::Span<const Digest> digests) = 0;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_API_CONTENT_INDEX_H_
