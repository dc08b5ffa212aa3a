#include "services/blob/store/blob_catalog.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class BlobCatalogTest : public ::testing::Test {
 protected:
  static Digest Of(int number) { return Digest::OfBytes(absl::StrCat(number)); }
  static absl::Time At(int second) { return absl::FromUnixSeconds(second); }

  std::vector<Digest> Oldest() const {
    std::vector<Digest> digests;
    catalog_.VisitOldest([&](const Digest& digest, uint64_t) {
      digests.push_back(digest);
      return true;
    });
    return digests;
  }

  BlobCatalog catalog_;
};

TEST_F(BlobCatalogTest, UsesDecideTheOrder) {
  for (int i = 0; i < 3; ++i) catalog_.Add(Of(i), 1);
  EXPECT_THAT(Oldest(), ElementsAre(Of(0), Of(1), Of(2)));
  catalog_.Touch(Of(0), At(1));
  EXPECT_THAT(Oldest(), ElementsAre(Of(1), Of(2), Of(0)));
  catalog_.Add(Of(1), 1);
  EXPECT_THAT(Oldest(), ElementsAre(Of(2), Of(0), Of(1)));
}

TEST_F(BlobCatalogTest, UsageIsTheSumOfWhatIsThere) {
  catalog_.Add(Of(0), 5);
  catalog_.Add(Of(1), 7);
  catalog_.Add(Of(0), 6);
  EXPECT_EQ(catalog_.usage().blobs, 2);
  EXPECT_EQ(catalog_.usage().bytes, 13);
  catalog_.Remove(Of(1));
  catalog_.Remove(Of(1));
  EXPECT_EQ(catalog_.usage().blobs, 1);
  EXPECT_EQ(catalog_.usage().bytes, 6);
}

TEST_F(BlobCatalogTest, TheLastUseOfEachIsTakenOnce) {
  catalog_.Add(Of(0), 1);
  catalog_.Add(Of(1), 1);
  EXPECT_EQ(catalog_.Touch(Of(0), At(1)), 1);
  EXPECT_EQ(catalog_.Touch(Of(0), At(2)), 1);
  EXPECT_EQ(catalog_.Touch(Of(1), At(3)), 2);
  EXPECT_EQ(catalog_.Touch(Of(9), At(3)), 2);  // Unknown.
  // Gone, and back: its use was that of another.
  catalog_.Remove(Of(1));
  catalog_.Add(Of(1), 1);
  const auto uses = catalog_.TakeUses();
  ASSERT_THAT(uses, SizeIs(1));
  EXPECT_EQ(uses[0].digest, Of(0));
  EXPECT_EQ(uses[0].time, At(2));
  EXPECT_THAT(catalog_.TakeUses(), IsEmpty());
  EXPECT_EQ(catalog_.Touch(Of(0), At(4)), 1);
}

}  // namespace
}  // namespace cvr
