#include "services/blob/engine/walk/cached_upstream_access.h"

#include <sodium.h>

#include <algorithm>
#include <string>
#include <utility>

#include "services/common/limits.h"

namespace cvr {
namespace {

void Wipe(std::string& secret) {
  sodium_memzero(secret.data(), secret.size());
  secret.clear();
}

void WipeSecrets(UpstreamAccess& access) {
  Wipe(access.username);
  Wipe(access.password);
  Wipe(access.tls.client_key_pem);
}

// A copy that is wiped when nobody uses it any more; wipes `access` at once.
std::shared_ptr<const UpstreamAccess> TakeOver(UpstreamAccess& access) {
  std::shared_ptr<UpstreamAccess> taken(new UpstreamAccess(access),
                                        [](UpstreamAccess* dropped) {
                                          WipeSecrets(*dropped);
                                          delete dropped;
                                        });
  WipeSecrets(access);
  return taken;
}

size_t BytesOf(const UpstreamAccess& access) {
  size_t bytes = sizeof(access);
  for (const std::string* text :
       {&access.group, &access.name, &access.url, &access.username,
        &access.password, &access.tls.ca_bundle_pem,
        &access.tls.client_certificate_pem, &access.tls.client_key_pem}) {
    bytes += text->size();
  }
  for (const std::string& realm : access.trusted_token_realms) {
    bytes += sizeof(realm) + realm.size();
  }
  return bytes;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const UpstreamAccess>> CachedUpstreamAccess::Get(
    const UpstreamEpoch& upstream, int64_t version) {
  if (auto cached = Find(upstream, version)) return cached;
  auto fetched = metadata_.GetUpstreamAccess(upstream.upstream_id);
  if (!fetched.ok()) return fetched.status();
  const auto access = TakeOver(*fetched);
  if (access->version != 0) Keep(access);
  return access;
}

std::shared_ptr<const UpstreamAccess> CachedUpstreamAccess::Find(
    const UpstreamEpoch& upstream, int64_t version) {
  MutexLock lock(&mutex_);
  DropExpired();
  const auto found = entries_.find(upstream.upstream_id);
  if (version == 0 || found == entries_.end()) return nullptr;
  Entry& entry = found->second;
  if (entry.access->version != version ||
      entry.access->cache_epoch != upstream.cache_epoch) {
    return nullptr;
  }
  entry.used_at = ++uses_;
  return entry.access;
}

void CachedUpstreamAccess::Keep(
    const std::shared_ptr<const UpstreamAccess>& access) {
  MutexLock lock(&mutex_);
  entries_.insert_or_assign(
      access->id, Entry{access, BytesOf(*access), clock_.SteadyNow(), ++uses_});
  while (entries_.size() > limits::kCachedAccessesMax ||
         TotalBytes() > limits::kCachedAccessBytesMax) {
    DropLeastRecentlyUsed();
  }
}

void CachedUpstreamAccess::DropExpired() {
  const absl::Time oldest =
      clock_.SteadyNow() - absl::Seconds(limits::kCachedAccessSeconds);
  absl::erase_if(entries_, [oldest](const auto& entry) {
    return entry.second.fetched_at <= oldest;
  });
}

// There are few, so they are looked through.
void CachedUpstreamAccess::DropLeastRecentlyUsed() {
  const auto dropped = std::min_element(
      entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
        return a.second.used_at < b.second.used_at;
      });
  if (dropped != entries_.end()) entries_.erase(dropped);
}

size_t CachedUpstreamAccess::TotalBytes() const {
  size_t total = 0;
  for (const auto& [id, entry] : entries_) total += entry.bytes;
  return total;
}

}  // namespace cvr
