#include "services/blob/engine/download/stored_manifests.h"

#include <istream>
#include <utility>
#include <vector>

#include "services/blob/engine/download/blob_stream_buffer.h"
#include "services/blob/engine/download/content_streams.h"
#include "services/common/limits.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

// Some hundred bytes each. Once there are more, all are forgotten: to find out
// again costs one reading.
constexpr size_t kKindsMax = 16'384;

// Nothing when it is damaged.
std::optional<ManifestFacts> ReadFacts(const BlobReader& reader) {
  BlobStreamBuffer buffer(reader);
  std::istream stream(&buffer);
  ManifestFacts facts = ReadManifest(stream);
  if (!buffer.status().ok()) return std::nullopt;
  return facts;
}

// Whether all of it can be read. Chunks are verified as they are read.
bool IsSound(const BlobReader& reader) {
  for (uint64_t at = 0; at < reader.size();) {
    const auto chunk = reader.ReadChunk(at);
    if (!chunk.ok()) return false;
    at += chunk->size();
  }
  return true;
}

void DropDamage(BlobStore& store, const Digest& digest,
                const BlobReader& reader) {
  for (uint64_t at = 0; at < reader.size(); at += limits::kChunkBytes) {
    if (!reader.ReadChunk(at).ok()) return DropIfDamaged(store, digest, at);
  }
}

}  // namespace

std::string StoredManifests::Kind::ServedAs(absl::string_view said) const {
  ManifestFacts facts;
  facts.form = form;
  facts.media_type = media_type;
  return ServedManifestType(said, facts);
}

std::optional<StoredManifests::Manifest> StoredManifests::Open(
    const Digest& digest) {
  const auto opened = store_.Open(digest);
  if (!opened.ok()) return std::nullopt;
  const std::shared_ptr<const BlobReader>& reader = *opened;
  const auto kind = KindOf(digest, *reader);
  if (!kind) {
    DropDamage(store_, digest, *reader);
    return std::nullopt;
  }
  if (kind->has_fault) return std::nullopt;
  Manifest manifest{*kind, reader->size(), {}};
  if (reader->size() > limits::kChunkBytes) {
    if (!IsSound(*reader)) {
      DropDamage(store_, digest, *reader);
      return std::nullopt;
    }
    manifest.bytes.reader = reader;
    return manifest;
  }
  auto chunk = reader->ReadChunk(0);
  if (!chunk.ok()) {
    DropIfDamaged(store_, digest, 0);
    return std::nullopt;
  }
  manifest.bytes.chunk = *std::move(chunk);
  return manifest;
}

std::optional<StoredManifests::Kind> StoredManifests::KindOf(
    const Digest& digest, const BlobReader& reader) {
  if (auto known = Find(digest)) return known;
  if (reader.size() > limits::kManifestBytesMax) return std::nullopt;
  const auto facts = ReadFacts(reader);
  if (!facts) return std::nullopt;
  Kind kind = {facts->form, "", !facts->fault.empty()};
  if (IsManifestType(facts->media_type)) kind.media_type = facts->media_type;
  if (kind.has_fault) {
    spdlog::warn("stored manifest {} is not served: it has {} (CVE-2021-41190)",
                 digest.ToString(), facts->fault);
  }
  Remember(digest, kind);
  return kind;
}

std::optional<StoredManifests::Kind> StoredManifests::KindOf(
    const Digest& digest) {
  const auto reader = store_.Open(digest);
  if (!reader.ok()) return std::nullopt;
  return KindOf(digest, **reader);
}

bool StoredManifests::Has(const Digest& digest) {
  const auto reader = store_.Open(digest);
  if (!reader.ok()) return false;
  const auto kind = KindOf(digest, **reader);
  if (!kind) DropDamage(store_, digest, **reader);
  return kind && !kind->has_fault;
}

std::vector<Digest> StoredManifests::ReferencesOf(const Digest& digest) {
  const auto reader = store_.Open(digest);
  if (!reader.ok() || (*reader)->size() > limits::kManifestBytesMax) return {};
  auto facts = ReadFacts(**reader);
  if (!facts) return {};
  return std::move(facts->references);
}

std::optional<StoredManifests::Kind> StoredManifests::Find(
    const Digest& digest) {
  MutexLock lock(&mutex_);
  const auto known = kinds_.find(digest);
  if (known == kinds_.end()) return std::nullopt;
  return known->second;
}

void StoredManifests::Remember(const Digest& digest, const Kind& kind) {
  MutexLock lock(&mutex_);
  if (kinds_.size() >= kKindsMax) kinds_.clear();
  kinds_.insert_or_assign(digest, kind);
}

}  // namespace cvr
