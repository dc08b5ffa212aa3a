#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/blob/engine/engine_manifest_fixture.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "tests/support/read_content.h"
#include "tests/support/status_matchers.h"

// As what manifests are served, and which are not: those that clients would
// understand differently (CVE-2021-41190), wherever they come from.
namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kBoth[] = R"({"manifests":[],"layers":[]})";
constexpr char kIndex[] = "application/vnd.oci.image.index.v1+json";

class EngineManifestKindTest : public EngineManifestFixture {
 protected:
  static ReadRequest Hit(const Descriptor& target) {
    ReadRequest hit{target.digest};
    hit.repair =
        RepairPlan{{*Repository::Parse("r"), *Reference::Parse("latest"),
                    ContentKind::kManifest},
                   {{Fresh(7, target)}}};
    return hit;
  }
  void ExpectRefused(const absl::StatusOr<Answer>& answer) {
    ASSERT_THAT(answer.status(), StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_EQ(ReasonOf(answer.status()), Reason::kManifestInvalid);
    EXPECT_THAT(answer.status().message(), HasSubstr("CVE-2021-41190"));
  }
};

TEST_F(EngineManifestKindTest, AmbiguousManifestIsRefusedAndNotStored) {
  const Descriptor target = Publish(7, kBoth);
  ExpectRefused(Fetch({Unknown(7)}));
  ExpectRefused(Fetch({Unknown(7)}, target.digest.ToString()));
  EXPECT_THAT(store().Open(target.digest),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(metadata().records(), IsEmpty());
}

// Stored by an earlier revision, or pulled as a layer.
TEST_F(EngineManifestKindTest, AmbiguousManifestIsNotServedFromTheStore) {
  const Descriptor target = Store(kBoth);
  const std::string digest = target.digest.ToString();
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(world_.source().Read(Hit(target)),
                StatusIs(absl::StatusCode::kNotFound));
    EXPECT_THAT(Fetch({Fresh(7, target)}, digest),
                StatusIs(absl::StatusCode::kNotFound));
    upstream().Inject(7, {.error = down_}, kAlways);
    EXPECT_FALSE(Fetch({Old(7, target)}).ok());
    upstream().Heal(7);
  }
  Publish(7, kBoth);
  ExpectRefused(Fetch({Fresh(7, target)}));
  ExpectRefused(Fetch({Old(7, target)}));
}

// The bytes are read once: what was found is remembered by their digest.
TEST_F(EngineManifestKindTest, HitsAreTypedByTheirBytes) {
  const struct {
    std::string bytes, type;
  } kCases[] = {
      {R"({"layers":[]})", kImage},
      {R"({"manifests":[]})", kIndex},
      {"{}", kOctetStream},
      {"<html>", kOctetStream},
  };
  for (const auto& [bytes, type] : kCases) {
    const Descriptor target = Store(bytes);
    for (int round = 0; round < 2; ++round) {
      const auto stream = world_.source().Read(Hit(target));
      ASSERT_THAT(stream, IsOk());
      EXPECT_EQ((*stream)->header().target.media_type, type);
    }
    // A blob is octets, whatever it holds.
    const auto blob = world_.source().Read({target.digest});
    EXPECT_EQ((*blob)->header().target.media_type, kOctetStream);
  }
}

TEST_F(EngineManifestKindTest, NoRowAndNoUpstreamChoosesAnActiveType) {
  const std::string bytes = R"({"layers":[],"mediaType":"text/html"})";
  Descriptor row = Store(bytes);
  row.media_type = "text/html";
  Expect(Fetch({Fresh(7, row)}), bytes, CacheStatus::kHit, 7);
  upstream().AddManifest(7, "r", "latest", "text/html", bytes);
  Expect(Fetch({Old(7, row)}), bytes, CacheStatus::kRevalidated, 7);
  Expect(Fetch({Unknown(8), Unknown(7)}, row.digest.ToString()), bytes,
         CacheStatus::kMiss, 7);
  upstream().Inject(7, {.error = down_}, kAlways);
  Expect(Fetch({Old(7, row)}), bytes, CacheStatus::kStale, 7);
  upstream().AddManifest(8, "r", "latest", "image/svg+xml", Image("svg"));
  Expect(Fetch({Unknown(8)}), Image("svg"), CacheStatus::kMiss, 8);
}

// Clients that read slowly hold what they were given; it must not be memory.
TEST_F(EngineManifestKindTest, LargeManifestsAreStreamedFromTheStore) {
  const std::string bytes =
      absl::StrCat(R"({"layers":[],"x":")",
                   std::string(limits::kManifestBytesMax - 100, 'x'), "\"}");
  Publish(7, bytes);
  std::vector<std::unique_ptr<ContentStream>> streams;
  for (int i = 0; i < 3; ++i) {
    auto stream = world_.source().Fetch(
        {{*Repository::Parse("r"), *Reference::Parse("latest"),
          ContentKind::kManifest},
         {{Unknown(7)}}});
    ASSERT_THAT(stream, IsOk());
    auto first = (*stream)->Next();
    ASSERT_THAT(first, IsOk());
    EXPECT_LE(first->size(), limits::kChunkBytes);
    streams.push_back(*std::move(stream));
  }
  for (const auto& stream : streams) {
    const auto rest = ReadRest(*stream);
    ASSERT_THAT(rest, IsOk());
    EXPECT_EQ(*rest, bytes.substr(bytes.size() - rest->size()));
  }
}

// It was asked for just before the answer came, and comes a moment late.
TEST_F(EngineManifestKindTest, ARememberedAnswerHasItsBytesInTheStore) {
  const std::string bytes = Image("a");
  const Descriptor target = Publish(7, bytes);
  const absl::Time before = Clock::Real().SteadyNow();
  Expect(Fetch({Unknown(7)}), bytes, CacheStatus::kMiss, 7);
  Expect(Fetch({Unknown(7)}, "latest", before), bytes, CacheStatus::kMiss, 7);
  EXPECT_EQ(Requests(), std::vector<std::string>({"7 GET latest"}));
  // They were evicted meanwhile.
  ASSERT_THAT(store().Delete(target.digest), IsOk());
  Expect(Fetch({Unknown(7)}, "latest", before), bytes, CacheStatus::kMiss, 7);
  EXPECT_EQ(Requests(),
            std::vector<std::string>({"7 GET latest", "7 GET latest"}));
}

}  // namespace
}  // namespace cvr::testing
