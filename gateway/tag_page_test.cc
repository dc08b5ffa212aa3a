#include "gateway/tag_page.h"

#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::cvr::testing::IsOk;
using ::cvr::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

std::vector<std::string> PageOf(const std::vector<std::string>& tags,
                                PageRequest request, bool more) {
  TagPage page(std::move(request));
  for (const std::string& tag : tags) page.Add(tag);
  EXPECT_EQ(page.has_more(), more);
  return std::move(page).Take();
}

const std::vector<std::string> kTags = {"c", "a", "B", "10", "9", "_x"};

TEST(TagPageTest, OrderIsByLettersThenByBytes) {
  EXPECT_THAT(PageOf(kTags, {}, false),
              ElementsAre("10", "9", "_x", "a", "B", "c"));
  EXPECT_THAT(PageOf({"v1", "V1", "v10", "V2", "v1-a"}, {}, false),
              ElementsAre("V1", "v1", "v1-a", "v10", "V2"));
}

TEST(TagPageTest, PageIsShortOnlyWhenNothingFollows) {
  EXPECT_THAT(PageOf(kTags, {2}, true), ElementsAre("10", "9"));
  EXPECT_THAT(PageOf(kTags, {6}, false),
              ElementsAre("10", "9", "_x", "a", "B", "c"));
  EXPECT_THAT(PageOf(kTags, {5, "9"}, false), ElementsAre("_x", "a", "B", "c"));
  EXPECT_THAT(PageOf(kTags, {std::numeric_limits<uint64_t>::max(), "a"}, false),
              ElementsAre("B", "c"));
}

TEST(TagPageTest, LastIsExclusiveAndNeedNotExist) {
  EXPECT_THAT(PageOf(kTags, {{}, "a"}, false), ElementsAre("B", "c"));
  EXPECT_THAT(PageOf(kTags, {{}, "aa"}, false), ElementsAre("B", "c"));
  EXPECT_THAT(PageOf(kTags, {1, "~"}, false), IsEmpty());
}

TEST(TagPageTest, PageOfNoneIsEmptyAndTheLast) {
  EXPECT_THAT(PageOf(kTags, {0}, false), IsEmpty());
}

// Every tag comes once, whatever the page's size: nothing is lost between.
TEST(TagPageTest, PagesTogetherAreTheList) {
  std::vector<std::string> tags;
  for (int i = 0; i < 200; ++i) {
    tags.push_back((i % 3 == 0 ? "V" : "v") + std::to_string(i * 7919 % 1000));
  }
  const auto all = PageOf(tags, {}, false);
  for (const uint64_t n : {1, 7, 199, 200, 201}) {
    std::vector<std::string> walked;
    for (bool more = true; more;) {
      TagPage page({n, walked.empty() ? "" : walked.back()});
      for (const std::string& tag : tags) page.Add(tag);
      more = page.has_more();
      for (auto& tag : std::move(page).Take()) walked.push_back(tag);
    }
    EXPECT_THAT(walked, ElementsAreArray(all)) << n;
  }
}

TEST(ReadTagsTest, DocumentsAreReadOrRefused) {
  const auto read = [](const std::string& text) {
    std::istringstream document(text);
    TagPage page({});
    const absl::Status status = ReadTags(document, page);
    EXPECT_TRUE(status.ok() || absl::IsInternal(status));
    return status.ok() ? std::move(page).Take().size() : -1;
  };
  EXPECT_EQ(read(R"({"tags":[]})"), 0);
  EXPECT_EQ(read(R"({ "tags" : [ "a", "b" ] })"), 2);
  for (const char* bad :
       {"", "{}", "[]", "null", R"({"tags":null})", R"({"tags":["a")",
        R"({"tags":["a"]} x)", R"({"tags":[1]})", R"({"tags":[["a"]]})",
        R"({"tags":{"a":"b"}})", R"({"x":["a"]})", R"(["tags"])"}) {
    EXPECT_EQ(read(bad), -1) << bad;
  }
}

}  // namespace
}  // namespace cvr
