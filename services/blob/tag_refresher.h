#ifndef SERVICES_BLOB_TAG_REFRESHER_H_
#define SERVICES_BLOB_TAG_REFRESHER_H_

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cvr/v1/refresh_service.pb.h"
#include "services/blob/engine/engine.h"
#include "services/blob/operation_runner.h"
#include "services/common/content.h"
#include "services/concurrency/share_ledger.h"
#include "services/metadata/api/resolver.h"

namespace cvr {

// Engine::RefreshTag() for the upstreams of a registry. Thread-safe.
class TagRefresher {
 public:
  // Upstreams that one batch asks at the same time, a thread each.
  static constexpr size_t kParallelMax = 4;

  // A tag with the upstreams that are to be asked for it.
  struct Question {
    ContentRef content;
    Resolution resolution;

    // Whose share it uses: that of the upstream that is asked first.
    ShareKey share() const;
  };

  // Both must outlive it.
  TagRefresher(Engine& engine, Resolver& resolver)
      : engine_(engine), resolver_(resolver) {}

  // Errors: those of Resolver::Resolve().
  absl::StatusOr<Question> Resolve(int64_t registry_id,
                                   const ContentRef& content);

  // Blocks until the upstreams have answered, until `deadline` at most
  // (Clock::SteadyNow()) or until `cancel` says so. Errors: those of
  // Engine::RefreshTag().
  absl::StatusOr<v1::RefreshTagResponse> Refresh(Question question,
                                                 absl::Time deadline,
                                                 std::stop_token cancel = {});

  // Refreshes the tags, one after the other for each upstream, and reports each
  // as one thing that is done. The results are in the order of `tags`, failures
  // among them. Errors: CANCELLED when `operation` says so.
  absl::StatusOr<v1::BatchRefreshTagsResponse> RefreshAll(
      int64_t registry_id, const std::vector<ContentRef>& tags,
      RunningOperation& operation);

 private:
  Engine& engine_;
  Resolver& resolver_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_TAG_REFRESHER_H_
