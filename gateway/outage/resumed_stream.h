#ifndef GATEWAY_OUTAGE_RESUMED_STREAM_H_
#define GATEWAY_OUTAGE_RESUMED_STREAM_H_

#include <cstdint>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "gateway/outage/outage_hold.h"
#include "services/blob/api/content_source.h"
#include "services/common/chunk.h"

namespace cvr {

// A stream whose first bytes have been read already.
struct BegunStream {
  Chunk first;
  std::unique_ptr<ContentStream> stream;  // Never null.
};

// Opens the same bytes again from `offset_bytes` of the whole on.
using ReopenStream =
    absl::AnyInvocable<absl::StatusOr<BegunStream>(uint64_t offset_bytes)>;

// `stream`, whose `first` bytes have been read already. When the service
// that it comes from breaks off, it waits for the service to be there again
// and goes on from where it was, so that the client notices a pause at most.
// Bytes that are addressed by digest are the same then; for others this is not
// to be used. `outages` must outlive it.
std::unique_ptr<ContentStream> ResumeAfterOutages(
    const Chunk& first, std::unique_ptr<ContentStream> stream,
    OutageHold& outages, ReopenStream reopen);

// Whether the error is that a service behind this gateway could not be reached
// or broke off, and not that something else is unavailable.
bool IsOutage(const absl::Status& status);

}  // namespace cvr

#endif  // GATEWAY_OUTAGE_RESUMED_STREAM_H_
