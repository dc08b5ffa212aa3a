#include "services/common/digest.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using testing::IsOk;
using testing::StatusIs;

// FIPS 180-2, appendix B.1 and C.1.
constexpr char kSha256OfAbc[] =
    "sha256:"
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr char kSha512OfAbc[] =
    "sha512:"
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";

TEST(DigestTest, MatchesThePublishedVectors) {
  EXPECT_EQ(Digest::OfBytes("abc").ToString(), kSha256OfAbc);
  EXPECT_EQ(Digest::OfBytes("abc", DigestAlgorithm::kSha512).ToString(),
            kSha512OfAbc);
}

TEST(DigestTest, ParseAndToStringAreInverse) {
  for (const char* const text : {kSha256OfAbc, kSha512OfAbc}) {
    const auto digest = Digest::Parse(text);
    ASSERT_THAT(digest, IsOk());
    EXPECT_EQ(digest->ToString(), text);
    const auto again = Digest::FromRaw(digest->algorithm(), digest->raw());
    ASSERT_THAT(again, IsOk());
    EXPECT_EQ(*again, *digest);
  }
}

TEST(DigestTest, EverythingElseIsRefused) {
  const std::string good = kSha256OfAbc;
  const std::string bad[] = {
      "",
      "sha256:",
      "abc",
      good.substr(0, good.size() - 1),
      good + "0",
      "SHA256:" + good.substr(7),
      "sha512:" + good.substr(7),
      "md5:" + good.substr(7),
      "sha256:" + std::string(64, 'A'),
      "sha256:" + std::string(63, 'a') + "g",
      good + " ",
      std::string("sha256:") + std::string(64, '\0'),
  };
  for (const std::string& text : bad) {
    EXPECT_THAT(
        Digest::Parse(text),
        StatusIs(absl::StatusCode::kInvalidArgument, Reason::kDigestInvalid))
        << text;
  }
}

TEST(DigestTest, OrderAndEqualityTellAlgorithmsApart) {
  const auto a = Digest::OfBytes("x");
  const auto b = Digest::OfBytes("x", DigestAlgorithm::kSha512);
  EXPECT_NE(a, b);
  EXPECT_TRUE(a < b);
  EXPECT_FALSE(b < a);
}

TEST(DigestHasherTest, PiecesHashLikeTheWhole) {
  DigestHasher hasher(DigestAlgorithm::kSha256);
  hasher.Update("a");
  hasher.Update("");
  hasher.Update("bc");
  EXPECT_EQ(hasher.Current().ToString(), kSha256OfAbc);
}

TEST(DigestHasherTest, CurrentMayBeAskedOnTheWay) {
  DigestHasher hasher(DigestAlgorithm::kSha256);
  hasher.Update("a");
  EXPECT_EQ(hasher.Current(), Digest::OfBytes("a"));
  hasher.Update("bc");
  EXPECT_EQ(hasher.Current().ToString(), kSha256OfAbc);
}

}  // namespace
}  // namespace cvr
