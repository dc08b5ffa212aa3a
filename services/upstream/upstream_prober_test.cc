#include "services/upstream/upstream_prober.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/bad_port.h"
#include "tests/support/planted_secrets.h"
#include "tests/support/test_authority.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr {
namespace {

using Outcome = ProbeReport::Outcome;

class UpstreamProberTest : public ::testing::Test {
 protected:
  UpstreamProberTest() {
    registry_.AddManifest("library/alpine", "latest",
                          "application/vnd.oci.image.manifest.v1+json", "{}");
  }

  ProbeReport Probe(const std::string& url, const std::string& password = "",
                    const TlsAccess& tls = {}, bool allow_private = true) {
    CurlTransport::Options options;
    options.allow_private_addresses = allow_private;
    options.proxies = ProxySettings();
    options.connect_timeout = absl::Seconds(3);
    options.head_timeout = absl::Seconds(2);
    HttpUpstreamProber prober(options);
    UpstreamAccess access;
    access.url = url;
    access.tls = tls;
    if (!password.empty()) {
      access.username = "user";
      access.password = password;
    }
    ProbeReport report =
        prober.Probe(access, *Repository::Parse("library/alpine"),
                     *Reference::Parse("latest"));
    for (const ProbeReport::Step& step : report.steps) {
      EXPECT_EQ(testing::SecretIn(step.detail), "") << NameOf(step.kind);
    }
    EXPECT_EQ(testing::SecretIn(report.message), "");
    EXPECT_NE(report.message, "");
    return report;
  }

  // `url dns connect! ...`, with a mark at what failed.
  static const char* NameOf(ProbeReport::Step::Kind kind) {
    switch (kind) {
      case ProbeReport::Step::Kind::kUrl:
        return "url";
      case ProbeReport::Step::Kind::kDns:
        return "dns";
      case ProbeReport::Step::Kind::kConnect:
        return "connect";
      case ProbeReport::Step::Kind::kTls:
        return "tls";
      case ProbeReport::Step::Kind::kAuth:
        return "auth";
      case ProbeReport::Step::Kind::kManifest:
        return "manifest";
    }
    return "?";
  }
  static std::string StepsOf(const ProbeReport& report) {
    std::string steps;
    for (const ProbeReport::Step& step : report.steps) {
      absl::StrAppend(&steps, steps.empty() ? "" : " ", NameOf(step.kind),
                      step.ok ? "" : "!");
    }
    return steps;
  }

  testing::FakeRegistry registry_;
};

TEST_F(UpstreamProberTest, AManifestOrNoneIsReachable) {
  auto report = Probe(registry_.url());
  EXPECT_EQ(report.outcome, Outcome::kReachable);
  EXPECT_EQ(report.http_status, 200);
  EXPECT_EQ(StepsOf(report), "url dns connect manifest");
  EXPECT_GT(report.steps[2].duration, absl::ZeroDuration());
  testing::FakeRegistry empty;
  report = Probe(empty.url());
  EXPECT_EQ(report.outcome, Outcome::kReachable);
  EXPECT_EQ(report.http_status, 404);
}

TEST_F(UpstreamProberTest, ForbiddenAddressesAreNotTried) {
  const auto report = Probe(registry_.url(), "", {}, /*allow_private=*/false);
  EXPECT_EQ(report.outcome, Outcome::kAddressForbidden);
  EXPECT_TRUE(registry_.requests().empty());
  EXPECT_EQ(StepsOf(report), "url dns connect!");
}

TEST_F(UpstreamProberTest, NamesPortsAndWaitsAreToldApart) {
  auto report = Probe("http://no-such-host.invalid");
  EXPECT_EQ(report.outcome, Outcome::kDnsFailed);
  EXPECT_EQ(StepsOf(report), "url dns!");
  const std::string url = registry_.url();
  const int port = std::stoi(url.substr(url.rfind(':') + 1));
  registry_.Stop();
  {
    const testing::BadPort refusing(port, testing::BadPort::Manner::kRefuse);
    report = Probe(url);
    EXPECT_EQ(report.outcome, Outcome::kConnectFailed);
    EXPECT_EQ(StepsOf(report), "url dns connect!");
  }
  const testing::BadPort silent(port, testing::BadPort::Manner::kIgnore);
  report = Probe(url);
  EXPECT_EQ(report.outcome, Outcome::kTimedOut);
  EXPECT_EQ(StepsOf(report), "url dns connect!");
}

TEST_F(UpstreamProberTest, TrustIsAStepOfItsOwn) {
  const testing::TestAuthority authority;
  const auto pair = authority.Issue();
  testing::FakeRegistry secure({.tls = testing::LoopbackServer::Tls{
                                    pair.certificate_pem, pair.key_pem}});
  auto report = Probe(secure.url());
  EXPECT_EQ(report.outcome, Outcome::kTlsFailed);
  EXPECT_EQ(StepsOf(report), "url dns connect tls!");
  TlsAccess tls;
  tls.ca_bundle_pem = authority.certificate_pem();
  report = Probe(secure.url(), "", tls);
  EXPECT_EQ(report.outcome, Outcome::kReachable);
  EXPECT_EQ(StepsOf(report), "url dns connect tls manifest");
}

TEST_F(UpstreamProberTest, CredentialsAreAStepOfTheirOwn) {
  registry_.RequireBearer(
      {.username = "user", .password = testing::kPlantedSecret});
  auto report = Probe(registry_.url(), testing::kPlantedSecret);
  EXPECT_EQ(report.outcome, Outcome::kReachable);
  EXPECT_EQ(StepsOf(report), "url dns connect auth manifest");
  report = Probe(registry_.url(), "wrong");
  EXPECT_EQ(report.outcome, Outcome::kRefused);
  EXPECT_EQ(StepsOf(report), "url dns connect auth!");
  EXPECT_EQ(
      report.message.find("access denied; check the username and password"),
      0u);
  const auto nobody = Probe(registry_.url());
  EXPECT_EQ(nobody.outcome, Outcome::kRefused);
  EXPECT_EQ(nobody.message,
            "authentication required, but the upstream has no credentials "
            "configured");
}

TEST_F(UpstreamProberTest, AnonymousCallersReachWhoAnswersThem) {
  registry_.RequireBearer({.username = "user",
                           .password = testing::kPlantedSecret,
                           .anonymous_gets_token = true});
  const auto report = Probe(registry_.url());
  EXPECT_EQ(report.outcome, Outcome::kReachable);
  EXPECT_NE(report.message.find("try another repository"), std::string::npos)
      << report.message;
}

TEST_F(UpstreamProberTest, ATokenServiceThatIsDownIsNotTheUpstream) {
  testing::FakeBearerAuth auth;
  auth.realm = "http://127.0.0.1:1/token";
  registry_.RequireBearer(auth);
  const auto report = Probe(registry_.url());
  EXPECT_EQ(report.outcome, Outcome::kTokenFailed);
  EXPECT_EQ(StepsOf(report), "url dns connect auth!");
}

TEST_F(UpstreamProberTest, AnswersAreToldApart) {
  using testing::FakeAnswer;
  using testing::FakeRegistry;
  const auto report_of = [&](int status) {
    FakeRegistry registry;
    registry.Answer({}, FakeAnswer::Status(status), FakeRegistry::kAlways);
    return Probe(registry.url());
  };
  EXPECT_EQ(report_of(429).outcome, Outcome::kRateLimited);
  const auto broken = report_of(502);
  EXPECT_EQ(broken.outcome, Outcome::kBadAnswer);
  EXPECT_EQ(broken.http_status, 502);
  EXPECT_EQ(StepsOf(broken), "url dns connect manifest!");
  EXPECT_EQ(report_of(403).outcome, Outcome::kRefused);
}

}  // namespace
}  // namespace cvr
