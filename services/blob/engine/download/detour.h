#ifndef SERVICES_BLOB_ENGINE_DOWNLOAD_DETOUR_H_
#define SERVICES_BLOB_ENGINE_DOWNLOAD_DETOUR_H_

#include <memory>

#include "services/blob/engine/download/download.h"
#include "services/common/byte_range.h"

namespace cvr {

// Fetches a part of a blob, whose size is known to `feed`, for the one reader
// that opened `detour`, and returns when the part is complete, the reader needs
// no more of it, or `origin` fails or knows no parts: the reader follows the
// feed then, which is always right. What is sent this way cannot be verified,
// so it goes nowhere else.
void RunDetour(Download::Tools& tools, const Digest& digest,
               const BlobOrigin& origin, const ByteRange& part, BlobFeed& feed,
               BlobFeed::Detour& detour);

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_DOWNLOAD_DETOUR_H_
