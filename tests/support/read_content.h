#ifndef TESTS_SUPPORT_READ_CONTENT_H_
#define TESTS_SUPPORT_READ_CONTENT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/blob/api/content_source.h"
#include "services/common/status_macros.h"

namespace cvr::testing {

// What is left of `stream`, to its end.
inline absl::StatusOr<std::string> ReadRest(ContentStream& stream) {
  std::string bytes;
  while (true) {
    ASSIGN_OR_RETURN(const Chunk chunk, stream.Next());
    if (chunk.empty()) return bytes;
    bytes.append(chunk.bytes().data(), chunk.size());
  }
}

inline absl::StatusOr<std::string> ReadAll(
    absl::StatusOr<std::unique_ptr<ContentStream>> stream) {
  RETURN_IF_ERROR(stream.status());
  return ReadRest(**stream);
}

// Bytes of which no two parts are alike.
inline std::string PatternBytes(size_t size, uint64_t seed = 1) {
  std::string bytes(size, '\0');
  uint64_t state = seed;
  for (char& byte : bytes) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<char>(state >> 56);
  }
  return bytes;
}

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_READ_CONTENT_H_
