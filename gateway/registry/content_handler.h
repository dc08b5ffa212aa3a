#ifndef GATEWAY_REGISTRY_CONTENT_HANDLER_H_
#define GATEWAY_REGISTRY_CONTENT_HANDLER_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/message/http_message.h"
#include "gateway/outage/outage_hold.h"
#include "gateway/registry/active_streams.h"
#include "gateway/registry/route.h"
#include "services/access/caller.h"
#include "services/blob/api/content_source.h"
#include "services/common/byte_range.h"
#include "services/concurrency/clock.h"
#include "services/metadata/api/resolver.h"

namespace cvr {

// GET and HEAD of manifests and blobs: distribution-spec, "Pulling manifests"
// and "Pulling blobs". Thread-safe; it and everything referred to must outlive
// the replies' streams.
class ContentHandler {
 public:
  // `fetch_timeout` bounds the wait for an upstream's header, not its body.
  ContentHandler(Resolver& resolver, ContentSource& source,
                 ActiveStreams& streams, OutageHold& outages,
                 const Clock& clock, absl::Duration fetch_timeout);

  HttpReply Handle(const HttpRequest& request, const ContentRoute& route,
                   const Caller& caller);

 private:
  struct Pull;
  struct Opened;

  absl::StatusOr<HttpReply> Answer(Pull pull, const Resolution& resolution);
  absl::StatusOr<HttpReply> AnswerRanges(
      Pull pull, const Resolution& resolution,
      const std::vector<ByteRangeSpec>& wanted);
  absl::StatusOr<HttpReply> ReplyFrom(const Pull& pull, Opened opened) const;
  HttpReply ReplyInParts(const Pull& pull, Resolution resolution,
                         std::vector<ByteRange> ranges, Opened opened);
  absl::StatusOr<Opened> Open(const Pull& pull, const Resolution& resolution);
  absl::StatusOr<Opened> OpenOnce(const Pull& pull,
                                  const Resolution& resolution);
  absl::StatusOr<Opened> OpenHit(const Pull& pull, const Hit& hit,
                                 const FetchPlan& plan);
  absl::StatusOr<Opened> OpenFetched(const Pull& pull, const FetchPlan& plan);
  absl::StatusOr<Opened> Begin(const Pull& pull,
                               std::unique_ptr<ContentStream> stream);

  // `opened`, whose blob goes on after an outage of the blob service.
  Opened Resuming(const Pull& pull, const Resolution& resolution,
                  Opened opened);

  Resolver& resolver_;
  ContentSource& source_;
  ActiveStreams& streams_;
  OutageHold& outages_;
  const Clock& clock_;
  const absl::Duration fetch_timeout_;
};

}  // namespace cvr

#endif  // GATEWAY_REGISTRY_CONTENT_HANDLER_H_
