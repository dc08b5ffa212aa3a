#include "services/upstream/http_upstream_client.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/upstream/http_upstream_client_fixture.h"
#include "tests/support/status_matchers.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr {
namespace {

using testing::FakeAnswer;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;
using ::testing::StartsWith;
using testing::StatusIs;

using HttpUpstreamClientTest = HttpUpstreamClientFixture;

// --- What is asked for.

TEST_F(HttpUpstreamClientTest, RequestsCarryWhatRegistriesNeed) {
  const Digest blob = registry_.AddBlob("a/b", "bytes");
  KeepingSink sink;
  ASSERT_THAT(Get(), IsOk());
  ASSERT_THAT(GetBlob(blob, sink), IsOk());

  for (const auto& request : registry_.requests()) {
    EXPECT_EQ(request.Header("Accept-Encoding"), "identity");
    EXPECT_THAT(request.Header("User-Agent"),
                StartsWith("container-virtual-registry/"));
    EXPECT_EQ(request.Header("Authorization"), "");
  }
  EXPECT_EQ(registry_.requests()[0].Header("Accept"),
            "application/vnd.oci.image.index.v1+json, "
            "application/vnd.docker.distribution.manifest.list.v2+json, "
            "application/vnd.oci.image.manifest.v1+json, "
            "application/vnd.docker.distribution.manifest.v2+json, "
            "application/json, */*");
}

TEST_F(HttpUpstreamClientTest, BlobsAreNeverAskedForByHead) {
  KeepingSink sink;
  ASSERT_THAT(GetBlob(registry_.AddBlob("a/b", "bytes"), sink), IsOk());
  EXPECT_EQ(registry_.CountRequests({"HEAD", ""}), 0);
  EXPECT_EQ(registry_.CountRequests({"GET", "/blobs/"}), 1);
}

// --- What may be wrong with an answer.

TEST_F(HttpUpstreamClientTest, DigestThatTheUpstreamSaysIsVerified) {
  FakeAnswer lie;
  lie.headers = {
      {"Docker-Content-Digest", Digest::OfBytes("other").ToString()}};
  registry_.Answer({}, lie, 3);
  const std::string digest = Digest::OfBytes(kManifest).ToString();
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                              Reason::kContentMismatch));
  EXPECT_THAT(Get(digest), StatusIs(absl::StatusCode::kUnavailable,
                                    Reason::kContentMismatch));
  EXPECT_THAT(Head(digest), StatusIs(absl::StatusCode::kUnavailable,
                                     Reason::kContentMismatch));
  lie.headers = {{"Docker-Content-Digest", "md5:abc"}};
  registry_.Answer({}, lie);
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                              Reason::kUpstreamInvalid));
}

TEST_F(HttpUpstreamClientTest, DigestNeedNotBeSaid) {
  FakeAnswer silent;
  silent.without_headers = {"Docker-Content-Digest", "ETag"};
  registry_.Answer({}, silent, 3);
  const Digest digest = Digest::OfBytes(kManifest);
  const auto manifest = Get();
  ASSERT_THAT(manifest, IsOk());
  EXPECT_EQ(manifest->target.digest, digest);
  EXPECT_EQ(manifest->etag, "");
  // But then a HEAD of a tag says nothing.
  EXPECT_THAT(Head(), StatusIs(absl::StatusCode::kUnavailable,
                               Reason::kUpstreamInvalid));
  EXPECT_THAT(Head(digest.ToString()), IsOk());
}

TEST_F(HttpUpstreamClientTest, HugeManifestIsRefused) {
  const std::string huge(limits::kManifestBytesMax + 1, ' ');
  FakeAnswer answer = FakeAnswer::Status(200, {}, huge);
  registry_.Answer({}, answer);
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                              Reason::kUpstreamInvalid));
  answer.chunked = true;
  registry_.Answer({}, answer);
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                              Reason::kUpstreamInvalid));
}

TEST_F(HttpUpstreamClientTest, WebPageIsNoManifest) {
  registry_.Answer({}, FakeAnswer::Status(200, {{"Content-Type", "text/html"}},
                                          "<html>Please log in</html>"));
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                              Reason::kUpstreamInvalid));
}

TEST_F(HttpUpstreamClientTest, EncodedManifestIsRefused) {
  FakeAnswer encoded;
  encoded.headers = {{"Content-Encoding", "gzip"}};
  registry_.Answer({}, encoded);
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                              Reason::kUpstreamInvalid));
}

TEST_F(HttpUpstreamClientTest, EncodedBlobComesAsItIs) {
  const Digest blob = registry_.AddBlob("a/b", "bytes");
  FakeAnswer encoded;
  encoded.headers = {{"Content-Encoding", "gzip"}};
  registry_.Answer({}, encoded);
  KeepingSink sink;
  EXPECT_THAT(GetBlob(blob, sink), IsOk());
  EXPECT_EQ(sink.bytes, "bytes");
}

TEST_F(HttpUpstreamClientTest, ContentTypeLosesItsParameters) {
  FakeAnswer answer;
  answer.headers = {{"Content-Type", absl::StrCat(kType, "; charset=utf-8")}};
  registry_.Answer({}, answer, 2);
  EXPECT_EQ(Get()->target.media_type, kType);
  EXPECT_EQ(Head()->media_type, kType);
}

TEST_F(HttpUpstreamClientTest, StatusesMeanWhatTheHeaderSays) {
  const auto code_of = [&](int status) {
    registry_.Answer({}, FakeAnswer::Status(status));
    const auto answer = Get();
    return std::pair(answer.status().code(), ReasonOf(answer.status()));
  };
  using absl::StatusCode;
  for (const int status : {404, 410}) {
    EXPECT_EQ(code_of(status),
              std::pair(StatusCode::kNotFound, Reason::kManifestUnknown));
  }
  for (const int status : {401, 403}) {
    EXPECT_EQ(code_of(status), std::pair(StatusCode::kPermissionDenied,
                                         Reason::kUpstreamRefused));
  }
  for (const int status : {408, 500, 502, 503, 504, 599}) {
    EXPECT_EQ(code_of(status), std::pair(StatusCode::kUnavailable,
                                         Reason::kUpstreamUnavailable));
  }
  for (const int status : {202, 204, 206, 304, 400, 405, 406, 416, 418}) {
    EXPECT_EQ(code_of(status),
              std::pair(StatusCode::kUnavailable, Reason::kUpstreamInvalid))
        << status;
  }
}

TEST_F(HttpUpstreamClientTest, BusyUpstreamMaySayWhenToComeBack) {
  registry_.Answer({}, FakeAnswer::Status(503, {{"Retry-After", "9"}}));
  EXPECT_EQ(RetryAfterOf(Get().status()), absl::Seconds(9));
  registry_.Answer({},
                   FakeAnswer::Status(
                       429, {{"Retry-After",
                              absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT",
                                               clock_.Now() + absl::Seconds(30),
                                               absl::UTCTimeZone())}}));
  EXPECT_EQ(RetryAfterOf(Get().status()), absl::Seconds(30));
}

TEST_F(HttpUpstreamClientTest, PartMustBeTheOneAskedFor) {
  const Digest blob = registry_.AddBlob("a/b", "0123456789");
  for (const std::string range :
       {"bytes 6-9/10", "bytes 0-4/10", "bytes 5-9/9", "", "bytes */10"}) {
    FakeAnswer wrong;
    wrong.headers = {{"Content-Range", range}};
    registry_.Answer({}, wrong);
    KeepingSink sink;
    EXPECT_THAT(
        GetBlob(blob, sink, {.offset = 5}),
        StatusIs(absl::StatusCode::kUnavailable, Reason::kUpstreamInvalid))
        << range;
    EXPECT_EQ(sink.bytes, "");
  }
}

TEST_F(HttpUpstreamClientTest, PartMayBeMoreOrLessThanAskedFor) {
  const Digest blob = registry_.AddBlob("a/b", "0123456789");
  const auto answer = [&](int status, const std::string& range,
                          const std::string& body) {
    registry_.Answer(
        {}, FakeAnswer::Status(status, {{"Content-Range", range}}, body));
  };
  KeepingSink earlier;
  answer(206, "bytes 4-9/10", "456789");
  EXPECT_THAT(GetBlob(blob, earlier, {.offset = 5}), IsOk());
  EXPECT_EQ(earlier.header.offset, 4);
  EXPECT_EQ(earlier.bytes, "456789");
  KeepingSink longer;
  answer(206, "bytes 5-9/10", "56789");
  EXPECT_THAT(GetBlob(blob, longer, {.offset = 5, .length = 2}), IsOk());
  EXPECT_EQ(longer.header.size_bytes, 10);
  KeepingSink shorter;
  answer(206, "bytes 5-7/10", "567");
  EXPECT_THAT(
      GetBlob(blob, shorter, {.offset = 5}),
      StatusIs(absl::StatusCode::kUnavailable, Reason::kUpstreamUnavailable));
  EXPECT_EQ(shorter.bytes, "567");
  KeepingSink as_whole;
  answer(200, "bytes 5-5/10", "5");
  EXPECT_THAT(GetBlob(blob, as_whole, {.offset = 5, .length = 1}), IsOk());
  EXPECT_EQ(as_whole.header.size_bytes, 10);
  KeepingSink empty;
  answer(416, "bytes */0", "");
  EXPECT_THAT(GetBlob(blob, empty, {.length = 1}), IsOk());
  EXPECT_EQ(empty.header.size_bytes, 0);
  // Without a size it is asked for without a range.
  KeepingSink again;
  registry_.Answer({}, FakeAnswer::Status(416));
  EXPECT_THAT(GetBlob(blob, again, {.length = 1}), IsOk());
  EXPECT_EQ(again.header.size_bytes, 10);
}

TEST_F(HttpUpstreamClientTest, PartOfUnknownTotalIsTaken) {
  const Digest blob = registry_.AddBlob("a/b", "0123456789");
  FakeAnswer answer;
  answer.headers = {{"Content-Range", "bytes 5-9/*"}};
  registry_.Answer({}, answer);
  KeepingSink sink;
  EXPECT_THAT(GetBlob(blob, sink, {.offset = 5}), IsOk());
  EXPECT_EQ(sink.header.size_bytes, std::nullopt);
  EXPECT_EQ(sink.bytes, "56789");
}

TEST_F(HttpUpstreamClientTest, BodyMustFillThePartItAnnounces) {
  const Digest blob = registry_.AddBlob("a/b", "0123456789");
  FakeAnswer fewer;
  fewer.body = "567";
  registry_.Answer({}, fewer);
  KeepingSink sink;
  EXPECT_THAT(
      GetBlob(blob, sink, {.offset = 5}),
      StatusIs(absl::StatusCode::kUnavailable, Reason::kUpstreamUnavailable));
  FakeAnswer more;
  more.body = "56789ABC";
  registry_.Answer({}, more);
  KeepingSink other;
  EXPECT_THAT(
      GetBlob(blob, other, {.offset = 5}),
      StatusIs(absl::StatusCode::kUnavailable, Reason::kUpstreamInvalid));
}

TEST_F(HttpUpstreamClientTest, SizeMayBeUnknown) {
  const Digest blob = registry_.AddBlob("a/b", "0123456789");
  FakeAnswer chunked;
  chunked.chunked = true;
  registry_.Answer({}, chunked, 2);
  KeepingSink sink;
  EXPECT_THAT(GetBlob(blob, sink), IsOk());
  EXPECT_EQ(sink.header.size_bytes, std::nullopt);
  EXPECT_EQ(sink.bytes, "0123456789");
  EXPECT_THAT(Get(), IsOk());
}

TEST_F(HttpUpstreamClientTest, PartMayGoBeyondAllNumbers) {
  const Digest blob = registry_.AddBlob("a/b", "0123456789");
  KeepingSink sink;
  EXPECT_THAT(GetBlob(blob, sink, {.offset = 5, .length = UINT64_MAX}), IsOk());
  EXPECT_EQ(sink.bytes, "56789");
}

TEST_F(HttpUpstreamClientTest, WeakEtagIsNoPromise) {
  const Digest blob = registry_.AddBlob("a/b", "0123456789");
  FakeAnswer weak;
  weak.headers = {{"ETag", "W/\"x\""}};
  registry_.Answer({}, weak, 2);
  KeepingSink sink;
  EXPECT_THAT(GetBlob(blob, sink), IsOk());
  EXPECT_EQ(sink.header.etag, "");
  EXPECT_EQ(Get()->etag, "x");
}

// --- What people read.

TEST_F(HttpUpstreamClientTest, MessagesNameHostsAndNoSecrets) {
  HoldCredentials();
  registry_.RequireBearer({.username = "user", .password = "secret"});
  const Digest blob = registry_.AddBlob("a/b", "bytes");
  registry_.Answer({"", "/blobs/"},
                   FakeAnswer::Redirect(
                       absl::StrCat(ElsewhereUrl(), "/b?Signature=sesame")));
  elsewhere_.Answer({}, FakeAnswer::Status(403));
  KeepingSink sink;
  const std::string message(GetBlob(blob, sink).message());
  EXPECT_THAT(message,
              HasSubstr(absl::StrCat("localhost:", elsewhere_.port())));
  EXPECT_THAT(message, Not(HasSubstr("sesame")));
  EXPECT_THAT(message, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace cvr
