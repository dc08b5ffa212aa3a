#include "services/blob/engine/download/blob_prober.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "services/blob/engine/walk/candidate_walk.h"
#include "services/blob/engine/walk/possession.h"
#include "services/blob/engine/walk/upstream_failures.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

// Takes the header and hangs up.
class HeaderSink : public UpstreamBlobSink {
 public:
  absl::Status OnHeader(const UpstreamBlobHeader& header) override {
    header_ = header;
    return absl::CancelledError("only the header is wanted");
  }
  absl::Status OnBytes(absl::string_view) override { return absl::OkStatus(); }

  const std::optional<UpstreamBlobHeader>& header() const { return header_; }

 private:
  std::optional<UpstreamBlobHeader> header_;
};

}  // namespace

BlobProber::BlobProber(const UpstreamTools& tools, FairPool& pool)
    : tools_(tools), flights_(pool) {}

absl::StatusOr<BlobProber::Answer> BlobProber::FindFirst(
    const std::vector<BlobOrigin>& origins, const Digest& digest,
    const Patience& patience) {
  CandidateWalk walk(/*by_digest=*/true,
                     errors::BlobUnknown(digest.ToString()));
  for (const BlobOrigin& origin : origins) {
    auto answer = AskOnce(origin, digest, patience);
    if (answer.ok()) return answer;
    const absl::Status& failure = answer.status();
    if (patience.cancel.stop_requested()) return failure;
    if (walk.OnFailure(failure, origin.failure_policy) ==
        CandidateWalk::Action::kStop) {
      break;
    }
  }
  return walk.status();
}

absl::StatusOr<BlobProber::Answer> BlobProber::AskOnce(
    const BlobOrigin& origin, const Digest& digest, const Patience& patience) {
  RETURN_IF_ERROR(KnownAnswer(origin.upstream_id, origin.negative_answer,
                              errors::BlobUnknown(digest.ToString())));
  const std::string key = absl::StrCat(
      origin.upstream_id, " ", origin.cache_epoch, " ", origin.identity, " ",
      origin.repository.name(), " ", digest.ToString());
  return flights_
      .Do(key, origin.share(), patience,
          [this, origin, digest] { return Ask(origin, digest); })
      .value;
}

absl::StatusOr<BlobProber::Answer> BlobProber::Ask(const BlobOrigin& origin,
                                                   const Digest& digest) {
  ASSIGN_OR_RETURN(
      const auto access,
      tools_.accesses.Get(origin.epoch(), origin.upstream_version));
  RETURN_IF_ERROR(CheckIdentity(*access, origin.identity));
  HeaderSink sink;
  UpstreamBlobPart first_byte;
  first_byte.length = 1;
  const absl::Status status = tools_.upstream.GetBlob(
      *access, origin.repository, digest, first_byte, sink);
  if (sink.header()) return Answer{origin, sink.header()->size_bytes};
  RecordAnswer(tools_.metadata, origin.epoch(),
               {origin.repository, Reference(digest), ContentKind::kBlob},
               status);
  if (!status.ok()) return status;
  return errors::UpstreamInvalid(access->name, "the response has no headers");
}

}  // namespace cvr
