#include "tools/cvr/commands/entry_commands.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cvr/v1/cache_entry_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/empty.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/errors.h"
#include "services/rpc/rpc_status.h"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::google::protobuf::Empty;
using ::nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

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
            entry.set_size_bytes(int64_t{1024} * id);
          }
          if (end <= count) {
            response->set_next_page_token(std::to_string(end));
          }
          return grpc::Status::OK;
        });
  }

  // Every entry below 99: those from 10 to 19 are of upstream 1, and so on.
  void HaveEntry() {
    server_.On<v1::GetCacheEntryRequest, v1::CacheEntry>(
        "CacheEntryService/GetCacheEntry",
        [](const auto& request, auto* response) {
          if (request.id() == 99) {
            return ToRpcStatus(errors::NoSuch("cache entry", "99"));
          }
          response->set_id(request.id());
          response->set_upstream_id(request.id() / 10);
          response->set_size_bytes(40 << 20);
          response->set_state(v1::CacheEntry::STATE_DELETING);
          return grpc::Status::OK;
        });
  }

  void HaveBatches(std::map<int64_t, std::vector<int64_t>>& deleted) {
    server_.On<v1::BatchDeleteCacheEntriesRequest,
               v1::BatchDeleteCacheEntriesResponse>(
        "CacheEntryService/BatchDeleteCacheEntries",
        [&deleted](const auto& request, auto* response) {
          deleted[request.upstream_id()].assign(request.ids().begin(),
                                                request.ids().end());
          response->set_deleted_count(request.ids_size());
          return grpc::Status::OK;
        });
  }

  v1::ListCacheEntriesRequest entries_request_;
};

TEST_F(EntryCommandsTest, ListWalksEveryPageIntoOneArray) {
  HaveEntries(5);
  EXPECT_EQ(Cvr("entry list --upstream 8 --filter relative_path:blobs "
                "--order-by id -o json"),
            0)
      << Err();
  EXPECT_EQ(entries_request_.filter(), "relative_path:blobs");
  EXPECT_EQ(entries_request_.order_by(), "id");
  const json entries = json::parse(Out());
  ASSERT_EQ(entries.size(), 5);
  EXPECT_EQ(entries[4]["id"], "5");
  EXPECT_EQ(entries[4]["upstream_id"], "8");
  EXPECT_EQ(entries[4]["pull_count"], "0");
}

TEST_F(EntryCommandsTest, ListIsOfOneUpstreamOrOfAll) {
  HaveEntries(1);
  EXPECT_EQ(Cvr("entry list"), 0) << Err();
  EXPECT_EQ(entries_request_.upstream_case(),
            v1::ListCacheEntriesRequest::UPSTREAM_NOT_SET);
  EXPECT_EQ(Cvr("entry list --upstream hub --group acme"), 0) << Err();
  EXPECT_EQ(entries_request_.upstream_key().group(), "acme");
  EXPECT_EQ(entries_request_.upstream_key().name(), "hub");
}

TEST_F(EntryCommandsTest, FormerNameOfTheFilterGoesOn) {
  HaveEntries(1);
  EXPECT_EQ(Cvr("entry list --path bl\"obs"), 0);
  EXPECT_EQ(entries_request_.filter(), "relative_path : \"bl\\\"obs\"");
  EXPECT_THAT(Err(), HasSubstr("--path bl\"obs is now --filter "));
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
      "ID  UPSTREAM  PATH               MEDIA TYPE            SIZE  PULLS  "
      "CHECKED\n"
      " 1         8  /a/blobs/sha256:1  -           1024 (1.0 KiB)      0  "
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

TEST_F(EntryCommandsTest, EntryIsShown) {
  HaveEntry();
  EXPECT_EQ(Cvr("entry get 3"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("41943040 (40.0 MiB)\n"));
  EXPECT_THAT(Out(), HasSubstr("state:          deleting\n"));
}

TEST_F(EntryCommandsTest, EntryIsExpired) {
  int64_t expired = 0;
  server_.On<v1::ExpireCacheEntryRequest, v1::ExpireCacheEntryResponse>(
      "CacheEntryService/ExpireCacheEntry",
      [&](const auto& request, auto* response) {
        expired = request.id();
        response->mutable_cache_entry()->set_digest("sha256:0");
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("entry expire 3"), 0) << Err();
  EXPECT_EQ(expired, 3);
  EXPECT_THAT(Out(), HasSubstr("sha256:0\n"));
  EXPECT_EQ(Cvr("entry expire 3 -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out())["cache_entry"]["digest"], "sha256:0");
}

TEST_F(EntryCommandsTest, OneEntryIsDeleted) {
  HaveEntry();
  v1::DeleteCacheEntryRequest seen;
  server_.On<v1::DeleteCacheEntryRequest, Empty>(
      "CacheEntryService/DeleteCacheEntry", [&](const auto& request, auto*) {
        seen = request;
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("entry delete 3"), 0) << Err();
  EXPECT_EQ(seen.id(), 3);
  EXPECT_TRUE(seen.allow_missing());
  EXPECT_EQ(Out(), "cache entry 3 deleted\n");
  EXPECT_EQ(Cvr("entry delete 3 --no-allow-missing"), 0) << Err();
  EXPECT_FALSE(seen.allow_missing());
}

TEST_F(EntryCommandsTest, ManyEntriesAreDeletedInOneCallForEachUpstream) {
  HaveEntry();
  std::map<int64_t, std::vector<int64_t>> deleted;
  HaveBatches(deleted);
  EXPECT_EQ(Cvr("entry delete 12 21 14 99"), 0) << Err();
  EXPECT_THAT(deleted, ElementsAre(Pair(1, ElementsAre(12, 14)),
                                   Pair(2, ElementsAre(21))));
  EXPECT_EQ(Out(),
            "there is no cache entry 99: nothing to delete\n"
            "upstream 1: cache entries deleted: 2\n"
            "upstream 2: cache entries deleted: 1\n");
}

TEST_F(EntryCommandsTest, NoneIsDeletedWhenOneMustExistThatDoesNot) {
  HaveEntry();
  std::map<int64_t, std::vector<int64_t>> deleted;
  HaveBatches(deleted);
  EXPECT_EQ(Cvr("entry delete 12 99 --no-allow-missing"), 1);
  EXPECT_EQ(Err(), "cvr: cache entry 99 does not exist\n");
  EXPECT_THAT(deleted, IsEmpty());
}

}  // namespace
}  // namespace cvr
