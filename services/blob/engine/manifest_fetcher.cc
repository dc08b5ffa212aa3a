#include "services/blob/engine/manifest_fetcher.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/blob/engine/content_streams.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {

ManifestFetcher::ManifestFetcher(BlobStore& store, UpstreamClient& upstream,
                                 MetadataClient& metadata, const Clock& clock,
                                 ThreadPool& pool)
    : metadata_(metadata),
      asker_(store, upstream, metadata, clock),
      flights_(pool) {}

absl::StatusOr<std::unique_ptr<ContentStream>> ManifestFetcher::Fetch(
    const FetchRequest& request) {
  return Open(request, /*counts_as_download=*/!request.header_only);
}

absl::StatusOr<std::unique_ptr<ContentStream>> ManifestFetcher::Repair(
    FetchRequest request) {
  // What a tag points at elsewhere is another manifest.
  for (Candidate& candidate : request.plan.candidates) {
    if (candidate.cached &&
        candidate.cached->target.digest != request.content.reference.digest()) {
      candidate.cached.reset();
    }
  }
  return Open(request, /*counts_as_download=*/false);
}

absl::StatusOr<std::unique_ptr<ContentStream>> ManifestFetcher::Open(
    const FetchRequest& request, bool counts_as_download) {
  const auto& [repository, reference, kind] = request.content;
  absl::Status decisive =
      errors::ManifestUnknown(repository.name(), reference.ToString());
  for (const Candidate& candidate : request.plan.candidates) {
    auto answer = Ask(request, candidate, counts_as_download);
    if (answer.ok() && answer->has_value()) {
      auto& [target, bytes, origin] = **answer;
      return MakeBytesStream({std::move(target), origin, candidate.upstream_id},
                             {request.range, request.header_only},
                             std::move(bytes));
    }
    if (answer.ok()) continue;
    // A tag must not come from a lower upstream because a higher one is down;
    // a digest may, its bytes prove themselves.
    if (!reference.is_digest() || absl::IsDeadlineExceeded(answer.status())) {
      return answer.status();
    }
    if (absl::IsNotFound(decisive)) decisive = answer.status();
  }
  return decisive;
}

absl::StatusOr<std::optional<ManifestAnswer>> ManifestFetcher::Ask(
    const FetchRequest& request, const Candidate& candidate,
    bool counts_as_download) {
  const ManifestAsker::Question question = {request.content, candidate,
                                            counts_as_download};
  if (auto stored = asker_.FromStore(question)) return stored;
  using Answer = std::shared_ptr<const ManifestAnswer>;
  const auto [answer, led] = flights_.Do(
      absl::StrCat(candidate.upstream_id, request.content.RelativePath()),
      request.deadline, [this, question]() -> absl::StatusOr<Answer> {
        ASSIGN_OR_RETURN(auto found, asker_.FromUpstream(question));
        return std::make_shared<const ManifestAnswer>(std::move(found));
      });
  if (absl::IsNotFound(answer.status())) return std::nullopt;
  RETURN_IF_ERROR(answer.status());
  // The leader's download is counted where it is recorded.
  if (!led && counts_as_download &&
      (*answer)->origin != ContentOrigin::kStale) {
    const absl::Status touched =
        metadata_.Touch(candidate.upstream_id, request.content,
                        (*answer)->target.digest, counts_as_download);
    if (!touched.ok()) spdlog::warn("touch: {}", touched.ToString());
  }
  return **answer;
}

}  // namespace cvr
