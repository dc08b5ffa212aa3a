// A tag is refreshed on demand, and fetches are looked on.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "cvr/v1/fetch_service.grpc.pb.h"
#include "cvr/v1/refresh_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "services/concurrency/thread.h"
#include "tests/integration/system_test.h"
#include "tests/support/upstream/fake_registry.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {
namespace {

constexpr char kType[] = "application/vnd.oci.image.manifest.v1+json";
constexpr char kRepository[] = "library/alpine";
constexpr char kTagPath[] = "library/alpine/manifests/latest";

class RefreshTest : public SystemTest {
 protected:
  std::string Publish(const std::string& name) {
    return upstream_
        .AddManifest(kRepository, "latest", kType,
                     R"({"schemaVersion":2,"layers":[],"annotations":{"n":")" +
                         name + "\"}}")
        .ToString();
  }
  grpc::Status Refresh(v1::RefreshTagResponse* response) const {
    const auto stub = v1::RefreshService::NewStub(system_.channel());
    v1::RefreshTagRequest request;
    request.set_registry_id(1);
    request.set_repository(kRepository);
    request.set_tag("latest");
    grpc::ClientContext context;
    return stub->RefreshTag(&context, request, response);
  }
  std::string PulledDigest() const {
    const HttpResponse response = system_.Get(kTagPath);
    EXPECT_EQ(response.status, 200);
    return Digest::OfBytes(response.body).ToString();
  }
};

TEST_P(RefreshTest, ATagThatMovedIsServedWithoutAskingAgain) {
  const std::string old = Publish("old");
  EXPECT_EQ(PulledDigest(), old);
  const std::string moved = Publish("new");
  EXPECT_EQ(PulledDigest(), old);  // It is fresh.

  v1::RefreshTagResponse response;
  const grpc::Status status = Refresh(&response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.digest(), moved);
  EXPECT_EQ(response.media_type(), kType);
  EXPECT_GT(response.size_bytes(), 0);
  EXPECT_EQ(response.upstream_id(), 1);
  EXPECT_EQ(response.previous_digest(), old);

  upstream_.ClearRequests();
  EXPECT_EQ(PulledDigest(), moved);
  EXPECT_EQ(upstream_.CountRequests({}), 0);
}

TEST_P(RefreshTest, WhatWasNotThereIsAskedAgain) {
  EXPECT_EQ(system_.Get(kTagPath).status, 404);
  const std::string digest = Publish("late");
  EXPECT_EQ(system_.Get(kTagPath).status, 404);  // It is remembered.
  v1::RefreshTagResponse response;
  const grpc::Status status = Refresh(&response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.digest(), digest);
  EXPECT_EQ(response.previous_digest(), "");
  EXPECT_EQ(PulledDigest(), digest);
}

TEST_P(RefreshTest, WhatIsCachedStaysWhenTheUpstreamIsDown) {
  const std::string old = Publish("old");
  EXPECT_EQ(PulledDigest(), old);
  upstream_.Answer({}, FakeAnswer::Status(502), FakeRegistry::kAlways);
  v1::RefreshTagResponse response;
  EXPECT_EQ(Refresh(&response).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(PulledDigest(), old);
}

class FetchesTest : public RefreshTest {
 protected:
  FetchesTest() : stub_(v1::FetchService::NewStub(system_.channel())) {}

  v1::ListFetchesResponse List() {
    grpc::ClientContext context;
    v1::ListFetchesResponse fetches;
    const auto status = stub_->ListFetches(&context, {}, &fetches);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return fetches;
  }
  // Looks until there is one fetch, with so many readers.
  v1::Fetch AwaitReaders(int readers) {
    v1::ListFetchesResponse fetches;
    const auto has_readers = [&] {
      fetches = List();
      return fetches.fetches_size() == 1 &&
             fetches.fetches(0).reader_count() == readers;
    };
    EXPECT_TRUE(Eventually(
        has_readers, absl::StrCat("the only fetch has ", readers, " readers")));
    if (fetches.fetches_size() != 1) return v1::Fetch();
    return fetches.fetches(0);
  }

  const std::unique_ptr<v1::FetchService::Stub> stub_;
};

TEST_P(FetchesTest, AFetchIsSeenFromItsBeginningToItsEnd) {
  const Image image = AddImage(upstream_, kRepository, "latest", {8 * kMiB});
  ASSERT_EQ(system_.Get(kTagPath).status, 200);
  const Digest layer = image.BlobDigests().back();
  const auto gate = std::make_shared<Gate>();
  FakeAnswer slow;
  slow.gate = gate;
  slow.gate_at_byte = 3 * kMiB;
  upstream_.Answer({"GET", layer.ToString()}, slow);

  const auto pull = [&] {
    EXPECT_EQ(system_.Get("library/alpine/blobs/" + layer.ToString()).body,
              image.blobs.back());
  };
  Thread first("first", pull);
  gate->AwaitArrivals();
  v1::Fetch seen = AwaitReaders(1);
  EXPECT_GT(seen.id(), 0);
  EXPECT_EQ(seen.upstream_id(), 1);
  EXPECT_EQ(seen.repository(), kRepository);
  EXPECT_EQ(seen.digest(), layer.ToString());
  EXPECT_EQ(seen.size_bytes(), 8 * kMiB);
  EXPECT_LE(seen.received_bytes(), 3 * kMiB);
  EXPECT_EQ(seen.request_count(), 1);
  EXPECT_EQ(seen.state(), v1::Fetch::STATE_RUNNING);

  grpc::ClientContext context;
  v1::WatchFetchesRequest request;
  request.set_upstream_id(1);
  request.mutable_interval()->set_nanos(100000000);
  const auto watch = stub_->WatchFetches(&context, request);
  v1::WatchFetchesResponse message;
  ASSERT_TRUE(watch->Read(&message));
  ASSERT_EQ(message.fetches_size(), 1);
  EXPECT_EQ(message.fetches(0).id(), seen.id());

  Thread second("second", pull);
  seen = AwaitReaders(2);
  EXPECT_EQ(seen.request_count(), 1);
  gate->Open();
  while (seen.state() == v1::Fetch::STATE_RUNNING) {
    ASSERT_TRUE(watch->Read(&message));
    ASSERT_EQ(message.fetches_size(), 1);
    seen = message.fetches(0);
  }
  EXPECT_EQ(seen.state(), v1::Fetch::STATE_SUCCEEDED);
  EXPECT_EQ(seen.received_bytes(), 8 * kMiB);

  grpc::ClientContext stats_context;
  v1::GetStorageStatsResponse response;
  ASSERT_TRUE(stub_->GetStorageStats(&stats_context, {}, &response).ok());
  ASSERT_EQ(response.instances_size(), 1);
  const v1::StorageStats& stats = response.instances(0);
  EXPECT_NE(stats.instance(), "");
  EXPECT_EQ(stats.instance(), seen.instance());
  EXPECT_GE(stats.blob_count(), 2);
  EXPECT_GT(stats.size_bytes(), 8 * kMiB);
  EXPECT_EQ(stats.max_bytes(), 0);
  EXPECT_GT(stats.disk_free_bytes(), 0);
  EXPECT_EQ(stats.fetch_count(), 0);

  // A watch does not keep the processes from ending.
  Thread watching("watch", [&] {
    v1::WatchFetchesResponse unseen;
    while (watch->Read(&unseen)) {
    }
    EXPECT_FALSE(watch->Finish().ok());
  });
  EXPECT_TRUE(system_.Stop());
}

INSTANTIATE_TEST_SUITE_P(Shapes, RefreshTest, AllShapes(), ShapeName);
INSTANTIATE_TEST_SUITE_P(Shapes, FetchesTest, AllShapes(), ShapeName);

}  // namespace
}  // namespace cvr::testing
