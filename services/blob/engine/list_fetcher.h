#ifndef SERVICES_BLOB_ENGINE_LIST_FETCHER_H_
#define SERVICES_BLOB_ENGINE_LIST_FETCHER_H_

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "services/blob/blob_store.h"
#include "services/blob/content_source.h"
#include "services/blob/engine/list_asker.h"
#include "services/blob/engine/single_flight.h"
#include "services/common/clock.h"
#include "services/common/thread.h"
#include "services/metadata/metadata_client.h"
#include "services/upstream/upstream_client.h"
#include "services/upstream/upstream_health.h"

namespace cvr {

// Lists of tags and of referrers for FetchRequests: what all candidates have,
// as one document.
//
// * Tags: `{"tags":[...]}`, sorted, each once, without those that the rules of
//   the candidate that lists them exclude (applied now, so that rules that
//   change apply at once).
// * Referrers: an OCI image index; of several descriptors of one digest that of
//   the first candidate.
//
// All candidates are asked at the same time, each once for all who want the
// same list. One that fails without a copy fails the whole list, unless its
// policy says NEXT: a list that left it out would hide what it has.
//
// Thread-safe. The pool must be shut down before this object is destroyed.
class ListFetcher {
 public:
  // `health` may be null.
  ListFetcher(BlobStore& store, UpstreamClient& upstream,
              MetadataClient& metadata, const Clock& clock,
              UpstreamHealth* health, ThreadPool& pool);

  // As ContentSource::Fetch, of kTags or kReferrers. NOT_FOUND (reason
  // NAME_UNKNOWN) when no candidate has the repository; referrers of what
  // nobody knows are an empty list.
  absl::StatusOr<std::unique_ptr<ContentStream>> Fetch(
      const FetchRequest& request);

 private:
  using Flights = SingleFlight<ListPart>;
  struct Pending;
  struct Parts;

  absl::StatusOr<Parts> Collect(const FetchRequest& request);
  Pending Begin(const ListAsker::Question& question);
  absl::StatusOr<ListPart> End(const Pending& pending,
                               const Patience& patience);

  ListAsker asker_;
  Flights flights_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_LIST_FETCHER_H_
