#ifndef TESTS_CONTRACTS_METADATA_NEGATIVE_CACHE_CONTRACT_H_
#define TESTS_CONTRACTS_METADATA_NEGATIVE_CACHE_CONTRACT_H_

#include <string>
#include <vector>

#include "services/common/limits.h"
#include "tests/contracts/metadata_resolution_contract.h"

// More of MetadataResolutionContract: precedence with what upstreams are known
// not to have, rules, freshness by tag, namespaces, lists.
namespace cvr::testing {

inline v1::Rule RuleOf(v1::Rule::RuleAction action, v1::Rule::RuleTarget target,
                       const std::string& wildcard) {
  v1::Rule rule;
  rule.set_action(action);
  rule.set_target(target);
  rule.mutable_pattern()->set_wildcard(wildcard);
  return rule;
}

// --- Negative answers.

TEST_P(MetadataResolutionContract, AKnownAbsenceLetsLowerUpstreamsAnswer) {
  Serve();
  ASSERT_THAT(Record(3, tag_, old_), IsOk());
  EXPECT_EQ(HitOf(tag_), "no hit");
  for (size_t n : {1, 2}) {
    ASSERT_THAT(service_->client().RecordNegativeAnswer(
                    At(n), tag_, NegativeAnswer::kNotFound),
                IsOk());
  }
  EXPECT_EQ(HitOf(tag_), From(3, old_));
  const auto resolution = Resolve(tag_);
  const auto& candidates = resolution->plan.candidates;
  ASSERT_EQ(candidates.size(), 3);
  EXPECT_EQ(candidates[0].negative_answer, NegativeAnswer::kNotFound);
  EXPECT_EQ(candidates[1].negative_answer, NegativeAnswer::kNotFound);
  EXPECT_EQ(candidates[2].negative_answer, NegativeAnswer::kNone);
}

TEST_P(MetadataResolutionContract, AnAbsenceIsForgottenInTime) {
  upstreams_[0]
      .mutable_cache_policy()
      ->mutable_negative_ttls()
      ->mutable_manifest_not_found()
      ->set_seconds(20);
  Serve();
  ASSERT_THAT(Record(2, tag_, old_), IsOk());
  ASSERT_THAT(service_->client().RecordNegativeAnswer(
                  At(1), tag_, NegativeAnswer::kNotFound),
              IsOk());
  service_->Advance(absl::Seconds(19));
  EXPECT_EQ(HitOf(tag_), From(2, old_));
  service_->Advance(absl::Seconds(1));
  EXPECT_EQ(HitOf(tag_), "no hit");
}

TEST_P(MetadataResolutionContract, EveryKindOfNegativeAnswerHasItsOwnTime) {
  auto* const ttls =
      upstreams_[0].mutable_cache_policy()->mutable_negative_ttls();
  ttls->mutable_manifest_not_found()->set_seconds(10);
  ttls->mutable_blob_not_found()->set_seconds(20);
  ttls->mutable_refused()->set_seconds(30);
  Serve();
  const ContentRef refused = Manifest("secret");
  auto& client = service_->client();
  ASSERT_THAT(
      client.RecordNegativeAnswer(At(1), tag_, NegativeAnswer::kNotFound),
      IsOk());
  ASSERT_THAT(
      client.RecordNegativeAnswer(At(1), Blob(old_), NegativeAnswer::kNotFound),
      IsOk());
  ASSERT_THAT(
      client.RecordNegativeAnswer(At(1), refused, NegativeAnswer::kRefused),
      IsOk());
  const auto denial_of = [&](const ContentRef& content) {
    const auto resolution = Resolve(content);
    for (const auto& candidate : resolution->plan.candidates) {
      if (candidate.upstream_id == id(1)) return candidate.negative_answer;
    }
    return NegativeAnswer::kNone;
  };
  service_->Advance(absl::Seconds(9));
  EXPECT_EQ(denial_of(tag_), NegativeAnswer::kNotFound);
  service_->Advance(absl::Seconds(10));
  EXPECT_EQ(denial_of(tag_), NegativeAnswer::kNone);
  EXPECT_EQ(denial_of(Blob(old_)), NegativeAnswer::kNotFound);
  service_->Advance(absl::Seconds(10));
  EXPECT_EQ(denial_of(Blob(old_)), NegativeAnswer::kNone);
  EXPECT_EQ(denial_of(refused), NegativeAnswer::kRefused);
  service_->Advance(absl::Seconds(1));
  EXPECT_EQ(denial_of(refused), NegativeAnswer::kNone);
}

TEST_P(MetadataResolutionContract, WithoutTimeNoNegativeAnswerIsRemembered) {
  upstreams_[0]
      .mutable_cache_policy()
      ->mutable_negative_ttls()
      ->mutable_manifest_not_found();
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  ASSERT_THAT(service_->client().RecordNegativeAnswer(
                  At(1), tag_, NegativeAnswer::kNotFound),
              IsOk());
  EXPECT_EQ(Resolve(tag_)->plan.candidates[0].negative_answer,
            NegativeAnswer::kNone);
  EXPECT_EQ(HitOf(tag_), "no hit");
}

TEST_P(MetadataResolutionContract,
       AnyChangeOfTheUpstreamEndsItsNegativeAnswers) {
  Serve();
  ASSERT_THAT(Record(2, tag_, old_), IsOk());
  ASSERT_THAT(service_->client().RecordNegativeAnswer(
                  At(1), tag_, NegativeAnswer::kNotFound),
              IsOk());
  EXPECT_EQ(HitOf(tag_), From(2, old_));
  service_->Change(upstreams_[0]);
  EXPECT_EQ(HitOf(tag_), "no hit");
  EXPECT_EQ(Resolve(tag_)->plan.candidates[0].negative_answer,
            NegativeAnswer::kNone);
}

TEST_P(MetadataResolutionContract, WhatIsFoundAfterAllEndsTheNegativeAnswer) {
  Serve();
  ASSERT_THAT(service_->client().RecordNegativeAnswer(
                  At(1), tag_, NegativeAnswer::kNotFound),
              IsOk());
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  EXPECT_EQ(HitOf(tag_), From(1, old_));
}

TEST_P(MetadataResolutionContract, ARefusalDoesNotLetALowerUpstreamAnswer) {
  Serve();
  ASSERT_THAT(Record(2, tag_, old_), IsOk());
  ASSERT_THAT(service_->client().RecordNegativeAnswer(At(1), tag_,
                                                      NegativeAnswer::kRefused),
              IsOk());
  EXPECT_EQ(HitOf(tag_), "no hit");
  EXPECT_EQ(Resolve(tag_)->plan.candidates[0].negative_answer,
            NegativeAnswer::kRefused);
}

TEST_P(MetadataResolutionContract, UnlessItsPolicyIsToPassRefusalsOver) {
  upstreams_[0].mutable_failure_policy()->mutable_refused()->set_tag(
      v1::FailurePolicy::FAILURE_ACTION_NEXT);
  Serve();
  ASSERT_THAT(Record(2, tag_, old_), IsOk());
  ASSERT_THAT(service_->client().RecordNegativeAnswer(At(1), tag_,
                                                      NegativeAnswer::kRefused),
              IsOk());
  EXPECT_EQ(HitOf(tag_), From(2, old_));
  const Candidate candidate = Resolve(tag_)->plan.candidates[0];
  EXPECT_EQ(candidate.failure_policy.refused.tag, FailurePolicy::Action::kNext);
  EXPECT_EQ(candidate.failure_policy.unavailable.cached,
            FailurePolicy::Action::kServeStale);
}

TEST_P(MetadataResolutionContract, WhatIsHiddenLetsALowerUpstreamAnswer) {
  upstreams_[1].mutable_failure_policy()->mutable_hidden()->set_tag(
      v1::FailurePolicy::FAILURE_ACTION_STOP);
  Serve();
  ASSERT_THAT(Record(3, tag_, old_), IsOk());
  ASSERT_THAT(service_->client().RecordNegativeAnswer(
                  At(2), tag_, NegativeAnswer::kNotFound),
              IsOk());
  ASSERT_THAT(service_->client().RecordNegativeAnswer(At(1), tag_,
                                                      NegativeAnswer::kHidden),
              IsOk());
  EXPECT_EQ(HitOf(tag_), From(3, old_));
  EXPECT_EQ(Resolve(tag_)->plan.candidates[0].negative_answer,
            NegativeAnswer::kHidden);
  // Unless the policy is that it does not.
  ASSERT_THAT(service_->client().RecordNegativeAnswer(At(2), tag_,
                                                      NegativeAnswer::kHidden),
              IsOk());
  EXPECT_EQ(HitOf(tag_), "no hit");
  EXPECT_EQ(Resolve(tag_)->plan.candidates[1].failure_policy.hidden.tag,
            FailurePolicy::Action::kStop);
}

// An upstream took back an image: index -> manifest -> layer, and a layer that
// another tag has as well.
TEST_P(MetadataResolutionContract, WhatWasRevokedIsServedNoMore) {
  Serve();
  for (const NegativeAnswer negative_answer :
       {NegativeAnswer::kRefused, NegativeAnswer::kHidden}) {
    const Digest child = Digest::OfBytes("child");
    const Digest layer = Digest::OfBytes("layer");
    const Digest shared = Digest::OfBytes("shared");
    CacheRecord index = Found(1, tag_, old_);
    index.references = {child};
    CacheRecord manifest = Found(1, Manifest(child.ToString()), child);
    manifest.references = {layer, shared};
    CacheRecord other = Found(1, Manifest("other"), new_);
    other.references = {shared};
    for (const auto& record : {index, manifest, other}) {
      ASSERT_THAT(service_->client().Record(record), IsOk());
    }
    ASSERT_THAT(Record(1, Blob(layer), layer), IsOk());
    ASSERT_EQ(HitOf(Blob(layer)), From(1, layer));
    ASSERT_THAT(
        service_->client().RecordNegativeAnswer(At(1), tag_, negative_answer),
        IsOk());
    EXPECT_EQ(HitOf(tag_), "no hit");
    for (const auto& content :
         {Manifest(old_.ToString()), Manifest(child.ToString()), Blob(layer)}) {
      EXPECT_EQ(HitOf(content), "no hit");
      EXPECT_FALSE(Resolve(content)->plan.candidates[0].reachable);
    }
    EXPECT_TRUE(Resolve(Blob(shared))->plan.candidates[0].reachable);
    EXPECT_EQ(HitOf(Manifest("other")), From(1, new_));
  }
}

// Its manifest still names it.
TEST_P(MetadataResolutionContract, ABlobThatCameBackIsReachedAsBefore) {
  *upstreams_[0].add_rules() =
      RuleOf(v1::Rule::RULE_ACTION_ALLOW, v1::Rule::RULE_TARGET_TAG, "3.*");
  Serve();
  const Digest layer = Digest::OfBytes("layer");
  CacheRecord record = Found(1, tag_, old_);
  record.references = {layer};
  ASSERT_THAT(service_->client().Record(record), IsOk());
  ASSERT_THAT(service_->client().RecordNegativeAnswer(
                  At(1), Blob(layer), NegativeAnswer::kNotFound),
              IsOk());
  service_->Advance(absl::Hours(1));
  EXPECT_EQ(Resolve(Blob(layer))->plan.candidates.size(), 3);
  ASSERT_THAT(Record(1, Blob(layer), layer), IsOk());
  EXPECT_EQ(HitOf(Blob(layer)), From(1, layer));
}

// --- Rules.

TEST_P(MetadataResolutionContract, RulesExcludeARepository) {
  *upstreams_[0].add_rules() =
      RuleOf(v1::Rule::RULE_ACTION_DENY, v1::Rule::RULE_TARGET_REPOSITORY,
             "library/*");
  Serve();
  ASSERT_THAT(Record(2, tag_, old_), IsOk());
  EXPECT_EQ(HitOf(tag_), From(2, old_));
  EXPECT_EQ(Resolve(tag_)->plan.candidates.size(), 2);
  EXPECT_EQ(Resolve(Manifest("1", "team/app"))->plan.candidates.size(), 3);
  EXPECT_EQ(Resolve(Blob(old_))->plan.candidates.size(), 2);
  EXPECT_EQ(
      Resolve(ContentRef::TagList(tag_.repository))->plan.candidates.size(), 2);
}

TEST_P(MetadataResolutionContract, RulesExcludeATag) {
  for (auto& upstream : upstreams_) {
    *upstream.add_rules() =
        RuleOf(v1::Rule::RULE_ACTION_ALLOW, v1::Rule::RULE_TARGET_TAG, "3.*");
    *upstream.add_rules() =
        RuleOf(v1::Rule::RULE_ACTION_DENY, v1::Rule::RULE_TARGET_TAG, "*-rc*");
  }
  Serve();
  EXPECT_THAT(Resolve(tag_), IsOk());
  const auto denied =
      StatusIs(absl::StatusCode::kPermissionDenied, Reason::kDenied);
  EXPECT_THAT(Resolve(Manifest("3.20-rc1")), denied);
  EXPECT_THAT(Resolve(Manifest("latest")), denied);
}

// Whoever knows a digest must not get around a rule on tags.
TEST_P(MetadataResolutionContract, RulesOnTagsHoldForDigests) {
  upstreams_.resize(1);
  *upstreams_[0].add_rules() =
      RuleOf(v1::Rule::RULE_ACTION_DENY, v1::Rule::RULE_TARGET_TAG, "secret");
  Serve();
  const auto denied =
      StatusIs(absl::StatusCode::kPermissionDenied, Reason::kDenied);
  const Digest child = Digest::OfBytes("child");
  const Digest layer = Digest::OfBytes("layer");
  CacheRecord index = Found(1, Manifest("secret"), old_);
  index.references = {child};
  CacheRecord manifest = Found(1, Manifest(child.ToString()), child);
  manifest.references = {layer};
  for (const auto& record : {index, manifest}) {
    ASSERT_THAT(service_->client().Record(record), IsOk());
  }
  ASSERT_THAT(Record(1, Blob(layer), layer), IsOk());
  const ContentRef wanted[] = {Manifest(old_.ToString()),
                               Manifest(child.ToString()), Blob(layer)};
  for (const auto& content : wanted) EXPECT_THAT(Resolve(content), denied);
  EXPECT_THAT(Resolve(Blob(new_)), denied);  // Nobody knows whose it is.
  // A tag that is allowed leads there as well.
  index.content = Manifest("public");
  ASSERT_THAT(service_->client().Record(index), IsOk());
  for (const auto& content : wanted) EXPECT_THAT(Resolve(content), IsOk());
  EXPECT_EQ(HitOf(Blob(layer)), From(1, layer));
  // Rules that change hold for what is cached.
  *upstreams_[0].add_rules() =
      RuleOf(v1::Rule::RULE_ACTION_DENY, v1::Rule::RULE_TARGET_TAG, "pub*");
  service_->Change(upstreams_[0]);
  for (const auto& content : wanted) EXPECT_THAT(Resolve(content), denied);
}

TEST_P(MetadataResolutionContract, ListsOfTagsCarryTheRulesForThem) {
  *upstreams_[0].add_rules() =
      RuleOf(v1::Rule::RULE_ACTION_DENY, v1::Rule::RULE_TARGET_TAG, "x*");
  *upstreams_[0].add_rules() = RuleOf(v1::Rule::RULE_ACTION_DENY,
                                      v1::Rule::RULE_TARGET_REPOSITORY, "x*");
  Serve();
  const auto resolution = Resolve(ContentRef::TagList(tag_.repository));
  ASSERT_THAT(resolution, IsOk());
  const RuleSet& rules = resolution->plan.candidates[0].tag_rules;
  ASSERT_EQ(rules.rules().size(), 1);
  EXPECT_FALSE(rules.AllowsTag("x1"));
  EXPECT_TRUE(resolution->plan.candidates[1].tag_rules.rules().empty());
}

// --- Freshness.

TEST_P(MetadataResolutionContract, WithoutTimeATagIsAlwaysAskedFor) {
  upstreams_[0].mutable_cache_policy()->mutable_tag_ttl();
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  const auto resolution = Resolve(tag_);
  ASSERT_THAT(resolution, IsOk());
  EXPECT_FALSE(resolution->hit);
  ASSERT_TRUE(resolution->plan.candidates[0].cached);
  EXPECT_FALSE(resolution->plan.candidates[0].cached->fresh);
}

TEST_P(MetadataResolutionContract, TheFirstPatternThatMatchesATagDecides) {
  upstreams_[0].mutable_cache_policy()->mutable_tag_ttl()->set_seconds(60);
  auto* const fixed =
      upstreams_[0].mutable_cache_policy()->add_tag_ttl_overrides();
  fixed->mutable_tag()->set_regex("v[0-9]+[.][0-9]+[.][0-9]+");
  fixed->mutable_ttl()->set_seconds(315'576'000'000);  // For ever.
  auto* const moving =
      upstreams_[0].mutable_cache_policy()->add_tag_ttl_overrides();
  moving->mutable_tag()->set_wildcard("v*");
  moving->mutable_ttl()->set_seconds(10);
  Serve();
  for (const char* tag : {"v1.2.3", "v1", "latest"}) {
    ASSERT_THAT(Record(1, Manifest(tag), old_), IsOk());
  }
  service_->Advance(absl::Seconds(10));
  EXPECT_EQ(HitOf(Manifest("v1")), "no hit");
  EXPECT_EQ(HitOf(Manifest("latest")), From(1, old_));
  service_->Advance(absl::Seconds(50));
  EXPECT_EQ(HitOf(Manifest("latest")), "no hit");
  service_->Advance(absl::Hours(24 * 3650));
  EXPECT_EQ(HitOf(Manifest("v1.2.3")), From(1, old_));
}

TEST_P(MetadataResolutionContract, PopularTagsAreDueBeforeTheyExpire) {
  upstreams_[0].mutable_cache_policy()->mutable_tag_ttl()->set_seconds(100);
  upstreams_[0].mutable_cache_policy()->set_refresh_ahead(true);
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  auto& client = service_->client();
  service_->Advance(absl::Seconds(79));
  ASSERT_EQ(HitOf(tag_), From(1, old_));
  ASSERT_THAT(Resolve(tag_, /*counts=*/true), IsOk());
  EXPECT_EQ(client.TakeRefreshDue(10)->size(), 0);
  service_->Advance(absl::Seconds(1));
  for (int i = 0; i < 3; ++i) ASSERT_THAT(Resolve(tag_, true), IsOk());
  const auto due = client.TakeRefreshDue(10);
  ASSERT_THAT(due, IsOk());
  ASSERT_EQ(due->size(), 1);
  EXPECT_EQ((*due)[0].content.RelativePath(), tag_.RelativePath());
  EXPECT_EQ((*due)[0].candidate.upstream_id, id(1));
  ASSERT_TRUE((*due)[0].candidate.cached);
  EXPECT_FALSE((*due)[0].candidate.cached->fresh);
  ASSERT_THAT(Resolve(tag_, true), IsOk());
  EXPECT_EQ(client.TakeRefreshDue(10)->size(), 0);  // It was given out.
}

// --- Namespaces.

TEST_P(MetadataResolutionContract, ANamespacePicksTheUpstreamsThatStandForIt) {
  upstreams_[0].add_source_namespaces("quay.io");
  upstreams_[1].add_source_namespaces("Docker.io");
  upstreams_[2].add_source_namespaces("docker.io");
  Serve();
  ASSERT_THAT(Record(2, tag_, old_), IsOk());
  ResolveRequest request{registry_, tag_};
  request.caller = Caller::System();
  for (const char* hub :
       {"docker.io", "index.docker.io", "registry-1.docker.io", "DOCKER.IO"}) {
    request.source_namespace = hub;
    const auto resolution = service_->resolver().Resolve(request);
    ASSERT_THAT(resolution, IsOk());
    ASSERT_TRUE(resolution->hit) << hub;
    EXPECT_EQ(resolution->hit->upstream_id, id(2));
    EXPECT_EQ(resolution->plan.candidates.size(), 2);
  }
  request.source_namespace = "quay.io";
  EXPECT_EQ(service_->resolver().Resolve(request)->plan.candidates.size(), 1);
  request.source_namespace = "ghcr.io";
  EXPECT_THAT(service_->resolver().Resolve(request),
              StatusIs(absl::StatusCode::kNotFound, Reason::kNameUnknown));
}

// --- Lists.

TEST_P(MetadataResolutionContract, ListsAreCachedWithATimeOfTheirOwn) {
  upstreams_[0].mutable_cache_policy()->mutable_tag_list_ttl()->set_seconds(10);
  upstreams_[0].mutable_cache_policy()->mutable_referrers_ttl()->set_seconds(
      20);
  upstreams_[0].mutable_cache_policy()->mutable_stale_ttl()->set_seconds(5);
  Serve();
  const ContentRef tags = ContentRef::TagList(tag_.repository);
  const ContentRef referrers = {tag_.repository, Reference(old_),
                                ContentKind::kReferrers};
  ASSERT_THAT(Record(1, tags, new_), IsOk());
  ASSERT_THAT(Record(1, referrers, new_), IsOk());
  const auto fresh = [&](const ContentRef& content) {
    const auto resolution = Resolve(content);
    EXPECT_THAT(resolution, IsOk());
    EXPECT_FALSE(resolution->hit);  // A list is made of all of them.
    return resolution->plan.candidates[0].cached->fresh;
  };
  EXPECT_TRUE(fresh(tags));
  EXPECT_TRUE(fresh(referrers));
  service_->Advance(absl::Seconds(10));
  EXPECT_FALSE(fresh(tags));
  EXPECT_TRUE(fresh(referrers));
  service_->Advance(absl::Seconds(10));
  EXPECT_FALSE(fresh(referrers));
}

TEST_P(MetadataResolutionContract, CachedRepositoriesAreListedInPages) {
  *upstreams_[0].add_rules() = RuleOf(
      v1::Rule::RULE_ACTION_DENY, v1::Rule::RULE_TARGET_REPOSITORY, "hidden");
  Serve();
  for (const char* repository : {"b", "a/b", "a", "hidden", "c"}) {
    ASSERT_THAT(Record(1, Manifest("1", repository), old_), IsOk());
    ASSERT_THAT(Record(1, Manifest("2", repository), new_), IsOk());
  }
  ASSERT_THAT(Record(3, Manifest("1", "b"), old_), IsOk());
  ASSERT_THAT(Record(3, Manifest("1", "d"), old_), IsOk());
  const auto names = [&](int64_t registry, const CachedRepository& after,
                         int max) {
    std::vector<std::string> found;
    const auto page = service_->resolver().ListRepositories(
        Caller::System(), registry, after, max);
    EXPECT_THAT(page, IsOk());
    for (const auto& repository : *page) {
      EXPECT_EQ(repository.registry_id, registry_);
      found.push_back(repository.name);
    }
    return found;
  };
  using ::testing::ElementsAre;
  EXPECT_THAT(names(registry_, {}, 100),
              ElementsAre("a", "a/b", "b", "c", "d"));
  EXPECT_THAT(names(0, {}, 3), ElementsAre("a", "a/b", "b"));
  EXPECT_THAT(names(0, {registry_, "b"}, 3), ElementsAre("c", "d"));
  EXPECT_THAT(names(registry_, {registry_, "bb"}, 1), ElementsAre("c"));
  EXPECT_THAT(
      service_->resolver().ListRepositories(Caller::System(), 999, {}, 1),
      StatusIs(absl::StatusCode::kNotFound, Reason::kNameUnknown));
}

}  // namespace cvr::testing

#endif  // TESTS_CONTRACTS_METADATA_NEGATIVE_CACHE_CONTRACT_H_
