#include "services/blob/prefetcher.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "services/blob/engine/engine_manifest_fixture.h"
#include "services/common/errors.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/thread.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kIndexType[] = "application/vnd.oci.image.index.v1+json";

// Sends everybody to upstream 7, but for what it was told.
class OneUpstreamResolver : public Resolver {
 public:
  absl::StatusOr<Resolution> Resolve(const ResolveRequest& request) override {
    MutexLock lock(&mutex_);
    requests_.push_back(request);
    const auto told = told_.find(request.content.reference.ToString());
    if (told != told_.end()) return told->second;
    return Resolution{
        {}, {{{7, /*reachable=*/true}}, absl::InfiniteFuture(), "acme"}};
  }
  absl::StatusOr<std::vector<CachedRepository>> ListRepositories(
      const Caller&, int64_t, const CachedRepository&, int) override {
    return absl::UnimplementedError("nobody asks for it");
  }
  absl::StatusOr<LocatedRegistry> Locate(absl::string_view) override {
    return absl::UnimplementedError("nobody asks for it");
  }

  void Tell(const std::string& reference,
            absl::StatusOr<Resolution> resolution) {
    MutexLock lock(&mutex_);
    told_.emplace(reference, std::move(resolution));
  }
  std::vector<ResolveRequest> requests() {
    MutexLock lock(&mutex_);
    return requests_;
  }

 private:
  Mutex mutex_;
  std::map<std::string, absl::StatusOr<Resolution>> told_
      ABSL_GUARDED_BY(mutex_);
  std::vector<ResolveRequest> requests_ ABSL_GUARDED_BY(mutex_);
};

class PrefetcherTest : public EngineManifestFixture {
 protected:
  static std::string DescriptorOf(const Digest& digest,
                                  const std::string& more = "") {
    return absl::StrCat(R"({"digest":")", digest.ToString(), R"(")", more, "}");
  }
  static std::string On(const std::string& os, const std::string& architecture,
                        const std::string& variant = "") {
    return absl::StrCat(R"(,"platform":{"os":")", os, R"(","architecture":")",
                        architecture, R"(","variant":")", variant, R"("})");
  }
  Digest AddBlob(const std::string& bytes) {
    return upstream().AddBlob(7, "r", bytes);
  }
  // An image of a config and a layer that bear its name.
  Digest AddImage(const std::string& name, const std::string& tag = "") {
    const std::string manifest = absl::StrCat(
        R"({"config":)", DescriptorOf(AddBlob("config of " + name)),
        R"(,"layers":[)", DescriptorOf(AddBlob("layer of " + name)), "]}");
    return upstream().AddManifest(7, "r", tag, kImage, manifest).digest;
  }
  Digest AddIndex(const std::vector<std::string>& descriptors,
                  const std::string& tag = "latest") {
    return upstream()
        .AddManifest(7, "r", tag, kIndexType,
                     absl::StrCat(R"({"manifests":[)",
                                  absl::StrJoin(descriptors, ","), "]}"))
        .digest;
  }
  absl::StatusOr<v1::PrefetchImageResponse> Run(
      const std::vector<std::string>& platforms = {},
      const std::string& reference = "latest") {
    Prefetcher::Image image = {3, *Repository::Parse("r"),
                               *Reference::Parse(reference)};
    for (const std::string& platform : platforms) {
      image.platforms.push_back(*Platform::Parse(platform));
    }
    return prefetcher_.Run(image, operation_);
  }
  bool IsStored(const std::string& bytes) {
    return store().Open(Digest::OfBytes(bytes)).ok();
  }

  OneUpstreamResolver resolver_;
  RunningOperation operation_;
  Prefetcher prefetcher_{resolver_, world_.engine()};
};

TEST_F(PrefetcherTest, ImageComesWithAllItsParts) {
  const Digest image = AddImage("x", "latest");
  const auto response = Run();
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->digest(), image.ToString());
  EXPECT_EQ(response->manifest_count(), 1);
  EXPECT_EQ(response->blob_count(), 2);
  EXPECT_TRUE(IsStored("config of x"));
  EXPECT_TRUE(IsStored("layer of x"));
  EXPECT_GT(static_cast<size_t>(response->fetched_bytes()),
            std::string("config of xlayer of x").size());
  EXPECT_EQ(operation_.progress().total_count(), 3);
  EXPECT_EQ(operation_.progress().done_count(), 3);
  EXPECT_EQ(operation_.progress().done_bytes(), response->fetched_bytes());
}

// Statistics and cleanup are about what clients pull.
TEST_F(PrefetcherTest, NothingCountsAsAPull) {
  AddImage("x", "latest");
  ASSERT_THAT(Run(), IsOk());
  metadata().AwaitRecords(3);
  EXPECT_EQ(metadata().download_count(), 0);
  for (const ResolveRequest& request : resolver_.requests()) {
    EXPECT_EQ(request.registry_id, 3);
    EXPECT_FALSE(request.counts_as_pull);
  }
}

TEST_F(PrefetcherTest, IndexComesWithAllPlatforms) {
  AddIndex({DescriptorOf(AddImage("amd"), On("linux", "amd64")),
            DescriptorOf(AddImage("arm"), On("linux", "arm64", "v8"))});
  const auto response = Run();
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->manifest_count(), 3);
  EXPECT_EQ(response->blob_count(), 4);
}

TEST_F(PrefetcherTest, OnlyNamedPlatformsAreFetched) {
  AddIndex({DescriptorOf(AddImage("amd"), On("linux", "amd64")),
            DescriptorOf(AddImage("arm"), On("linux", "arm64", "v8")),
            DescriptorOf(AddImage("attestation"))});
  const auto response = Run({"linux/arm64"});
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->manifest_count(), 2);
  EXPECT_TRUE(IsStored("layer of arm"));
  EXPECT_FALSE(IsStored("layer of amd"));
  EXPECT_FALSE(IsStored("layer of attestation"));
}

TEST_F(PrefetcherTest, PlatformsOfANestedIndexAreFound) {
  const Digest inner = AddIndex(
      {DescriptorOf(AddImage("arm"), On("linux", "arm64"))}, /*tag=*/"");
  AddIndex({DescriptorOf(
      inner, absl::StrCat(R"(,"mediaType":")", kIndexType, R"(")"))});
  const auto response = Run({"linux/arm64"});
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->manifest_count(), 3);
  EXPECT_TRUE(IsStored("layer of arm"));
}

TEST_F(PrefetcherTest, PlatformThatIsNotThereIsAnError) {
  AddIndex({DescriptorOf(AddImage("amd"), On("linux", "amd64"))});
  const auto response = Run({"linux/amd64", "linux/s390x"});
  EXPECT_THAT(response,
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
  EXPECT_THAT(std::string(response.status().message()),
              ::testing::HasSubstr("linux/s390x"));
  // What there is stays.
  EXPECT_TRUE(IsStored("layer of amd"));
}

// One image is for whatever it is for.
TEST_F(PrefetcherTest, PlatformsAreOfAnIndexOnly) {
  AddImage("x", "latest");
  EXPECT_THAT(Run({"linux/s390x"}), IsOk());
}

TEST_F(PrefetcherTest, DigestsMayBeNamed) {
  const Digest image = AddImage("x");
  const auto response = Run({}, image.ToString());
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->digest(), image.ToString());
  EXPECT_TRUE(IsStored("layer of x"));
}

TEST_F(PrefetcherTest, WhatIsCachedIsNotFetched) {
  AddImage("x", "latest");
  const std::string layer = "layer of x";
  const Digest digest = Digest::OfBytes(layer);
  ASSERT_THAT(store().Put(digest, layer), IsOk());
  resolver_.Tell(
      digest.ToString(),
      Resolution{Hit{{kOctetStream, digest, layer.size()}, 7},
                 {{{7, /*reachable=*/true}}, absl::InfiniteFuture(), "acme"}});
  const auto response = Run();
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->blob_count(), 2);
  EXPECT_THAT(Requests(),
              Not(Contains(absl::StrCat("7 BLOB ", digest.ToString()))));
}

// As for a client: the entry is there, its bytes were evicted.
TEST_F(PrefetcherTest, HitWithoutBytesIsFetched) {
  AddImage("x", "latest");
  const std::string layer = "layer of x";
  const Digest digest = Digest::OfBytes(layer);
  resolver_.Tell(
      digest.ToString(),
      Resolution{Hit{{kOctetStream, digest, layer.size()}, 7},
                 {{{7, /*reachable=*/true}}, absl::InfiniteFuture(), "acme"}});
  ASSERT_THAT(Run(), IsOk());
  EXPECT_TRUE(IsStored(layer));
}

// Rules hold for each part.
TEST_F(PrefetcherTest, WhatRulesDenyIsNotFetched) {
  const Digest denied = AddImage("denied");
  AddIndex({DescriptorOf(denied), DescriptorOf(AddImage("other"))});
  resolver_.Tell(denied.ToString(), errors::Denied("a rule excludes it"));
  const auto response = Run();
  EXPECT_THAT(response,
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::kDenied));
  EXPECT_FALSE(IsStored("layer of denied"));
}

TEST_F(PrefetcherTest, LayersThatRegistriesDoNotHaveAreLeftOut) {
  const std::string manifest = absl::StrCat(
      R"({"layers":[)",
      DescriptorOf(
          Digest::OfBytes("elsewhere"),
          absl::StrCat(R"(,"mediaType":"application/vnd.oci.image.layer.)",
                       R"(nondistributable.v1.tar")")),
      "]}");
  upstream().AddManifest(7, "r", "latest", kImage, manifest);
  const auto response = Run();
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->blob_count(), 0);
}

TEST_F(PrefetcherTest, MissingPartIsAnErrorThatNamesIt) {
  const Digest missing = Digest::OfBytes("nowhere");
  upstream().AddManifest(
      7, "r", "latest", kImage,
      absl::StrCat(R"({"layers":[)", DescriptorOf(missing), "]}"));
  const auto response = Run();
  EXPECT_THAT(response, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(std::string(response.status().message()),
              ::testing::HasSubstr("/r/blobs/" + missing.ToString()));
}

TEST_F(PrefetcherTest, PartsThatAreNamedTwiceArePulledOnce) {
  const Digest image = AddImage("x");
  AddIndex({DescriptorOf(image), DescriptorOf(image)});
  const auto response = Run();
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->manifest_count(), 2);
  EXPECT_EQ(response->blob_count(), 2);
}

TEST_F(PrefetcherTest, ImageOfTooManyPartsIsRefused) {
  std::vector<std::string> layers;
  for (size_t i = 0; i <= Prefetcher::kPartsMax; ++i) {
    layers.push_back(DescriptorOf(Digest::OfBytes(absl::StrCat(i))));
  }
  upstream().AddManifest(
      7, "r", "latest", kImage,
      absl::StrCat(R"({"layers":[)", absl::StrJoin(layers, ","), "]}"));
  EXPECT_THAT(Run(), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(upstream().CountCalls(Call::Kind::kGetBlob), 0);
}

TEST_F(PrefetcherTest, EndsEarlyWhenItIsCancelled) {
  AddImage("x", "latest");
  const auto gate = std::make_shared<Gate>();
  upstream().Inject(7, {});  // The manifest comes.
  upstream().Inject(7, {.gate = gate}, kAlways);
  {
    Thread prefetching("prefetch", [&] {
      EXPECT_THAT(Run(), StatusIs(absl::StatusCode::kCancelled));
    });
    gate->AwaitArrivals();
    operation_.Stop(absl::CancelledError("cancelled by a caller"));
  }
  EXPECT_FALSE(IsStored("layer of x"));
  gate->Open();
}

TEST_F(PrefetcherTest, CancelledBeforeItBeginsAsksNobody) {
  AddImage("x", "latest");
  operation_.Stop(absl::CancelledError("cancelled by a caller"));
  EXPECT_THAT(Run(), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(Requests(), IsEmpty());
}

}  // namespace
}  // namespace cvr::testing
