#include "services/blob/api/read_response_codec.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cvr/internal/v1/blob_service.pb.h"
#include "google/protobuf/io/coded_stream.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/support/slice.h"
#include "services/blob/api/content_source_wire.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

// Field `data`, wire type LEN (Protocol Buffers, "Message Structure").
constexpr uint8_t kDataTag =
    internal::v1::ReadResponse::kDataFieldNumber << 3 | 2;
// Both answers are read here, so their fields have the same numbers.
static_assert(int{internal::v1::FetchResponse::kDataFieldNumber} ==
                  int{internal::v1::ReadResponse::kDataFieldNumber} &&
              int{internal::v1::FetchResponse::kHeaderFieldNumber} ==
                  int{internal::v1::ReadResponse::kHeaderFieldNumber});
// The tag and a length of up to 32 bits.
constexpr size_t kPrefixBytesMax = 1 + 5;

using Slices = std::vector<grpc::Slice>;

absl::string_view BytesOf(const grpc::Slice& slice) {
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

// The first bytes of the message, however it is cut.
std::string Beginning(const Slices& slices) {
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    absl::StrAppend(&bytes,
                    BytesOf(slice).substr(0, kPrefixBytesMax - bytes.size()));
    if (bytes.size() == kPrefixBytesMax) break;
  }
  return bytes;
}

// How many bytes precede the content, when it is all there is; 0 otherwise.
size_t DataPrefixSize(const Slices& slices, size_t message_size) {
  const std::string begin = Beginning(slices);
  if (begin.empty() || static_cast<uint8_t>(begin[0]) != kDataTag) return 0;
  CodedInputStream input(reinterpret_cast<const uint8_t*>(begin.data()),
                         static_cast<int>(begin.size()));
  uint32_t length = 0;
  input.Skip(1);
  if (!input.ReadVarint32(&length)) return 0;
  const size_t prefix = input.CurrentPosition();
  return prefix + length == message_size ? prefix : 0;
}

std::vector<Chunk> ShareFrom(size_t offset, Slices slices) {
  // Small slices hold their bytes in themselves, so they must not move again.
  const auto owner = std::make_shared<const Slices>(std::move(slices));
  std::vector<Chunk> chunks;
  for (const grpc::Slice& slice : *owner) {
    const size_t skipped = std::min(offset, slice.size());
    offset -= skipped;
    if (skipped == slice.size()) continue;
    chunks.emplace_back(BytesOf(slice).substr(skipped), owner);
  }
  return chunks;
}

}  // namespace

grpc::ByteBuffer EncodeHeader(const ContentHeader& header) {
  internal::v1::ReadResponse response;
  *response.mutable_header() = ToWire(header);
  const grpc::Slice slice(response.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

grpc::ByteBuffer EncodeData(const Chunk& chunk) {
  uint8_t prefix[kPrefixBytesMax];
  prefix[0] = kDataTag;
  const uint8_t* const end = CodedOutputStream::WriteVarint32ToArray(
      static_cast<uint32_t>(chunk.size()), prefix + 1);
  const grpc::Slice slices[] = {
      grpc::Slice(prefix, end - prefix),
      grpc::Slice(
          const_cast<char*>(chunk.bytes().data()), chunk.size(),
          [](void* shared) { delete static_cast<Chunk*>(shared); },
          new Chunk(chunk)),
  };
  return grpc::ByteBuffer(slices, 2);
}

absl::StatusOr<DecodedReadResponse> DecodeReadResponse(
    grpc::ByteBuffer& message) {
  DecodedReadResponse decoded;
  Slices slices;
  if (!message.Dump(&slices).ok()) {
    return absl::InvalidArgumentError("malformed ReadResponse message");
  }
  if (const size_t prefix = DataPrefixSize(slices, message.Length())) {
    decoded.data = ShareFrom(prefix, std::move(slices));
    return decoded;
  }
  internal::v1::ReadResponse response;
  const grpc::Status parsed =
      grpc::SerializationTraits<internal::v1::ReadResponse>::Deserialize(
          &message, &response);
  if (!parsed.ok())
    return absl::InvalidArgumentError("not a ReadResponse message");
  if (response.has_header()) {
    ASSIGN_OR_RETURN(decoded.header, FromWire(response.header()));
  }
  if (!response.data().empty()) {
    decoded.data.push_back(
        Chunk::OfString(std::move(*response.mutable_data())));
  }
  return decoded;
}

}  // namespace cvr
