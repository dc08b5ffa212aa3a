#ifndef SERVICES_PROCESS_BYTE_SIZE_H_
#define SERVICES_PROCESS_BYTE_SIZE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace cvr {

// Reads a number of bytes: a whole number, or one with a fraction (`1.5G`), and
// a unit or none. K, M, G, T, P and KiB, MiB, ... are powers of 1024; KB, MB,
// ... are powers of 1000; B is one byte. Case does not matter, and a space may
// stand before the unit. Empty for anything else and for what does not fit.
std::optional<uint64_t> ParseByteSize(absl::string_view text);

// A number of bytes as the type of a flag: ABSL_FLAG(cvr::ByteSize, ...).
struct ByteSize {
  constexpr ByteSize(uint64_t size_bytes = 0) : bytes(size_bytes) {}
  uint64_t bytes;
};

// What absl/flags wants of a type. `10737418240` is shown as `10GiB`: the
// largest unit that needs no fraction.
bool AbslParseFlag(absl::string_view text, ByteSize* size, std::string* error);
std::string AbslUnparseFlag(const ByteSize& size);

}  // namespace cvr

#endif  // SERVICES_PROCESS_BYTE_SIZE_H_
