#include "services/blob/engine/download/blob_prober.h"

#include <string>

#include "absl/strings/str_cat.h"
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

BlobProber::BlobProber(UpstreamClient& upstream, PullMetadata& metadata,
                       FairPool& pool)
    : upstream_(upstream), metadata_(metadata), flights_(pool) {}

absl::StatusOr<BlobProber::Answer> BlobProber::FindFirst(
    const std::vector<BlobOrigin>& origins, const Digest& digest,
    const Patience& patience) {
  absl::Status decisive = errors::BlobUnknown(digest.ToString());
  for (const BlobOrigin& origin : origins) {
    auto answer = AskOnce(origin, digest, patience);
    if (answer.ok()) return answer;
    const absl::Status& failure = answer.status();
    if (patience.cancel.stop_requested()) return failure;
    const FailurePlace place = {.by_digest = true};
    if (ActionOn(failure, origin.failure_policy, place) ==
        FailurePolicy::Action::kStop) {
      return StoppedBy(failure, place);
    }
    NoteFailure(failure, decisive);
  }
  return decisive;
}

absl::StatusOr<BlobProber::Answer> BlobProber::AskOnce(
    const BlobOrigin& origin, const Digest& digest, const Patience& patience) {
  RETURN_IF_ERROR(KnownAnswer(origin.upstream_id, origin.denial,
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
  ASSIGN_OR_RETURN(const UpstreamAccess access,
                   metadata_.GetUpstreamAccess(origin.upstream_id));
  RETURN_IF_ERROR(CheckIdentity(access, origin.identity));
  HeaderSink sink;
  UpstreamBlobPart first_byte;
  first_byte.length = 1;
  const absl::Status status =
      upstream_.GetBlob(access, origin.repository, digest, first_byte, sink);
  if (sink.header()) return Answer{origin, sink.header()->size_bytes};
  RecordAnswer(metadata_, origin.epoch(),
               {origin.repository, Reference(digest), ContentKind::kBlob},
               status);
  if (!status.ok()) return status;
  return errors::UpstreamInvalid(access.name, "the response has no headers");
}

}  // namespace cvr
