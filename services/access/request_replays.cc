#include "services/access/request_replays.h"

#include "absl/strings/ascii.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "services/common/digest.h"
#include "services/common/errors.h"

namespace cvr {
namespace {

constexpr size_t kUuidChars = 36;

bool IsHyphenAt(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

std::string HashOfRequest(const google::protobuf::Message& request) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    request.SerializeToCodedStream(&out);
  }
  return Digest::OfBytes(bytes).ToString();
}

absl::Status CheckRequestId(const std::string& request_id) {
  bool is_uuid = request_id.size() == kUuidChars;
  for (size_t i = 0; is_uuid && i < kUuidChars; ++i) {
    is_uuid = IsHyphenAt(i) ? request_id[i] == '-'
                            : absl::ascii_isxdigit(request_id[i]);
  }
  return is_uuid ? absl::OkStatus()
                 : errors::FieldInvalid("request_id", "must be a UUID");
}

}  // namespace cvr
