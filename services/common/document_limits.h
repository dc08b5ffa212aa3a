#ifndef SERVICES_COMMON_DOCUMENT_LIMITS_H_
#define SERVICES_COMMON_DOCUMENT_LIMITS_H_

#include <cstddef>

#include "services/common/limits.h"

// The bounds of manifests and lists in memory; see limits.h.
namespace cvr::limits {

// Maximum number of referrers of one manifest, and maximum size of a referrer's
// descriptor. Signatures and attestations are typically a few dozen, with
// descriptors of a few hundred bytes. Merging lists keeps the digest of each
// referrer in memory.
inline constexpr size_t kReferrersMax = 16'384;
inline constexpr size_t kReferrerBytesMax = kChunkBytes;

// Memory for documents (manifests, lists) while they are received: in total,
// for the upstreams of one group, and for one upstream. Stored documents do not
// count; they are not read into memory as a whole.
inline constexpr size_t kDocumentsBytesMax = 192 * 1024 * 1024;
inline constexpr size_t kDocumentsBytesPerTenantMax = kDocumentsBytesMax / 2;
inline constexpr size_t kDocumentsBytesPerUpstreamMax =
    kDocumentsBytesMax / 8 * 3;
// How long a document waits for room before its request gets 503.
inline constexpr int kDocumentWaitSeconds = 10;

// Documents up to these sizes are not counted: there are at most as many as
// threads.
inline constexpr size_t kSmallDocumentBytes = 64 * 1024;
inline constexpr size_t kSmallListBytes = 512 * 1024;
// Memory that is reserved for a longer list: its bytes, and 16 bytes for each
// of a million tags.
inline constexpr size_t kListRoomBytes = kListBytesMax + 16 * kTagsMax;
// Memory that is reserved for a manifest, as a multiple of its size: its bytes,
// and its references both here and in the request to the metadata service.
inline constexpr size_t kManifestRoomFactor = 3;

}  // namespace cvr::limits

#endif  // SERVICES_COMMON_DOCUMENT_LIMITS_H_
