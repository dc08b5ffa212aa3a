#include "services/common/reference.h"

#include <string>

#include "gtest/gtest.h"
#include "services/common/content.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using testing::IsOk;
using testing::StatusIs;

TEST(RepositoryTest, NamesOfTheSpecificationParse) {
  for (const char* const name :
       {"a", "0", "alpine", "library/alpine", "a/b/c/d/e/f",
        "foo/manifests/bar", "a.b", "a_b", "a__b", "a-b", "a---b",
        "x1/y-2/z_3.4"}) {
    const auto repository = Repository::Parse(name);
    ASSERT_THAT(repository, IsOk()) << name;
    EXPECT_EQ(repository->name(), name);
  }
}

TEST(RepositoryTest, OtherNamesAreRefused) {
  const std::string bad[] = {"",
                             "/",
                             "a/",
                             "/a",
                             "a//b",
                             "A",
                             "a..b",
                             "a___b",
                             "a._b",
                             ".a",
                             "a.",
                             "-a",
                             "a-",
                             "_a",
                             "a/../b",
                             "a b",
                             "a%2fb",
                             "a\n",
                             "ä",
                             std::string("a\0b", 3),
                             std::string(256, 'a')};
  for (const std::string& name : bad) {
    EXPECT_THAT(
        Repository::Parse(name),
        StatusIs(absl::StatusCode::kInvalidArgument, Reason::kNameInvalid))
        << name;
  }
}

TEST(ReferenceTest, TagsAndDigestsAreToldApart) {
  const auto tag = Reference::Parse("v1.2_3-x");
  ASSERT_THAT(tag, IsOk());
  EXPECT_FALSE(tag->is_digest());
  EXPECT_EQ(tag->tag(), "v1.2_3-x");

  const auto digest = Reference::Parse(Digest::OfBytes("x").ToString());
  ASSERT_THAT(digest, IsOk());
  ASSERT_TRUE(digest->is_digest());
  EXPECT_EQ(digest->digest(), Digest::OfBytes("x"));
}

TEST(ReferenceTest, WhatCanBeNoTagNamesNothing) {
  const std::string bad[] = {
      "", ".a", "-a", "a/b", "a b", "a%20", std::string(129, 'a')};
  for (const std::string& text : bad) {
    EXPECT_THAT(Reference::Parse(text),
                StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown))
        << text;
  }
  EXPECT_THAT(Reference::Parse(std::string(128, 'a')), IsOk());
}

TEST(ReferenceTest, ABrokenDigestIsInvalidRatherThanUnknown) {
  for (const char* const text :
       {"sha256:", "sha256:zz", "md5:00", ":", "a:b"}) {
    EXPECT_THAT(
        Reference::Parse(text),
        StatusIs(absl::StatusCode::kInvalidArgument, Reason::kDigestInvalid))
        << text;
  }
}

TEST(ContentRefTest, RelativePathIsThePathUnderTheUpstream) {
  const auto repository = *Repository::Parse("library/alpine");
  EXPECT_EQ((ContentRef{repository, *Reference::Parse("3.20"),
                        ContentKind::kManifest})
                .RelativePath(),
            "/library/alpine/manifests/3.20");
  const auto digest = Digest::OfBytes("x");
  EXPECT_EQ((ContentRef{repository, Reference(digest), ContentKind::kBlob})
                .RelativePath(),
            "/library/alpine/blobs/" + digest.ToString());
}

}  // namespace
}  // namespace cvr
