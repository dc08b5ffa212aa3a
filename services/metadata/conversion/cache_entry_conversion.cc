#include "services/metadata/conversion/cache_entry_conversion.h"

namespace cvr {
namespace {

stored::CacheEntry::Status ToStored(v1::CacheEntry::Status from) {
  switch (from) {
    case v1::CacheEntry::ACTIVE:
      return stored::CacheEntry::STATUS_ACTIVE;
    case v1::CacheEntry::PENDING_DELETION:
      return stored::CacheEntry::STATUS_PENDING_DELETION;
    default:
      return stored::CacheEntry::STATUS_UNSPECIFIED;
  }
}

v1::CacheEntry::Status ToApi(stored::CacheEntry::Status from) {
  switch (from) {
    case stored::CacheEntry::STATUS_ACTIVE:
      return v1::CacheEntry::ACTIVE;
    case stored::CacheEntry::STATUS_PENDING_DELETION:
      return v1::CacheEntry::PENDING_DELETION;
    default:
      return v1::CacheEntry::STATUS_UNSPECIFIED;
  }
}

}  // namespace

stored::CacheEntry ToStored(const v1::CacheEntry& from) {
  stored::CacheEntry to;
  to.set_id(from.id());
  to.set_upstream_id(from.upstream_id());
  to.set_relative_path(from.relative_path());
  to.set_digest(from.digest());
  to.set_media_type(from.media_type());
  to.set_size(from.size());
  to.set_upstream_etag(from.upstream_etag());
  if (from.has_upstream_checked_at()) {
    *to.mutable_upstream_checked_at() = from.upstream_checked_at();
  }
  to.set_downloads_count(from.downloads_count());
  if (from.has_downloaded_at()) {
    *to.mutable_downloaded_at() = from.downloaded_at();
  }
  to.set_status(ToStored(from.status()));
  if (from.has_create_time()) *to.mutable_create_time() = from.create_time();
  if (from.has_update_time()) *to.mutable_update_time() = from.update_time();
  return to;
}

v1::CacheEntry ToApi(const stored::CacheEntry& from) {
  v1::CacheEntry to;
  to.set_id(from.id());
  to.set_upstream_id(from.upstream_id());
  to.set_relative_path(from.relative_path());
  to.set_digest(from.digest());
  to.set_media_type(from.media_type());
  to.set_size(from.size());
  to.set_upstream_etag(from.upstream_etag());
  if (from.has_upstream_checked_at()) {
    *to.mutable_upstream_checked_at() = from.upstream_checked_at();
  }
  to.set_downloads_count(from.downloads_count());
  if (from.has_downloaded_at()) {
    *to.mutable_downloaded_at() = from.downloaded_at();
  }
  to.set_status(ToApi(from.status()));
  if (from.has_create_time()) *to.mutable_create_time() = from.create_time();
  if (from.has_update_time()) *to.mutable_update_time() = from.update_time();
  return to;
}

}  // namespace cvr
