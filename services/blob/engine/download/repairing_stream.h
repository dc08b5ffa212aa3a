#ifndef SERVICES_BLOB_ENGINE_DOWNLOAD_REPAIRING_STREAM_H_
#define SERVICES_BLOB_ENGINE_DOWNLOAD_REPAIRING_STREAM_H_

#include <functional>
#include <memory>
#include <stop_token>

#include "absl/status/statusor.h"
#include "services/blob/api/content_source.h"
#include "services/common/byte_range.h"

namespace cvr {

// Opens the same content again, for the part that is still to come. The token
// ends its waits: the stream was cancelled.
using Refill = std::function<absl::StatusOr<std::unique_ptr<ContentStream>>(
    ByteRange, std::stop_token)>;

// `stream`, until it answers DATA_LOSS, or ABORTED since the bytes are gone;
// then what `refill` opens in its place, at the byte where it ended. Once only:
// whether the second stream is repaired as well is up to `refill`. Without one,
// or when it finds nothing or other content, the first error stands, ABORTED as
// UNAVAILABLE.
std::unique_ptr<ContentStream> MakeRepairingStream(
    std::unique_ptr<ContentStream> stream, Refill refill);

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_DOWNLOAD_REPAIRING_STREAM_H_
