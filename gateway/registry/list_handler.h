#ifndef GATEWAY_REGISTRY_LIST_HANDLER_H_
#define GATEWAY_REGISTRY_LIST_HANDLER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/message/http_message.h"
#include "gateway/message/query.h"
#include "gateway/registry/active_streams.h"
#include "gateway/registry/route.h"
#include "services/access/caller.h"
#include "services/blob/api/content_source.h"
#include "services/concurrency/clock.h"
#include "services/metadata/api/resolver.h"

namespace cvr {

// GET and HEAD of lists that upstreams supply: distribution-spec, "Listing
// Tags" and "Listing Referrers". The content source supplies what is wanted of
// a list, merged over the upstreams, and it is sent as it comes. Thread-safe;
// it and everything referred to must outlive the replies' streams.
class ListHandler {
 public:
  // `fetch_timeout` bounds the wait for the upstreams' lists.
  ListHandler(Resolver& resolver, ContentSource& source, ActiveStreams& streams,
              const Clock& clock, absl::Duration fetch_timeout);

  // `query` is the target's.
  HttpReply Tags(const TagsRoute& route, absl::string_view query,
                 const Caller& caller);
  // An empty index when nobody knows a referrer: not 404, which would make
  // clients look for the fallback tag.
  HttpReply Referrers(const ReferrersRoute& route, absl::string_view query,
                      const Caller& caller);

 private:
  absl::StatusOr<std::unique_ptr<ContentStream>> Fetch(
      const ContentRef& content, const FetchPlan& plan, ListQuery query);
  absl::StatusOr<HttpReply> TagsReply(const TagsRoute& route,
                                      const PageRequest& page,
                                      const ContentRef& content,
                                      const FetchPlan& plan);
  absl::StatusOr<HttpReply> ReferrersReply(const std::string& artifact_type,
                                           const ContentRef& content,
                                           const FetchPlan& plan);

  Resolver& resolver_;
  ContentSource& source_;
  ActiveStreams& streams_;
  const Clock& clock_;
  const absl::Duration fetch_timeout_;
};

}  // namespace cvr

#endif  // GATEWAY_REGISTRY_LIST_HANDLER_H_
