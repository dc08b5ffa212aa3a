#include "gateway/registry/in_memory_registry.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {

class InMemoryRegistry::MemoryStream : public ContentStream {
 public:
  MemoryStream(InMemoryRegistry& registry, ContentHeader header,
               std::shared_ptr<const std::string> bytes, bool header_only,
               size_t chunk_bytes, StreamHook hook)
      : registry_(registry),
        header_(std::move(header)),
        bytes_(std::move(bytes)),
        chunk_bytes_(chunk_bytes),
        hook_(std::move(hook)),
        offset_(header_only ? header_.range.end() : header_.range.offset) {}

  ~MemoryStream() override {
    MutexLock lock(&registry_.mutex_);
    --registry_.open_streams_;
  }

  const ContentHeader& header() const override { return header_; }

  absl::StatusOr<Chunk> Next() override {
    if (cancelled_) return absl::CancelledError("cancelled");
    RETURN_IF_ERROR(broken_);
    if (offset_ == header_.range.end()) return Chunk();
    if (hook_) broken_ = hook_(offset_);
    RETURN_IF_ERROR(broken_);
    const size_t size =
        std::min<uint64_t>(chunk_bytes_, header_.range.end() - offset_);
    Chunk chunk(absl::string_view(*bytes_).substr(offset_, size), bytes_);
    offset_ += size;
    return chunk;
  }

  void Cancel() override { cancelled_ = true; }

 private:
  InMemoryRegistry& registry_;
  const ContentHeader header_;
  const std::shared_ptr<const std::string> bytes_;
  const size_t chunk_bytes_;
  const StreamHook hook_;
  uint64_t offset_;
  absl::Status broken_;
  std::atomic<bool> cancelled_ = false;
};

namespace {

std::shared_ptr<const std::string> Filtered(const std::string& index,
                                            const std::string& artifact_type) {
  auto filtered = nlohmann::json::parse(index);
  auto kept = nlohmann::json::array();
  for (const auto& descriptor : filtered["manifests"]) {
    if (descriptor.value("artifactType", "") == artifact_type) {
      kept.push_back(descriptor);
    }
  }
  filtered["manifests"] = std::move(kept);
  return std::make_shared<const std::string>(filtered.dump());
}

}  // namespace

Digest InMemoryRegistry::Put(absl::string_view path,
                             absl::string_view media_type, std::string bytes) {
  const Digest digest = Digest::OfBytes(bytes);
  const Content content{{std::string(media_type), digest, bytes.size()},
                        std::make_shared<const std::string>(std::move(bytes))};
  MutexLock lock(&mutex_);
  upstream_.insert_or_assign(std::string(path), content);
  const size_t name = path.rfind('/');
  upstream_.insert_or_assign(
      absl::StrCat(path.substr(0, name + 1), digest.ToString()), content);
  return digest;
}

void InMemoryRegistry::PutAs(absl::string_view folder, const Digest& digest,
                             std::string bytes) {
  const Content content{{kOctetStream, digest, bytes.size()},
                        std::make_shared<const std::string>(std::move(bytes))};
  MutexLock lock(&mutex_);
  upstream_.insert_or_assign(absl::StrCat(folder, digest.ToString()), content);
}

void InMemoryRegistry::PutTags(absl::string_view repository,
                               const std::vector<std::string>& tags) {
  Put(absl::StrCat("/", repository, "/tags/list"), "application/json",
      absl::StrJoin(tags, "\n"));
}

void InMemoryRegistry::PutReferrers(absl::string_view repository,
                                    const Digest& subject, std::string index) {
  Put(absl::StrCat("/", repository, "/referrers/", subject.ToString()),
      "application/vnd.oci.image.index.v1+json", std::move(index));
}

absl::StatusOr<Resolution> InMemoryRegistry::Resolve(
    const ResolveRequest& request) {
  MutexLock lock(&mutex_);
  ++resolves_;
  last_resolve_ = request;
  RETURN_IF_ERROR(resolve_error_);
  if (!request.source_namespace.empty() &&
      !absl::c_linear_search(source_namespaces_, request.source_namespace)) {
    return errors::RegistryUnknown(absl::StrCat(request.registry_id));
  }
  if (request.registry_id != kRegistryId &&
      request.registry_id != kOtherRegistryId) {
    return request.registry_path.empty()
               ? errors::RegistryUnknown(absl::StrCat(request.registry_id))
               : errors::RegistryPathUnknown(request.registry_path);
  }
  Resolution resolution;
  const int64_t upstream_id =
      request.registry_id == kRegistryId ? kUpstreamId : kOtherUpstreamId;
  resolution.plan.candidates.push_back({upstream_id});
  const auto entry = entries_.find(request.content.RelativePath());
  const bool is_list = request.content.kind == ContentKind::kTags ||
                       request.content.kind == ContentKind::kReferrers;
  if (entry != entries_.end() && !is_list) {
    resolution.hit = Hit{entry->second, upstream_id};
  }
  if (request.counts_as_pull) ++pulls_;
  return resolution;
}

absl::StatusOr<std::unique_ptr<ContentStream>> InMemoryRegistry::Read(
    const ReadRequest& request) {
  MutexLock lock(&mutex_);
  ++reads_;
  const auto it = stored_.find(request.digest);
  if (it == stored_.end()) {
    return errors::BlobUnknown(request.digest.ToString());
  }
  Content content = it->second;
  content.target.media_type.clear();  // Bytes are known by digest alone.
  return Open(content, request.range, request.header_only, CacheStatus::kHit);
}

absl::StatusOr<std::unique_ptr<ContentStream>> InMemoryRegistry::Fetch(
    const FetchRequest& request) {
  FetchHook hook;
  {
    MutexLock lock(&mutex_);
    hook = fetch_hook_;
  }
  if (hook) hook(request.plan.candidates.front().upstream_id);
  MutexLock lock(&mutex_);
  ++fetches_;
  RETURN_IF_ERROR(fetch_error_);
  auto content = Find(request.content);
  if (content && request.content.kind == ContentKind::kTags) {
    return OpenTags(*content, request);
  }
  if (content && !request.list.artifact_type.empty()) {
    content->bytes = Filtered(*content->bytes, request.list.artifact_type);
    content->target.size_bytes = content->bytes->size();
  }
  if (!content) {
    const std::string reference = request.content.reference.ToString();
    if (request.content.kind == ContentKind::kTags) {
      return WithReason(absl::NotFoundError("no such repository"),
                        Reason::kNameUnknown);
    }
    return request.content.kind == ContentKind::kBlob
               ? errors::BlobUnknown(reference)
               : errors::ManifestUnknown(request.content.repository.name(),
                                         reference);
  }
  const bool known = stored_.contains(content->target.digest);
  ASSIGN_OR_RETURN(auto stream,
                   Open(*content, request.range, request.header_only,
                        cache_status_.value_or(known ? CacheStatus::kHit
                                                     : CacheStatus::kMiss)));
  if (!request.header_only) {
    stored_.insert_or_assign(content->target.digest, *content);
    entries_.insert_or_assign(request.content.RelativePath(), content->target);
  }
  return stream;
}

absl::StatusOr<std::unique_ptr<ContentStream>> InMemoryRegistry::OpenTags(
    const Content& content, const FetchRequest& request) {
  std::vector<std::string> page;
  std::optional<std::string> goes_on_after;
  for (const absl::string_view tag :
       absl::StrSplit(*content.bytes, '\n', absl::SkipEmpty())) {
    if (!request.list.last.empty() && tag <= request.list.last) continue;
    if (request.list.n && page.size() == *request.list.n) {
      if (!page.empty()) goes_on_after = page.back();
      break;
    }
    page.push_back(absl::StrCat("\"", tag, "\""));
  }
  if (goes_on_after) {
    *goes_on_after = goes_on_after->substr(1, goes_on_after->size() - 2);
  }
  const auto bytes = std::make_shared<const std::string>(
      absl::StrCat("{\"tags\":[", absl::StrJoin(page, ","), "]}"));
  const Descriptor target = {"application/json", content.target.digest,
                             bytes->size()};
  const bool known = !fetched_lists_.insert(content.target.digest).second;
  ContentHeader header{
      target,
      {0, bytes->size()},
      cache_status_.value_or(known ? CacheStatus::kHit : CacheStatus::kMiss),
      kUpstreamId};
  header.goes_on_after = goes_on_after;
  ++open_streams_;
  return std::make_unique<MemoryStream>(*this, std::move(header), bytes,
                                        request.header_only, chunk_bytes_,
                                        hook_);
}

std::optional<InMemoryRegistry::Content> InMemoryRegistry::Find(
    const ContentRef& content) const {
  const auto it = upstream_.find(content.RelativePath());
  if (it == upstream_.end()) return std::nullopt;
  return it->second;
}

absl::StatusOr<std::unique_ptr<ContentStream>> InMemoryRegistry::Open(
    const Content& content, const std::optional<ByteRangeSpec>& range,
    bool header_only, CacheStatus cache_status) {
  ContentHeader header{content.target, {}, cache_status, kUpstreamId};
  ASSIGN_OR_RETURN(header.range,
                   ResolveRange(range, content.target.size_bytes));
  ++open_streams_;
  return std::make_unique<MemoryStream>(*this, std::move(header), content.bytes,
                                        header_only, chunk_bytes_, hook_);
}

void InMemoryRegistry::set_stream_hook(StreamHook hook) {
  MutexLock lock(&mutex_);
  hook_ = std::move(hook);
}

void InMemoryRegistry::set_fetch_hook(FetchHook hook) {
  MutexLock lock(&mutex_);
  fetch_hook_ = std::move(hook);
}

void InMemoryRegistry::set_chunk_bytes(size_t bytes) {
  MutexLock lock(&mutex_);
  chunk_bytes_ = bytes;
}

void InMemoryRegistry::set_resolve_error(absl::Status error) {
  MutexLock lock(&mutex_);
  resolve_error_ = std::move(error);
}

void InMemoryRegistry::set_locate_error(absl::Status error) {
  MutexLock lock(&mutex_);
  locate_error_ = std::move(error);
}

void InMemoryRegistry::AddName(std::string name, int64_t registry_id) {
  MutexLock lock(&mutex_);
  names_[std::move(name)] = registry_id;
}

void InMemoryRegistry::set_fetch_error(absl::Status error) {
  MutexLock lock(&mutex_);
  fetch_error_ = std::move(error);
}

void InMemoryRegistry::set_cache_status(
    std::optional<CacheStatus> cache_status) {
  MutexLock lock(&mutex_);
  cache_status_ = cache_status;
}

void InMemoryRegistry::LoseStoredBytes() {
  MutexLock lock(&mutex_);
  stored_.clear();
}

int InMemoryRegistry::locates() const {
  MutexLock lock(&mutex_);
  return locates_;
}

int InMemoryRegistry::resolves() const {
  MutexLock lock(&mutex_);
  return resolves_;
}

int InMemoryRegistry::reads() const {
  MutexLock lock(&mutex_);
  return reads_;
}

int InMemoryRegistry::fetches() const {
  MutexLock lock(&mutex_);
  return fetches_;
}

int InMemoryRegistry::pulls() const {
  MutexLock lock(&mutex_);
  return pulls_;
}

int InMemoryRegistry::open_streams() const {
  MutexLock lock(&mutex_);
  return open_streams_;
}

void InMemoryRegistry::set_source_namespaces(std::vector<std::string> hosts) {
  MutexLock lock(&mutex_);
  source_namespaces_ = std::move(hosts);
}

void InMemoryRegistry::AddRepository(int64_t registry_id,
                                     std::string repository) {
  MutexLock lock(&mutex_);
  repositories_.emplace(registry_id, std::move(repository));
}

ResolveRequest InMemoryRegistry::last_resolve() const {
  MutexLock lock(&mutex_);
  return *last_resolve_;
}

absl::StatusOr<std::vector<CachedRepository>>
InMemoryRegistry::ListRepositories(const Caller&, int64_t registry_id,
                                   const CachedRepository& start_after,
                                   int max) {
  MutexLock lock(&mutex_);
  RETURN_IF_ERROR(resolve_error_);
  std::vector<CachedRepository> found;
  bool known = registry_id == 0;
  for (const auto& [id, name] : repositories_) {
    if (registry_id != 0 && id != registry_id) continue;
    known = true;
    const bool is_after = std::pair(id, name) >
                          std::pair(start_after.registry_id, start_after.name);
    if (is_after && found.size() < static_cast<size_t>(max)) {
      found.push_back({id, name});
    }
  }
  if (!known) return errors::RegistryUnknown(absl::StrCat(registry_id));
  return found;
}

absl::StatusOr<LocatedRegistry> InMemoryRegistry::Locate(
    absl::string_view path) {
  MutexLock lock(&mutex_);
  ++locates_;
  RETURN_IF_ERROR(locate_error_);
  for (const auto& [name, id] : names_) {
    if (absl::StartsWith(absl::StrCat(path, "/"), absl::StrCat(name, "/"))) {
      const auto parts = 1 + std::count(name.begin(), name.end(), '/');
      return LocatedRegistry{id, static_cast<int>(parts)};
    }
  }
  return errors::RegistryPathUnknown(path);
}

}  // namespace cvr
