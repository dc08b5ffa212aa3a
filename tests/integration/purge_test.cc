// What is purged or deleted is not served any more, and leaves the disk.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cvr/v1/cache_entry_service.grpc.pb.h"
#include "cvr/v1/cache_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "services/concurrency/thread.h"
#include "tests/integration/system_test.h"
#include "tests/support/upstream/fake_registry.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {
namespace {

namespace fs = std::filesystem;

class PurgeTest : public SystemTest {
 protected:
  PurgeTest() : SystemTest({"--garbage_interval=50ms"}) {}

  static std::string ByDigest(const Image& image) {
    return absl::StrCat(image.repository, "/manifests/",
                        image.manifest_digest.ToString());
  }
  std::string ByTag() const { return image_.repository + "/manifests/1"; }

  // Pulls the image until a pull asks the upstream nothing.
  void AwaitCachedWhole(const Image& image);

  // What was purged is not served any more.
  v1::Operation BeginPurge() {
    v1::PurgeUpstreamCacheRequest request;
    request.set_upstream_id(1);
    v1::Operation operation;
    grpc::ClientContext context;
    const auto status = v1::CacheService::NewStub(system_.channel())
                            ->PurgeUpstreamCache(&context, request, &operation);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(operation.method(), "CacheService.PurgeUpstreamCache");
    return operation;
  }

  // Its rows are gone as well.
  v1::PurgeCacheResponse PurgeUpstream() {
    const v1::Operation ended = system_.Await(BeginPurge());
    v1::PurgeCacheResponse result;
    EXPECT_TRUE(ended.response().UnpackTo(&result));
    return result;
  }

  void DeleteEntry(const std::string& path) {
    const auto stub = v1::CacheEntryService::NewStub(system_.channel());
    v1::ListCacheEntriesRequest list;
    list.set_filter(absl::StrCat("relative_path = \"", path, "\""));
    v1::ListCacheEntriesResponse found;
    grpc::ClientContext listing;
    ASSERT_TRUE(stub->ListCacheEntries(&listing, list, &found).ok());
    ASSERT_EQ(found.cache_entries_size(), 1);
    v1::DeleteCacheEntryRequest request;
    request.set_id(found.cache_entries(0).id());
    google::protobuf::Empty empty;
    grpc::ClientContext deleting;
    EXPECT_TRUE(stub->DeleteCacheEntry(&deleting, request, &empty).ok());
  }

  // Whether the image's layer is on the disk.
  bool IsOnDisk(const Image& image) const {
    const std::string part = image.blobs[1].substr(kMiB, 64);
    std::error_code error;  // Files go meanwhile.
    for (const auto& entry :
         fs::recursive_directory_iterator(system_.blobs_directory(), error)) {
      if (entry.path().extension() != ".sst") continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string all(std::istreambuf_iterator<char>(file), {});
      if (absl::StrContains(all, part)) return true;
    }
    return false;
  }
  void AwaitGoneFromDisk(const Image& image) const {
    EXPECT_TRUE(Eventually([&] { return !IsOnDisk(image); },
                           "the layer is gone from the disk"));
  }

  const Image image_ = AddImage(upstream_, "library/a", "1", {3 * kMiB});
};

void PurgeTest::AwaitCachedWhole(const Image& image) {
  ASSERT_TRUE(Eventually(
      [&] {
        const int asked = upstream_.CountRequests({});
        EXPECT_EQ(Pull(system_, image), "");
        return upstream_.CountRequests({}) == asked;
      },
      "a pull asks the upstream nothing"));
}

TEST_P(PurgeTest, WhatIsPurgedIsFetchedAnewOrNotServed) {
  Cache(image_);
  ASSERT_TRUE(IsOnDisk(image_));
  const v1::PurgeCacheResponse first = PurgeUpstream();
  EXPECT_GE(first.entry_count(), 3);
  EXPECT_GE(first.size_bytes(), 3 * kMiB);
  AwaitGoneFromDisk(image_);
  const int asked = upstream_.CountRequests({});
  Cache(image_);
  EXPECT_GT(upstream_.CountRequests({}), asked);
  // What is pulled while it is being deleted is a miss once more.
  AwaitCachedWhole(image_);

  upstream_.Stop();
  ASSERT_EQ(Pull(system_, image_), "");
  PurgeUpstream();
  EXPECT_TRUE(system_.EntryPaths().empty());
  for (const std::string& path :
       {ByTag(), ByDigest(image_), LayerEntry(image_).substr(1)}) {
    EXPECT_EQ(system_.Get(path).status, 503) << path;
  }
  AwaitGoneFromDisk(image_);
  EXPECT_EQ(PurgeUpstream().entry_count(), 0);
}

TEST_P(PurgeTest, ADeletedEntryTakesItsOwnBytesOnly) {
  const Image other = AddImage(upstream_, "library/b", "1", {2 * kMiB});
  Cache(image_);
  Cache(other);
  upstream_.Stop();
  DeleteEntry(LayerEntry(image_));
  EXPECT_EQ(system_.Get(LayerEntry(image_).substr(1)).status, 503);
  EXPECT_EQ(system_.Get(ByTag()).status, 200);
  EXPECT_EQ(system_.Get(ByDigest(image_)).status, 200);
  AwaitGoneFromDisk(image_);
  EXPECT_TRUE(IsOnDisk(other));
  EXPECT_EQ(Pull(system_, other), "");
}

// Neither what was purged comes back nor are its bytes forgotten; the operation
// goes on.
TEST_P(PurgeTest, APurgeOutlivesACrash) {
  Cache(image_);
  const v1::Operation purge = BeginPurge();
  system_.Kill();
  upstream_.Stop();
  system_.Start();
  EXPECT_EQ(system_.Get(LayerEntry(image_).substr(1)).status, 503);
  EXPECT_EQ(system_.Await(purge).id(), purge.id());
  EXPECT_TRUE(system_.EntryPaths().empty());
  AwaitGoneFromDisk(image_);
}

TEST_P(PurgeTest, WhatIsPurgedIsNotServedOnceTheCallIsAnswered) {
  Cache(image_);
  upstream_.Stop();
  const v1::Operation purge = BeginPurge();
  for (const std::string& path :
       {ByTag(), ByDigest(image_), LayerEntry(image_).substr(1)}) {
    EXPECT_EQ(system_.Get(path).status, 503) << path;
  }
  system_.Await(purge);
}

// It ends afterwards, and must not bring back what was purged.
TEST_P(PurgeTest, ADownloadThatEndsAfterAPurgeLeavesNothing) {
  ASSERT_EQ(system_.Get(ByTag()).status, 200);
  const auto gate = std::make_shared<Gate>();
  FakeAnswer slow;
  slow.gate = gate;
  slow.gate_at_byte = 2 * kMiB;
  upstream_.Answer({"GET", image_.BlobDigests()[1].ToString()}, slow);
  std::string result = "not pulled";
  {
    Thread client("client", [&] { result = Pull(system_, image_); });
    gate->AwaitArrivals();
    PurgeUpstream();
    gate->Open();
  }
  // Who pulls is not disturbed.
  EXPECT_EQ(result, "");
  AwaitGoneFromDisk(image_);
  EXPECT_FALSE(system_.EntryPaths().contains(LayerEntry(image_)));
  upstream_.Stop();
  EXPECT_EQ(system_.Get(LayerEntry(image_).substr(1)).status, 503);
}

INSTANTIATE_TEST_SUITE_P(Shapes, PurgeTest, AllShapes(), ShapeName);

}  // namespace
}  // namespace cvr::testing
