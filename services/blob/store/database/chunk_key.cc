#include "services/blob/store/database/chunk_key.h"

namespace cvr {
namespace {

template <typename Integer>
void AppendBigEndian(std::string* key, Integer value) {
  for (int shift = 8 * (sizeof(Integer) - 1); shift >= 0; shift -= 8) {
    key->push_back(static_cast<char>(value >> shift));
  }
}

template <typename Integer>
Integer ReadBigEndian(absl::string_view bytes) {
  Integer value = 0;
  for (const char byte : bytes) {
    value = (value << 8) | static_cast<unsigned char>(byte);
  }
  return value;
}

}  // namespace

size_t ChunkShard(const Digest& digest) {
  return static_cast<unsigned char>(digest.raw()[0]) % kChunkShards;
}

std::string ChunkKey(const CopyId& copy, uint32_t number) {
  std::string key = BlobKey(copy.digest);
  AppendBigEndian(&key, copy.generation);
  AppendBigEndian(&key, number);
  return key;
}

std::optional<std::pair<CopyId, uint32_t>> ParseChunkKey(
    absl::string_view key) {
  constexpr size_t kTail = sizeof(uint64_t) + sizeof(uint32_t);
  if (key.size() < kTail) return std::nullopt;
  const absl::string_view tail = key.substr(key.size() - kTail);
  const auto digest = ParseBlobKey(key.substr(0, key.size() - kTail));
  if (!digest.has_value()) return std::nullopt;
  return std::make_pair(
      CopyId{*digest, ReadBigEndian<uint64_t>(tail.substr(0, 8))},
      ReadBigEndian<uint32_t>(tail.substr(8)));
}

std::string BlobKey(const Digest& digest) {
  std::string key(1, static_cast<char>(digest.algorithm()));
  key.append(digest.raw().data(), digest.raw().size());
  return key;
}

std::optional<Digest> ParseBlobKey(absl::string_view key) {
  if (key.empty()) return std::nullopt;
  const auto algorithm = static_cast<DigestAlgorithm>(key[0]);
  if (algorithm != DigestAlgorithm::kSha256 &&
      algorithm != DigestAlgorithm::kSha512) {
    return std::nullopt;
  }
  auto digest = Digest::FromRaw(algorithm, key.substr(1));
  if (!digest.ok()) return std::nullopt;
  return *digest;
}

}  // namespace cvr
