#include "gateway/registry/shared_content_source.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

constexpr absl::Duration kAskAgainAfter = absl::Seconds(5);

// Holds a place until its first bytes are there.
class WaitingStream : public ContentStream {
 public:
  WaitingStream(std::unique_ptr<ContentStream> stream,
                std::unique_ptr<KeyedShares::Hold> hold)
      : stream_(std::move(stream)), hold_(std::move(hold)) {}

  const ContentHeader& header() const override { return stream_->header(); }
  absl::StatusOr<Chunk> Next() override {
    auto chunk = stream_->Next();
    hold_.reset();
    return chunk;
  }
  void Cancel() override { stream_->Cancel(); }

 private:
  const std::unique_ptr<ContentStream> stream_;
  std::unique_ptr<KeyedShares::Hold> hold_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ContentStream>> SharedContentSource::Fetch(
    const FetchRequest& request) {
  if (request.plan.candidates.empty()) return source_.Fetch(request);
  auto hold =
      waits_.TryTake(absl::StrCat(request.plan.candidates.front().upstream_id));
  if (hold == nullptr) {
    return WithRetryAfter(absl::ResourceExhaustedError(
                              "too many requests wait for this upstream"),
                          kAskAgainAfter);
  }
  ASSIGN_OR_RETURN(auto stream, source_.Fetch(request));
  return std::make_unique<WaitingStream>(std::move(stream), std::move(hold));
}

}  // namespace cvr
