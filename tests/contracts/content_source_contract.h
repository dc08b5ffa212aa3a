#ifndef TESTS_CONTRACTS_CONTENT_SOURCE_CONTRACT_H_
#define TESTS_CONTRACTS_CONTENT_SOURCE_CONTRACT_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "services/blob/api/content_source.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/concurrency/thread.h"
#include "tests/support/content_source_world.h"
#include "tests/support/in_memory_upstream.h"
#include "tests/support/read_content.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/gate.h"

// The promises in services/blob/api/content_source.h, as tests. Every
// ContentSource instantiates this suite; a promise with no test here is not a
// promise.
namespace cvr::testing {

class ContentSourceContract
    : public ::testing::TestWithParam<ContentSourceWorldFactory> {
 protected:
  using Range = ByteRangeSpec;
  static constexpr char kImage[] = "application/vnd.oci.image.manifest.v1+json";

  ContentSource& source() { return world_->source(); }
  InMemoryUpstreamClient& upstream() { return world_->upstream(); }

  void Store(const std::string& bytes) {
    ASSERT_THAT(world_->store().Put(Digest::OfBytes(bytes), bytes), IsOk());
  }
  // Blocks until a download has stored it.
  void AwaitStored(const Digest& digest) {
    while (!world_->store().Open(digest).ok()) {
      // A download that goes on by itself can be joined, and so awaited.
      auto stream = source().Fetch(BlobRequest(digest, {7}));
      ASSERT_THAT(stream, IsOk());
      ASSERT_THAT(ReadRest(**stream), IsOk());
    }
  }

  static FetchRequest BlobRequest(const Digest& digest,
                                  std::vector<int64_t> upstreams) {
    FetchRequest request{
        {*Repository::Parse("r"), Reference(digest), ContentKind::kBlob}};
    for (const int64_t id : upstreams) {
      request.plan.candidates.push_back({id, /*reachable=*/true});
    }
    return request;
  }
  static FetchRequest ManifestRequest(absl::string_view reference) {
    FetchRequest request{{*Repository::Parse("r"), *Reference::Parse(reference),
                          ContentKind::kManifest}};
    request.plan.candidates.push_back({7});
    return request;
  }
  static CachedEntry Entry(const Descriptor& target, bool fresh) {
    return {target, absl::UnixEpoch(), fresh};
  }

  absl::StatusOr<std::string> FetchAll(const FetchRequest& request) {
    return ReadAll(source().Fetch(request));
  }

  const std::unique_ptr<ContentSourceWorld> world_ = GetParam()();
  // Several chunks, and one that is not full.
  const std::string layer_ = PatternBytes(3 * limits::kChunkBytes + 777);
};

TEST_P(ContentSourceContract, ReadSuppliesWhatIsStored) {
  Store("hello");
  const auto stream = source().Read({Digest::OfBytes("hello")});
  ASSERT_THAT(stream, IsOk());
  const ContentHeader& header = (*stream)->header();
  EXPECT_EQ(header.target.digest, Digest::OfBytes("hello"));
  EXPECT_EQ(header.target.size_bytes, 5);
  EXPECT_EQ(header.range.offset, 0);
  EXPECT_EQ(header.range.length, 5);
  EXPECT_EQ(header.cache_status, CacheStatus::kHit);
  EXPECT_EQ(header.upstream_id, 0);
  EXPECT_THAT(ReadRest(**stream), IsOkAndHolds("hello"));
  // The end stays the end.
  EXPECT_THAT(ReadRest(**stream), IsOkAndHolds(""));
}

TEST_P(ContentSourceContract, ReadDoesNotKnowWhatIsNotStored) {
  upstream().AddBlob(7, "r", "hello");
  EXPECT_THAT(source().Read({Digest::OfBytes("hello")}),
              StatusIs(absl::StatusCode::kNotFound, Reason::kBlobUnknown));
}

TEST_P(ContentSourceContract, ReadSuppliesRanges) {
  Store("0123456789");
  const auto read = [&](const Range& range) {
    return ReadAll(source().Read({Digest::OfBytes("0123456789"), range}));
  };
  EXPECT_THAT(read({Range::From{3, 5}}), IsOkAndHolds("345"));
  EXPECT_THAT(read({Range::From{7, std::nullopt}}), IsOkAndHolds("789"));
  EXPECT_THAT(read({Range::From{7, 99}}), IsOkAndHolds("789"));
  EXPECT_THAT(read({Range::Suffix{2}}), IsOkAndHolds("89"));
  EXPECT_THAT(read({Range::Suffix{99}}), IsOkAndHolds("0123456789"));
}

TEST_P(ContentSourceContract, RangePastTheEndSaysTheSize) {
  Store("0123456789");
  const auto stream = source().Read(
      {Digest::OfBytes("0123456789"), Range{Range::From{10, std::nullopt}}});
  EXPECT_THAT(stream, StatusIs(absl::StatusCode::kOutOfRange,
                               Reason::kRangeNotSatisfiable));
  EXPECT_EQ(ContentSizeOf(stream.status()), 10);
}

TEST_P(ContentSourceContract, HeaderOnlyHasNoBytes) {
  Store("hello");
  const auto stream = source().Read(
      {Digest::OfBytes("hello"), std::nullopt, /*header_only=*/true});
  ASSERT_THAT(stream, IsOk());
  EXPECT_EQ((*stream)->header().target.size_bytes, 5);
  EXPECT_THAT(ReadRest(**stream), IsOkAndHolds(""));
}

TEST_P(ContentSourceContract, FetchSuppliesABlobAndStoresIt) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  {
    const auto stream = source().Fetch(BlobRequest(digest, {7}));
    ASSERT_THAT(stream, IsOk());
    const ContentHeader& header = (*stream)->header();
    EXPECT_EQ(header.target.digest, digest);
    EXPECT_EQ(header.target.size_bytes, layer_.size());
    EXPECT_EQ(header.range.length, layer_.size());
    EXPECT_EQ(header.cache_status, CacheStatus::kMiss);
    EXPECT_EQ(header.upstream_id, 7);
    EXPECT_THAT(ReadRest(**stream), IsOkAndHolds(layer_));
  }
  AwaitStored(digest);
  EXPECT_THAT(ReadAll(source().Read({digest})), IsOkAndHolds(layer_));
  const auto again = source().Fetch(BlobRequest(digest, {7}));
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ((*again)->header().cache_status, CacheStatus::kHit);
  EXPECT_THAT(ReadRest(**again), IsOkAndHolds(layer_));
  EXPECT_EQ(upstream().calls().size(), 1);
}

TEST_P(ContentSourceContract, FetchSuppliesRangesOfWhatIsNotStored) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  FetchRequest request = BlobRequest(digest, {7});
  request.range =
      Range{Range::From{limits::kChunkBytes - 3, 2 * limits::kChunkBytes + 4}};
  const auto stream = source().Fetch(request);
  ASSERT_THAT(stream, IsOk());
  EXPECT_EQ((*stream)->header().range.offset, limits::kChunkBytes - 3);
  EXPECT_EQ((*stream)->header().range.length, limits::kChunkBytes + 8);
  EXPECT_EQ((*stream)->header().target.size_bytes, layer_.size());
  EXPECT_THAT(ReadRest(**stream),
              IsOkAndHolds(layer_.substr(limits::kChunkBytes - 3,
                                         limits::kChunkBytes + 8)));
  request.range = Range{Range::Suffix{5}};
  EXPECT_THAT(FetchAll(request),
              IsOkAndHolds(layer_.substr(layer_.size() - 5)));
  request.range = Range{Range::From{layer_.size(), std::nullopt}};
  EXPECT_THAT(FetchAll(request), StatusIs(absl::StatusCode::kOutOfRange,
                                          Reason::kRangeNotSatisfiable));
}

TEST_P(ContentSourceContract, EmptyBlobHasAnEmptyStream) {
  const Digest digest = upstream().AddBlob(7, "r", "");
  EXPECT_THAT(FetchAll(BlobRequest(digest, {7})), IsOkAndHolds(""));
}

TEST_P(ContentSourceContract, HeaderOnlyDownloadsNoBlob) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  FetchRequest request = BlobRequest(digest, {7});
  request.header_only = true;
  const auto stream = source().Fetch(request);
  ASSERT_THAT(stream, IsOk());
  EXPECT_EQ((*stream)->header().target.size_bytes, layer_.size());
  EXPECT_THAT(ReadRest(**stream), IsOkAndHolds(""));
  EXPECT_THAT(world_->store().Open(digest),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(ContentSourceContract, FetchSuppliesAManifestAndStoresIt) {
  const Descriptor target =
      upstream().AddManifest(7, "r", "latest", kImage, R"({"layers":[]})");
  const auto stream = source().Fetch(ManifestRequest("latest"));
  ASSERT_THAT(stream, IsOk());
  EXPECT_EQ((*stream)->header().target.digest, target.digest);
  EXPECT_EQ((*stream)->header().target.media_type, kImage);
  EXPECT_EQ((*stream)->header().target.size_bytes, target.size_bytes);
  EXPECT_EQ((*stream)->header().cache_status, CacheStatus::kMiss);
  EXPECT_EQ((*stream)->header().upstream_id, 7);
  EXPECT_THAT(ReadRest(**stream), IsOkAndHolds(R"({"layers":[]})"));
  EXPECT_THAT(ReadAll(source().Read({target.digest})),
              IsOkAndHolds(R"({"layers":[]})"));
}

TEST_P(ContentSourceContract, HeaderOnlyStoresAManifest) {
  const Descriptor target =
      upstream().AddManifest(7, "r", "latest", kImage, "{}");
  FetchRequest request = ManifestRequest("latest");
  request.header_only = true;
  const auto stream = source().Fetch(request);
  ASSERT_THAT(stream, IsOk());
  EXPECT_EQ((*stream)->header().target.digest, target.digest);
  EXPECT_THAT(ReadRest(**stream), IsOkAndHolds(""));
  EXPECT_THAT(ReadAll(source().Read({target.digest})), IsOkAndHolds("{}"));
}

TEST_P(ContentSourceContract, OriginSaysHowContentWasComeBy) {
  const Descriptor target =
      upstream().AddManifest(7, "r", "latest", kImage, "{}");
  FetchRequest request = ManifestRequest("latest");
  const auto origin = [&] {
    return (*source().Fetch(request))->header().cache_status;
  };
  EXPECT_EQ(origin(), CacheStatus::kMiss);
  request.plan.candidates[0].possessed = true;  // It was delivered just now.
  request.plan.candidates[0].cached = Entry(target, /*fresh=*/true);
  EXPECT_EQ(origin(), CacheStatus::kHit);
  request.plan.candidates[0].cached = Entry(target, /*fresh=*/false);
  EXPECT_EQ(origin(), CacheStatus::kRevalidated);
  upstream().Inject(7, {errors::UpstreamUnavailable("r.test", "down")});
  EXPECT_EQ(origin(), CacheStatus::kStale);
}

TEST_P(ContentSourceContract, WhatNoCandidateHasIsUnknown) {
  EXPECT_THAT(FetchAll(BlobRequest(Digest::OfBytes("x"), {7, 8})),
              StatusIs(absl::StatusCode::kNotFound, Reason::kBlobUnknown));
  EXPECT_THAT(FetchAll(ManifestRequest("latest")),
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
  FetchRequest header_only = BlobRequest(Digest::OfBytes("x"), {7, 8});
  header_only.header_only = true;
  EXPECT_THAT(FetchAll(header_only),
              StatusIs(absl::StatusCode::kNotFound, Reason::kBlobUnknown));
}

TEST_P(ContentSourceContract, UpstreamErrorsKeepWhatTheyCarry) {
  upstream().Inject(7, {errors::UpstreamRateLimited("r.test", absl::Hours(6))});
  const auto limited = source().Fetch(ManifestRequest("latest"));
  EXPECT_THAT(limited, StatusIs(absl::StatusCode::kResourceExhausted,
                                Reason::kUpstreamRateLimited));
  EXPECT_EQ(RetryAfterOf(limited.status()), absl::Hours(6));
  upstream().Inject(7, {errors::UpstreamRefused("r.test", "401")});
  EXPECT_THAT(
      source().Fetch(ManifestRequest("latest")),
      StatusIs(absl::StatusCode::kPermissionDenied, Reason::kUpstreamRefused));
}

TEST_P(ContentSourceContract, WrongBytesAreNeverSuppliedInFull) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  upstream().Inject(7, {.corrupt = true});
  // It may have failed before the header is here, or end in mid-stream.
  const auto stream = source().Fetch(BlobRequest(digest, {7}));
  if (stream.ok()) {
    EXPECT_THAT(ReadRest(**stream), StatusIs(absl::StatusCode::kUnavailable,
                                             Reason::kContentMismatch));
    EXPECT_THAT((*stream)->Next(), StatusIs(absl::StatusCode::kUnavailable,
                                            Reason::kContentMismatch));
  } else {
    EXPECT_THAT(stream, StatusIs(absl::StatusCode::kUnavailable,
                                 Reason::kContentMismatch));
  }
  EXPECT_THAT(world_->store().Open(digest),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(FetchAll(BlobRequest(digest, {7})), IsOkAndHolds(layer_));
}

TEST_P(ContentSourceContract, AtTheDeadlineTheWaitForTheHeaderEnds) {
  const Digest digest = upstream().AddBlob(7, "r", "hello");
  const auto gate = std::make_shared<Gate>();
  upstream().Inject(7, {.gate = gate}, InMemoryUpstreamClient::kAlways);
  FetchRequest blob = BlobRequest(digest, {7});
  blob.deadline = absl::Now();
  EXPECT_THAT(source().Fetch(blob),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  FetchRequest manifest = ManifestRequest("latest");
  manifest.deadline = absl::Now();
  EXPECT_THAT(source().Fetch(manifest),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  gate->Open();
}

TEST_P(ContentSourceContract, CancelEndsABlockedNext) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = std::make_shared<Gate>();
  upstream().Inject(7, {.gate = gate, .gate_at_byte = 10});
  const auto stream = source().Fetch(BlobRequest(digest, {7}));
  ASSERT_THAT(stream, IsOk());
  {
    Thread reader("reader", [&] {
      auto chunk = (*stream)->Next();
      // The first bytes may come before the upstream stops.
      while (chunk.ok() && !chunk->empty()) chunk = (*stream)->Next();
      EXPECT_THAT(chunk, StatusIs(absl::StatusCode::kCancelled));
    });
    gate->AwaitArrivals();
    (*stream)->Cancel();
  }
  EXPECT_THAT((*stream)->Next(), StatusIs(absl::StatusCode::kCancelled));
  gate->Open();
}

TEST_P(ContentSourceContract, DownloadGoesOnWhenItsReadersLeave) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = std::make_shared<Gate>();
  upstream().Inject(7, {.gate = gate, .gate_at_byte = 2 * limits::kChunkBytes});
  {
    const auto stream = source().Fetch(BlobRequest(digest, {7}));
    ASSERT_THAT(stream, IsOk());
    ASSERT_THAT((*stream)->Next(), IsOk());
  }
  gate->Open();
  AwaitStored(digest);
  EXPECT_THAT(ReadAll(source().Read({digest})), IsOkAndHolds(layer_));
  EXPECT_EQ(upstream().calls().size(), 1);
}

TEST_P(ContentSourceContract, ReadersAtTheSameTimeShareOneDownload) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = std::make_shared<Gate>();
  upstream().Inject(7, {.gate = gate, .gate_at_byte = 10});
  std::vector<std::unique_ptr<ContentStream>> streams;
  for (int i = 0; i < 5; ++i) {
    auto stream = source().Fetch(BlobRequest(digest, {7}));
    ASSERT_THAT(stream, IsOk());
    streams.push_back(*std::move(stream));
  }
  gate->Open();
  for (const auto& stream : streams) {
    EXPECT_THAT(ReadRest(*stream), IsOkAndHolds(layer_));
  }
  EXPECT_EQ(upstream().calls().size(), 1);
}

}  // namespace cvr::testing

#endif  // TESTS_CONTRACTS_CONTENT_SOURCE_CONTRACT_H_
