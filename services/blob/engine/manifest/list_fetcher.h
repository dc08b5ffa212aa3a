#ifndef SERVICES_BLOB_ENGINE_MANIFEST_LIST_FETCHER_H_
#define SERVICES_BLOB_ENGINE_MANIFEST_LIST_FETCHER_H_

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "services/blob/api/content_source.h"
#include "services/blob/engine/manifest/list_loader.h"
#include "services/blob/engine/manifest/list_summaries.h"
#include "services/blob/engine/walk/single_flight.h"
#include "services/blob/engine/walk/upstream_tools.h"
#include "services/blob/store/blob_store.h"
#include "services/concurrency/fair_pool.h"

namespace cvr {

// Lists of tags and of referrers for FetchRequests: what all candidates have,
// as one document (list_document.h), and of that what FetchRequest::list wants.
// Tags that the rules of the candidate that lists them exclude are not in it;
// rules are applied now, so that rules that change apply at once. Documents are
// made as they are sent, so what a request holds does not depend on the list.
//
// All candidates are asked at the same time, each once for all who want the
// same list. One that fails without a copy fails the whole list, unless its
// policy says NEXT: a list that left it out would hide what it has.
//
// Thread-safe. The pool must be shut down before this object is destroyed.
class ListFetcher {
 public:
  ListFetcher(const UpstreamTools& tools, FairPool& pool);

  // As ContentSource::Fetch, of kTags or kReferrers. NOT_FOUND (reason
  // NAME_UNKNOWN) when no candidate has the repository; referrers of what
  // nobody knows are an empty list.
  absl::StatusOr<std::unique_ptr<ContentStream>> Fetch(
      const FetchRequest& request);

 private:
  using Flights = SingleFlight<ListPart>;
  struct Pending;
  struct Parts;

  absl::StatusOr<std::unique_ptr<ContentStream>> Open(
      const FetchRequest& request, const Parts& found);
  void DropDamaged(const Parts& found);
  absl::StatusOr<Parts> Collect(const FetchRequest& request,
                                bool may_be_stored);
  Pending Begin(const ListLoader::Question& question, const ShareKey& share,
                bool may_be_stored);
  absl::StatusOr<ListPart> End(const Pending& pending,
                               const Patience& patience);

  BlobStore& store_;
  ListLoader loader_;
  Flights flights_;
  ListSummaries summaries_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_MANIFEST_LIST_FETCHER_H_
