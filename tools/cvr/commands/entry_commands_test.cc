#include "tools/cvr/commands/entry_commands.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cvr/v1/cache_entry_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/empty.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
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
            entry.set_size(int64_t{1024} * id);
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

TEST_F(EntryCommandsTest, EntriesAreRecordedByHand) {
  v1::CacheEntry seen;
  server_.On<v1::CreateCacheEntryRequest, v1::CacheEntry>(
      "CacheEntryService/CreateCacheEntry", [&](const auto& request, auto*) {
        seen = request.cache_entry();
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("entry create --upstream 8 --path /a/manifests/1 --digest "
                "sha256:0 --media-type m --size 2KiB --upstream-etag e"),
            0)
      << Err();
  EXPECT_EQ(seen.upstream_id(), 8);
  EXPECT_EQ(seen.relative_path(), "/a/manifests/1");
  EXPECT_EQ(seen.digest(), "sha256:0");
  EXPECT_EQ(seen.media_type(), "m");
  EXPECT_EQ(seen.size(), 2048);
  EXPECT_EQ(seen.upstream_etag(), "e");
}

TEST_F(EntryCommandsTest, UpdateSendsOnlyWhatIsGiven) {
  v1::UpdateCacheEntryRequest seen;
  server_.On<v1::UpdateCacheEntryRequest, v1::CacheEntry>(
      "CacheEntryService/UpdateCacheEntry", [&](const auto& request, auto*) {
        seen = request;
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("entry update 3"), 1);
  EXPECT_EQ(Err(), "cvr: no changes given (see cvr entry update --help)\n");
  EXPECT_EQ(Cvr("entry update 3 --checked 2023-11-14T22:13:20Z"), 0) << Err();
  EXPECT_EQ(seen.cache_entry().id(), 3);
  EXPECT_EQ(seen.cache_entry().upstream_checked_at().seconds(), 1700000000);
  EXPECT_THAT(seen.update_mask().paths(), ElementsAre("upstream_checked_at"));
  EXPECT_EQ(Cvr("entry update 3 --media-type m"), 0) << Err();
  EXPECT_THAT(seen.update_mask().paths(), ElementsAre("media_type"));
}

}  // namespace
}  // namespace cvr
