#ifndef TESTS_CONTRACTS_METADATA_NAME_CONTRACT_H_
#define TESTS_CONTRACTS_METADATA_NAME_CONTRACT_H_

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/contracts/metadata_negative_cache_contract.h"

// More of MetadataResolutionContract: on Docker Hub `nginx` and `library/nginx`
// are one, whatever is asked, recorded or ruled under either.
namespace cvr::testing {

inline const std::vector<std::string>& Spellings() {
  static const auto* const spellings =
      new std::vector<std::string>{"nginx", "library/nginx"};
  return *spellings;
}

// What a client may ask of a repository.
inline std::vector<ContentRef> AllOf(const std::string& repository,
                                     const Digest& digest) {
  const Repository name = *Repository::Parse(repository);
  return {{name, *Reference::Parse("latest"), ContentKind::kManifest},
          {name, Reference(digest), ContentKind::kManifest},
          {name, Reference(digest), ContentKind::kBlob},
          ContentRef::TagList(name),
          {name, Reference(digest), ContentKind::kReferrers}};
}

// Addresses of Docker Hub.
inline std::vector<std::string> HubUrls() {
  return {"https://docker.io", "https://Registry-1.Docker.IO/v2/",
          "https://index.docker.io:443", "http://registry.hub.docker.com"};
}

class HubContract : public MetadataResolutionContract {
 protected:
  HubContract() {
    upstreams_.resize(1);
    upstreams_[0].set_url("https://docker.io");
  }
};

TEST_P(HubContract, ADenyOfEitherSpellingExcludesBoth) {
  Serve();
  for (const std::string& hub : HubUrls()) {
    upstreams_[0].set_url(hub);
    service_->ChangeAccess(upstreams_[0]);
    for (const std::string& ruled : Spellings()) {
      upstreams_[0].clear_rules();
      *upstreams_[0].add_rules() = RuleOf(
          v1::Rule::RULE_ACTION_DENY, v1::Rule::RULE_TARGET_REPOSITORY, ruled);
      service_->Change(upstreams_[0]);
      for (const std::string& asked : Spellings()) {
        for (const ContentRef& content : AllOf(asked, old_)) {
          EXPECT_THAT(
              Resolve(content),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::kDenied))
              << hub << ": " << ruled << ": " << content.RelativePath();
        }
      }
      EXPECT_THAT(Resolve(Manifest("latest", "team/nginx")), IsOk());
    }
  }
}

TEST_P(HubContract, AnAllowOfEitherSpellingAllowsBoth) {
  for (const std::string& ruled : Spellings()) {
    upstreams_[0].clear_rules();
    *upstreams_[0].add_rules() = RuleOf(
        v1::Rule::RULE_ACTION_ALLOW, v1::Rule::RULE_TARGET_REPOSITORY, ruled);
    Serve();
    for (const std::string& asked : Spellings()) {
      EXPECT_THAT(Resolve(Manifest("latest", asked)), IsOk()) << ruled;
    }
    EXPECT_THAT(Resolve(Manifest("latest", "alpine")),
                StatusIs(absl::StatusCode::kPermissionDenied));
    service_->DeleteUpstream(id(1));
  }
}

TEST_P(HubContract, RulesOnTagsHoldUnderBothSpellings) {
  *upstreams_[0].add_rules() =
      RuleOf(v1::Rule::RULE_ACTION_ALLOW, v1::Rule::RULE_TARGET_TAG, "latest");
  Serve();
  for (const std::string& recorded : Spellings()) {
    CacheRecord image = Found(1, Manifest("latest", recorded), old_);
    image.references = {new_};
    ASSERT_THAT(service_->client().Record(image), IsOk());
    for (const std::string& asked : Spellings()) {
      EXPECT_THAT(Resolve(Manifest("edge", asked)),
                  StatusIs(absl::StatusCode::kPermissionDenied));
      EXPECT_THAT(Resolve(Blob(Digest::OfBytes("unknown"), asked)),
                  StatusIs(absl::StatusCode::kPermissionDenied));
      ASSERT_THAT(Resolve(Blob(new_, asked)), IsOk());
      EXPECT_TRUE(Resolve(Blob(new_, asked))->plan.candidates[0].reachable);
    }
    service_->Purge(id(1));
  }
}

TEST_P(HubContract, EntriesAndNegativeAnswersAreOfBothSpellings) {
  Serve();
  for (const std::string& recorded : Spellings()) {
    for (const ContentRef& content : AllOf(recorded, old_)) {
      ASSERT_THAT(Record(1, content, old_), IsOk());
      ASSERT_EQ(service_->Entries().size(), 1);
      EXPECT_THAT(service_->Entries()[0].relative_path(),
                  ::testing::StartsWith("/library/nginx/"));
      for (const std::string& asked : Spellings()) {
        ContentRef other = content;
        other.repository = *Repository::Parse(asked);
        const Candidate known = Resolve(other)->plan.candidates[0];
        EXPECT_TRUE(known.cached) << other.RelativePath();
        EXPECT_EQ(known.ContentOf(other).repository.name(), "library/nginx");
        EXPECT_THAT(service_->client().Touch(At(1), other, old_, true), IsOk());
      }
      EXPECT_EQ(service_->Entries()[0].pull_count(), 2);
      // Said under one name, it is believed under the other.
      for (const std::string& refused : Spellings()) {
        ContentRef other = content;
        other.repository = *Repository::Parse(refused);
        ASSERT_THAT(service_->client().RecordNegativeAnswer(
                        At(1), other, NegativeAnswer::kRefused),
                    IsOk());
        EXPECT_TRUE(service_->Entries().empty());
        for (const std::string& asked : Spellings()) {
          other.repository = *Repository::Parse(asked);
          EXPECT_EQ(Resolve(other)->plan.candidates[0].negative_answer,
                    NegativeAnswer::kRefused);
        }
      }
      service_->Purge(id(1));
    }
  }
}

TEST_P(HubContract, TheCatalogKnowsOneName) {
  Serve();
  for (const std::string& recorded : Spellings()) {
    ASSERT_THAT(Record(1, Manifest("latest", recorded), old_), IsOk());
  }
  const auto listed = service_->resolver().ListRepositories(Caller::System(),
                                                            registry_, {}, 10);
  ASSERT_THAT(listed, IsOk());
  ASSERT_EQ(listed->size(), 1);
  EXPECT_EQ(listed->front().name, "library/nginx");
}

// Elsewhere they are two.
TEST_P(HubContract, OtherRegistriesNamesAreLeftAlone) {
  upstreams_[0].set_url("https://docker.io.example.test");
  *upstreams_[0].add_rules() =
      RuleOf(v1::Rule::RULE_ACTION_DENY, v1::Rule::RULE_TARGET_REPOSITORY,
             "library/nginx");
  Serve();
  ASSERT_THAT(Record(1, Manifest("latest", "nginx"), old_), IsOk());
  EXPECT_EQ(HitOf(Manifest("latest", "nginx")), From(1, old_));
  EXPECT_FALSE(Resolve(Manifest("latest", "nginx"))
                   ->plan.candidates[0]
                   .repository.has_value());
  EXPECT_THAT(Resolve(Manifest("latest", "library/nginx")),
              StatusIs(absl::StatusCode::kPermissionDenied));
}

// It may well pass on what it is asked for to Docker Hub.
TEST_P(HubContract, ADenyHoldsUnderBothSpellingsWhereDockerHubIsStoodFor) {
  for (const std::string& ruled : Spellings()) {
    upstreams_[0].set_url("https://mirror.example.test");
    upstreams_[0].clear_source_namespaces();
    upstreams_[0].add_source_namespaces("Index.Docker.io");
    upstreams_[0].clear_rules();
    *upstreams_[0].add_rules() = RuleOf(
        v1::Rule::RULE_ACTION_DENY, v1::Rule::RULE_TARGET_REPOSITORY, ruled);
    Serve();
    for (const std::string& asked : Spellings()) {
      EXPECT_THAT(Resolve(Manifest("latest", asked)),
                  StatusIs(absl::StatusCode::kPermissionDenied));
    }
    // What is allowed there is not known to be the same under another name.
    upstreams_[0].clear_rules();
    *upstreams_[0].add_rules() = RuleOf(
        v1::Rule::RULE_ACTION_ALLOW, v1::Rule::RULE_TARGET_REPOSITORY, ruled);
    service_->Change(upstreams_[0]);
    for (const std::string& asked : Spellings()) {
      EXPECT_EQ(Resolve(Manifest("latest", asked)).ok(), asked == ruled);
    }
    service_->DeleteUpstream(id(1));
  }
}

}  // namespace cvr::testing

#endif  // TESTS_CONTRACTS_METADATA_NAME_CONTRACT_H_
