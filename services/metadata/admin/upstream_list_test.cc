#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/metadata/admin/upstream_admin.h"
#include "services/metadata/admin/upstream_admin_fixture.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(UpstreamAdminTest, ListsInPagesWithFiltersAndInAnOrder) {
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  for (int i = 1; i <= 7; ++i) {
    auto upstream = NewUpstream(absl::StrCat("https://h", i),
                                i % 2 == 0 ? "acme" : "default");
    upstream.set_name(i == 7 ? "LAST" : absl::StrCat("up", i));
    upstream.set_display_name(i == 3 ? "The third" : "");
    upstream.set_disabled(i > 5);
    ASSERT_THAT(CreateUpstream(upstream), IsOk());
  }
  const auto ids = [&](v1::ListUpstreamsRequest request) {
    std::vector<int64_t> ids;
    do {
      const auto page = List(request);
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      for (const auto& upstream : page->upstreams()) {
        ids.push_back(upstream.id());
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return ids;
  };
  v1::ListUpstreamsRequest request;
  request.set_group("-");
  for (const int page_size : {0, 1, 2, 3, 7, 8}) {
    request.set_page_size(page_size);
    request.clear_order_by();
    EXPECT_THAT(ids(request), ElementsAre(1, 2, 3, 4, 5, 6, 7));
    request.set_order_by("id desc");
    EXPECT_THAT(ids(request), ElementsAre(7, 6, 5, 4, 3, 2, 1));
    request.set_order_by("name");
    EXPECT_THAT(ids(request), ElementsAre(7, 1, 2, 3, 4, 5, 6));
    // All are of the same second: the id decides.
    request.set_order_by("create_time");
    EXPECT_THAT(ids(request), ElementsAre(1, 2, 3, 4, 5, 6, 7));
  }
  request.clear_order_by();
  request.set_page_size(2);
  request.set_group("acme");
  EXPECT_THAT(ids(request), ElementsAre(2, 4, 6));
  request.set_group("-");
  request.set_filter("name : \"last\"");
  EXPECT_THAT(ids(request), ElementsAre(7));
  request.set_filter("disabled = true AND url : \"h6\"");
  EXPECT_THAT(ids(request), ElementsAre(6));
  request.set_filter("display_name : \"third\"");
  EXPECT_THAT(ids(request), ElementsAre(3));
  request.set_filter("name = \"nothing\"");
  EXPECT_THAT(ids(request), IsEmpty());
  request.set_filter("description = \"d\"");
  EXPECT_THAT(List(request), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(UpstreamAdminTest, AListNamesAGroupOrARegistry) {
  EXPECT_THAT(stack_->upstreams().List({}, Caller::System()),
              StatusIs(absl::StatusCode::kInvalidArgument));
  v1::ListUpstreamsRequest request;
  request.set_registry_id(9);
  EXPECT_THAT(List(request), StatusIs(absl::StatusCode::kNotFound));
  request.set_order_by("name");
  EXPECT_THAT(List(request), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(UpstreamAdminTest, TheLastPageHasNoToken) {
  ASSERT_THAT(CreateUpstream("https://a"), IsOk());
  ASSERT_THAT(CreateUpstream("https://b"), IsOk());
  v1::ListUpstreamsRequest request;
  request.set_page_size(2);
  EXPECT_EQ(List(request)->next_page_token(), "");
  request.set_page_size(1);
  EXPECT_NE(List(request)->next_page_token(), "");
}

TEST_F(UpstreamAdminTest, ListsARegistrysUpstreamsByPosition) {
  ASSERT_THAT(CreateRegistry("r"), IsOk());
  for (const char* url : {"https://a", "https://b", "https://c"}) {
    const auto upstream = CreateUpstream(url);
    ASSERT_THAT(Attach(1, upstream->id()), IsOk());
  }
  ASSERT_THAT(CreateUpstream("https://unattached"), IsOk());
  ASSERT_THAT(Move(1, 3, 1), IsOk());
  v1::ListUpstreamsRequest request;
  request.set_registry_id(1);
  request.set_page_size(2);
  const auto first = List(request);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(first->upstreams(), SizeIs(2));
  EXPECT_EQ(first->upstreams(0).id(), 3);
  EXPECT_EQ(first->upstreams(1).id(), 1);
  EXPECT_EQ(first->upstreams(0).attachments(0).position(), 1);
  request.set_page_token(first->next_page_token());
  const auto second = List(request);
  ASSERT_THAT(second, IsOk());
  ASSERT_THAT(second->upstreams(), SizeIs(1));
  EXPECT_EQ(second->upstreams(0).id(), 2);
  EXPECT_EQ(second->next_page_token(), "");
}

TEST_F(UpstreamAdminTest, TokensAreForTheListTheyCameFrom) {
  ASSERT_THAT(CreateUpstream("https://a"), IsOk());
  ASSERT_THAT(CreateUpstream("https://b"), IsOk());
  v1::ListUpstreamsRequest request;
  request.set_group("-");
  request.set_page_size(1);
  request.set_page_token(List(request)->next_page_token());
  request.set_group("default");
  const auto invalid =
      StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid);
  EXPECT_THAT(List(request), invalid);
  request.set_page_token("rubbish");
  EXPECT_THAT(List(request), invalid);
  request.set_page_token("");
  request.set_page_size(-1);
  EXPECT_THAT(List(request), invalid);
}

}  // namespace
}  // namespace cvr::testing
