#include "services/blob/store/database/chunk_key.h"

#include <string>

#include "gtest/gtest.h"

namespace cvr {
namespace {

const Digest kSmall = Digest::OfBytes("a");
const Digest kLarge = Digest::OfBytes("a", DigestAlgorithm::kSha512);

TEST(ChunkKeyTest, ReadsBackWhatWasWritten) {
  for (const Digest& digest : {kSmall, kLarge}) {
    const CopyId copy{digest, 0x0102030405060708};
    const auto parsed = ParseChunkKey(ChunkKey(copy, 0xfffefdfc));
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->first, copy);
    EXPECT_EQ(parsed->second, 0xfffefdfc);
    EXPECT_EQ(ParseBlobKey(BlobKey(digest)), digest);
  }
}

TEST(ChunkKeyTest, SortsByNumberThenGeneration) {
  EXPECT_LT(ChunkKey({kSmall, 1}, 255), ChunkKey({kSmall, 1}, 256));
  EXPECT_LT(ChunkKey({kSmall, 1}, 0xffffffff), ChunkKey({kSmall, 2}, 0));
  EXPECT_LT(ChunkKey({kSmall, 255}, 0), ChunkKey({kSmall, 256}, 0));
}

// The grammar of DESIGN.md, byte by byte: old directories must stay readable.
TEST(ChunkKeyTest, HasTheDocumentedForm) {
  const std::string key = ChunkKey({kSmall, 2}, 3);
  EXPECT_EQ(key, std::string("\x01", 1) + std::string(kSmall.raw()) +
                     std::string("\0\0\0\0\0\0\0\x02\0\0\0\x03", 12));
  EXPECT_EQ(ChunkKey({kLarge, 2}, 3)[0], 2);
}

TEST(ChunkKeyTest, RefusesWhatIsNoKey) {
  const std::string key = ChunkKey({kSmall, 2}, 3);
  EXPECT_FALSE(ParseChunkKey("").has_value());
  EXPECT_FALSE(ParseChunkKey(key.substr(1)).has_value());
  EXPECT_FALSE(ParseChunkKey(key + "x").has_value());
  EXPECT_FALSE(ParseChunkKey("\x07" + key.substr(1)).has_value());
  EXPECT_FALSE(ParseBlobKey("").has_value());
  EXPECT_FALSE(ParseBlobKey("\x01").has_value());
}

}  // namespace
}  // namespace cvr
