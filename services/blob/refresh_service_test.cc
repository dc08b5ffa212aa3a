#include "services/blob/refresh_service.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "services/blob/engine/engine_manifest_fixture.h"
#include "services/common/errors.h"
#include "services/concurrency/thread.h"
#include "services/rpc/rpc_status.h"
#include "tests/support/open_authority.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Answers what it is told to.
class KnownResolver : public Resolver {
 public:
  absl::StatusOr<Resolution> Resolve(const ResolveRequest& request) override {
    requests.push_back(request);
    return resolution;
  }
  absl::StatusOr<std::vector<CachedRepository>> ListRepositories(
      const Caller&, int64_t, const CachedRepository&, int) override {
    return absl::UnimplementedError("nobody asks for it");
  }
  absl::StatusOr<LocatedRegistry> Locate(absl::string_view) override {
    return absl::UnimplementedError("nobody asks for it");
  }

  absl::StatusOr<Resolution> resolution = Resolution{};
  std::vector<ResolveRequest> requests;
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
    EXPECT_EQ(response->size(), static_cast<int64_t>(target.size_bytes));
    EXPECT_EQ(response->upstream_id(), upstream_id);
    EXPECT_EQ(response->previous_digest(), previous);
  }

  KnownResolver resolver_;
  OpenAuthority authority_;
  CallGuard guard_{authority_};
  RefreshServiceImpl service_{world_.engine(), resolver_, guard_};
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
  ExpectNow(RefreshOf({Absent(7), Unknown(8)}), found, 7, "");
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
  EXPECT_THAT(NegativeAnswers(), ElementsAre("7 absent /r/manifests/latest",
                                             "8 absent /r/manifests/latest"));
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

}  // namespace
}  // namespace cvr::testing
