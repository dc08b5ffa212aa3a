#include "services/upstream/list_answer.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/common/document_limits.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/upstream/api/list_page.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using testing::IsOk;
using testing::StatusIs;

class ListReceiverTest : public ::testing::Test {
 protected:
  // The page at `path` comes, which names `next` as the one after it.
  absl::StatusOr<std::optional<Url>> Receive(const std::string& path,
                                             const std::string& next,
                                             const std::string& body) {
    const Url url = *Url::Parse(absl::StrCat("https://registry.example", path));
    HttpHead head = {200};
    if (!next.empty()) {
      head.fields.Add("Link", absl::StrCat("<", next, ">; rel=next"));
    }
    EXPECT_THAT(list_.OnHead(url, head), IsOk());
    if (const auto status = list_.OnBytes(body); !status.ok()) return status;
    return list_.TakePage(url, {url, head});
  }

  // Room for one list, and what that must leave free.
  MemoryBudget memory_{{2 * limits::kListRoomBytes, limits::kListRoomBytes,
                        limits::kListRoomBytes, absl::ZeroDuration()}};
  ListReceiver list_{ReadTagsPage, limits::kTagsMax, &memory_, {"g", 1}};
};

TEST_F(ListReceiverTest, ThereAreOnlySoManyPages) {
  for (int page = 1; page < limits::kListPagesMax; ++page) {
    const auto next = Receive(absl::StrCat("/", page),
                              absl::StrCat("/", page + 1), R"({"tags":["t"]})");
    ASSERT_THAT(next, IsOk());
    ASSERT_TRUE(next->has_value());
    EXPECT_EQ((*next)->path(), absl::StrCat("/", page + 1));
  }
  EXPECT_THAT(
      Receive(absl::StrCat("/", limits::kListPagesMax), "/more",
              R"({"tags":["t"]})"),
      StatusIs(absl::StatusCode::kUnavailable, Reason::kUpstreamInvalid));
}

TEST_F(ListReceiverTest, LastOfManyPagesIsTaken) {
  for (int page = 1; page < limits::kListPagesMax; ++page) {
    ASSERT_THAT(Receive(absl::StrCat("/", page), absl::StrCat("/", page + 1),
                        R"({"tags":["t"]})"),
                IsOk());
  }
  const auto next = Receive("/last", "", R"({"tags":["last"]})");
  ASSERT_THAT(next, IsOk());
  EXPECT_FALSE(next->has_value());
  const auto tags = std::move(list_).Take();
  EXPECT_EQ(tags.size(), limits::kListPagesMax);
  EXPECT_EQ(tags.texts().back(), "last");
}

// Else pages without content could fill the memory by their names.
TEST_F(ListReceiverTest, AddressesOfPagesCountAsBytes) {
  const std::string padding(1024 * 1024, 'x');
  absl::Status status;
  int pages = 0;
  while (status.ok()) {
    ++pages;
    status = Receive(absl::StrCat("/?", pages, padding),
                     absl::StrCat("/?", pages + 1, padding), R"({"tags":[]})")
                 .status();
  }
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable,
                               Reason::kUpstreamInvalid));
  EXPECT_LE(pages, 33);
}

TEST_F(ListReceiverTest, LongListsTakeRoomAsLongAsTheyAreHeld) {
  const std::string spaces(limits::kSmallListBytes, ' ');
  ASSERT_THAT(Receive("/1", "/2", R"({"tags":["a"]})"), IsOk());
  EXPECT_EQ(memory_.bytes_in_use(), 0u);
  ASSERT_THAT(Receive("/2", "", spaces + R"({"tags":["b"]})"), IsOk());
  {
    const UpstreamList tags = std::move(list_).Take();
    EXPECT_EQ(tags.size(), 2u);
    EXPECT_EQ(memory_.bytes_in_use(), limits::kListRoomBytes);
    ListReceiver second(ReadTagsPage, limits::kTagsMax, &memory_, {"h", 2});
    const absl::Status refused = second.OnBytes(spaces + " ");
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted));
    EXPECT_TRUE(RetryAfterOf(refused));
  }
}

}  // namespace
}  // namespace cvr
