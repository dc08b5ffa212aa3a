#include "services/blob/refresh_service.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "services/blob/engine/engine_manifest_fixture.h"
#include "services/blob/operation_runner.h"
#include "services/blob/prefetcher.h"
#include "services/blob/tag_refresher.h"
#include "services/common/errors.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/thread.h"
#include "services/metadata/api/operation_record_wire.h"
#include "services/rpc/rpc_status.h"
#include "tests/support/in_memory_operation_recorder.h"
#include "tests/support/open_authority.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/eventually.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {
namespace {

constexpr char kRequestId[] = "3eaa0bbb-a290-492c-8c9e-dced5d7cc665";

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Answers what it is told to: for some references, or for all others.
class KnownResolver : public Resolver {
 public:
  absl::StatusOr<Resolution> Resolve(const ResolveRequest& request) override {
    MutexLock lock(&mutex_);
    requests.push_back(request);
    const auto found = by_reference.find(request.content.reference.ToString());
    return found == by_reference.end() ? resolution : found->second;
  }
  absl::StatusOr<std::vector<CachedRepository>> ListRepositories(
      const Caller&, int64_t, const CachedRepository&, int) override {
    return absl::UnimplementedError("nobody asks for it");
  }
  absl::StatusOr<LocatedRegistry> Locate(absl::string_view) override {
    return absl::UnimplementedError("nobody asks for it");
  }

  // Set, or looked at, while nobody asks.
  absl::StatusOr<Resolution> resolution = Resolution{};
  std::map<std::string, absl::StatusOr<Resolution>> by_reference;
  std::vector<ResolveRequest> requests;

 private:
  Mutex mutex_;
};

class RefreshServiceTest : public EngineManifestFixture {
 protected:
  absl::StatusOr<v1::RefreshTagResponse> Refresh(
      const std::string& repository = "r", const std::string& tag = "latest") {
    v1::RefreshTagRequest request;
    request.set_registry_id(3);
    request.set_repository(repository);
    request.set_tag(tag);
    v1::RefreshTagResponse response;
    grpc::ServerContext context;
    const auto status = service_.RefreshTag(&context, &request, &response);
    if (!status.ok()) return FromRpcStatus(status);
    return response;
  }
  absl::StatusOr<v1::RefreshTagResponse> RefreshOf(
      std::vector<Candidate> candidates) {
    resolver_.resolution = Resolution{{}, {std::move(candidates)}};
    return Refresh();
  }
  static void ExpectNow(const absl::StatusOr<v1::RefreshTagResponse>& response,
                        const Descriptor& target, int64_t upstream_id,
                        const std::string& previous) {
    ASSERT_THAT(response, IsOk());
    EXPECT_EQ(response->digest(), target.digest.ToString());
    EXPECT_EQ(response->media_type(), target.media_type);
    EXPECT_EQ(response->size_bytes(), static_cast<int64_t>(target.size_bytes));
    EXPECT_EQ(response->upstream_id(), upstream_id);
    EXPECT_EQ(response->previous_digest(), previous);
  }

  // The operation that has ended.
  template <typename Request>
  v1::Operation RunToEnd(grpc::Status (RefreshServiceImpl::*method)(
                             grpc::ServerContext*, const Request*,
                             v1::Operation*),
                         const Request& request) {
    v1::Operation started;
    grpc::ServerContext context;
    const auto status = (service_.*method)(&context, &request, &started);
    EXPECT_THAT(FromRpcStatus(status), IsOk());
    return status.ok() ? recorder_.AwaitEnd(started.id()) : v1::Operation();
  }
  template <typename Request>
  absl::Status StatusOfStart(grpc::Status (RefreshServiceImpl::*method)(
                                 grpc::ServerContext*, const Request*,
                                 v1::Operation*),
                             const Request& request) {
    v1::Operation started;
    grpc::ServerContext context;
    return FromRpcStatus((service_.*method)(&context, &request, &started));
  }
  static void AddTag(v1::BatchRefreshTagsRequest& request,
                     const std::string& repository, const std::string& tag) {
    request.add_tags()->set_repository(repository);
    request.mutable_tags()->rbegin()->set_tag(tag);
  }

  KnownResolver resolver_;
  OpenAuthority authority_;
  CallGuard guard_{authority_};
  InMemoryOperationRecorder recorder_;
  TagRefresher refresher_{world_.engine(), resolver_};
  Prefetcher prefetcher_{resolver_, world_.engine()};
  OperationRunner operations_{
      {.report_interval = absl::Milliseconds(1), .instance = "blob-a"},
      recorder_};
  RefreshServiceImpl service_{refresher_, prefetcher_, resolver_, operations_,
                              guard_};
};

TEST_F(RefreshServiceTest, WhatIsFreshIsAskedForAndRecordedWhenItMoved) {
  const Descriptor old = Store(Image("old"));
  const Descriptor moved = Publish(7, Image("new"));
  resolver_.resolution = Resolution{Hit{old, 7}, {{Fresh(7, old)}}};
  ExpectNow(Refresh(), moved, 7, old.digest.ToString());
  ASSERT_THAT(metadata().records(), SizeIs(1));
  EXPECT_EQ(metadata().records()[0].target.digest, moved.digest);
  EXPECT_EQ(metadata().download_count(), 0);

  ASSERT_THAT(resolver_.requests, SizeIs(1));
  const ResolveRequest& asked = resolver_.requests[0];
  EXPECT_EQ(asked.registry_id, 3);
  EXPECT_EQ(asked.content.RelativePath(), "/r/manifests/latest");
  EXPECT_FALSE(asked.counts_as_pull);
  EXPECT_TRUE(asked.caller.is_admin);
}

TEST_F(RefreshServiceTest, WhatHasNotMovedIsConfirmed) {
  const Descriptor same = Store(Image("same"));
  Publish(7, Image("same"));
  ExpectNow(RefreshOf({Fresh(7, same)}), same, 7, same.digest.ToString());
  EXPECT_THAT(Requests(), ElementsAre("7 HEAD latest"));
  ASSERT_THAT(metadata().touched(), SizeIs(1));
  EXPECT_FALSE(metadata().touched()[0].counts_as_pull);
}

TEST_F(RefreshServiceTest, WhatWasNotCachedIsFetched) {
  const Descriptor found = Publish(7, Image("new"));
  ExpectNow(RefreshOf({Unknown(7)}), found, 7, "");
}

TEST_F(RefreshServiceTest, NegativeAnswersAreAskedAnew) {
  const Descriptor found = Publish(7, Image("new"));
  ExpectNow(RefreshOf({NotFound(7), Unknown(8)}), found, 7, "");
  ExpectNow(RefreshOf({Refused(7), Unknown(8)}), found, 7, "");
}

TEST_F(RefreshServiceTest, BudgetsAreNotSaved) {
  const Descriptor old = Store(Image("old"));
  const Descriptor moved = Publish(7, Image("new"));
  health().SaveBudgetOf(7);
  ExpectNow(RefreshOf({Old(7, old)}), moved, 7, old.digest.ToString());
}

TEST_F(RefreshServiceTest, ACopyIsNoAnswerForAnUpstreamThatFails) {
  const Descriptor old = Store(Image("old"));
  upstream().Inject(7, {.error = down_}, kAlways);
  EXPECT_THAT(RefreshOf({Fresh(7, old)}),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(metadata().records(), IsEmpty());
  EXPECT_THAT(NegativeAnswers(), IsEmpty());
  Expect(Fetch({Old(7, old)}), Image("old"), CacheStatus::kStale, 7);
}

TEST_F(RefreshServiceTest, NotFoundWhenNoneHasIt) {
  EXPECT_THAT(RefreshOf({Unknown(7), Unknown(8)}),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(NegativeAnswers(),
              ElementsAre("7 not_found /r/manifests/latest",
                          "8 not_found /r/manifests/latest"));
}

TEST_F(RefreshServiceTest, PullsShareItsRequest) {
  const Descriptor same = Store(Image("same"));
  Publish(7, Image("same"));
  const auto gate = Hold(7);
  Thread refreshing("refresh", [&] {
    ExpectNow(RefreshOf({Fresh(7, same)}), same, 7, same.digest.ToString());
  });
  gate->AwaitArrivals();
  // A pull that comes late has asked before there was an answer, too.
  const absl::Time asked_at = absl::Now();
  Thread pulling("pull", [&] {
    Expect(Fetch({Old(7, same)}, "latest", asked_at), Image("same"),
           CacheStatus::kRevalidated, 7);
    EXPECT_THAT(Requests(), ElementsAre("7 HEAD latest"));
  });
  gate->Open();
}

TEST_F(RefreshServiceTest, WhatCannotBeATagIsRefused) {
  const auto invalid =
      StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid);
  EXPECT_THAT(Refresh("NOT/A/NAME"), invalid);
  EXPECT_THAT(Refresh("../../etc"), invalid);
  EXPECT_THAT(Refresh("r", ""), invalid);
  EXPECT_THAT(Refresh("r", "a/b"), invalid);
  EXPECT_THAT(Refresh("r", Digest::OfBytes("x").ToString()), invalid);
  EXPECT_THAT(resolver_.requests, IsEmpty());
}

TEST_F(RefreshServiceTest, ErrorsOfTheResolverAreItsAnswer) {
  resolver_.resolution = absl::NotFoundError("no such registry");
  EXPECT_THAT(Refresh(), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(upstream().calls(), IsEmpty());
}

TEST_F(RefreshServiceTest, BatchSaysWhatBecameOfEachTag) {
  const Descriptor found = Publish(7, Image("new"));
  resolver_.resolution =
      Resolution{{}, {{Unknown(7)}, absl::InfiniteFuture(), "acme"}};
  resolver_.by_reference["denied"] = errors::Denied("a rule excludes it");
  v1::BatchRefreshTagsRequest request;
  request.set_registry_id(3);
  request.set_request_id(kRequestId);
  AddTag(request, "r", "denied");
  AddTag(request, "r", "latest");
  AddTag(request, "r", "missing");
  const v1::Operation ended =
      RunToEnd(&RefreshServiceImpl::BatchRefreshTags, request);
  EXPECT_EQ(ended.method(), "RefreshService.BatchRefreshTags");
  EXPECT_EQ(ended.group(), "acme");
  EXPECT_EQ(ended.request_id(), kRequestId);
  EXPECT_EQ(ended.progress().total_count(), 3);
  EXPECT_EQ(ended.progress().done_count(), 3);
  v1::BatchRefreshTagsResponse response;
  ASSERT_TRUE(ended.response().UnpackTo(&response));
  ASSERT_EQ(response.results_size(), 3);
  EXPECT_EQ(response.results(0).tag(), "denied");
  EXPECT_THAT(ErrorFromWire(response.results(0).error()),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::kDenied));
  EXPECT_EQ(response.results(1).repository(), "r");
  EXPECT_EQ(response.results(1).response().digest(), found.digest.ToString());
  EXPECT_THAT(ErrorFromWire(response.results(2).error()),
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
  EXPECT_EQ(metadata().download_count(), 0);
}

// A slow upstream keeps its own tags waiting, not those of others.
TEST_F(RefreshServiceTest, TagsOfOneUpstreamGoOneAfterTheOther) {
  Publish(7, Image("x"));
  upstream().AddManifest(8, "r", "other", kImage, Image("y"));
  resolver_.resolution =
      Resolution{{}, {{Unknown(7)}, absl::InfiniteFuture(), "acme"}};
  resolver_.by_reference["other"] =
      Resolution{{}, {{Unknown(8)}, absl::InfiniteFuture(), "acme"}};
  const auto gate = Hold(7);
  v1::BatchRefreshTagsRequest request;
  request.set_registry_id(3);
  AddTag(request, "r", "latest");
  AddTag(request, "r", "second");
  AddTag(request, "r", "other");
  v1::Operation started;
  grpc::ServerContext context;
  ASSERT_TRUE(service_.BatchRefreshTags(&context, &request, &started).ok());
  gate->AwaitArrivals();
  EXPECT_TRUE(Eventually(
      [&] { return recorder_.operation(1).progress().done_count() == 1; },
      "the tag of the other upstream is refreshed"));
  EXPECT_THAT(
      Requests(),
      ::testing::Not(::testing::Contains(::testing::HasSubstr("second"))));
  gate->Open();
  EXPECT_TRUE(recorder_.AwaitEnd(1).has_response());
  EXPECT_THAT(Requests(), ::testing::Contains(::testing::HasSubstr("second")));
}

TEST_F(RefreshServiceTest, CancelledBatchAsksNoMore) {
  Publish(7, Image("x"));
  resolver_.resolution =
      Resolution{{}, {{Unknown(7)}, absl::InfiniteFuture(), "acme"}};
  const auto gate = Hold(7);
  v1::BatchRefreshTagsRequest request;
  request.set_registry_id(3);
  AddTag(request, "r", "latest");
  AddTag(request, "r", "second");
  v1::Operation started;
  grpc::ServerContext context;
  ASSERT_TRUE(service_.BatchRefreshTags(&context, &request, &started).ok());
  gate->AwaitArrivals();
  recorder_.Cancel(1);
  EXPECT_THAT(ErrorFromWire(recorder_.AwaitEnd(1).error()),
              StatusIs(absl::StatusCode::kCancelled));
  gate->Open();
  EXPECT_THAT(
      Requests(),
      ::testing::Not(::testing::Contains(::testing::HasSubstr("second"))));
}

TEST_F(RefreshServiceTest, BatchesAreChecked) {
  const auto status_of = [&](const v1::BatchRefreshTagsRequest& request) {
    return StatusOfStart(&RefreshServiceImpl::BatchRefreshTags, request);
  };
  const auto invalid =
      StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid);
  v1::BatchRefreshTagsRequest request;
  request.set_registry_id(3);
  EXPECT_THAT(status_of(request), invalid);
  AddTag(request, "r", "latest");
  AddTag(request, "r", Digest::OfBytes("x").ToString());
  const auto violations = FieldViolationsOf(status_of(request));
  ASSERT_EQ(violations.size(), 1);
  EXPECT_EQ(violations[0].field, "tags[1].tag");
  request.clear_tags();
  for (int i = 0; i < 1001; ++i) AddTag(request, "r", "latest");
  EXPECT_THAT(status_of(request), invalid);
  EXPECT_THAT(recorder_.starts(), IsEmpty());
  EXPECT_THAT(resolver_.requests, IsEmpty());
}

TEST_F(RefreshServiceTest, NoOperationForARegistryThatIsNotThere) {
  resolver_.resolution = errors::RegistryUnknown("3");
  v1::BatchRefreshTagsRequest batch;
  batch.set_registry_id(3);
  AddTag(batch, "r", "latest");
  EXPECT_THAT(StatusOfStart(&RefreshServiceImpl::BatchRefreshTags, batch),
              StatusIs(absl::StatusCode::kNotFound, Reason::kNameUnknown));
  v1::PrefetchImageRequest image;
  image.set_registry_id(3);
  image.set_repository("r");
  image.set_reference("latest");
  EXPECT_THAT(StatusOfStart(&RefreshServiceImpl::PrefetchImage, image),
              StatusIs(absl::StatusCode::kNotFound, Reason::kNameUnknown));
  EXPECT_THAT(recorder_.starts(), IsEmpty());
}

TEST_F(RefreshServiceTest, PrefetchIsAnOperation) {
  const Descriptor found = Publish(7, Image("new"));
  resolver_.resolution =
      Resolution{{}, {{Unknown(7)}, absl::InfiniteFuture(), "acme"}};
  v1::PrefetchImageRequest request;
  request.set_registry_id(3);
  request.set_repository("r");
  request.set_reference("latest");
  request.set_request_id(kRequestId);
  const v1::Operation ended =
      RunToEnd(&RefreshServiceImpl::PrefetchImage, request);
  EXPECT_EQ(ended.method(), "RefreshService.PrefetchImage");
  EXPECT_EQ(ended.group(), "acme");
  v1::PrefetchImageResponse response;
  ASSERT_TRUE(ended.response().UnpackTo(&response));
  EXPECT_EQ(response.digest(), found.digest.ToString());
  EXPECT_EQ(response.manifest_count(), 1);
  ASSERT_THAT(recorder_.starts(), SizeIs(1));
  EXPECT_EQ(recorder_.starts()[0].request_id, kRequestId);
  EXPECT_EQ(recorder_.starts()[0].instance, "blob-a");

  // A lost answer is asked for again.
  v1::Operation again;
  grpc::ServerContext context;
  ASSERT_TRUE(service_.PrefetchImage(&context, &request, &again).ok());
  EXPECT_EQ(again.id(), ended.id());
  EXPECT_THAT(recorder_.starts(), SizeIs(1));
}

TEST_F(RefreshServiceTest, PrefetchesAreChecked) {
  v1::PrefetchImageRequest request;
  request.set_registry_id(3);
  request.set_repository("NOT/A/NAME");
  request.set_reference("");
  request.add_platforms("linux/amd64");
  request.add_platforms("linux");
  std::vector<std::string> fields;
  for (const auto& violation : FieldViolationsOf(
           StatusOfStart(&RefreshServiceImpl::PrefetchImage, request))) {
    fields.push_back(violation.field);
  }
  EXPECT_THAT(fields, ElementsAre("repository", "reference", "platforms[1]"));
  request.set_repository("r");
  request.set_reference("latest");
  request.clear_platforms();
  for (int i = 0; i < 33; ++i) request.add_platforms("linux/amd64");
  EXPECT_THAT(
      StatusOfStart(&RefreshServiceImpl::PrefetchImage, request),
      StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid));
  EXPECT_THAT(recorder_.starts(), IsEmpty());
}

}  // namespace
}  // namespace cvr::testing
