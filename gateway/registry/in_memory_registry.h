#ifndef GATEWAY_REGISTRY_IN_MEMORY_REGISTRY_H_
#define GATEWAY_REGISTRY_IN_MEMORY_REGISTRY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/blob/api/content_source.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/api/resolver.h"

namespace cvr {

// Both services behind the gateway, in memory, for its tests: registry 1 with
// one upstream that has what Put() was given, and another registry with another
// upstream that has the same. A first Fetch() of something is a
// miss and stores it; Resolve() then answers it as a hit, unless it is a list.
// Misbehaves on request. Thread-safe.
class InMemoryRegistry : public Resolver, public ContentSource {
 public:
  static constexpr int64_t kRegistryId = 1;
  static constexpr int64_t kUpstreamId = 11;
  static constexpr int64_t kOtherRegistryId = 5;
  static constexpr int64_t kOtherUpstreamId = 15;

  // The upstream has `bytes` at `path`, such as `/library/alpine/manifests/1`,
  // and under their digest.
  Digest Put(absl::string_view path, absl::string_view media_type,
             std::string bytes);

  // The upstream has `bytes` under `folder` and `digest` alone.
  void PutAs(absl::string_view folder, const Digest& digest, std::string bytes);
  // The upstream has this list of tags, which is sorted.
  void PutTags(absl::string_view repository,
               const std::vector<std::string>& tags);
  // The upstream has `index` as the referrers of `subject`.
  void PutReferrers(absl::string_view repository, const Digest& subject,
                    std::string index);

  // Hosts that the upstream stands for; requests that name another find nobody.
  void set_source_namespaces(std::vector<std::string> hosts);
  // Something is cached of `repository`, in any registry.
  void AddRepository(int64_t registry_id, std::string repository);

  // Registry `registry_id` is called `name`, `<group>/<name>`.
  void AddName(std::string name, int64_t registry_id);

  // Called before the bytes from `offset` on are answered, and may block. Its
  // error breaks the stream off.
  using StreamHook = std::function<absl::Status(uint64_t offset)>;
  void set_stream_hook(StreamHook hook);
  void set_chunk_bytes(size_t bytes);

  // Called when an upstream is asked, and may block.
  using FetchHook = std::function<void(int64_t upstream_id)>;
  void set_fetch_hook(FetchHook hook);

  // What every later call answers, until OK is set again.
  void set_resolve_error(absl::Status error);
  void set_locate_error(absl::Status error);
  void set_fetch_error(absl::Status error);
  // How fetched content was come by; absent = hit or miss, as it is.
  void set_cache_status(std::optional<CacheStatus> cache_status);

  // Loses stored bytes, but not the entries that name them.
  void LoseStoredBytes();

  int locates() const;
  int resolves() const;
  int reads() const;
  int fetches() const;
  int pulls() const;  // Resolves that counted as one.
  ResolveRequest last_resolve() const;
  // Streams that are open now.
  int open_streams() const;

  // Resolver.
  absl::StatusOr<Resolution> Resolve(const ResolveRequest& request) override;
  absl::StatusOr<std::vector<CachedRepository>> ListRepositories(
      const Caller& caller, int64_t registry_id,
      const CachedRepository& start_after, int max) override;
  absl::StatusOr<LocatedRegistry> Locate(absl::string_view path) override;

  // ContentSource.
  absl::StatusOr<std::unique_ptr<ContentStream>> Read(
      const ReadRequest& request) override;
  absl::StatusOr<std::unique_ptr<ContentStream>> Fetch(
      const FetchRequest& request) override;

 private:
  class MemoryStream;
  struct Content {
    Descriptor target;
    std::shared_ptr<const std::string> bytes;
  };

  // Of `content`, which is a list of tags, line by line.
  absl::StatusOr<std::unique_ptr<ContentStream>> OpenTags(
      const Content& content, const FetchRequest& request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<Content> Find(const ContentRef& content) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::unique_ptr<ContentStream>> Open(
      const Content& content, const std::optional<ByteRangeSpec>& range,
      bool header_only, CacheStatus cache_status)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  absl::btree_map<std::string, Content> upstream_ ABSL_GUARDED_BY(mutex_);
  absl::btree_map<std::string, Descriptor> entries_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<Digest, Content> stored_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<Digest> fetched_lists_ ABSL_GUARDED_BY(mutex_);
  StreamHook hook_ ABSL_GUARDED_BY(mutex_);
  FetchHook fetch_hook_ ABSL_GUARDED_BY(mutex_);
  size_t chunk_bytes_ ABSL_GUARDED_BY(mutex_) = 64 * 1024;
  absl::Status resolve_error_ ABSL_GUARDED_BY(mutex_);
  absl::Status locate_error_ ABSL_GUARDED_BY(mutex_);
  // Registries by `<group>/<name>`.
  absl::btree_map<std::string, int64_t> names_ ABSL_GUARDED_BY(mutex_);
  int locates_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status fetch_error_ ABSL_GUARDED_BY(mutex_);
  std::optional<CacheStatus> cache_status_ ABSL_GUARDED_BY(mutex_);
  int resolves_ ABSL_GUARDED_BY(mutex_) = 0;
  int reads_ ABSL_GUARDED_BY(mutex_) = 0;
  int fetches_ ABSL_GUARDED_BY(mutex_) = 0;
  int pulls_ ABSL_GUARDED_BY(mutex_) = 0;
  int open_streams_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> source_namespaces_ ABSL_GUARDED_BY(mutex_);
  // By registry and name.
  std::set<std::pair<int64_t, std::string>> repositories_
      ABSL_GUARDED_BY(mutex_);
  std::optional<ResolveRequest> last_resolve_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // GATEWAY_REGISTRY_IN_MEMORY_REGISTRY_H_
