#include "tools/cvr/entry_commands.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/empty.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "protos/cvr/v1/cache_entry_service.pb.h"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::google::protobuf::Empty;
using ::nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class EntryCommandsTest : public CvrTest {
 protected:
  // Lists `count` cache entries, two to a page.
  void HaveEntries(int count) {
    server_.On<v1::ListCacheEntriesRequest, v1::ListCacheEntriesResponse>(
        "CacheEntryService/ListCacheEntries",
        [this, count](const auto& request, auto* response) {
          entries_request_ = request;
          const int first = request.page_token().empty()
                                ? 1
                                : std::stoi(request.page_token());
          const int end = std::min(first + 2, count + 1);
          for (int id = first; id < end; ++id) {
            v1::CacheEntry& entry = *response->add_cache_entries();
            entry.set_id(id);
            entry.set_upstream_id(request.upstream_id());
            entry.set_relative_path(absl::StrCat("/a/blobs/sha256:", id));
            entry.set_size(1024 * id);
          }
          if (end <= count) {
            response->set_next_page_token(std::to_string(end));
          }
          return grpc::Status::OK;
        });
  }

  v1::ListCacheEntriesRequest entries_request_;
};

TEST_F(EntryCommandsTest, ListWalksEveryPageIntoOneArray) {
  HaveEntries(5);
  EXPECT_EQ(Cvr("entry list --upstream 8 --path blobs -o json"), 0) << Err();
  EXPECT_EQ(entries_request_.path_contains(), "blobs");
  const json entries = json::parse(Out());
  ASSERT_EQ(entries.size(), 5);
  EXPECT_EQ(entries[4]["id"], "5");
  EXPECT_EQ(entries[4]["upstream_id"], "8");
  EXPECT_EQ(entries[4]["downloads_count"], "0");
}

TEST_F(EntryCommandsTest, EmptyListIsAnEmptyArray) {
  HaveEntries(0);
  EXPECT_EQ(Cvr("entry list -o json"), 0);
  EXPECT_EQ(Out(), "[]\n");
}

TEST_F(EntryCommandsTest, EntryTableShowsSizesForPeople) {
  HaveEntries(1);
  EXPECT_EQ(Cvr("entry list --upstream 8"), 0);
  EXPECT_EQ(
      Out(),
      "ID  UPSTREAM  PATH               MEDIA TYPE            SIZE  DOWNLOADS  "
      "CHECKED\n"
      " 1         8  /a/blobs/sha256:1  -           1024 (1.0 KiB)          0  "
      "-\n");
}

TEST_F(EntryCommandsTest, ListThatFailsHalfwayPrintsNothing) {
  server_.On<v1::ListCacheEntriesRequest, v1::ListCacheEntriesResponse>(
      "CacheEntryService/ListCacheEntries",
      [](const auto& request, auto* response) {
        if (!request.page_token().empty()) {
          return grpc::Status(grpc::StatusCode::INTERNAL, "broken");
        }
        response->add_cache_entries()->set_id(1);
        response->set_next_page_token("2");
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("entry list -o json"), 1);
  EXPECT_THAT(Out(), IsEmpty());
  EXPECT_EQ(Err(), "cvr: broken\n");
}

TEST_F(EntryCommandsTest, EntriesAreShownAndDeleted) {
  std::vector<int64_t> deleted;
  server_.On<v1::GetCacheEntryRequest, v1::CacheEntry>(
      "CacheEntryService/GetCacheEntry",
      [](const auto& request, auto* response) {
        response->set_id(request.id());
        response->set_size(40 << 20);
        response->set_status(v1::CacheEntry::PENDING_DELETION);
        return grpc::Status::OK;
      });
  server_.On<v1::DeleteCacheEntryRequest, Empty>(
      "CacheEntryService/DeleteCacheEntry", [&](const auto& request, auto*) {
        deleted.push_back(request.id());
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("entry get 3"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("41943040 (40.0 MiB)\n"));
  EXPECT_THAT(Out(), HasSubstr("pending deletion\n"));
  EXPECT_EQ(Cvr("entry delete 3 4"), 0) << Err();
  EXPECT_THAT(deleted, ElementsAre(3, 4));
}

}  // namespace
}  // namespace cvr
