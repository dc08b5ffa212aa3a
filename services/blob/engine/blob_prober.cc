#include "services/blob/engine/blob_prober.h"

#include <string>

#include "absl/strings/str_cat.h"
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

BlobProber::BlobProber(UpstreamClient& upstream, MetadataClient& metadata,
                       ThreadPool& pool)
    : upstream_(upstream), metadata_(metadata), flights_(pool) {}

absl::StatusOr<BlobProber::Answer> BlobProber::FindFirst(
    const std::vector<BlobOrigin>& origins, const Digest& digest,
    absl::Time deadline) {
  absl::Status decisive = errors::BlobUnknown(digest.ToString());
  for (const BlobOrigin& origin : origins) {
    const std::string key =
        absl::StrCat(origin.upstream_id, " ", origin.repository.name(), " ",
                     digest.ToString());
    auto outcome = flights_.Do(
        key, deadline, [this, origin, digest] { return Ask(origin, digest); });
    const absl::Status status = outcome.value.status();
    if (status.ok() || absl::IsDeadlineExceeded(status)) return outcome.value;
    if (absl::IsNotFound(decisive) && !absl::IsNotFound(status)) {
      decisive = status;
    }
  }
  return decisive;
}

absl::StatusOr<BlobProber::Answer> BlobProber::Ask(const BlobOrigin& origin,
                                                   const Digest& digest) {
  ASSIGN_OR_RETURN(const UpstreamAccess access,
                   metadata_.GetUpstreamAccess(origin.upstream_id));
  HeaderSink sink;
  UpstreamBlobPart first_byte;
  first_byte.length = 1;
  const absl::Status status =
      upstream_.GetBlob(access, origin.repository, digest, first_byte, sink);
  if (sink.header()) return Answer{origin, sink.header()->size_bytes};
  if (!status.ok()) return status;
  return errors::UpstreamInvalid(access.name, "answered without a header");
}

}  // namespace cvr
