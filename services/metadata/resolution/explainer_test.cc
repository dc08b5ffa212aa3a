#include "services/metadata/resolution/explainer.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/content_wire.h"
#include "services/metadata/testing/metadata_fixture.h"

namespace cvr::testing {
namespace {

using ::testing::HasSubstr;
using Considered = v1::ExplainResponse::Considered;

constexpr char kPath[] = "/library/alpine/manifests/3.20";

class ExplainerTest : public MetadataFixture {
 protected:
  ExplainerTest() { registry_ = CreateRegistry("r")->id(); }

  int64_t Add(v1::Upstream upstream) {
    const int64_t id = CreateUpstream(std::move(upstream))->id();
    EXPECT_THAT(Attach(registry_, id), IsOk());
    return id;
  }

  absl::StatusOr<v1::ExplainResponse> Explain(const std::string& path = kPath,
                                              const std::string& host = "") {
    v1::ExplainRequest request;
    request.set_registry_id(registry_);
    *request.mutable_content() = ToWire(Content(path));
    request.set_source_namespace(host);
    return stack_->explainer().Explain(request);
  }

  std::vector<Considered::Verdict> Verdicts(const std::string& path = kPath) {
    std::vector<Considered::Verdict> verdicts;
    const auto response = Explain(path);
    EXPECT_THAT(response, IsOk());
    for (const auto& considered : response->considered()) {
      verdicts.push_back(considered.verdict());
    }
    return verdicts;
  }

  int64_t registry_ = 0;
  const Digest digest_ = Digest::OfBytes("x");
};

TEST_F(ExplainerTest, TellsWhoIsAskedInWhichOrder) {
  Add(NewUpstream("https://one"));
  auto disabled = NewUpstream("https://two");
  disabled.set_disabled(true);
  Add(disabled);
  Add(NewUpstream("https://three"));
  EXPECT_THAT(Verdicts(), ::testing::ElementsAre(Considered::VERDICT_UNKNOWN,
                                                 Considered::VERDICT_DISABLED,
                                                 Considered::VERDICT_UNKNOWN));
  EXPECT_EQ(Explain()->outcome(),
            "asks 'https://one', then 'https://three' in this order");
}

TEST_F(ExplainerTest, TellsWhichEntryAnswersAndUntilWhen) {
  const int64_t first = Add(NewUpstream("https://one"));
  const int64_t second = Add(NewUpstream("https://two"));
  auto& client = stack_->client();
  ASSERT_THAT(client.Record(RecordOf(second, kPath, digest_)), IsOk());
  EXPECT_THAT(Verdicts(),
              ::testing::ElementsAre(Considered::VERDICT_UNKNOWN,
                                     Considered::VERDICT_FRESH_BUT_SHADOWED));
  ASSERT_THAT(client.RecordNegativeAnswer(At(first), Content(kPath),
                                          NegativeAnswer::kNotFound),
              IsOk());
  EXPECT_THAT(Verdicts(),
              ::testing::ElementsAre(Considered::VERDICT_KNOWN_NOT_FOUND,
                                     Considered::VERDICT_FRESH));
  const auto response = Explain();
  EXPECT_EQ(response->hit().digest(), digest_.ToString());
  EXPECT_EQ(response->outcome(), "served from the cache of 'https://two'");
  EXPECT_THAT(response->considered(0).why(),
              HasSubstr("not asked again until 2023"));
  clock_.Advance(absl::Hours(24));
  EXPECT_THAT(Verdicts(), ::testing::ElementsAre(Considered::VERDICT_UNKNOWN,
                                                 Considered::VERDICT_STALE));
}

TEST_F(ExplainerTest, TellsTheRuleThatExcludes) {
  auto ruled = NewUpstream("https://one");
  auto& rule = *ruled.add_rules();
  rule.set_action(v1::Rule::RULE_ACTION_DENY);
  rule.set_target(v1::Rule::RULE_TARGET_TAG);
  rule.mutable_pattern()->set_wildcard("3.*");
  Add(ruled);
  const auto response = Explain();
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->considered(0).verdict(),
            Considered::VERDICT_DENIED_BY_RULE);
  EXPECT_EQ(response->considered(0).why(), "deny tag '3.*'");
  EXPECT_THAT(response->outcome(), HasSubstr("403"));
  EXPECT_THAT(Resolve(registry_, kPath),
              StatusIs(absl::StatusCode::kPermissionDenied));
}

TEST_F(ExplainerTest, TellsOfNamespacesAndRefusals) {
  auto hub = NewUpstream("https://one");
  hub.add_source_namespaces("docker.io");
  const int64_t id = Add(hub);
  EXPECT_EQ(Explain(kPath, "quay.io")->considered(0).verdict(),
            Considered::VERDICT_OTHER_NAMESPACE);
  EXPECT_THAT(Explain(kPath, "quay.io")->outcome(), HasSubstr("404"));
  ASSERT_THAT(stack_->client().RecordNegativeAnswer(At(id), Content(kPath),
                                                    NegativeAnswer::kRefused),
              IsOk());
  EXPECT_THAT(Verdicts(),
              ::testing::ElementsAre(Considered::VERDICT_KNOWN_REFUSED));
  EXPECT_THAT(Explain()->outcome(), HasSubstr("403"));
}

TEST_F(ExplainerTest, TellsWhereAPullEnds) {
  auto stopping = NewUpstream("https://one");
  stopping.mutable_failure_policy()->mutable_hidden()->set_tag(
      v1::FailurePolicy::FAILURE_ACTION_STOP);
  const int64_t first = Add(stopping);
  const int64_t second = Add(NewUpstream("https://two"));
  auto& client = stack_->client();
  ASSERT_THAT(client.RecordNegativeAnswer(At(first), Content(kPath),
                                          NegativeAnswer::kHidden),
              IsOk());
  EXPECT_THAT(Verdicts(),
              ::testing::ElementsAre(Considered::VERDICT_KNOWN_HIDDEN,
                                     Considered::VERDICT_NOT_NEEDED));
  EXPECT_THAT(Explain()->considered(0).why(),
              HasSubstr("--on-hidden tag=next"));
  EXPECT_THAT(Explain()->outcome(), HasSubstr("403"));
  // For a digest its policy is to go on, and what is cached is served.
  const std::string by_digest =
      absl::StrCat("/library/alpine/manifests/", digest_.ToString());
  ASSERT_THAT(client.RecordNegativeAnswer(At(first), Content(by_digest),
                                          NegativeAnswer::kHidden),
              IsOk());
  EXPECT_THAT(Verdicts(by_digest),
              ::testing::ElementsAre(Considered::VERDICT_KNOWN_HIDDEN,
                                     Considered::VERDICT_UNKNOWN));
  EXPECT_THAT(Explain(by_digest)->considered(0).why(),
              HasSubstr("--on-hidden digest=stop"));
  ASSERT_THAT(client.Record(RecordOf(second, by_digest, digest_)), IsOk());
  EXPECT_THAT(Verdicts(by_digest),
              ::testing::ElementsAre(Considered::VERDICT_KNOWN_HIDDEN,
                                     Considered::VERDICT_FRESH));
}

TEST_F(ExplainerTest, TellsThatNobodyHasItForUs) {
  const int64_t id = Add(NewUpstream("https://one"));
  ASSERT_THAT(stack_->client().RecordNegativeAnswer(At(id), Content(kPath),
                                                    NegativeAnswer::kHidden),
              IsOk());
  EXPECT_THAT(Explain()->outcome(), HasSubstr("404"));
  EXPECT_THAT(Explain()->outcome(), HasSubstr("granted a token"));
}

TEST_F(ExplainerTest, TellsThatADigestIsAskedForWhereItIsKnownFirst) {
  Add(NewUpstream("https://one"));
  const int64_t second = Add(NewUpstream("https://two"));
  const Digest layer = Digest::OfBytes("layer");
  CacheRecord image = RecordOf(second, kPath, digest_);
  image.references = {layer};
  ASSERT_THAT(stack_->client().Record(image), IsOk());
  const std::string blob =
      absl::StrCat("/library/alpine/blobs/", layer.ToString());
  EXPECT_EQ(Explain(blob)->outcome(),
            "asks 'https://two', then 'https://one' in this order");
  // By position all the same.
  EXPECT_EQ(Explain(blob)->considered(0).upstream_name(), "https://one");
}

TEST_F(ExplainerTest, TellsThatNobodyIsAskedForADigestThatIsHere) {
  Add(NewUpstream("https://one"));
  const int64_t second = Add(NewUpstream("https://two"));
  const std::string path =
      absl::StrCat("/library/alpine/manifests/", digest_.ToString());
  ASSERT_THAT(stack_->client().Record(RecordOf(second, path, digest_)), IsOk());
  EXPECT_THAT(Verdicts(path),
              ::testing::ElementsAre(Considered::VERDICT_NOT_NEEDED,
                                     Considered::VERDICT_FRESH));
  EXPECT_EQ(Explain(path)->outcome(), "served from the cache of 'https://two'");
}

TEST_F(ExplainerTest, TellsOfAListThatRulesLeaveAnUpstreamOutOf) {
  auto ruled = NewUpstream("https://one");
  auto& rule = *ruled.add_rules();
  rule.set_action(v1::Rule::RULE_ACTION_DENY);
  rule.set_target(v1::Rule::RULE_TARGET_REPOSITORY);
  rule.mutable_pattern()->set_wildcard("library/*");
  Add(ruled);
  const int64_t second = Add(NewUpstream("https://two"));
  constexpr char kTags[] = "/library/alpine/tags/list";
  EXPECT_EQ(Explain(kTags)->outcome(), "merges the lists of 'https://two'");
  ASSERT_THAT(stack_->client().Record(RecordOf(second, kTags, digest_)),
              IsOk());
  EXPECT_THAT(Verdicts(kTags),
              ::testing::ElementsAre(Considered::VERDICT_DENIED_BY_RULE,
                                     Considered::VERDICT_FRESH));
  EXPECT_EQ(Explain(kTags)->outcome(), "merges cached lists");
}

// A dry run leaves nothing behind.
TEST_F(ExplainerTest, ChangesNothing) {
  const int64_t id = Add(NewUpstream("https://one"));
  ASSERT_THAT(stack_->client().Record(RecordOf(id, kPath, digest_)), IsOk());
  ASSERT_THAT(Explain(), IsOk());
  EXPECT_EQ(Entries()->at(0).pull_count(), 0);
}

TEST_F(ExplainerTest, RefusesWhatDoesNotExist) {
  registry_ = 99;
  EXPECT_THAT(Explain(),
              StatusIs(absl::StatusCode::kNotFound, Reason::kNameUnknown));
}

}  // namespace
}  // namespace cvr::testing
