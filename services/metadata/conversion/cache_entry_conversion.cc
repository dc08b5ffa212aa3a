#include "services/metadata/conversion/cache_entry_conversion.h"

namespace cvr {
namespace {

v1::CacheEntry::State ToApi(stored::CacheEntry::Status from) {
  switch (from) {
    case stored::CacheEntry::STATUS_ACTIVE:
      return v1::CacheEntry::STATE_ACTIVE;
    case stored::CacheEntry::STATUS_PENDING_DELETION:
      return v1::CacheEntry::STATE_DELETING;
    default:
      return v1::CacheEntry::STATE_UNSPECIFIED;
  }
}

}  // namespace

v1::CacheEntry ToApi(const stored::CacheEntry& from) {
  v1::CacheEntry to;
  to.set_id(from.id());
  to.set_upstream_id(from.upstream_id());
  to.set_relative_path(from.relative_path());
  to.set_digest(from.digest());
  to.set_media_type(from.media_type());
  to.set_size_bytes(from.size());
  to.set_upstream_etag(from.upstream_etag());
  if (from.has_upstream_checked_at()) {
    *to.mutable_last_check_time() = from.upstream_checked_at();
  }
  to.set_pull_count(from.downloads_count());
  if (from.has_downloaded_at()) {
    *to.mutable_last_pull_time() = from.downloaded_at();
  }
  to.set_state(ToApi(from.status()));
  if (from.has_create_time()) *to.mutable_create_time() = from.create_time();
  if (from.has_update_time()) *to.mutable_update_time() = from.update_time();
  return to;
}

}  // namespace cvr
