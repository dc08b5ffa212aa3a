#ifndef SERVICES_BLOB_ENGINE_ENGINE_MANIFEST_FIXTURE_H_
#define SERVICES_BLOB_ENGINE_ENGINE_MANIFEST_FIXTURE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "services/blob/engine/engine_world.h"
#include "services/common/errors.h"
#include "tests/support/read_content.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {

// Pulls of manifests through the real engine. Upstreams are numbers, the
// repository is `r`, the tag `latest`.
class EngineManifestFixture : public ::testing::Test {
 protected:
  using Call = InMemoryUpstreamClient::Call;
  using Kind = Call::Kind;
  using Action = FailurePolicy::Action;
  static constexpr int kAlways = InMemoryUpstreamClient::kAlways;
  static constexpr char kImage[] = "application/vnd.oci.image.manifest.v1+json";

  struct Answer {
    std::string bytes;
    ContentHeader header;
  };

  explicit EngineManifestFixture(
      EngineOptions options = EngineWorld::SmallOptions())
      : world_(std::move(options)) {}

  InMemoryUpstreamClient& upstream() { return world_.upstream(); }
  FakeMetadataClient& metadata() { return world_.metadata(); }
  FakeUpstreamHealth& health() { return world_.health(); }
  BlobStore& store() { return world_.store(); }

  // What has the form of a manifest, one for each name.
  static std::string Image(const std::string& name) {
    return absl::StrCat(R"({"layers":[],"name":")", name, R"("})");
  }

  Descriptor Publish(int64_t id, const std::string& bytes) {
    return upstream().AddManifest(id, "r", "latest", kImage, bytes);
  }
  Descriptor Store(const std::string& bytes) {
    const Descriptor target = {kImage, Digest::OfBytes(bytes), bytes.size()};
    EXPECT_THAT(store().Put(target.digest, bytes), IsOk());
    return target;
  }
  // The next call to that upstream waits there.
  std::shared_ptr<Gate> Hold(int64_t id, int times = 1) {
    auto gate = std::make_shared<Gate>();
    upstream().Inject(id, {.gate = gate}, times);
    return gate;
  }

  // What it has to offer has been delivered by it before.
  static Candidate Possessing(Candidate candidate) {
    candidate.possessed = true;
    return candidate;
  }
  // A manifest of it names the digest.
  static Candidate Named(int64_t id) { return {id, /*reachable=*/true}; }
  static Candidate Reached(int64_t id) { return Possessing(Named(id)); }

  static Candidate Fresh(int64_t id, const Descriptor& target) {
    return Possessing({id, true, CachedEntry{target, absl::UnixEpoch(), true}});
  }
  static Candidate Old(int64_t id, const Descriptor& target,
                       absl::Duration stale_for = absl::InfiniteDuration()) {
    return Possessing(
        {id, true, CachedEntry{target, absl::UnixEpoch(), false, stale_for}});
  }
  static Candidate TooOld(int64_t id, const Descriptor& target) {
    return Old(id, target, -absl::Seconds(1));
  }
  static Candidate Unknown(int64_t id) { return {id}; }
  static Candidate NotFound(int64_t id) {
    Candidate candidate = {id};
    candidate.negative_answer = NegativeAnswer::kNotFound;
    return candidate;
  }
  static Candidate Refused(int64_t id) {
    Candidate candidate = {id};
    candidate.negative_answer = NegativeAnswer::kRefused;
    return candidate;
  }
  static Candidate Hidden(int64_t id) {
    Candidate candidate = {id};
    candidate.negative_answer = NegativeAnswer::kHidden;
    return candidate;
  }
  static Candidate With(Candidate candidate, const FailurePolicy& policy) {
    candidate.failure_policy = policy;
    return candidate;
  }
  // Whatever goes wrong.
  static FailurePolicy Always(const FailurePolicy::Actions& actions) {
    return {actions, actions, actions, actions};
  }

  absl::StatusOr<Answer> Fetch(
      std::vector<Candidate> candidates,
      const std::string& reference = "latest",
      absl::Time resolved_at = absl::InfiniteFuture()) {
    return FetchContent({*Repository::Parse("r"), *Reference::Parse(reference),
                         ContentKind::kManifest},
                        std::move(candidates), resolved_at);
  }
  absl::StatusOr<Answer> FetchContent(
      ContentRef content, std::vector<Candidate> candidates,
      absl::Time resolved_at = absl::InfiniteFuture()) {
    auto stream = world_.source().Fetch(
        {std::move(content), {std::move(candidates), resolved_at}});
    if (!stream.ok()) return stream.status();
    auto bytes = ReadRest(**stream);
    if (!bytes.ok()) return bytes.status();
    return Answer{*std::move(bytes), (*stream)->header()};
  }

  // The bytes, and how they were come by.
  static void Expect(const absl::StatusOr<Answer>& answer,
                     const std::string& bytes, CacheStatus cache_status,
                     int64_t upstream_id) {
    ASSERT_THAT(answer, IsOk());
    EXPECT_EQ(answer->bytes, bytes);
    EXPECT_EQ(answer->header.cache_status, cache_status);
    EXPECT_EQ(answer->header.upstream_id, upstream_id);
    EXPECT_EQ(answer->header.target.digest, Digest::OfBytes(bytes));
    EXPECT_EQ(answer->header.target.media_type, kImage);
  }

  // As `7 HEAD latest`, in order of arrival.
  std::vector<std::string> Requests() {
    std::vector<std::string> requests;
    for (const Call& call : upstream().calls()) {
      requests.push_back(absl::StrCat(call.upstream_id, " ", NameOf(call.kind),
                                      " ", call.reference));
    }
    return requests;
  }
  // As `7 not_found /r/manifests/latest`.
  std::vector<std::string> NegativeAnswers() {
    std::vector<std::string> negative_entries;
    for (const auto& [upstream_id, path, negative_answer] :
         metadata().negative_entries()) {
      negative_entries.push_back(absl::StrCat(
          upstream_id,
          negative_answer == NegativeAnswer::kNotFound ? " not_found "
          : negative_answer == NegativeAnswer::kHidden ? " hidden "
                                                       : " refused ",
          path));
    }
    return negative_entries;
  }

  EngineWorld world_;
  const absl::Status down_ = errors::UpstreamUnavailable("r.test", "down");
  const absl::Status limited_ = errors::UpstreamRateLimited("r.test", {});
  const absl::Status hidden_ = AsHidden(errors::ManifestUnknown("r", "t"));
  const absl::Status denied_ = errors::UpstreamRefused("r.test", "401");

 private:
  static const char* NameOf(Kind kind) {
    switch (kind) {
      case Kind::kGetManifest:
        return "GET";
      case Kind::kHeadManifest:
        return "HEAD";
      case Kind::kGetBlob:
        return "BLOB";
      case Kind::kListTags:
        return "TAGS";
      case Kind::kListReferrers:
        return "REFERRERS";
    }
    return "?";
  }
};

}  // namespace cvr::testing

#endif  // SERVICES_BLOB_ENGINE_ENGINE_MANIFEST_FIXTURE_H_
