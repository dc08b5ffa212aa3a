#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/content_wire.h"
#include "services/metadata/api/resolution_wire.h"
#include "services/metadata/testing/metadata_fixture.h"

// In random worlds, what `explain` tells is what a pull gets: the same
// candidates, in the order in which they are asked, the same hit, the same
// refusal. What a plan means is worked out here anew, as the blob service does.
//
// CVR_SEED=n begins with that world, CVR_WORLDS=n tries so many.
namespace cvr::testing {
namespace {

using Considered = v1::ExplainResponse::Considered;
using Action = FailurePolicy::Action;

constexpr uint64_t kFirstSeed = 1;
constexpr uint64_t kWorlds = 60;

// A registry and what is known of its upstreams.
class World : public MetadataFixture {
 public:
  explicit World(uint64_t seed) : random_(seed) {
    registry_ = CreateRegistry("r")->id();
    const int count = 1 + Below(5);
    for (int i = 0; i < count; ++i) AddUpstream(i);
    // What is recorded first is stale later.
    for (const int64_t id : upstreams_) Know(id, /*may_deny=*/false);
    clock_.Advance(absl::Hours(2));
    for (const int64_t id : upstreams_) Know(id, /*may_deny=*/true);
  }
  void TestBody() override {}

  void Check() {
    for (const ContentRef& content : contents_) {
      for (const char* host : {"", "docker.io", "quay.io"}) {
        SCOPED_TRACE(absl::StrCat(content.RelativePath(), " of '", host, "'"));
        CheckPull(content, host);
      }
    }
  }

  // Kinds of outcomes that were met.
  static std::set<std::string>& outcomes() {
    static auto& outcomes = *new std::set<std::string>();
    return outcomes;
  }

 private:
  int Below(int bound) {
    return static_cast<int>(random_() % static_cast<uint64_t>(bound));
  }
  bool OneIn(int n) { return Below(n) == 0; }

  v1::FailurePolicy::Action RandomAction() {
    constexpr v1::FailurePolicy::Action kActions[] = {
        v1::FailurePolicy::ACTION_UNSPECIFIED, v1::FailurePolicy::STOP,
        v1::FailurePolicy::NEXT};
    return kActions[Below(3)];
  }

  void AddUpstream(int number) {
    const bool is_hub = OneIn(5) && !has_hub_;
    has_hub_ = has_hub_ || is_hub;
    v1::Upstream upstream =
        NewUpstream(is_hub ? "https://registry-1.docker.io"
                           : absl::StrCat("https://u", number, ".test"));
    upstream.set_disabled(OneIn(6));
    upstream.mutable_cache_validity()->set_seconds(3600);
    if (OneIn(2)) upstream.mutable_max_stale()->set_seconds(1800 * Below(5));
    if (OneIn(4)) upstream.add_source_namespaces("docker.io");
    if (OneIn(6)) upstream.add_source_namespaces("quay.io");
    if (OneIn(3)) {
      v1::Rule& rule = *upstream.add_rules();
      rule.set_action(OneIn(2) ? v1::Rule::ALLOW : v1::Rule::DENY);
      const bool of_tags = OneIn(2);
      rule.set_target(of_tags ? v1::Rule::TAG : v1::Rule::REPOSITORY);
      rule.mutable_pattern()->set_wildcard(of_tags ? "3.*" : "library/*");
    }
    auto& policy = *upstream.mutable_failure_policy();
    policy.mutable_denied()->set_tag(RandomAction());
    policy.mutable_denied()->set_digest(RandomAction());
    policy.mutable_hidden()->set_tag(RandomAction());
    policy.mutable_hidden()->set_digest(RandomAction());
    const auto created = CreateUpstream(std::move(upstream));
    ASSERT_THAT(created, IsOk());
    ASSERT_THAT(Attach(registry_, created->id()), IsOk());
    upstreams_.push_back(created->id());
    names_[created->id()] = created->name();
  }

  void Know(int64_t id, bool may_deny) {
    for (const ContentRef& content : contents_) {
      switch (Below(may_deny ? 6 : 3)) {
        case 0:
          Record(id, content);
          break;
        case 3:
        case 4:
          Deny(id, content);
          break;
        default:
          break;
      }
    }
  }

  // As that upstream names it.
  ContentRef Named(int64_t id, ContentRef content) const {
    if (names_.at(id) == "https://registry-1.docker.io") {
      content.repository = *Repository::Parse("library/alpine");
    }
    return content;
  }

  void Record(int64_t id, const ContentRef& content) {
    CacheRecord record = RecordOf(id, content.RelativePath(), digest_);
    record.content = Named(id, content);
    if (!OneIn(3)) record.references = {layer_};
    if (content.reference.is_digest()) {
      record.target.digest = content.reference.digest();
    }
    if (OneIn(4)) record.delivered_to = 0;
    ASSERT_THAT(stack_->client().Record(record), IsOk());
  }

  void Deny(int64_t id, const ContentRef& content) {
    constexpr NegativeAnswer kNegativeEntries[] = {NegativeAnswer::kAbsent,
                                                   NegativeAnswer::kRefused,
                                                   NegativeAnswer::kHidden};
    ASSERT_THAT(stack_->client().RecordNegativeAnswer(
                    At(id), Named(id, content), kNegativeEntries[Below(3)]),
                IsOk());
  }

  static bool IsList(const ContentRef& content) {
    return content.kind == ContentKind::kTags ||
           content.kind == ContentKind::kReferrers;
  }

  void CheckPull(const ContentRef& content, const std::string& host) {
    v1::ExplainRequest question;
    question.set_registry_id(registry_);
    *question.mutable_content() = ToWire(content);
    question.set_source_namespace(host);
    const auto told = stack_->explainer().Explain(question);
    ASSERT_THAT(told, IsOk());
    ResolveRequest request{registry_, content, false, host};
    request.caller = Caller::System();
    const auto resolved = stack_->resolver().Resolve(request);
    ASSERT_EQ(told->considered_size(), static_cast<int>(upstreams_.size()));
    outcomes().insert(told->outcome().substr(0, 15));
    if (!resolved.ok()) {
      CheckRefusal(resolved.status(), *told);
      return;
    }
    EXPECT_EQ(CandidatesIn(*told, content), CandidatesIn(resolved->plan));
    ASSERT_EQ(told->has_hit(), resolved->hit.has_value());
    if (resolved->hit) {
      EXPECT_EQ(told->hit().upstream_id(), resolved->hit->upstream_id);
      EXPECT_EQ(Shown(told->hit()), Shown(resolved->hit->target));
    }
    CheckWalk(*resolved, content, *told);
  }

  static void CheckRefusal(const absl::Status& refusal,
                           const v1::ExplainResponse& told) {
    EXPECT_FALSE(told.has_hit());
    for (const Considered& considered : told.considered()) {
      EXPECT_FALSE(IsCandidate(considered)) << considered.upstream_name();
      EXPECT_FALSE(considered.has_cached()) << considered.upstream_name();
    }
    if (absl::IsPermissionDenied(refusal)) {
      EXPECT_EQ(told.outcome(),
                "answers 403: excluded by the rules of every upstream");
    } else {
      EXPECT_THAT(refusal, StatusIs(absl::StatusCode::kNotFound));
      EXPECT_EQ(told.outcome(),
                "answers 404: no enabled upstream serves this repository or "
                "namespace");
    }
  }

  static bool IsCandidate(const Considered& considered) {
    switch (considered.verdict()) {
      case Considered::VERDICT_UNSPECIFIED:
      case Considered::VERDICT_DISABLED:
      case Considered::VERDICT_OTHER_NAMESPACE:
      case Considered::VERDICT_DENIED_BY_RULE:
        return false;
      default:
        return true;
    }
  }

  static std::string Shown(const Descriptor& target) {
    return absl::StrCat(target.digest.ToString(), " ", target.media_type, " ",
                        target.size_bytes);
  }

  static std::string Shown(const v1::CachedContent& cached) {
    return absl::StrCat(cached.digest(), " ", cached.media_type(), " ",
                        cached.size_bytes());
  }

  static std::string Shown(int64_t upstream_id, bool referenced, bool delivered,
                           const std::string& cached) {
    return absl::StrCat(upstream_id, referenced ? " referenced" : "",
                        delivered ? " delivered " : " ", cached);
  }

  static std::vector<std::string> CandidatesIn(const FetchPlan& plan) {
    std::vector<std::string> candidates;
    for (const Candidate& candidate : plan.candidates) {
      candidates.push_back(
          Shown(candidate.upstream_id, candidate.reachable, candidate.possessed,
                candidate.cached ? Shown(candidate.cached->target) : "-"));
    }
    return candidates;
  }

  // By position; for a digest those that reach it come first.
  static std::vector<std::string> CandidatesIn(const v1::ExplainResponse& told,
                                               const ContentRef& content) {
    std::vector<Considered> all;
    for (const Considered& considered : told.considered()) {
      if (IsCandidate(considered)) all.push_back(considered);
    }
    if (content.is_addressed_by_digest()) {
      std::stable_partition(all.begin(), all.end(),
                            [](const auto& one) { return one.referenced(); });
    }
    std::vector<std::string> candidates;
    for (const Considered& one : all) {
      EXPECT_EQ(one.has_cached() ? one.cached().upstream_id() : 0,
                one.has_cached() ? one.upstream_id() : 0);
      candidates.push_back(Shown(one.upstream_id(), one.referenced(),
                                 one.delivered(),
                                 one.has_cached() ? Shown(one.cached()) : "-"));
    }
    return candidates;
  }

  // What a walk through the plan comes to, and what is told of each candidate.
  void CheckWalk(const Resolution& resolved, const ContentRef& content,
                 const v1::ExplainResponse& told) const {
    const bool by_digest = content.is_addressed_by_digest();
    std::vector<std::string> asked;
    std::string end;
    bool is_stored = true;
    std::set<NegativeAnswer> negative_entries;
    for (const Candidate& candidate : resolved.plan.candidates) {
      const auto verdict = VerdictIn(told, candidate.upstream_id);
      const FailurePolicy& policy = candidate.failure_policy;
      negative_entries.insert(candidate.negative_answer);
      switch (candidate.negative_answer) {
        case NegativeAnswer::kAbsent:
          EXPECT_EQ(verdict, Considered::VERDICT_KNOWN_NOT_FOUND);
          continue;
        case NegativeAnswer::kRefused:
        case NegativeAnswer::kHidden: {
          const bool is_hidden =
              candidate.negative_answer == NegativeAnswer::kHidden;
          EXPECT_EQ(verdict, is_hidden ? Considered::VERDICT_KNOWN_HIDDEN
                                       : Considered::VERDICT_KNOWN_REFUSED);
          const auto kind =
              is_hidden ? &FailurePolicy::hidden : &FailurePolicy::denied;
          const bool stops =
              policy.WithoutCopy(kind, by_digest) == Action::kStop;
          if (stops && end.empty()) end = names_.at(candidate.upstream_id);
          continue;
        }
        case NegativeAnswer::kNone:
          break;
      }
      if (resolved.hit) {
        EXPECT_EQ(verdict, resolved.hit->upstream_id == candidate.upstream_id
                               ? Considered::VERDICT_FRESH
                               : Considered::VERDICT_NOT_NEEDED);
        continue;
      }
      if (!end.empty()) {
        EXPECT_EQ(verdict, Considered::VERDICT_NOT_NEEDED);
        continue;
      }
      const bool is_fresh =
          candidate.cached && candidate.cached->fresh && candidate.possessed;
      is_stored = is_stored && is_fresh;
      EXPECT_EQ(verdict, is_fresh && IsList(content) ? Considered::VERDICT_FRESH
                         : is_fresh ? Considered::VERDICT_FRESH_BUT_SHADOWED
                         : candidate.cached && !candidate.cached->fresh
                             ? Considered::VERDICT_STALE
                             : Considered::VERDICT_UNKNOWN);
      asked.push_back(absl::StrCat("'", names_.at(candidate.upstream_id), "'"));
    }
    EXPECT_EQ(told.outcome(), Outcome(resolved, content, asked, end, is_stored,
                                      negative_entries));
  }

  std::string Outcome(const Resolution& resolved, const ContentRef& content,
                      const std::vector<std::string>& asked,
                      const std::string& end, bool is_stored,
                      const std::set<NegativeAnswer>& negative_entries) const {
    if (resolved.hit) {
      return absl::StrCat("served from the cache of '",
                          names_.at(resolved.hit->upstream_id), "'");
    }
    const std::string names = absl::StrJoin(asked, ", then ");
    if (!end.empty()) {
      return absl::StrCat(asked.empty() ? "" : "asks ", names,
                          asked.empty() ? "" : ", then ", "answers 403: '", end,
                          "' denied access recently (negative cache), and the "
                          "pull stops there");
    }
    if (!asked.empty()) {
      return !IsList(content) ? absl::StrCat("asks ", names, " in this order")
             : is_stored      ? "merges cached lists"
                              : absl::StrCat("merges the lists of ", names);
    }
    if (negative_entries.contains(NegativeAnswer::kRefused)) {
      return "answers 403: an upstream denied access recently (negative cache)";
    }
    return negative_entries.contains(NegativeAnswer::kHidden)
               ? "answers 404: no upstream offers it to its configured "
                 "credentials; an upstream answered 401 or 403 recently "
                 "although it granted a token (negative cache)"
               : "answers 404: no upstream had it recently (negative cache)";
  }

  static Considered::Verdict VerdictIn(const v1::ExplainResponse& told,
                                       int64_t upstream_id) {
    for (const Considered& considered : told.considered()) {
      if (considered.upstream_id() == upstream_id) return considered.verdict();
    }
    return Considered::VERDICT_UNSPECIFIED;
  }

  std::mt19937_64 random_;
  const Digest digest_ = Digest::OfBytes("manifest");
  const Digest layer_ = Digest::OfBytes("layer");
  const Repository repository_ = *Repository::Parse("library/alpine");
  const std::vector<ContentRef> contents_ = {
      {repository_, *Reference::Parse("3.20"), ContentKind::kManifest},
      {repository_, *Reference::Parse("edge"), ContentKind::kManifest},
      {repository_, Reference(digest_), ContentKind::kManifest},
      {repository_, Reference(layer_), ContentKind::kBlob},
      {*Repository::Parse("alpine"), *Reference::Parse("3.20"),
       ContentKind::kManifest},
      ContentRef::TagList(repository_),
      {repository_, Reference(digest_), ContentKind::kReferrers}};
  int64_t registry_ = 0;
  bool has_hub_ = false;
  std::vector<int64_t> upstreams_;
  std::map<int64_t, std::string> names_;
};

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

TEST(ExplainerPropertyTest, TellsWhatAPullGets) {
  const uint64_t first = FromEnvironment("CVR_SEED", kFirstSeed);
  const uint64_t worlds = FromEnvironment("CVR_WORLDS", kWorlds);
  for (uint64_t seed = first; seed < first + worlds; ++seed) {
    SCOPED_TRACE(absl::StrCat("CVR_SEED=", seed));
    World(seed).Check();
    if (::testing::Test::HasFailure()) return;
  }
  // The worlds are no use unless they differ.
  if (worlds < kWorlds) return;
  for (const char* kind :
       {"served from the", "asks 'https://u", "merges the list",
        "merges cached l", "answers 403: ex", "answers 403: 'h",
        "answers 404: no"}) {
    EXPECT_TRUE(World::outcomes().contains(kind)) << kind;
  }
}

}  // namespace
}  // namespace cvr::testing
