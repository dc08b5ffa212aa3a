#include "services/metadata/api/record_wire.h"

#include <utility>

#include "services/common/content_wire.h"
#include "services/common/status_macros.h"

namespace cvr {

v1::RecordCacheEntryRequest ToWire(const CacheRecord& record) {
  v1::RecordCacheEntryRequest message;
  message.set_upstream_id(record.upstream_id);
  *message.mutable_content() = ToWire(record.content);
  *message.mutable_target() = ToWire(record.target);
  message.set_upstream_etag(record.upstream_etag);
  for (const Digest& digest : record.references) {
    message.add_references(digest.ToString());
  }
  message.set_counts_as_download(record.counts_as_download);
  message.set_unconfirmed(!record.confirmed);
  message.set_delivered_to(record.delivered_to);
  message.set_cache_epoch(record.cache_epoch);
  return message;
}

absl::StatusOr<CacheRecord> FromWire(
    const v1::RecordCacheEntryRequest& message) {
  ASSIGN_OR_RETURN(auto content, FromWire(message.content()));
  ASSIGN_OR_RETURN(auto target, FromWire(message.target()));
  CacheRecord record{message.upstream_id(), std::move(content),
                     std::move(target), message.upstream_etag()};
  for (const auto& text : message.references()) {
    ASSIGN_OR_RETURN(const auto digest, Digest::Parse(text));
    record.references.push_back(digest);
  }
  record.counts_as_download = message.counts_as_download();
  record.confirmed = !message.unconfirmed();
  record.delivered_to = message.delivered_to();
  record.cache_epoch = message.cache_epoch();
  return record;
}

}  // namespace cvr
