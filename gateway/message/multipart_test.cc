#include "gateway/message/multipart.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using testing::IsOkAndHolds;
using ::testing::MatchesRegex;
using testing::StatusIs;

constexpr absl::string_view kContent = "0123456789";

// The bytes of `range`, `step` at a time.
BodyStream Bytes(const ByteRange& range, size_t step = 2) {
  return [left = std::string(kContent.substr(range.offset, range.length)),
          step]() mutable -> absl::StatusOr<Chunk> {
    Chunk chunk = Chunk::OfString(left.substr(0, step));
    left.erase(0, step);
    return chunk;
  };
}

absl::StatusOr<BodyStream> Open(const ByteRange& range) { return Bytes(range); }

absl::StatusOr<std::string> ReadAll(BodyStream stream) {
  std::string all;
  while (true) {
    const auto chunk = stream();
    if (!chunk.ok()) return chunk.status();
    if (chunk->empty()) return all;
    all.append(chunk->bytes().data(), chunk->size());
  }
}

const std::vector<ByteRange> kRanges = {{7, 3}, {0, 1}, {2, 4}};

MultipartLayout Layout(std::vector<ByteRange> ranges = kRanges) {
  return MultipartLayout("b0", "a/b", std::move(ranges), kContent.size());
}

TEST(MultipartTest, PartsComeInOrderEachWithItsHead) {
  EXPECT_EQ(Layout().content_type(), "multipart/byteranges; boundary=b0");
  EXPECT_THAT(ReadAll(MultipartBody(Layout(), Bytes(kRanges[0]), Open)),
              IsOkAndHolds("--b0\r\n"
                           "Content-Type: a/b\r\n"
                           "Content-Range: bytes 7-9/10\r\n\r\n"
                           "789\r\n--b0\r\n"
                           "Content-Type: a/b\r\n"
                           "Content-Range: bytes 0-0/10\r\n\r\n"
                           "0\r\n--b0\r\n"
                           "Content-Type: a/b\r\n"
                           "Content-Range: bytes 2-5/10\r\n\r\n"
                           "2345\r\n--b0--\r\n"));
}

TEST(MultipartTest, LengthIsKnownBeforehand) {
  for (const auto& ranges : std::vector<std::vector<ByteRange>>{
           {{0, 10}}, {{0, 1}, {9, 1}}, {{3, 4}, {1, 9}, {0, 10}}, kRanges}) {
    const auto body =
        ReadAll(MultipartBody(Layout(ranges), Bytes(ranges[0]), Open));
    ASSERT_THAT(body, testing::IsOk());
    EXPECT_EQ(body->size(), Layout(ranges).content_length());
  }
}

TEST(MultipartTest, LengthsBeyond32BitsAreRight) {
  const uint64_t size = uint64_t{1} << 40;
  const MultipartLayout layout("b", "a/b", {{0, size / 2}, {size / 2, 1}},
                               size);
  EXPECT_EQ(layout.content_length(), size / 2 + 1 + layout.HeadOf(0).size() +
                                         layout.HeadOf(1).size() +
                                         layout.End().size());
}

// A pull of many ranges holds one stream at a time.
TEST(MultipartTest, APartIsOpenedAfterTheOneBeforeIsClosed) {
  int open = 0;
  int open_max = 0;
  std::vector<uint64_t> opened;
  const auto counted = [&](const ByteRange& range) -> BodyStream {
    open_max = std::max(open_max, ++open);
    opened.push_back(range.offset);
    auto closer = std::shared_ptr<int>(&open, [](int* count) { --*count; });
    return [closer, bytes = Bytes(range)]() mutable { return bytes(); };
  };
  BodyStream body =
      MultipartBody(Layout(), counted(kRanges[0]),
                    [&](const ByteRange& range) -> absl::StatusOr<BodyStream> {
                      return counted(range);
                    });
  EXPECT_THAT(opened, ::testing::ElementsAre(7));
  ASSERT_THAT(ReadAll(std::move(body)), testing::IsOk());
  EXPECT_THAT(opened, ::testing::ElementsAre(7, 0, 2));
  EXPECT_EQ(open_max, 1);
  EXPECT_EQ(open, 0);
}

TEST(MultipartTest, APartThatCannotBeOpenedIsAnError) {
  EXPECT_THAT(ReadAll(MultipartBody(Layout(), Bytes(kRanges[0]),
                                    [](const ByteRange&) {
                                      return absl::UnavailableError("gone");
                                    })),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST(MultipartTest, APartOfAnotherLengthIsAnError) {
  for (const uint64_t length : {2, 4}) {
    EXPECT_THAT(
        ReadAll(MultipartBody(Layout({{1, 3}, {5, 1}}),
                              Bytes({1, length}, /*step=*/length), Open)),
        StatusIs(absl::StatusCode::kInternal));
  }
}

TEST(MultipartTest, BoundariesAreValidAndDiffer) {
  const std::string one = RandomBoundary();
  EXPECT_THAT(one, MatchesRegex("[0-9a-f]+"));
  EXPECT_EQ(one.size(), 32);
  EXPECT_NE(one, RandomBoundary());
}

}  // namespace
}  // namespace cvr
