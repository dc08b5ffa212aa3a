#include "tests/faults/gzip.h"

#include <cstdint>

namespace cvr::testing {
namespace {

constexpr size_t kStoredBlockBytesMax = 65535;

void AppendLittleEndian(std::string& to, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) {
    to.push_back(static_cast<char>(value >> (8 * i)));
  }
}

uint32_t Crc32(absl::string_view bytes) {
  uint32_t crc = ~uint32_t{0};
  for (const char byte : bytes) {
    crc ^= static_cast<uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
  }
  return ~crc;
}

}  // namespace

std::string Gzipped(absl::string_view bytes) {
  std::string gzip("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
  const uint32_t crc = Crc32(bytes);
  const auto size = static_cast<uint32_t>(bytes.size());
  do {
    const absl::string_view block = bytes.substr(0, kStoredBlockBytesMax);
    bytes.remove_prefix(block.size());
    gzip.push_back(bytes.empty() ? 1 : 0);  // The last one says so.
    const auto length = static_cast<uint16_t>(block.size());
    AppendLittleEndian(gzip, length, 2);
    AppendLittleEndian(gzip, static_cast<uint16_t>(~length), 2);
    gzip.append(block.data(), block.size());
  } while (!bytes.empty());
  AppendLittleEndian(gzip, crc, 4);
  AppendLittleEndian(gzip, size, 4);
  return gzip;
}

}  // namespace cvr::testing
