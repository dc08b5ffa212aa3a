#include "services/blob/engine/manifest_asker.h"

#include <string>
#include <utility>

#include "services/blob/engine/manifest_document.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

void LogIfFailed(const char* what, const absl::Status& status) {
  if (!status.ok()) spdlog::warn("{}: {}", what, status.ToString());
}

// What is recorded or asked for by digest: the answer can have no other.
std::optional<Digest> ExpectedDigest(const ManifestAsker::Question& question) {
  if (question.content.reference.is_digest()) {
    return question.content.reference.digest();
  }
  if (question.candidate.cached)
    return question.candidate.cached->target.digest;
  return std::nullopt;
}

}  // namespace

ManifestAsker::ManifestAsker(BlobStore& store, UpstreamClient& upstream,
                             MetadataClient& metadata, const Clock& clock)
    : store_(store), upstream_(upstream), metadata_(metadata), clock_(clock) {}

std::optional<ManifestAnswer> ManifestAsker::FromStore(
    const Question& question) {
  const bool by_digest = question.content.reference.is_digest();
  const auto& cached = question.candidate.cached;
  if (cached && (cached->fresh || by_digest)) {
    auto bytes = Load(cached->target.digest);
    if (!bytes) return std::nullopt;
    if (by_digest && question.counts_as_download) {
      // Content that is addressed by digest is confirmed by itself.
      LogIfFailed("touch", metadata_.Touch(question.candidate.upstream_id,
                                           question.content,
                                           cached->target.digest, true));
    }
    return ManifestAnswer{cached->target, *std::move(bytes)};
  }
  if (!by_digest || !question.candidate.reachable) return std::nullopt;
  const Digest& digest = question.content.reference.digest();
  auto bytes = Load(digest);
  if (!bytes) return std::nullopt;
  std::string media_type = ManifestMediaType(bytes->bytes());
  if (media_type.empty()) return std::nullopt;
  const uint64_t size = bytes->size();
  ManifestAnswer answer = {{std::move(media_type), digest, size},
                           *std::move(bytes)};
  Record(question, answer, /*etag=*/"");
  return answer;
}

absl::StatusOr<ManifestAnswer> ManifestAsker::FromUpstream(
    const Question& question) {
  const auto access =
      metadata_.GetUpstreamAccess(question.candidate.upstream_id);
  if (!access.ok()) return Decide(question, access.status());
  const auto expected = ExpectedDigest(question);
  auto bytes = expected ? Load(*expected) : std::nullopt;
  if (!bytes) {
    return Decide(question, Get(question, *access, question.content.reference));
  }
  const uint64_t size = bytes->size();
  return Decide(question, Confirm(question, *access, {"", *expected, size},
                                  *std::move(bytes)));
}

// The bytes of `known` are stored; are they still what the upstream has?
absl::StatusOr<ManifestAnswer> ManifestAsker::Confirm(
    const Question& question, const UpstreamAccess& access,
    const Descriptor& known, Chunk bytes) {
  const auto& [repository, reference, kind] = question.content;
  auto head = upstream_.HeadManifest(access, repository, reference);
  if (!head.ok()) {
    // It does not say the digest there: the bytes will.
    if (ReasonOf(head.status()) != Reason::kUpstreamInvalid) {
      return head.status();
    }
    return Get(question, access, reference);
  }
  if (head->digest != known.digest) {
    auto moved = Get(question, access, Reference(head->digest));
    // Moved once more since, or an upstream that has no manifests by digest.
    return absl::IsNotFound(moved.status()) ? Get(question, access, reference)
                                            : moved;
  }
  ManifestAnswer answer = {{head->media_type, known.digest, known.size_bytes},
                           std::move(bytes),
                           ContentOrigin::kRevalidated};
  if (question.candidate.cached) {
    answer.target.media_type = question.candidate.cached->target.media_type;
    LogIfFailed("touch", metadata_.Touch(question.candidate.upstream_id,
                                         question.content, known.digest,
                                         question.counts_as_download));
  } else {
    Record(question, answer, /*etag=*/"");
  }
  return answer;
}

// A store that fails never fails a pull.
absl::StatusOr<ManifestAnswer> ManifestAsker::Get(const Question& question,
                                                  const UpstreamAccess& access,
                                                  const Reference& reference) {
  ASSIGN_OR_RETURN(
      UpstreamManifest manifest,
      upstream_.GetManifest(access, question.content.repository, reference));
  const Digest got =
      Digest::OfBytes(manifest.bytes, manifest.target.digest.algorithm());
  const Digest& wanted =
      reference.is_digest() ? reference.digest() : manifest.target.digest;
  if (got != wanted) {
    return errors::ContentMismatch(access.name, wanted.ToString(),
                                   got.ToString());
  }
  const absl::Status stored = store_.Put(wanted, manifest.bytes);
  ManifestAnswer answer = {
      {manifest.target.media_type, wanted, manifest.bytes.size()},
      Chunk::OfString(std::move(manifest.bytes)),
      ContentOrigin::kMiss};
  if (stored.ok()) {
    Record(question, answer, manifest.etag);
  } else {
    spdlog::warn("manifest {} is not stored: {}", wanted.ToString(),
                 stored.ToString());
  }
  return answer;
}

// design.md, section 4: what a failure means while there is a copy.
absl::StatusOr<ManifestAnswer> ManifestAsker::Decide(
    const Question& question, absl::StatusOr<ManifestAnswer> answer) {
  const absl::Status& status = answer.status();
  const auto& cached = question.candidate.cached;
  if (status.ok() || !cached) return answer;
  if (absl::IsNotFound(status)) {
    LogIfFailed("record denial",
                metadata_.RecordDenial(question.candidate.upstream_id,
                                       question.content, Denial::kAbsent));
    return answer;
  }
  // What was revoked is not served, however fresh the copy.
  if (absl::IsPermissionDenied(status)) return answer;
  if (clock_.Now() > cached->serve_stale_until) return answer;
  auto bytes = Load(cached->target.digest);
  if (!bytes) return answer;
  spdlog::warn("{} of upstream {} is served stale: {}",
               question.content.RelativePath(), question.candidate.upstream_id,
               status.ToString());
  return ManifestAnswer{cached->target, *std::move(bytes),
                        ContentOrigin::kStale};
}

void ManifestAsker::Record(const Question& question,
                           const ManifestAnswer& answer,
                           const std::string& etag) {
  LogIfFailed(
      "record",
      metadata_.Record({.upstream_id = question.candidate.upstream_id,
                        .content = question.content,
                        .target = answer.target,
                        .upstream_etag = etag,
                        .references = ManifestReferences(answer.bytes.bytes()),
                        .counts_as_download = question.counts_as_download}));
}

std::optional<Chunk> ManifestAsker::Load(const Digest& digest) {
  const auto reader = store_.Open(digest);
  if (!reader.ok() || (*reader)->size() > limits::kManifestBytesMax) {
    return std::nullopt;
  }
  const uint64_t size = (*reader)->size();
  std::string joined;
  while (true) {
    auto chunk = (*reader)->ReadChunk(joined.size());
    if (!chunk.ok()) {
      LogIfFailed("damaged manifest", chunk.status());
      if (absl::IsDataLoss(chunk.status())) {
        LogIfFailed("drop", store_.Delete(digest));
      }
      return std::nullopt;
    }
    if (chunk->size() == size) return *std::move(chunk);
    joined.append(chunk->bytes().data(), chunk->size());
    if (joined.size() == size) return Chunk::OfString(std::move(joined));
  }
}

}  // namespace cvr
