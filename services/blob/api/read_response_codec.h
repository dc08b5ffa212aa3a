#ifndef SERVICES_BLOB_API_READ_RESPONSE_CODEC_H_
#define SERVICES_BLOB_API_READ_RESPONSE_CODEC_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "grpcpp/support/byte_buffer.h"
#include "services/blob/api/content_source.h"
#include "services/common/chunk.h"

namespace cvr {

// cvr.internal.v1.ReadResponse and FetchResponse, which are the same on the
// wire, as bytes, without copying the content: what any
// Protocol Buffers library would write and read, done by hand for the field
// `data`.

grpc::ByteBuffer EncodeHeader(const ContentHeader& header);

// Shares the bytes of `chunk`, which it keeps until they are sent.
grpc::ByteBuffer EncodeData(const Chunk& chunk);

// One of the two is there. Chunks are in order, never empty, and share the
// message's bytes: a message that came in pieces stays in pieces.
struct DecodedReadResponse {
  std::optional<ContentHeader> header;
  std::vector<Chunk> data;
};

// Errors: INVALID_ARGUMENT for what is no ReadResponse.
absl::StatusOr<DecodedReadResponse> DecodeReadResponse(
    grpc::ByteBuffer& message);

}  // namespace cvr

#endif  // SERVICES_BLOB_API_READ_RESPONSE_CODEC_H_
