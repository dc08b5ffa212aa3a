#include "services/metadata/resources/uid.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/digest.h"

namespace cvr {

std::string UidOf(absl::string_view kind, int64_t id,
                  const google::protobuf::Timestamp& create_time) {
  constexpr size_t kUuidBytes = 16;
  const Digest digest = Digest::OfBytes(absl::StrCat(
      kind, "/", id, "/", create_time.seconds(), ".", create_time.nanos()));
  std::string bytes(digest.raw().substr(0, kUuidBytes));
  // Version and variant, in the bits that the RFC has for them.
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x80);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  const std::string hex = absl::BytesToHexString(bytes);
  const absl::string_view view = hex;
  return absl::StrCat(view.substr(0, 8), "-", view.substr(8, 4), "-",
                      view.substr(12, 4), "-", view.substr(16, 4), "-",
                      view.substr(20));
}

}  // namespace cvr
