#ifndef SERVICES_COMMON_DOCUMENT_LIMITS_H_
#define SERVICES_COMMON_DOCUMENT_LIMITS_H_

#include <cstddef>

#include "services/common/limits.h"

// The bounds of manifests and lists in memory; see limits.h.
namespace cvr::limits {

// Manifests that refer to one manifest, and the description of one of them in
// bytes: signatures and attestations, some dozens of some hundred bytes. Who
// merges lists remembers the digest of each.
inline constexpr size_t kReferrersMax = 16'384;
inline constexpr size_t kReferrerBytesMax = kChunkBytes;

// Documents (manifests, lists) that are in memory at the same time while they
// are received: all together, of one group's upstreams, of one upstream. What
// is stored is not read into memory as a whole.
inline constexpr size_t kDocumentsBytesMax = 192 * 1024 * 1024;
inline constexpr size_t kDocumentsBytesPerTenantMax = kDocumentsBytesMax / 2;
inline constexpr size_t kDocumentsBytesPerUpstreamMax =
    kDocumentsBytesMax / 8 * 3;
// How long a document waits for room before its request gets 503.
inline constexpr int kDocumentWaitSeconds = 10;

// Smaller ones need no room of their own: there are as many as threads.
inline constexpr size_t kSmallDocumentBytes = 64 * 1024;
inline constexpr size_t kSmallListBytes = 512 * 1024;
// What a longer list takes: its bytes, and 16 for each of a million tags.
inline constexpr size_t kListRoomBytes = kListBytesMax + 16 * kTagsMax;
// And a manifest, in multiples of its size: itself, and what it refers to, both
// here and on the way to the metadata service.
inline constexpr size_t kManifestRoomFactor = 3;

}  // namespace cvr::limits

#endif  // SERVICES_COMMON_DOCUMENT_LIMITS_H_
