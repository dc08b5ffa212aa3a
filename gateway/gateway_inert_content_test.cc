#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/gateway_fixture.h"
#include "gmock/gmock.h"
#include "services/common/errors.h"

// Whoever publishes an image, runs an upstream, or edits a cache entry chooses
// bytes that are served under this host's name. None of it may become a page of
// this host in somebody's browser.
namespace cvr {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kOciImage[] = "application/vnd.oci.image.manifest.v1+json";

class GatewayInertContentTest : public GatewayTest {
 protected:
  static void ExpectInert(const RawReply& reply) {
    EXPECT_EQ(reply.Field("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(reply.Field("Content-Security-Policy"),
              "sandbox; default-src 'none'");
    EXPECT_EQ(reply.Field("Content-Disposition"), "attachment");
    const std::string type = reply.Field("Content-Type");
    for (const char* const active :
         {"html", "svg", "text/", "script", "/xml", "+xml", "image/"}) {
      EXPECT_THAT(type, Not(HasSubstr(active)));
    }
  }
};

TEST_F(GatewayInertContentTest, EveryKindOfReplyUnderV2Is) {
  registry_.PutTags("library/alpine", {"1", "2"});
  registry_.PutReferrers("library/alpine", layer_,
                         R"({"schemaVersion":2,"manifests":[]})");
  const std::string referrers =
      absl::StrCat(kPrefix, "/referrers/", layer_.ToString());
  const struct {
    std::string method, target, fields;
    int status;  // 0 = some refusal.
  } kCases[] = {
      {"GET", "/v2/", "", 200},
      {"GET", "/v2/_catalog", "", 200},
      {"GET", ManifestUrl("3.20"), "", 200},
      {"HEAD", ManifestUrl("3.20"), "", 200},
      {"GET", ManifestUrl(manifest_.ToString()), "", 200},
      {"GET", ManifestUrl("3.20"),
       absl::StrCat("If-None-Match: \"", manifest_.ToString(), "\"\r\n"), 304},
      {"GET", ManifestUrl("absent"), "", 404},
      {"GET", BlobUrl(layer_), "", 200},
      {"HEAD", BlobUrl(layer_), "", 200},
      {"GET", BlobUrl(layer_), "Range: bytes=0-9\r\n", 206},
      {"GET", BlobUrl(layer_), "Range: bytes=0-9,20-29\r\n", 206},
      {"GET", BlobUrl(layer_), "Range: bytes=99999999-\r\n", 416},
      {"GET", BlobUrl(Digest::OfBytes("absent")), "", 404},
      {"GET", absl::StrCat(kPrefix, "/tags/list"), "", 200},
      {"HEAD", absl::StrCat(kPrefix, "/tags/list?n=1"), "", 200},
      {"GET", absl::StrCat(kPrefix, "/tags/list?n=x"), "", 400},
      {"GET", referrers, "", 200},
      {"GET", absl::StrCat(referrers, "?artifactType=text/html"), "", 200},
      {"PUT", ManifestUrl("3.20"), "", 405},
      {"GET", "/v2/%00", "", 0},
      {"GET", "/v2/<script>", "", 0},
  };
  for (const auto& [method, target, fields, status] : kCases) {
    SCOPED_TRACE(absl::StrCat(method, " ", target, " ", fields));
    const RawReply reply = Request(method, target, fields);
    if (status == 0) {
      EXPECT_GE(reply.status, 400) << reply.body;
    } else {
      EXPECT_EQ(reply.status, status) << reply.body;
    }
    ExpectInert(reply);
  }
}

TEST_F(GatewayInertContentTest, WhatIsNotEvenParsedIs) {
  const auto client = Connect();
  ASSERT_TRUE(client->Send("GET /v2/ HTTP/9.9\r\n\r\n"));
  const RawReply reply = client->Receive();
  EXPECT_GE(reply.status, 400);
  EXPECT_EQ(reply.Field("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(reply.Field("Content-Security-Policy"),
            "sandbox; default-src 'none'");
}

// Both as it comes from the upstream and as an entry, by GET and by HEAD.
TEST_F(GatewayInertContentTest, ManifestsHaveNoTypeButManifests) {
  for (const char* const type :
       {"text/html", "text/html; charset=utf-8", "TEXT/HTML", "image/svg+xml",
        "application/xhtml+xml", "text/xml", "application/xml",
        "application/javascript", "text/plain", "x/y\r\nX-Evil: 1", ""}) {
    SCOPED_TRACE(type);
    registry_.Put("/library/alpine/manifests/evil", type,
                  absl::StrCat("<script>", type));
    for (const char* const method : {"GET", "HEAD", "GET"}) {
      const RawReply reply = Request(method, ManifestUrl("evil"));
      EXPECT_EQ(reply.status, 200);
      EXPECT_EQ(reply.Field("Content-Type"), "application/octet-stream");
      EXPECT_EQ(reply.Field("X-Evil"), "<none>");
      ExpectInert(reply);
    }
  }
  registry_.Put("/library/alpine/manifests/good", kOciImage, "{}");
  EXPECT_EQ(Get(ManifestUrl("good")).Field("Content-Type"), kOciImage);
}

// Neither the reply nor the heads of its parts.
TEST_F(GatewayInertContentTest, BlobsAreOctetsInEveryPart) {
  const std::string page = "<html><script>1</script></html>";
  const Digest blob =
      registry_.Put("/library/alpine/blobs/page", "text/html", page);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(Get(BlobUrl(blob)).Field("Content-Type"),
              "application/octet-stream");
    EXPECT_EQ(Get(BlobUrl(blob), "Range: bytes=0-5\r\n").Field("Content-Type"),
              "application/octet-stream");
    const RawReply parts = Get(BlobUrl(blob), "Range: bytes=0-5,8-9\r\n");
    EXPECT_THAT(parts.Field("Content-Type"), HasSubstr("multipart/byteranges"));
    EXPECT_THAT(parts.body,
                HasSubstr("\r\nContent-Type: application/octet-stream\r\n"));
    EXPECT_THAT(parts.body, Not(HasSubstr("Content-Type: text")));
  }
}

// An upstream's words in an error are text in JSON.
TEST_F(GatewayInertContentTest, ErrorsAre) {
  registry_.set_fetch_error(
      errors::UpstreamInvalid("<script>alert(1)</script>", "</script>"));
  const RawReply reply = Get(ManifestUrl("3.20"));
  EXPECT_EQ(reply.status, 502);
  EXPECT_EQ(reply.Field("Content-Type"), "application/json");
  ExpectInert(reply);
}

}  // namespace
}  // namespace cvr
