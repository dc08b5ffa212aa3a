#ifndef TESTS_CONTRACTS_METADATA_RESOLUTION_CONTRACT_H_
#define TESTS_CONTRACTS_METADATA_RESOLUTION_CONTRACT_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cvr/v1/cache_entry.pb.h"
#include "cvr/v1/upstream.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/metadata/api/metadata_client.h"
#include "services/metadata/api/resolver.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {

// A metadata service under test, with what its interfaces do not offer.
class MetadataUnderTest {
 public:
  virtual ~MetadataUnderTest() = default;

  virtual Resolver& resolver() = 0;
  virtual MetadataClient& client() = 0;

  // Makes time pass for the service.
  virtual void Advance(absl::Duration by) = 0;
  // Somebody sets the machine's clock.
  virtual void JumpWall(absl::Duration by) = 0;
  // Makes a registry with these upstreams, in this order; answers its id and
  // sets theirs.
  virtual int64_t AddRegistry(std::vector<v1::Upstream>& upstreams) = 0;
  // What the next one that is made is called; its group is "default".
  virtual void NameNextRegistry(const std::string& name) = 0;
  // Makes an access token that is restricted to a registry; answers its id.
  virtual int64_t AddToken(int64_t registry_id) = 0;
  // As the deletion of the registry does.
  virtual void ForgetRegistryInTokens(int64_t registry_id) = 0;
  // Replaces what is changeable, secrets included.
  virtual void Change(const v1::Upstream& upstream) = 0;
  // Replaces URL, credentials and TLS settings.
  virtual void ChangeAccess(const v1::Upstream& upstream) = 0;
  virtual void DeleteUpstream(int64_t id) = 0;
  virtual void DeleteEntry(int64_t id) = 0;
  virtual void Purge(int64_t upstream_id) = 0;
  virtual std::vector<v1::CacheEntry> Entries() = 0;
};

using MetadataUnderTestFactory =
    std::function<std::unique_ptr<MetadataUnderTest>()>;

// The promises of services/metadata/api/resolver.h and metadata_client.h, and
// section "Resolution" of services/metadata/DESIGN.md, as tests.
class MetadataResolutionContract
    : public ::testing::TestWithParam<MetadataUnderTestFactory> {
 protected:
  MetadataResolutionContract() {
    for (const char* host : {"https://one", "https://two", "https://three"}) {
      v1::Upstream upstream;
      upstream.set_name(host);
      upstream.set_url(host);
      upstreams_.push_back(upstream);
    }
  }

  void Serve() { registry_ = service_->AddRegistry(upstreams_); }

  int64_t id(size_t number) const { return upstreams_[number - 1].id(); }
  // Upstream `number` as it is now; with an epoch of 1 when it is gone.
  UpstreamEpoch At(size_t number) const {
    const auto access = service_->client().GetUpstreamAccess(id(number));
    return {id(number), access.ok() ? access->cache_epoch : 1};
  }

  static ContentRef Manifest(const std::string& reference,
                             const std::string& repository = "library/alpine") {
    return {*Repository::Parse(repository), *Reference::Parse(reference),
            ContentKind::kManifest};
  }
  static ContentRef Blob(const Digest& digest,
                         const std::string& repository = "library/alpine") {
    return {*Repository::Parse(repository), Reference(digest),
            ContentKind::kBlob};
  }

  // What upstream `number` was found to hold, and has delivered.
  CacheRecord Found(size_t number, const ContentRef& content,
                    const Digest& digest) const {
    CacheRecord record{id(number), content, Descriptor{"m/t", digest, 42}};
    record.upstream_etag = "an etag";
    const auto access = service_->client().GetUpstreamAccess(id(number));
    if (access.ok()) record.delivered_to = access->identity;
    record.cache_epoch = At(number).cache_epoch;
    return record;
  }
  absl::Status Record(size_t number, const ContentRef& content,
                      const Digest& digest) {
    return service_->client().Record(Found(number, content, digest));
  }

  absl::StatusOr<Resolution> Resolve(const ContentRef& content,
                                     bool counts = false) {
    ResolveRequest request{registry_, content, counts};
    request.caller = Caller::System();
    return service_->resolver().Resolve(request);
  }

  // `upstream 2: sha256:...`, `no hit`, or the error.
  std::string HitOf(const ContentRef& content) {
    const auto resolution = Resolve(content);
    if (!resolution.ok()) return resolution.status().ToString();
    if (!resolution->hit) return "no hit";
    for (size_t n = 1; n <= upstreams_.size(); ++n) {
      if (id(n) != resolution->hit->upstream_id) continue;
      return absl::StrCat("upstream ", n, ": ",
                          resolution->hit->target.digest.ToString());
    }
    return "an unknown upstream";
  }
  static std::string From(size_t number, const Digest& digest) {
    return absl::StrCat("upstream ", number, ": ", digest.ToString());
  }

  const std::unique_ptr<MetadataUnderTest> service_ = GetParam()();
  std::vector<v1::Upstream> upstreams_;
  int64_t registry_ = 0;
  const Digest old_ = Digest::OfBytes("old");
  const Digest new_ = Digest::OfBytes("new");
  const ContentRef tag_ = Manifest("3.20");
};

TEST_P(MetadataResolutionContract, NothingCachedIsAPlanInOrderOfPosition) {
  Serve();
  const auto resolution = Resolve(tag_);
  ASSERT_THAT(resolution, IsOk());
  EXPECT_FALSE(resolution->hit);
  ASSERT_EQ(resolution->plan.candidates.size(), 3);
  for (size_t n = 1; n <= 3; ++n) {
    const Candidate& candidate = resolution->plan.candidates[n - 1];
    EXPECT_EQ(candidate.upstream_id, id(n));
    EXPECT_FALSE(candidate.reachable);
    EXPECT_FALSE(candidate.cached);
  }
}

TEST_P(MetadataResolutionContract, WhatServesNothingIsUnknown) {
  const auto unknown =
      StatusIs(absl::StatusCode::kNotFound, Reason::kNameUnknown);
  EXPECT_THAT(Resolve(tag_), unknown);  // Registry 0.
  for (auto& upstream : upstreams_) upstream.set_disabled(true);
  Serve();
  EXPECT_THAT(Resolve(tag_), unknown);
  upstreams_.clear();
  Serve();
  EXPECT_THAT(Resolve(tag_), unknown);
  registry_ = 999;
  EXPECT_THAT(Resolve(tag_), unknown);
  registry_ = -1;
  EXPECT_THAT(Resolve(tag_), unknown);
}

TEST_P(MetadataResolutionContract, DisabledUpstreamsAreLeftOut) {
  upstreams_[0].set_disabled(true);
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  ASSERT_THAT(Record(2, tag_, new_), IsOk());
  EXPECT_EQ(HitOf(tag_), From(2, new_));
  EXPECT_EQ(Resolve(tag_)->plan.candidates.size(), 2);
}

TEST_P(MetadataResolutionContract, AHitCarriesWhatWasRecorded) {
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  const auto resolution = Resolve(tag_);
  ASSERT_THAT(resolution, IsOk());
  ASSERT_TRUE(resolution->hit);
  EXPECT_EQ(resolution->hit->upstream_id, id(1));
  EXPECT_EQ(resolution->hit->target.digest, old_);
  EXPECT_EQ(resolution->hit->target.media_type, "m/t");
  EXPECT_EQ(resolution->hit->target.size_bytes, 42);
  // Its bytes may be gone.
  ASSERT_EQ(resolution->plan.candidates.size(), 3);
  ASSERT_TRUE(resolution->plan.candidates[0].cached);
  EXPECT_EQ(resolution->plan.candidates[0].cached->target.digest, old_);
}

TEST_P(MetadataResolutionContract, OtherPathsAreOtherEntries) {
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  EXPECT_EQ(HitOf(Manifest("3.2")), "no hit");
  EXPECT_EQ(HitOf(Manifest("3.200")), "no hit");
  EXPECT_EQ(HitOf(Manifest("3.20", "library/alpin")), "no hit");
  EXPECT_EQ(HitOf(Manifest("3.20", "other/alpine")), "no hit");
}

TEST_P(MetadataResolutionContract, ATagIsFreshForItsValidity) {
  upstreams_[0].mutable_cache_policy()->mutable_tag_ttl()->set_seconds(60);
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  service_->Advance(absl::Seconds(60) - absl::Nanoseconds(1));
  EXPECT_EQ(HitOf(tag_), From(1, old_));
  service_->Advance(absl::Nanoseconds(1));
  const auto resolution = Resolve(tag_);
  ASSERT_THAT(resolution, IsOk());
  EXPECT_FALSE(resolution->hit);
  ASSERT_TRUE(resolution->plan.candidates[0].cached);
  EXPECT_FALSE(resolution->plan.candidates[0].cached->fresh);
  EXPECT_EQ(resolution->plan.candidates[0].cached->target.digest, old_);
}

TEST_P(MetadataResolutionContract, ValidityIsADayWhenNothingIsSaid) {
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  service_->Advance(absl::Hours(24) - absl::Seconds(1));
  EXPECT_EQ(HitOf(tag_), From(1, old_));
  service_->Advance(absl::Seconds(1));
  EXPECT_EQ(HitOf(tag_), "no hit");
}

TEST_P(MetadataResolutionContract, TheLongestTimeIsForEver) {
  upstreams_[0].mutable_cache_policy()->mutable_tag_ttl()->set_seconds(
      315'576'000'000);
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  service_->Advance(absl::Hours(24 * 365 * 50));
  EXPECT_EQ(HitOf(tag_), From(1, old_));
}

TEST_P(MetadataResolutionContract, StaleCopiesLastForMaxStaleAfterValidity) {
  upstreams_[0].mutable_cache_policy()->mutable_tag_ttl()->set_seconds(60);
  upstreams_[0].mutable_cache_policy()->mutable_stale_ttl()->set_seconds(600);
  upstreams_[1].mutable_cache_policy()->mutable_tag_ttl()->set_seconds(60);
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  ASSERT_THAT(Record(2, tag_, old_), IsOk());
  const auto candidates = Resolve(tag_)->plan.candidates;
  const CachedEntry& limited = *candidates[0].cached;
  EXPECT_EQ(limited.stale_for, absl::Seconds(660));
  EXPECT_EQ(candidates[1].cached->stale_for, absl::InfiniteDuration());
  service_->Advance(absl::Seconds(661));
  EXPECT_EQ(Resolve(tag_)->plan.candidates[0].cached->stale_for,
            -absl::Seconds(1));
}

TEST_P(MetadataResolutionContract, AChangeOfValidityHoldsAtOnce) {
  upstreams_[0].mutable_cache_policy()->mutable_tag_ttl()->set_seconds(60);
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  ASSERT_EQ(HitOf(tag_), From(1, old_));
  upstreams_[0].mutable_cache_policy()->mutable_tag_ttl()->set_seconds(1);
  service_->Change(upstreams_[0]);
  service_->Advance(absl::Seconds(2));
  EXPECT_EQ(HitOf(tag_), "no hit");
}

// Dependency confusion: a lower upstream must not supply a tag that a higher
// one may have.
TEST_P(MetadataResolutionContract, ALowerUpstreamNeverShadowsAHigherOne) {
  Serve();
  ASSERT_THAT(Record(2, tag_, old_), IsOk());
  const auto resolution = Resolve(tag_);
  ASSERT_THAT(resolution, IsOk());
  EXPECT_FALSE(resolution->hit);
  EXPECT_FALSE(resolution->plan.candidates[0].cached);
  ASSERT_TRUE(resolution->plan.candidates[1].cached);
  EXPECT_TRUE(resolution->plan.candidates[1].cached->fresh);
}

TEST_P(MetadataResolutionContract, AStaleHigherEntryIsAskedBeforeAFreshLower) {
  upstreams_[0].mutable_cache_policy()->mutable_tag_ttl()->set_seconds(60);
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  service_->Advance(absl::Minutes(2));
  ASSERT_THAT(Record(2, tag_, new_), IsOk());
  EXPECT_EQ(HitOf(tag_), "no hit");
}

TEST_P(MetadataResolutionContract, ADigestNeverExpires) {
  upstreams_[0].mutable_cache_policy()->mutable_tag_ttl()->set_seconds(1);
  upstreams_[0].mutable_cache_policy()->mutable_stale_ttl()->set_seconds(1);
  Serve();
  for (const auto& content : {Manifest(old_.ToString()), Blob(old_)}) {
    ASSERT_THAT(Record(1, content, old_), IsOk());
    service_->Advance(absl::Hours(24 * 365));
    EXPECT_EQ(HitOf(content), From(1, old_));
    const auto cached = Resolve(content)->plan.candidates[0].cached;
    EXPECT_TRUE(cached->fresh);
    EXPECT_EQ(cached->stale_for, absl::InfiniteDuration());
  }
}

TEST_P(MetadataResolutionContract, ADigestMayComeFromAnyUpstream) {
  Serve();
  ASSERT_THAT(Record(3, Blob(old_), old_), IsOk());
  EXPECT_EQ(HitOf(Blob(old_)), From(3, old_));
  ASSERT_THAT(Record(2, Blob(old_), old_), IsOk());
  EXPECT_EQ(HitOf(Blob(old_)), From(2, old_));
}

TEST_P(MetadataResolutionContract, ManifestsMakeWhatTheyNameReachable) {
  Serve();
  const Digest layer = Digest::OfBytes("layer");
  const Digest wide = Digest::OfBytes("wide", DigestAlgorithm::kSha512);
  CacheRecord record = Found(2, tag_, old_);
  record.references = {layer, wide};
  ASSERT_THAT(service_->client().Record(record), IsOk());
  for (const auto& content :
       {Blob(layer), Blob(wide), Manifest(layer.ToString()),
        Manifest(old_.ToString())}) {
    const auto resolution = Resolve(content);
    ASSERT_THAT(resolution, IsOk());
    EXPECT_FALSE(resolution->hit);
    // Who is known to have it comes first.
    const auto& candidates = resolution->plan.candidates;
    EXPECT_TRUE(candidates[0].reachable);
    EXPECT_EQ(candidates[0].upstream_id, id(2));
    EXPECT_EQ(candidates[1].upstream_id, id(1));
    EXPECT_EQ(candidates[2].upstream_id, id(3));
  }
}

// What one repository refers to says nothing of another: pulls could get at
// private content otherwise.
TEST_P(MetadataResolutionContract, ReachabilityIsOfOneRepository) {
  Serve();
  const Digest layer = Digest::OfBytes("layer");
  CacheRecord record = Found(1, tag_, old_);
  record.references = {layer};
  ASSERT_THAT(service_->client().Record(record), IsOk());
  for (const char* other : {"library/alpine2", "library/alpin", "library"}) {
    EXPECT_FALSE(Resolve(Blob(layer, other))->plan.candidates[0].reachable);
  }
  EXPECT_FALSE(Resolve(Blob(new_))->plan.candidates[0].reachable);
}

TEST_P(MetadataResolutionContract, RecordingAgainRepointsTheSameEntry) {
  Serve();
  CacheRecord record = Found(1, tag_, old_);
  record.counts_as_pull = true;
  ASSERT_THAT(service_->client().Record(record), IsOk());
  service_->Advance(absl::Hours(1));
  ASSERT_THAT(Record(1, tag_, new_), IsOk());
  EXPECT_EQ(HitOf(tag_), From(1, new_));
  const auto entries = service_->Entries();
  ASSERT_EQ(entries.size(), 1);
  EXPECT_EQ(entries[0].relative_path(), "/library/alpine/manifests/3.20");
  EXPECT_EQ(entries[0].digest(), new_.ToString());
  EXPECT_EQ(entries[0].upstream_etag(), "an etag");
  EXPECT_EQ(entries[0].pull_count(), 1);
  EXPECT_EQ(entries[0].state(), v1::CacheEntry::STATE_ACTIVE);
  EXPECT_EQ(
      entries[0].update_time().seconds() - entries[0].create_time().seconds(),
      3600);
  // The old manifest can still be had by its digest.
  EXPECT_TRUE(Resolve(Manifest(old_.ToString()))->plan.candidates[0].reachable);
}

TEST_P(MetadataResolutionContract, DownloadsAreCountedWhenTheySaySo) {
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  service_->Advance(absl::Minutes(1));
  ASSERT_THAT(Resolve(tag_, /*counts=*/true), IsOk());
  ASSERT_THAT(Resolve(tag_, /*counts=*/true), IsOk());
  ASSERT_THAT(Resolve(tag_, /*counts=*/false), IsOk());
  ASSERT_THAT(service_->client().Touch(At(1), tag_, old_, true), IsOk());
  ASSERT_THAT(service_->client().Touch(At(1), tag_, old_, false), IsOk());
  const auto entries = service_->Entries();
  ASSERT_EQ(entries.size(), 1);
  EXPECT_EQ(entries[0].pull_count(), 3);
  EXPECT_EQ(entries[0].last_pull_time().seconds(),
            entries[0].create_time().seconds() + 60);
}

TEST_P(MetadataResolutionContract, TouchingMakesTheSameDigestFreshAgain) {
  upstreams_[0].mutable_cache_policy()->mutable_tag_ttl()->set_seconds(60);
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  service_->Advance(absl::Minutes(5));
  ASSERT_THAT(service_->client().Touch(At(1), tag_, new_, false), IsOk());
  EXPECT_EQ(HitOf(tag_), "no hit");
  ASSERT_THAT(service_->client().Touch(At(1), tag_, old_, false), IsOk());
  EXPECT_EQ(HitOf(tag_), From(1, old_));
  ASSERT_THAT(service_->client().Touch(At(2), tag_, old_, false), IsOk());
  EXPECT_FALSE(Resolve(tag_)->plan.candidates[1].cached);
}

TEST_P(MetadataResolutionContract, ForgettingATagKeepsItsDigestReachable) {
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  ASSERT_THAT(service_->client().RecordNegativeAnswer(
                  At(1), tag_, NegativeAnswer::kNotFound),
              IsOk());
  EXPECT_EQ(HitOf(tag_), "no hit");
  EXPECT_FALSE(Resolve(tag_)->plan.candidates[0].cached);
  EXPECT_TRUE(Resolve(Manifest(old_.ToString()))->plan.candidates[0].reachable);
  EXPECT_THAT(service_->client().RecordNegativeAnswer(
                  At(1), tag_, NegativeAnswer::kNotFound),
              IsOk());
  EXPECT_THAT(service_->client().RecordNegativeAnswer(
                  {999, 1}, tag_, NegativeAnswer::kNotFound),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(MetadataResolutionContract, ForgettingADigestMakesItUnreachable) {
  Serve();
  ASSERT_THAT(Record(1, Blob(old_), old_), IsOk());
  ASSERT_THAT(service_->client().RecordNegativeAnswer(
                  At(1), Blob(old_), NegativeAnswer::kNotFound),
              IsOk());
  const auto resolution = Resolve(Blob(old_));
  ASSERT_THAT(resolution, IsOk());
  EXPECT_FALSE(resolution->hit);
  EXPECT_FALSE(resolution->plan.candidates[0].reachable);
}

TEST_P(MetadataResolutionContract, ADeletedUpstreamIsGoneAtOnce) {
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  ASSERT_EQ(HitOf(tag_), From(1, old_));
  service_->DeleteUpstream(id(1));
  const auto resolution = Resolve(tag_);
  ASSERT_THAT(resolution, IsOk());
  EXPECT_FALSE(resolution->hit);
  EXPECT_EQ(resolution->plan.candidates.size(), 2);
  EXPECT_THAT(Record(1, tag_, old_), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(service_->Entries(), ::testing::IsEmpty());
  EXPECT_THAT(service_->client().GetUpstreamAccess(id(1)),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(MetadataResolutionContract, AccessHoldsEverythingNeeded) {
  v1::Upstream& upstream = upstreams_[1];
  auto& login = *upstream.mutable_credentials()->mutable_basic();
  login.set_username("robot");
  login.set_password("hunter2");
  upstream.mutable_tls()->set_ca_bundle_pem("-----BEGIN CERTIFICATE-----\nca");
  upstream.mutable_tls()->set_client_certificate_pem(
      "-----BEGIN CERTIFICATE-----\nus");
  upstream.mutable_tls()->set_client_key_pem("-----BEGIN PRIVATE KEY-----\nk");
  upstream.mutable_tls()->set_insecure_skip_verify(true);
  upstream.add_trusted_token_realms("auth.example.com");
  Serve();
  const auto access = service_->client().GetUpstreamAccess(id(2));
  ASSERT_THAT(access, IsOk());
  EXPECT_EQ(access->id, id(2));
  EXPECT_EQ(access->name, "https://two");
  EXPECT_EQ(access->url, "https://two");
  EXPECT_EQ(access->username, "robot");
  EXPECT_EQ(access->password, "hunter2");
  EXPECT_EQ(access->tls.ca_bundle_pem, "-----BEGIN CERTIFICATE-----\nca");
  EXPECT_EQ(access->tls.client_certificate_pem,
            "-----BEGIN CERTIFICATE-----\nus");
  EXPECT_EQ(access->tls.client_key_pem, "-----BEGIN PRIVATE KEY-----\nk");
  EXPECT_TRUE(access->tls.insecure_skip_verify);
  EXPECT_THAT(access->trusted_token_realms,
              ::testing::ElementsAre("auth.example.com"));
  for (const int64_t unknown : {0, -1, 999}) {
    EXPECT_THAT(service_->client().GetUpstreamAccess(unknown),
                StatusIs(absl::StatusCode::kNotFound));
  }
}

TEST_P(MetadataResolutionContract, APathOfAnotherDigestIsNotRecorded) {
  Serve();
  const auto invalid = StatusIs(absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Record(1, Blob(old_), new_), invalid);
  EXPECT_EQ(HitOf(Blob(old_)), "no hit");
  CacheRecord record = Found(1, tag_, old_);
  record.target.media_type = std::string(256, 'm');
  EXPECT_THAT(service_->client().Record(record), invalid);
}

TEST_P(MetadataResolutionContract, EtagsThatCannotBeKeptAreLeftOut) {
  Serve();
  for (const std::string& odd : {std::string(256, 'e'), std::string("\xff")}) {
    CacheRecord record = Found(1, Blob(old_), old_);
    record.upstream_etag = odd;
    // On the wire some strings cannot be sent at all; nothing is kept then.
    if (service_->client().Record(record).ok()) {
      EXPECT_EQ(service_->Entries().at(0).upstream_etag(), "");
    }
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MetadataResolutionContract);

}  // namespace cvr::testing

#endif  // TESTS_CONTRACTS_METADATA_RESOLUTION_CONTRACT_H_
