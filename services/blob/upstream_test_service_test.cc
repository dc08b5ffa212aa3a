#include "services/blob/upstream_test_service.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "tests/support/open_authority.h"

namespace cvr {
namespace {

using Outcome = ProbeReport::Outcome;
using Kind = ProbeReport::Step::Kind;

// Reports what it was told to, and keeps what it was asked.
class FakeProber final : public UpstreamProber {
 public:
  ProbeReport Probe(const UpstreamAccess& access, const Repository& repository,
                    const Reference& reference) override {
    tried = access;
    path = repository.name() + ":" + reference.ToString();
    ++probes;
    return report;
  }

  ProbeReport report;
  UpstreamAccess tried;
  std::string path;
  int probes = 0;
};

// Knows upstream 7.
class OneUpstream final : public UpstreamAccessSource {
 public:
  absl::StatusOr<UpstreamAccess> GetUpstreamAccess(
      int64_t upstream_id) override {
    if (upstream_id != 7) return errors::NoSuch("upstream", "8");
    UpstreamAccess access;
    access.id = 7;
    access.group = "acme";
    access.url = "https://stored.example";
    access.username = "user";
    access.password = "stored password";
    return access;
  }
};

class UpstreamTestServiceTest : public ::testing::Test {
 protected:
  grpc::Status Test(const v1::TestUpstreamRequest& request) {
    grpc::ServerContext context;
    return service_.TestUpstream(&context, &request, &response_);
  }

  OneUpstream upstreams_;
  FakeProber prober_;
  testing::OpenAuthority authority_;
  CallGuard guard_{authority_};
  UpstreamTestServiceImpl service_{prober_, upstreams_, guard_};
  v1::TestUpstreamResponse response_;
};

TEST_F(UpstreamTestServiceTest, AStoredUpstreamIsTriedWithItsCredentials) {
  v1::TestUpstreamRequest request;
  request.set_upstream_id(7);
  ASSERT_TRUE(Test(request).ok());
  EXPECT_EQ(prober_.tried.url, "https://stored.example");
  EXPECT_EQ(prober_.tried.password, "stored password");
  EXPECT_EQ(prober_.path, "library/alpine:latest");
}

// Whoever may test an upstream must not learn its password by that.
TEST_F(UpstreamTestServiceTest, AnotherUrlIsNotShownTheStoredPassword) {
  v1::TestUpstreamRequest request;
  request.set_upstream_id(7);
  request.mutable_upstream()->set_url("https://elsewhere.example");
  ASSERT_TRUE(Test(request).ok());
  EXPECT_EQ(prober_.tried.url, "https://elsewhere.example");
  EXPECT_EQ(prober_.tried.password, "");
}

TEST_F(UpstreamTestServiceTest, AnUpstreamThatIsNotStoredMayBeTried) {
  v1::TestUpstreamRequest request;
  request.mutable_upstream()->set_group("acme");
  request.mutable_upstream()->set_url("https://new.example");
  request.set_repository("team/app");
  request.set_reference("1.0");
  ASSERT_TRUE(Test(request).ok());
  EXPECT_EQ(prober_.tried.url, "https://new.example");
  EXPECT_EQ(prober_.path, "team/app:1.0");
}

TEST_F(UpstreamTestServiceTest, TheReportTravelsWhole) {
  prober_.report.outcome = Outcome::kRefused;
  prober_.report.http_status = 401;
  prober_.report.message = "check the password";
  prober_.report.steps = {{Kind::kDns, true, "203.0.113.7", absl::Seconds(2)},
                          {Kind::kAuth, false, "401", absl::ZeroDuration()}};
  v1::TestUpstreamRequest request;
  request.set_upstream_id(7);
  ASSERT_TRUE(Test(request).ok());
  EXPECT_EQ(response_.outcome(), v1::TestUpstreamResponse::OUTCOME_REFUSED);
  EXPECT_EQ(response_.http_status(), 401);
  EXPECT_EQ(response_.message(), "check the password");
  ASSERT_EQ(response_.steps_size(), 2);
  EXPECT_EQ(response_.steps(0).kind(),
            v1::TestUpstreamResponse::Step::KIND_DNS);
  EXPECT_TRUE(response_.steps(0).ok());
  EXPECT_EQ(response_.steps(0).detail(), "203.0.113.7");
  EXPECT_EQ(response_.steps(0).duration().seconds(), 2);
  EXPECT_FALSE(response_.steps(1).ok());
}

TEST_F(UpstreamTestServiceTest, EveryOutcomeHasANameOnTheWire) {
  for (int outcome = 0; outcome <= static_cast<int>(Outcome::kBadAnswer);
       ++outcome) {
    prober_.report.outcome = static_cast<Outcome>(outcome);
    v1::TestUpstreamRequest request;
    request.set_upstream_id(7);
    response_.Clear();
    ASSERT_TRUE(Test(request).ok());
    EXPECT_NE(response_.outcome(),
              v1::TestUpstreamResponse::OUTCOME_UNSPECIFIED)
        << outcome;
  }
}

TEST_F(UpstreamTestServiceTest, EveryStepHasAKindOnTheWire) {
  for (int kind = 0; kind <= static_cast<int>(Kind::kManifest); ++kind) {
    prober_.report.steps = {{static_cast<Kind>(kind), true, "", {}}};
    v1::TestUpstreamRequest request;
    request.set_upstream_id(7);
    response_.Clear();
    ASSERT_TRUE(Test(request).ok());
    EXPECT_NE(response_.steps(0).kind(),
              v1::TestUpstreamResponse::Step::KIND_UNSPECIFIED)
        << kind;
  }
}

// They come as they do to a stored upstream.
TEST_F(UpstreamTestServiceTest, OtherCredentialsMayBeTried) {
  v1::TestUpstreamRequest request;
  request.set_upstream_id(7);
  auto& basic =
      *request.mutable_upstream()->mutable_credentials()->mutable_basic();
  basic.set_username("other");
  basic.set_password("new password");
  ASSERT_TRUE(Test(request).ok());
  EXPECT_EQ(prober_.tried.url, "https://stored.example");
  EXPECT_EQ(prober_.tried.username, "other");
  EXPECT_EQ(prober_.tried.password, "new password");
}

TEST_F(UpstreamTestServiceTest, NothingIsTriedForAWrongRequest) {
  v1::TestUpstreamRequest unknown;
  unknown.set_upstream_id(8);
  EXPECT_EQ(Test(unknown).error_code(), grpc::StatusCode::NOT_FOUND);
  v1::TestUpstreamRequest invalid;
  invalid.set_upstream_id(7);
  invalid.set_repository("UPPER");
  EXPECT_EQ(Test(invalid).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(prober_.probes, 0);
}

}  // namespace
}  // namespace cvr
