#ifndef TESTS_CONTRACTS_UPSTREAM_CLIENT_CONTRACT_H_
#define TESTS_CONTRACTS_UPSTREAM_CLIENT_CONTRACT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "services/common/errors.h"
#include "services/concurrency/thread.h"
#include "services/upstream/api/upstream_client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/upstream_list_texts.h"

namespace cvr::testing {

// The promises in services/upstream/api/upstream_client.h, as tests. Every
// UpstreamClient instantiates this suite with an upstream to ask.

// An upstream that the client under test can reach, and what can happen to it.
class UpstreamUnderContract {
 public:
  virtual ~UpstreamUnderContract() = default;
  virtual UpstreamClient& client() = 0;
  virtual UpstreamAccess access() = 0;

  virtual Digest AddManifest(const std::string& repository,
                             const std::string& tag,
                             const std::string& media_type,
                             const std::string& bytes) = 0;
  virtual Digest AddBlob(const std::string& repository,
                         const std::string& bytes) = 0;
  // `descriptor` is JSON without spaces.
  virtual void AddReferrer(const std::string& repository, const Digest& subject,
                           const std::string& descriptor) = 0;

  // Each of these holds for the next request only.
  virtual void BreakBodyAt(uint64_t byte) = 0;
  virtual void CorruptBody(const std::string& good) = 0;
  virtual void IgnoreParts() = 0;
  virtual void LimitRate(absl::Duration retry_after) = 0;
  virtual void Deny() = 0;
  virtual void Break() = 0;  // 5xx.
  // Says nothing until Release(), or that only after so many bytes of a body.
  virtual void HoldNext(std::optional<uint64_t> at_byte = {}) = 0;
  virtual void AwaitHeld() = 0;
  virtual void Release() = 0;
  // From now on nobody answers.
  virtual void GoDown() = 0;
};

using UpstreamFactory = std::function<std::unique_ptr<UpstreamUnderContract>()>;

// Keeps what a sink is given, and fails when it is told to.
class RecordingSink : public UpstreamBlobSink {
 public:
  absl::Status OnHeader(const UpstreamBlobHeader& given) override {
    EXPECT_FALSE(header.has_value()) << "a second header";
    header = given;
    return header_status;
  }
  absl::Status OnBytes(absl::string_view piece) override {
    EXPECT_TRUE(header.has_value()) << "bytes before the header";
    bytes.append(piece.data(), piece.size());
    return bytes_status;
  }
  std::stop_token cancel() const override { return token; }

  absl::Status header_status;
  absl::Status bytes_status;
  std::stop_token token;
  std::optional<UpstreamBlobHeader> header;
  std::string bytes;
};

class UpstreamClientContract
    : public ::testing::TestWithParam<UpstreamFactory> {
 protected:
  static Repository Repo(const std::string& name = "library/alpine") {
    return *Repository::Parse(name);
  }
  static Reference Ref(const std::string& text) {
    return *Reference::Parse(text);
  }
  static std::string Bytes(size_t size) {
    std::string bytes(size, ' ');
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 % 251);
    return bytes;
  }

  absl::StatusOr<UpstreamManifest> Get(const std::string& reference) {
    return client().GetManifest(upstream_->access(), Repo(), Ref(reference));
  }
  absl::StatusOr<Descriptor> Head(const std::string& reference) {
    return client().HeadManifest(upstream_->access(), Repo(), Ref(reference));
  }
  absl::Status GetBlob(const Digest& digest, RecordingSink& sink,
                       const UpstreamBlobPart& part = {}) {
    return client().GetBlob(upstream_->access(), Repo(), digest, part, sink);
  }
  absl::StatusOr<std::vector<std::string>> Tags(
      const std::string& repository = "library/alpine") {
    return TextsOf(client().ListTags(upstream_->access(), Repo(repository)));
  }
  absl::StatusOr<std::vector<std::string>> Referrers(
      const Digest& subject, const std::string& repository = "library/alpine") {
    return DescriptorsOf(
        client().ListReferrers(upstream_->access(), Repo(repository), subject));
  }
  UpstreamClient& client() { return upstream_->client(); }

  static constexpr char kType[] = "application/vnd.oci.image.manifest.v1+json";
  const std::string manifest_ =
      R"({"schemaVersion":2,"config":{},"layers":[]})";
  const std::unique_ptr<UpstreamUnderContract> upstream_ = GetParam()();
};

TEST_P(UpstreamClientContract, ManifestComesByTagAndByDigest) {
  const Digest digest =
      upstream_->AddManifest("library/alpine", "3.20", kType, manifest_);

  for (const std::string& reference :
       {std::string("3.20"), digest.ToString()}) {
    const auto manifest = Get(reference);
    ASSERT_THAT(manifest, IsOk());
    EXPECT_EQ(manifest->bytes, manifest_);
    EXPECT_EQ(manifest->target.digest, digest);
    EXPECT_EQ(manifest->target.media_type, kType);
    EXPECT_EQ(manifest->target.size_bytes, manifest_.size());
    EXPECT_EQ(manifest->etag, digest.ToString());
  }
}

TEST_P(UpstreamClientContract, HeadSaysWhatGetWouldGive) {
  const Digest digest =
      upstream_->AddManifest("library/alpine", "3.20", kType, manifest_);

  for (const std::string& reference :
       {std::string("3.20"), digest.ToString()}) {
    const auto target = Head(reference);
    ASSERT_THAT(target, IsOk());
    EXPECT_EQ(target->digest, digest);
    EXPECT_EQ(target->media_type, kType);
    EXPECT_EQ(target->size_bytes, manifest_.size());
  }
}

TEST_P(UpstreamClientContract, WhatIsNotThereIsNotFound) {
  upstream_->AddManifest("library/alpine", "3.20", kType, manifest_);
  const Digest absent = Digest::OfBytes("absent");
  RecordingSink sink;

  EXPECT_THAT(Get("edge"),
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
  EXPECT_THAT(Head("edge"),
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
  EXPECT_THAT(Get(absent.ToString()),
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
  EXPECT_THAT(GetBlob(absent, sink),
              StatusIs(absl::StatusCode::kNotFound, Reason::kBlobUnknown));
  EXPECT_FALSE(sink.header.has_value());
  EXPECT_THAT(
      client().GetManifest(upstream_->access(), Repo("other"), Ref("3.20")),
      StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
}

TEST_P(UpstreamClientContract, BlobComesWhole) {
  const std::string bytes = Bytes(1000000);
  RecordingSink sink;

  EXPECT_THAT(GetBlob(upstream_->AddBlob("library/alpine", bytes), sink),
              IsOk());
  ASSERT_TRUE(sink.header.has_value());
  EXPECT_EQ(sink.header->size_bytes, bytes.size());
  EXPECT_EQ(sink.header->offset, 0);
  EXPECT_EQ(sink.bytes, bytes);
}

TEST_P(UpstreamClientContract, EmptyBlobHasAHeaderAndNoBytes) {
  RecordingSink sink;

  EXPECT_THAT(GetBlob(upstream_->AddBlob("library/alpine", ""), sink), IsOk());
  ASSERT_TRUE(sink.header.has_value());
  EXPECT_EQ(sink.header->size_bytes, 0);
  EXPECT_EQ(sink.bytes, "");
}

TEST_P(UpstreamClientContract, PartOfABlobComesFromItsOffset) {
  const std::string bytes = Bytes(100000);
  const Digest digest = upstream_->AddBlob("library/alpine", bytes);

  RecordingSink rest;
  EXPECT_THAT(GetBlob(digest, rest, {.offset = 70000}), IsOk());
  EXPECT_EQ(rest.header->offset, 70000);
  EXPECT_EQ(rest.header->size_bytes, bytes.size());
  EXPECT_EQ(rest.bytes, bytes.substr(70000));

  RecordingSink middle;
  EXPECT_THAT(GetBlob(digest, middle, {.offset = 5, .length = 10}), IsOk());
  EXPECT_EQ(middle.bytes, bytes.substr(5, 10));

  RecordingSink beyond;
  EXPECT_THAT(GetBlob(digest, beyond, {.offset = 99990, .length = 1000}),
              IsOk());
  EXPECT_EQ(beyond.bytes, bytes.substr(99990));
}

TEST_P(UpstreamClientContract, WholeBlobComesWhenPartsAreNotSupported) {
  const std::string bytes = Bytes(1000);
  const Digest digest = upstream_->AddBlob("library/alpine", bytes);
  upstream_->IgnoreParts();
  RecordingSink sink;

  EXPECT_THAT(GetBlob(digest, sink, {.offset = 700}), IsOk());
  EXPECT_EQ(sink.header->offset, 0);
  EXPECT_EQ(sink.bytes, bytes);
}

TEST_P(UpstreamClientContract, PartIsOnlyGoodForTheSameEtag) {
  const std::string bytes = Bytes(1000);
  const Digest digest = upstream_->AddBlob("library/alpine", bytes);
  RecordingSink first;
  ASSERT_THAT(GetBlob(digest, first), IsOk());
  ASSERT_NE(first.header->etag, "");

  RecordingSink same;
  EXPECT_THAT(GetBlob(digest, same,
                      {.offset = 700, .if_range_etag = first.header->etag}),
              IsOk());
  EXPECT_EQ(same.header->offset, 700);
  RecordingSink other;
  EXPECT_THAT(GetBlob(digest, other, {.offset = 700, .if_range_etag = "other"}),
              IsOk());
  EXPECT_EQ(other.header->offset, 0);
  EXPECT_EQ(other.bytes, bytes);
}

TEST_P(UpstreamClientContract, BlobThatBreaksOffIsAnErrorAfterItsBytes) {
  const std::string bytes = Bytes(1000);
  const Digest digest = upstream_->AddBlob("library/alpine", bytes);
  upstream_->BreakBodyAt(600);
  RecordingSink sink;

  EXPECT_THAT(GetBlob(digest, sink), StatusIs(absl::StatusCode::kUnavailable,
                                              Reason::kUpstreamUnavailable));
  EXPECT_EQ(sink.bytes, bytes.substr(0, 600));
}

TEST_P(UpstreamClientContract, BlobIsNotVerified) {
  const std::string bytes = Bytes(1000);
  const Digest digest = upstream_->AddBlob("library/alpine", bytes);
  upstream_->CorruptBody(bytes);
  RecordingSink sink;

  EXPECT_THAT(GetBlob(digest, sink), IsOk());
  EXPECT_EQ(sink.bytes.size(), bytes.size());
  EXPECT_NE(sink.bytes, bytes);
}

TEST_P(UpstreamClientContract, ManifestIsVerified) {
  const Digest digest =
      upstream_->AddManifest("library/alpine", "3.20", kType, manifest_);

  upstream_->CorruptBody(manifest_);
  EXPECT_THAT(Get(digest.ToString()), StatusIs(absl::StatusCode::kUnavailable,
                                               Reason::kContentMismatch));
  upstream_->CorruptBody(manifest_);
  EXPECT_THAT(Get("3.20"), StatusIs(absl::StatusCode::kUnavailable,
                                    Reason::kContentMismatch));
  upstream_->BreakBodyAt(10);
  EXPECT_THAT(Get("3.20"), StatusIs(absl::StatusCode::kUnavailable,
                                    Reason::kUpstreamUnavailable));
  EXPECT_THAT(Get("3.20"), IsOk());
}

TEST_P(UpstreamClientContract, ErrorOfTheSinkIsReturnedUnchanged) {
  const Digest digest = upstream_->AddBlob("library/alpine", Bytes(1000000));
  const absl::Status mine = errors::ContentDamaged("mine", "only");

  RecordingSink at_header;
  at_header.header_status = mine;
  EXPECT_EQ(GetBlob(digest, at_header), mine);
  EXPECT_EQ(at_header.bytes, "");
  RecordingSink at_bytes;
  at_bytes.bytes_status = mine;
  EXPECT_EQ(GetBlob(digest, at_bytes), mine);
  EXPECT_LT(at_bytes.bytes.size(), 1000000);
}

TEST_P(UpstreamClientContract, TagsAreListedOverAllPages) {
  std::vector<std::string> tags;
  for (int i = 1000; i < 3500; ++i) {
    tags.push_back("v" + std::to_string(i));
    upstream_->AddManifest("library/alpine", tags.back(), kType, manifest_);
  }
  EXPECT_THAT(Tags(), IsOkAndHolds(::testing::ElementsAreArray(tags)));
}

TEST_P(UpstreamClientContract, RepositoryMayHaveNoTags) {
  upstream_->AddManifest("library/alpine", "", kType, manifest_);
  EXPECT_THAT(Tags(), IsOkAndHolds(::testing::IsEmpty()));
}

TEST_P(UpstreamClientContract, ReferrersAreListedAsTheyAre) {
  const Digest subject =
      upstream_->AddManifest("library/alpine", "3.20", kType, manifest_);
  EXPECT_THAT(Referrers(subject), IsOkAndHolds(::testing::IsEmpty()));
  std::vector<std::string> descriptors;
  for (const std::string name : {"signature", "sbom"}) {
    descriptors.push_back(R"({"digest":")" + Digest::OfBytes(name).ToString() +
                          R"(","size":7,"artifactType":"application/)" + name +
                          R"(","annotations":{"a":"\u0001,\"b\""}})");
    upstream_->AddReferrer("library/alpine", subject, descriptors.back());
  }
  EXPECT_THAT(Referrers(subject),
              IsOkAndHolds(::testing::ElementsAreArray(descriptors)));
  EXPECT_THAT(Referrers(Digest::OfBytes("other")),
              IsOkAndHolds(::testing::IsEmpty()));
}

TEST_P(UpstreamClientContract, ListsOfUnknownRepositoriesAreNotFound) {
  EXPECT_THAT(Tags("other"),
              StatusIs(absl::StatusCode::kNotFound, Reason::kNameUnknown));
  EXPECT_THAT(Referrers(Digest::OfBytes("x"), "other"),
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
}

TEST_P(UpstreamClientContract, ListsFailAsContentDoes) {
  const Digest subject =
      upstream_->AddManifest("library/alpine", "3.20", kType, manifest_);
  upstream_->Deny();
  EXPECT_THAT(Tags(), StatusIs(absl::StatusCode::kPermissionDenied,
                               Reason::kUpstreamRefused));
  upstream_->Break();
  EXPECT_THAT(Referrers(subject), StatusIs(absl::StatusCode::kUnavailable,
                                           Reason::kUpstreamUnavailable));
  upstream_->LimitRate(absl::Seconds(17));
  const auto limited = Tags();
  EXPECT_THAT(limited, StatusIs(absl::StatusCode::kResourceExhausted,
                                Reason::kUpstreamRateLimited));
  EXPECT_EQ(RetryAfterOf(limited.status()), absl::Seconds(17));
}

TEST_P(UpstreamClientContract, RateLimitSaysWhenToComeBack) {
  upstream_->AddManifest("library/alpine", "3.20", kType, manifest_);
  upstream_->LimitRate(absl::Seconds(17));

  const auto limited = Get("3.20");
  EXPECT_THAT(limited, StatusIs(absl::StatusCode::kResourceExhausted,
                                Reason::kUpstreamRateLimited));
  EXPECT_EQ(RetryAfterOf(limited.status()), absl::Seconds(17));
}

TEST_P(UpstreamClientContract, DenialIsNotAbsence) {
  upstream_->AddManifest("library/alpine", "3.20", kType, manifest_);

  upstream_->Deny();
  EXPECT_THAT(Get("3.20"), StatusIs(absl::StatusCode::kPermissionDenied,
                                    Reason::kUpstreamRefused));
  upstream_->Deny();
  EXPECT_THAT(Head("3.20"), StatusIs(absl::StatusCode::kPermissionDenied,
                                     Reason::kUpstreamRefused));
}

TEST_P(UpstreamClientContract, BrokenOrAbsentUpstreamIsUnavailable) {
  const Digest blob = upstream_->AddBlob("library/alpine", "bytes");
  RecordingSink sink;

  upstream_->Break();
  EXPECT_THAT(Get("3.20"), StatusIs(absl::StatusCode::kUnavailable,
                                    Reason::kUpstreamUnavailable));
  upstream_->GoDown();
  EXPECT_THAT(Get("3.20"), StatusIs(absl::StatusCode::kUnavailable,
                                    Reason::kUpstreamUnavailable));
  EXPECT_THAT(Head("3.20"), StatusIs(absl::StatusCode::kUnavailable,
                                     Reason::kUpstreamUnavailable));
  EXPECT_THAT(GetBlob(blob, sink), StatusIs(absl::StatusCode::kUnavailable,
                                            Reason::kUpstreamUnavailable));
}

// Whoever leaves does not have to wait for an upstream that says nothing.
TEST_P(UpstreamClientContract, CancelEndsACallBeforeItsAnswer) {
  const Digest blob = upstream_->AddBlob("library/alpine", Bytes(100000));
  upstream_->HoldNext();
  RecordingSink sink;
  std::stop_source leave;
  sink.token = leave.get_token();
  absl::Status status;
  {
    Thread puller("puller", [&] { status = GetBlob(blob, sink); });
    upstream_->AwaitHeld();
    leave.request_stop();
  }
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kCancelled));
  EXPECT_FALSE(sink.header.has_value());
  upstream_->Release();
  // The next one is served as if nothing had happened.
  RecordingSink next;
  EXPECT_THAT(GetBlob(blob, next), IsOk());
}

TEST_P(UpstreamClientContract, CancelEndsABodyThatStandsStill) {
  const Digest blob = upstream_->AddBlob("library/alpine", Bytes(100000));
  upstream_->HoldNext(/*at_byte=*/1000);
  RecordingSink sink;
  std::stop_source leave;
  sink.token = leave.get_token();
  absl::Status status;
  {
    Thread puller("puller", [&] { status = GetBlob(blob, sink); });
    upstream_->AwaitHeld();
    leave.request_stop();
  }
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kCancelled));
  upstream_->Release();
}

TEST_P(UpstreamClientContract, CallOfOneWhoHasLeftAsksNothing) {
  const Digest blob = upstream_->AddBlob("library/alpine", "bytes");
  RecordingSink sink;
  std::stop_source leave;
  leave.request_stop();
  sink.token = leave.get_token();
  EXPECT_THAT(GetBlob(blob, sink), StatusIs(absl::StatusCode::kCancelled));
}

TEST_P(UpstreamClientContract, ThreadsDoNotDisturbEachOther) {
  constexpr int kThreads = 8;
  std::vector<std::string> bytes;
  std::vector<Digest> digests;
  for (int i = 0; i < kThreads; ++i) {
    bytes.push_back(Bytes(100000 + i));
    digests.push_back(upstream_->AddBlob("library/alpine", bytes[i]));
  }
  std::vector<RecordingSink> sinks(kThreads);
  {
    std::vector<std::unique_ptr<Thread>> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.push_back(std::make_unique<Thread>("puller", [&, i] {
        EXPECT_THAT(GetBlob(digests[i], sinks[i]), IsOk());
      }));
    }
  }
  for (int i = 0; i < kThreads; ++i) EXPECT_EQ(sinks[i].bytes, bytes[i]);
}

}  // namespace cvr::testing

#endif  // TESTS_CONTRACTS_UPSTREAM_CLIENT_CONTRACT_H_
