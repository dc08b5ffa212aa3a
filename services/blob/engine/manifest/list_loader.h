#ifndef SERVICES_BLOB_ENGINE_MANIFEST_LIST_LOADER_H_
#define SERVICES_BLOB_ENGINE_MANIFEST_LIST_LOADER_H_

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "services/blob/api/content_source.h"
#include "services/blob/engine/walk/cached_upstream_access.h"
#include "services/blob/engine/walk/stale_copy_policy.h"
#include "services/blob/engine/walk/upstream_tools.h"
#include "services/blob/store/blob_store.h"
#include "services/common/content.h"
#include "services/metadata/api/pull_metadata.h"
#include "services/upstream/api/upstream_client.h"
#include "services/upstream/api/upstream_list.h"

namespace cvr {

// One upstream's list, as a text of text_lines.h: kTagsText or kReferrersText.
struct ListPart {
  Digest digest;
  std::shared_ptr<const BlobReader> text;
  CacheStatus cache_status = CacheStatus::kHit;
};

// What one candidate has of a list, of kTags or kReferrers. A list is stored as
// a blob like any other and recorded under its path, so that it can be served
// again. Tags are stored sorted. What an upstream says is recorded.
// Thread-safe.
class ListLoader {
 public:
  struct Question {
    ContentRef content;
    Candidate candidate;
  };

  explicit ListLoader(const UpstreamTools& tools);

  // What is recorded as fresh and made of what the upstream has delivered,
  // without asking.
  std::optional<ListPart> FindStored(const Question& question);

  // The copy that may be served (kStale) when the upstream fails.
  std::optional<ListPart> StaleCopy(const Question& question);

  // Asks the upstream (kMiss), or answers the stale copy when its budget is to
  // be saved. An upstream without the referrers API is asked for the tag that
  // stands for it, and without that has an empty list.
  // Errors: those of UpstreamClient; NOT_FOUND also when the upstream itself is
  // unknown by now; UNAVAILABLE (UPSTREAM_INVALID) for more than
  // limits::kReferrersMax referrers.
  absl::StatusOr<ListPart> FromUpstream(const Question& question);

 private:
  absl::StatusOr<UpstreamList> Ask(const Question& question,
                                   const UpstreamAccess& access);
  absl::StatusOr<UpstreamList> AskForReferrers(const Question& question,
                                               const UpstreamAccess& access);
  // What is recorded, if it is a text that can be read.
  std::optional<ListPart> OpenCached(const Question& question);
  std::optional<ListPart> CopyThatSavesBudget(const Question& question);
  // Stores and records. A store that fails fails nothing else.
  ListPart Keep(const Question& question, const UpstreamAccess& access,
                UpstreamList list);
  void RecordText(const Question& question, const UpstreamAccess& access,
                  const Descriptor& target, const UpstreamList& list);

  BlobStore& store_;
  UpstreamClient& upstream_;
  PullMetadata& metadata_;
  CachedUpstreamAccess& accesses_;
  const StaleCopyPolicy copies_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_MANIFEST_LIST_LOADER_H_
