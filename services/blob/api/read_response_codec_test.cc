#include "services/blob/api/read_response_codec.h"

#include <memory>
#include <string>
#include <utility>

#include "cvr/internal/v1/blob_service.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::cvr::testing::IsOk;
using ::cvr::testing::StatusIs;

template <typename Message>
bool ParseAs(grpc::ByteBuffer message, Message& response) {
  return grpc::SerializationTraits<Message>::Deserialize(&message, &response)
      .ok();
}

internal::v1::ReadResponse ParseAsAnyClient(grpc::ByteBuffer message) {
  internal::v1::ReadResponse response;
  EXPECT_TRUE(ParseAs(std::move(message), response));
  return response;
}

grpc::ByteBuffer InPieces(const std::string& bytes, size_t piece_bytes) {
  std::vector<grpc::Slice> slices;
  for (size_t at = 0; at < bytes.size(); at += piece_bytes) {
    slices.emplace_back(bytes.substr(at, piece_bytes));
  }
  return grpc::ByteBuffer(slices.data(), slices.size());
}

std::string Joined(const std::vector<Chunk>& chunks) {
  std::string bytes;
  for (const Chunk& chunk : chunks) {
    EXPECT_FALSE(chunk.empty());
    bytes.append(chunk.bytes().data(), chunk.size());
  }
  return bytes;
}

TEST(ReadResponseCodecTest, DataIsAnOrdinaryMessage) {
  for (const size_t size : {1, 127, 128, 16383, 16384, 262144, 3000000}) {
    const std::string bytes(size, 'x');
    const internal::v1::ReadResponse response =
        ParseAsAnyClient(EncodeData(Chunk::OfString(bytes)));
    EXPECT_EQ(response.data(), bytes);
    EXPECT_FALSE(response.has_header());
  }
}

// BlobService.Fetch answers with what is written for Read.
TEST(ReadResponseCodecTest, FetchResponseIsTheSame) {
  internal::v1::FetchResponse response;
  auto message = EncodeData(Chunk::OfString("bytes"));
  ASSERT_TRUE(ParseAs(message, response));
  EXPECT_EQ(response.data(), "bytes");
  message = EncodeHeader({{"a/b", Digest::OfBytes("x"), 1}, {0, 1}});
  ASSERT_TRUE(ParseAs(message, response));
  EXPECT_EQ(response.header().target().media_type(), "a/b");
  EXPECT_EQ(response.header().length(), 1);
}

TEST(ReadResponseCodecTest, ChunkIsSharedUntilTheMessageIsGone) {
  const auto owner = std::make_shared<const std::string>(100000, 'x');
  {
    const grpc::ByteBuffer message = EncodeData(Chunk(*owner, owner));
    EXPECT_EQ(owner.use_count(), 2);
    std::vector<grpc::Slice> slices;
    ASSERT_TRUE(message.Dump(&slices).ok());
    ASSERT_EQ(slices.size(), 2);
    EXPECT_EQ(reinterpret_cast<const char*>(slices[1].begin()), owner->data());
  }
  EXPECT_EQ(owner.use_count(), 1);
}

TEST(ReadResponseCodecTest, ReadsWhatAnyServerWritesHoweverItIsCut) {
  for (const size_t size : {1, 100, 1000, 100000}) {
    internal::v1::ReadResponse response;
    response.set_data(std::string(size, 'x'));
    for (const size_t piece : {1, 2, 3, 7, 1000, 200000}) {
      auto message = InPieces(response.SerializeAsString(), piece);
      const auto decoded = DecodeReadResponse(message);
      ASSERT_THAT(decoded, IsOk());
      EXPECT_EQ(Joined(decoded->data), response.data());
      EXPECT_FALSE(decoded->header.has_value());
    }
  }
}

TEST(ReadResponseCodecTest, ReceivedDataIsNotCopied) {
  grpc::ByteBuffer message =
      EncodeData(Chunk::OfString(std::string(100000, 'x')));
  std::vector<grpc::Slice> slices;
  ASSERT_TRUE(message.Dump(&slices).ok());
  const auto decoded = DecodeReadResponse(message);
  ASSERT_THAT(decoded, IsOk());
  ASSERT_EQ(decoded->data.size(), 1);
  EXPECT_EQ(decoded->data[0].bytes().data(),
            reinterpret_cast<const char*>(slices[1].begin()));
}

TEST(ReadResponseCodecTest, HeaderRoundTrips) {
  const Digest digest = Digest::OfBytes("x", DigestAlgorithm::kSha512);
  auto message = EncodeHeader({{"a/b", digest, uint64_t{1} << 40},
                               {7, (uint64_t{1} << 40) - 7},
                               CacheStatus::kStale,
                               42});
  const auto decoded = DecodeReadResponse(message);
  ASSERT_THAT(decoded, IsOk());
  ASSERT_TRUE(decoded->header.has_value());
  EXPECT_TRUE(decoded->data.empty());
  const ContentHeader& header = *decoded->header;
  EXPECT_EQ(header.target.media_type, "a/b");
  EXPECT_EQ(header.target.digest, digest);
  EXPECT_EQ(header.target.size_bytes, uint64_t{1} << 40);
  EXPECT_EQ(header.range.offset, 7);
  EXPECT_EQ(header.range.length, (uint64_t{1} << 40) - 7);
  EXPECT_EQ(header.cache_status, CacheStatus::kStale);
  EXPECT_EQ(header.upstream_id, 42);
}

TEST(ReadResponseCodecTest, UnusualButValidEncodingIsRead) {
  // The field twice: the last one counts. And a field from the future.
  auto twice = InPieces(std::string("\x12\x01"
                                    "a"
                                    "\x12\x01"
                                    "b",
                                    6),
                        100);
  auto decoded = DecodeReadResponse(twice);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(Joined(decoded->data), "b");
  auto future = InPieces(std::string("\x12\x01"
                                     "a"
                                     "\x18\x05",
                                     5),
                         100);
  decoded = DecodeReadResponse(future);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(Joined(decoded->data), "a");
}

TEST(ReadResponseCodecTest, NonsenseIsRefused) {
  for (const std::string& bytes :
       {std::string("\x12\xff\xff\xff\xff\xff\xff"),
        std::string("\x12\x05"
                    "a"),
        std::string("\x12"), std::string("\x0a\x02\x20\x07")}) {
    auto message = InPieces(bytes, 100);
    EXPECT_THAT(DecodeReadResponse(message),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

}  // namespace
}  // namespace cvr
