#include "services/blob/engine/stored_document.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "services/blob/engine/content_streams.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {
std::optional<Chunk> LoadDocument(BlobStore& store, const Digest& digest,
                                  size_t bytes_max) {
  const auto reader = store.Open(digest);
  if (!reader.ok() || (*reader)->size() > bytes_max) return std::nullopt;
  const uint64_t size = (*reader)->size();
  std::string joined;
  while (joined.size() < size) {
    auto chunk = (*reader)->ReadChunk(joined.size());
    if (!chunk.ok()) {
      spdlog::warn("document {}: {}", digest.ToString(),
                   chunk.status().ToString());
      DropIfDamaged(store, digest, joined.size());
      return std::nullopt;
    }
    if (chunk->size() == size) return *std::move(chunk);
    joined.append(chunk->bytes().data(), chunk->size());
  }
  return Chunk::OfString(std::move(joined));
}

absl::Status StoreDocument(BlobStore& store, const Digest& digest,
                           const Chunk& bytes) {
  if (bytes.size() <= limits::kManifestBytesMax) {
    return store.Put(digest, bytes.bytes());
  }
  ASSIGN_OR_RETURN(const auto writer, store.Create(digest, /*owner=*/0));
  for (size_t at = 0; at < bytes.size(); at += limits::kChunkBytes) {
    RETURN_IF_ERROR(writer->Append(bytes.Sub(at, limits::kChunkBytes)));
  }
  return writer->Commit();
}

}  // namespace cvr
