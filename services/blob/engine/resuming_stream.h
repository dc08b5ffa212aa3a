#ifndef SERVICES_BLOB_ENGINE_RESUMING_STREAM_H_
#define SERVICES_BLOB_ENGINE_RESUMING_STREAM_H_

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "services/blob/content_source.h"
#include "services/common/byte_range.h"

namespace cvr {

// Opens the same content again, from another byte on.
using ReopenContent =
    std::function<absl::StatusOr<std::unique_ptr<ContentStream>>(
        const ByteRangeSpec& rest)>;

// `stream`, except that where it ends with DATA_LOSS (stored bytes are damaged)
// or ABORTED (a place in a download is lost), the rest comes from what `reopen`
// answers: the reader notices a delay, not an error. Gives up when that happens
// several times in a row without a byte, with UNAVAILABLE.
std::unique_ptr<ContentStream> MakeResumingStream(
    std::unique_ptr<ContentStream> stream, ReopenContent reopen);

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_RESUMING_STREAM_H_
