#include "tests/support/in_memory_upstream.h"

#include <algorithm>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/document_limits.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/upstream/api/list_page.h"

namespace cvr::testing {
namespace {

std::string HostOf(const UpstreamAccess& access) {
  return access.url.empty() ? absl::StrCat("upstream-", access.id) : access.url;
}

void FlipLastByte(std::string& bytes) {
  if (!bytes.empty()) bytes.back() = static_cast<char>(~bytes.back());
}

std::string EtagOf(const Digest& digest) { return digest.ToString(); }

}  // namespace

Descriptor InMemoryUpstreamClient::AddManifest(int64_t upstream_id,
                                               absl::string_view repository,
                                               absl::string_view tag,
                                               absl::string_view media_type,
                                               std::string bytes) {
  const Descriptor target = {std::string(media_type), Digest::OfBytes(bytes),
                             bytes.size()};
  MutexLock lock(&mutex_);
  RepositoryContent& content =
      upstreams_[upstream_id].repositories[std::string(repository)];
  content.manifests[target.digest.ToString()] = {
      target.media_type, std::make_shared<const std::string>(std::move(bytes))};
  if (!tag.empty()) content.tags[std::string(tag)] = target.digest.ToString();
  return target;
}

Digest InMemoryUpstreamClient::AddBlob(int64_t upstream_id,
                                       absl::string_view repository,
                                       std::string bytes) {
  const Digest digest = Digest::OfBytes(bytes);
  MutexLock lock(&mutex_);
  upstreams_[upstream_id]
      .repositories[std::string(repository)]
      .blobs[digest.ToString()] = {
      kOctetStream, std::make_shared<const std::string>(std::move(bytes))};
  return digest;
}

void InMemoryUpstreamClient::AddReferrer(int64_t upstream_id,
                                         absl::string_view repository,
                                         const Digest& subject,
                                         std::string descriptor) {
  MutexLock lock(&mutex_);
  upstreams_[upstream_id]
      .repositories[std::string(repository)]
      .referrers[subject.ToString()]
      .push_back(std::move(descriptor));
}

void InMemoryUpstreamClient::Clear(int64_t upstream_id) {
  MutexLock lock(&mutex_);
  upstreams_[upstream_id].repositories.clear();
}

void InMemoryUpstreamClient::SetPieceBytes(size_t bytes) {
  MutexLock lock(&mutex_);
  piece_bytes_ = bytes;
}

void InMemoryUpstreamClient::Inject(int64_t upstream_id, UpstreamFault fault,
                                    int times) {
  MutexLock lock(&mutex_);
  upstreams_[upstream_id].faults.emplace_back(std::move(fault), times);
}

void InMemoryUpstreamClient::Heal(int64_t upstream_id) {
  MutexLock lock(&mutex_);
  upstreams_[upstream_id].faults.clear();
}

std::vector<InMemoryUpstreamClient::Call> InMemoryUpstreamClient::calls()
    const {
  MutexLock lock(&mutex_);
  return calls_;
}

int InMemoryUpstreamClient::CountCalls(Call::Kind kind) const {
  MutexLock lock(&mutex_);
  return std::count_if(calls_.begin(), calls_.end(),
                       [kind](const Call& call) { return call.kind == kind; });
}

UpstreamFault InMemoryUpstreamClient::Arrive(const UpstreamAccess& access,
                                             Call call,
                                             const std::stop_token& cancel) {
  call.password = access.password;
  UpstreamFault fault;
  {
    MutexLock lock(&mutex_);
    auto& faults = upstreams_[call.upstream_id].faults;
    calls_.push_back(std::move(call));
    if (faults.empty()) return fault;
    fault = faults.front().first;
    int& times = faults.front().second;
    if (times != kAlways && --times == 0) faults.pop_front();
  }
  if (fault.gate && !fault.gate_at_byte) fault.gate->Pass(cancel);
  return fault;
}

absl::StatusOr<std::pair<Digest, InMemoryUpstreamClient::Content>>
InMemoryUpstreamClient::FindManifest(int64_t upstream_id,
                                     const Repository& repository,
                                     const Reference& reference) const {
  const absl::Status unknown =
      errors::ManifestUnknown(repository.name(), reference.ToString());
  MutexLock lock(&mutex_);
  const RepositoryContent* const content =
      FindRepository(upstream_id, repository);
  if (content == nullptr) return unknown;
  std::string digest = reference.ToString();
  if (!reference.is_digest()) {
    const auto tag = content->tags.find(digest);
    if (tag == content->tags.end()) return unknown;
    digest = tag->second;
  }
  const auto manifest = content->manifests.find(digest);
  if (manifest == content->manifests.end()) return unknown;
  return std::pair(*Digest::Parse(digest), manifest->second);
}

absl::StatusOr<InMemoryUpstreamClient::Content>
InMemoryUpstreamClient::FindBlob(int64_t upstream_id,
                                 const Repository& repository,
                                 const Digest& digest) const {
  const absl::Status unknown = errors::BlobUnknown(digest.ToString());
  MutexLock lock(&mutex_);
  const RepositoryContent* const content =
      FindRepository(upstream_id, repository);
  if (content == nullptr) return unknown;
  const auto blob = content->blobs.find(digest.ToString());
  if (blob == content->blobs.end()) return unknown;
  return blob->second;
}

const InMemoryUpstreamClient::RepositoryContent*
InMemoryUpstreamClient::FindRepository(int64_t upstream_id,
                                       const Repository& repository) const {
  const auto upstream = upstreams_.find(upstream_id);
  if (upstream == upstreams_.end()) return nullptr;
  const auto content = upstream->second.repositories.find(repository.name());
  if (content == upstream->second.repositories.end()) return nullptr;
  return &content->second;
}

size_t InMemoryUpstreamClient::piece_bytes() const {
  MutexLock lock(&mutex_);
  return piece_bytes_;
}

absl::StatusOr<UpstreamManifest> InMemoryUpstreamClient::GetManifest(
    const UpstreamAccess& access, const Repository& repository,
    const Reference& reference) {
  const UpstreamFault fault =
      Arrive(access, {Call::Kind::kGetManifest, access.id, repository.name(),
                      reference.ToString()});
  RETURN_IF_ERROR(fault.error);
  ASSIGN_OR_RETURN(const auto found,
                   FindManifest(access.id, repository, reference));
  const auto& [digest, content] = found;
  if (fault.break_at_byte && *fault.break_at_byte < content.bytes->size()) {
    return errors::UpstreamUnavailable(HostOf(access), "the body broke off");
  }
  std::string bytes = *content.bytes;
  if (fault.corrupt) FlipLastByte(bytes);
  // As a real client does, and so that a fault is noticed like a real one.
  if (const Digest got = Digest::OfBytes(bytes); got != digest) {
    return errors::ContentMismatch(HostOf(access), digest.ToString(),
                                   got.ToString());
  }
  const uint64_t size = bytes.size();
  return UpstreamManifest{
      {content.media_type, digest, size}, std::move(bytes), EtagOf(digest)};
}

absl::StatusOr<Descriptor> InMemoryUpstreamClient::HeadManifest(
    const UpstreamAccess& access, const Repository& repository,
    const Reference& reference) {
  const UpstreamFault fault =
      Arrive(access, {Call::Kind::kHeadManifest, access.id, repository.name(),
                      reference.ToString()});
  RETURN_IF_ERROR(fault.error);
  ASSIGN_OR_RETURN(const auto found,
                   FindManifest(access.id, repository, reference));
  const auto& [digest, content] = found;
  return Descriptor{content.media_type, digest, content.bytes->size()};
}

absl::Status InMemoryUpstreamClient::GetBlob(const UpstreamAccess& access,
                                             const Repository& repository,
                                             const Digest& digest,
                                             const UpstreamBlobPart& part,
                                             UpstreamBlobSink& sink) {
  const UpstreamFault fault =
      Arrive(access,
             {Call::Kind::kGetBlob, access.id, repository.name(),
              digest.ToString(), part},
             sink.cancel());
  const auto is_cancelled = [&] { return sink.cancel().stop_requested(); };
  const absl::Status cancelled = absl::CancelledError("nobody wants it");
  if (is_cancelled()) return cancelled;
  RETURN_IF_ERROR(fault.error);
  ASSIGN_OR_RETURN(const Content content,
                   FindBlob(access.id, repository, digest));
  std::string bytes = *content.bytes;
  if (fault.corrupt) FlipLastByte(bytes);
  const bool whole =
      fault.ignore_part ||
      (!part.if_range_etag.empty() && part.if_range_etag != EtagOf(digest));
  const uint64_t begin = whole ? 0 : part.offset;
  if (begin > 0 && begin >= bytes.size()) {
    return errors::UpstreamInvalid(HostOf(access), "has no such part");
  }
  uint64_t end = bytes.size();
  if (!whole && part.length) end = begin + std::min(end - begin, *part.length);

  UpstreamBlobHeader header = {bytes.size(), begin, EtagOf(digest)};
  if (fault.hide_size) header.size_bytes.reset();
  RETURN_IF_ERROR(sink.OnHeader(header));
  const auto stops_at = [&](const std::optional<uint64_t>& byte) {
    return byte ? begin + *byte : UINT64_MAX;
  };
  const uint64_t gate = fault.gate ? stops_at(fault.gate_at_byte) : UINT64_MAX;
  const uint64_t break_off = stops_at(fault.break_at_byte);
  const uint64_t piece = piece_bytes();
  for (uint64_t at = begin;;) {
    if (at == gate) fault.gate->Pass(sink.cancel());
    if (is_cancelled()) return cancelled;
    if (at == break_off) {
      return errors::UpstreamUnavailable(HostOf(access), "the body broke off");
    }
    if (at == end) return absl::OkStatus();
    uint64_t next = std::min(at + piece, end);
    if (at < gate) next = std::min(next, gate);
    if (at < break_off) next = std::min(next, break_off);
    RETURN_IF_ERROR(
        sink.OnBytes(absl::string_view(bytes).substr(at, next - at)));
    at = next;
  }
}

absl::StatusOr<UpstreamList> InMemoryUpstreamClient::ListTags(
    const UpstreamAccess& access, const Repository& repository) {
  const UpstreamFault fault =
      Arrive(access, {Call::Kind::kListTags, access.id, repository.name(), ""});
  RETURN_IF_ERROR(fault.error);
  MutexLock lock(&mutex_);
  const RepositoryContent* const content =
      FindRepository(access.id, repository);
  if (content == nullptr) return errors::RepositoryUnknown(repository.name());
  std::vector<std::string> tags;
  for (const auto& [tag, digest] : content->tags) tags.push_back(tag);
  return UpstreamList::Of(tags);
}

absl::StatusOr<UpstreamList> InMemoryUpstreamClient::ListReferrers(
    const UpstreamAccess& access, const Repository& repository,
    const Digest& subject) {
  const UpstreamFault fault =
      Arrive(access, {Call::Kind::kListReferrers, access.id, repository.name(),
                      subject.ToString()});
  RETURN_IF_ERROR(fault.error);
  MutexLock lock(&mutex_);
  const RepositoryContent* const content =
      FindRepository(access.id, repository);
  if (content == nullptr) {
    return errors::ManifestUnknown(repository.name(), subject.ToString());
  }
  const auto found = content->referrers.find(subject.ToString());
  UpstreamList list(limits::kReferrersMax);
  if (found == content->referrers.end()) return list;
  std::istringstream index(absl::StrCat(
      R"({"manifests":[)", absl::StrJoin(found->second, ","), "]}"));
  if (!ReadReferrersPage(index, list)) {
    return errors::UpstreamInvalid(HostOf(access), "a list of too many items");
  }
  return list;
}

}  // namespace cvr::testing
