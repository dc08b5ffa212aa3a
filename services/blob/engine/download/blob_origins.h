#ifndef SERVICES_BLOB_ENGINE_DOWNLOAD_BLOB_ORIGINS_H_
#define SERVICES_BLOB_ENGINE_DOWNLOAD_BLOB_ORIGINS_H_

#include <optional>
#include <vector>

#include "services/blob/api/content_source.h"
#include "services/blob/engine/download/download.h"

// Where a request may have a blob from, and in whose name it may be given bytes
// that are here already or on their way (DESIGN.md, "Whose bytes"). Pure.
namespace cvr {

// Of all candidates, in their order. The request is of a blob. What is found
// out about possession after the plan was made changes nothing in them.
std::vector<BlobOrigin> OriginsOf(const FetchRequest& request);

// Whether it was known not to have the blob, or to refuse it, at that time.
bool HasNegativeAnswer(const BlobOrigin& origin);

// The first candidate in whose name stored bytes are served unasked.
std::optional<BlobOrigin> EntitledOrigin(const FetchRequest& request);
// The first candidate in whose name the download is followed unasked.
std::optional<BlobOrigin> EntitledOrigin(const FetchRequest& request,
                                         const Download& download);

// Whether all candidates possess the blob, so that the stored bytes may be
// served whichever of them has it.
bool AllPossess(const FetchRequest& request);

// Whether every byte that the download may receive is one that a candidate
// could have been delivered. Decided before any upstream has answered: neither
// the answer nor its time may tell anything about other tenants.
bool MayJoin(const FetchRequest& request, const Download& download);

// Whether the origin would be brought the same bytes as the download.
bool IsOfSame(const BlobOrigin& origin, const Download& download);

// Whether walks through both take the same way.
bool IsSameWalk(const std::vector<BlobOrigin>& a,
                const std::vector<BlobOrigin>& b);

// The first of the request's own origins that has answered the download.
std::optional<BlobOrigin> ConfirmedOrigin(
    const std::vector<BlobOrigin>& origins, const Download& download);

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_DOWNLOAD_BLOB_ORIGINS_H_
