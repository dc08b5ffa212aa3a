// What clients get, over real sockets.

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gateway/gateway_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/errors.h"

namespace cvr {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(GatewayTest, ApiVersionIsAnsweredWithAndWithoutSlash) {
  for (const char* target : {"/v2", "/v2/", "/v2/?x=1", "http://test/v2/"}) {
    const RawReply reply = Get(target);
    EXPECT_EQ(reply.status, 200) << target;
    EXPECT_EQ(reply.body, "{}");
    EXPECT_EQ(reply.Field("Docker-Distribution-API-Version"), "registry/2.0");
    EXPECT_EQ(reply.Field("Content-Type"), "application/json");
  }
  EXPECT_EQ(Request("HEAD", "/v2/").Field("Content-Length"), "2");
}

TEST_F(GatewayTest, ManifestIsAMissThenAHit) {
  const RawReply miss = Get(ManifestUrl("3.20"));
  EXPECT_EQ(miss.status, 200);
  EXPECT_EQ(miss.body, manifest_bytes_);
  EXPECT_EQ(miss.Field("Content-Type"), kIndexType);
  EXPECT_EQ(miss.Field("Docker-Content-Digest"), manifest_.ToString());
  EXPECT_EQ(miss.Field("ETag"), absl::StrCat("\"", manifest_.ToString(), "\""));
  EXPECT_EQ(miss.Field("Docker-Distribution-API-Version"), "registry/2.0");
  EXPECT_EQ(miss.Field("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(miss.Field("Cache-Status"), "cvr; fwd=miss; stored");
  EXPECT_EQ(miss.Field("Accept-Ranges"), "<none>");
  EXPECT_EQ(miss.Field("Content-Encoding"), "<none>");

  const RawReply hit = Get(ManifestUrl("3.20"));
  EXPECT_EQ(hit.body, manifest_bytes_);
  EXPECT_EQ(hit.Field("Content-Type"), kIndexType);
  EXPECT_EQ(hit.Field("Cache-Status"), "cvr; hit");
  EXPECT_EQ(registry_.fetches(), 1);
  EXPECT_EQ(registry_.pulls(), 2);
}

TEST_F(GatewayTest, SingularContainerAndEncodedDigestNameTheSame) {
  std::string encoded = absl::StrCat(
      "/v2/virtual_registries/container/1/library/alpine/blobs/sha256%3A",
      layer_.hex());
  EXPECT_EQ(Get(encoded).body, layer_bytes_);
}

// containerd resolves with HEAD and believes every field of it.
TEST_F(GatewayTest, HeadHasTheFieldsOfGet) {
  for (const std::string& url :
       {ManifestUrl("3.20"), ManifestUrl(manifest_.ToString()),
        BlobUrl(layer_)}) {
    for (const bool cached : {false, true}) {
      const RawReply head = Request("HEAD", url);
      const RawReply get = Get(url);
      EXPECT_EQ(head.status, 200) << url << cached;
      for (const char* name :
           {"Content-Length", "Content-Type", "Docker-Content-Digest", "ETag",
            "Accept-Ranges", "Docker-Distribution-API-Version"}) {
        EXPECT_EQ(head.Field(name), get.Field(name)) << url << " " << name;
      }
    }
  }
}

TEST_F(GatewayTest, HeadOfAnUncachedBlobFetchesNothingAndCountsNothing) {
  const RawReply head = Request("HEAD", BlobUrl(layer_));
  EXPECT_EQ(head.Field("Content-Length"), absl::StrCat(layer_bytes_.size()));
  EXPECT_EQ(head.Field("Cache-Status"), "cvr; fwd=miss");
  EXPECT_EQ(registry_.pulls(), 0);
  EXPECT_EQ(Get(BlobUrl(layer_)).Field("Cache-Status"),
            "cvr; fwd=miss; stored");
}

TEST_F(GatewayTest, BlobArrivesWholeAndIsNeverCompressed) {
  const RawReply reply =
      Get(BlobUrl(layer_), "Accept-Encoding: zstd;q=1.0, gzip;q=0.8, br\r\n");
  EXPECT_TRUE(reply.complete);
  EXPECT_EQ(reply.body, layer_bytes_);
  EXPECT_EQ(reply.Field("Content-Type"), "application/octet-stream");
  EXPECT_EQ(reply.Field("Accept-Ranges"), "bytes");
  EXPECT_EQ(reply.Field("Content-Encoding"), "<none>");
  EXPECT_EQ(reply.Field("Transfer-Encoding"), "<none>");
}

TEST_F(GatewayTest, ManifestIsNotCompressedEither) {
  const RawReply reply = Get(ManifestUrl("3.20"), "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(reply.body, manifest_bytes_);
  EXPECT_EQ(reply.Field("Content-Encoding"), "<none>");
}

TEST_F(GatewayTest, EntryWhoseBytesAreGoneIsAMiss) {
  Get(ManifestUrl("3.20"));
  registry_.LoseStoredBytes();
  const RawReply reply = Get(ManifestUrl("3.20"));
  EXPECT_EQ(reply.body, manifest_bytes_);
  EXPECT_EQ(reply.Field("Cache-Status"), "cvr; fwd=miss; stored");
}

// Damage that shows at the first bytes is repaired unseen.
TEST_F(GatewayTest, DamagedBytesAreFetchedAgain) {
  Get(BlobUrl(layer_));
  registry_.set_stream_hook([reads = registry_.reads(), this](uint64_t) {
    return registry_.fetches() == 1
               ? errors::ContentDamaged(layer_.ToString(), "chunk 0")
               : absl::OkStatus();
  });
  const RawReply reply = Get(BlobUrl(layer_));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, layer_bytes_);
  EXPECT_EQ(registry_.fetches(), 2);
}

TEST_F(GatewayTest, StaleContentSaysSo) {
  registry_.set_cache_status(CacheStatus::kStale);
  const RawReply stale = Get(ManifestUrl("3.20"));
  EXPECT_EQ(stale.status, 200);
  EXPECT_EQ(stale.Field("Cache-Status"), "cvr; hit; detail=stale");
  EXPECT_THAT(stale.Field("Warning"), HasSubstr("299 - "));
  registry_.LoseStoredBytes();
  registry_.set_cache_status(CacheStatus::kRevalidated);
  const RawReply revalidated = Get(ManifestUrl("3.20"));
  EXPECT_THAT(revalidated.Field("Cache-Status"), HasSubstr("fwd=stale"));
  EXPECT_EQ(revalidated.Field("Warning"), "<none>");
}

// Old docker and strict clients stumble over `; charset=`.
TEST_F(GatewayTest, MediaTypeHasNoParameters) {
  registry_.Put("/library/alpine/manifests/odd",
                std::string(kIndexType) + "; charset=utf-8", "{}");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Get(ManifestUrl("odd")).Field("Content-Type"), kIndexType);
  }
}

TEST_F(GatewayTest, Sha512IsADigestLikeAnyOther) {
  const Digest digest = Digest::OfBytes(layer_bytes_, DigestAlgorithm::kSha512);
  registry_.PutAs("/library/alpine/blobs/", digest, layer_bytes_);
  const std::string url = BlobUrl(digest);
  const std::string encoded = absl::StrReplaceAll(url, {{":", "%3a"}});
  for (int i = 0; i < 2; ++i) {
    const RawReply reply = Get(i == 0 ? url : encoded);
    EXPECT_EQ(reply.body, layer_bytes_);
    EXPECT_EQ(reply.Field("Docker-Content-Digest"), digest.ToString());
    EXPECT_EQ(reply.Field("ETag"), absl::StrCat("\"", digest.ToString(), "\""));
  }
}

// Conditions.

TEST_F(GatewayTest, KnownEntityTagIsAnsweredWith304) {
  const std::string digest = manifest_.ToString();
  for (const bool cached : {false, true}) {
    for (const std::string& tag :
         {absl::StrCat("\"", digest, "\""), digest, std::string("*"),
          absl::StrCat("W/\"", digest, "\""),
          absl::StrCat("\"other\", \"", digest, "\"")}) {
      auto client = Connect();
      const RawReply reply =
          client->Request("GET", ManifestUrl("3.20"),
                          absl::StrCat("If-None-Match: ", tag, "\r\n"));
      EXPECT_EQ(reply.status, 304) << tag << cached;
      EXPECT_EQ(reply.Field("ETag"), absl::StrCat("\"", digest, "\""));
      EXPECT_EQ(reply.Field("Docker-Content-Digest"), digest);
      EXPECT_EQ(reply.Field("Content-Length"), "<none>");
      // Nothing follows the header: the connection is still in step.
      EXPECT_EQ(client->Request("GET", "/v2/").body, "{}");
    }
    Get(ManifestUrl("3.20"));
  }
}

// containerd and Flux revalidate with HEAD, by tag and by digest.
TEST_F(GatewayTest, HeadAndDigestsKnowEntityTagsToo) {
  const std::string fields =
      absl::StrCat("If-None-Match: \"", manifest_.ToString(), "\"\r\n");
  for (const bool cached : {false, true}) {
    for (const std::string& url :
         {ManifestUrl("3.20"), ManifestUrl(manifest_.ToString())}) {
      EXPECT_EQ(Request("HEAD", url, fields).status, 304) << url << cached;
      EXPECT_EQ(Get(url, fields).status, 304) << url << cached;
      EXPECT_EQ(Request("HEAD", url, "If-None-Match: \"other\"\r\n").status,
                200)
          << url << cached;
    }
    Get(ManifestUrl("3.20"));
  }
}

TEST_F(GatewayTest, UnknownEntityTagIsAnsweredWithTheContent) {
  const RawReply reply =
      Get(ManifestUrl("3.20"), "If-None-Match: \"sha256:0123\"\r\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, manifest_bytes_);
}

TEST_F(GatewayTest, TagIsServedOnlyToAnAcceptThatTakesIt) {
  EXPECT_EQ(Get(ManifestUrl("3.20"), "Accept: */*\r\n").status, 200);
  EXPECT_EQ(Get(ManifestUrl("3.20"), "Accept: application/*\r\n").status, 200);
  EXPECT_EQ(
      Get(ManifestUrl("3.20"),
          absl::StrCat("Accept: text/html\r\nAccept: ", kIndexType, "\r\n"))
          .status,
      200);
  const RawReply reply =
      Get(ManifestUrl("3.20"),
          "Accept: application/vnd.docker.distribution.manifest.v2+json\r\n");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(OciCode(reply), "MANIFEST_UNKNOWN");
  EXPECT_THAT(reply.body, HasSubstr("Accept"));
}

// Ranges.

TEST_F(GatewayTest, OneRangeIsAnsweredWith206) {
  struct Case {
    const char* range;
    size_t first, last;
  };
  const size_t end = layer_bytes_.size() - 1;
  for (const bool cached : {false, true}) {
    for (const Case& c :
         std::vector<Case>{{"bytes=0-0", 0, 0},
                           {"bytes=5-99999", 5, 99999},
                           {"bytes=999999-", end, end},
                           {"bytes=0-", 0, end},
                           {"bytes=-7", end - 6, end},
                           {"bytes=-9999999", 0, end},
                           {"bytes=10-99999999", 10, end},
                           {"bytes=10-99999999999999999999", 10, end}}) {
      const RawReply reply =
          Get(BlobUrl(layer_), absl::StrCat("Range: ", c.range, "\r\n"));
      EXPECT_EQ(reply.status, 206) << c.range << cached;
      EXPECT_TRUE(reply.complete);
      EXPECT_EQ(reply.body, layer_bytes_.substr(c.first, c.last - c.first + 1));
      EXPECT_EQ(reply.Field("Content-Range"),
                absl::StrCat("bytes ", c.first, "-", c.last, "/1000000"));
      EXPECT_EQ(reply.Field("Docker-Content-Digest"), layer_.ToString());
    }
  }
}

// httplib by itself answers 206 with an absurd length, or its own 416.
TEST_F(GatewayTest, RangePastTheEndIsAnsweredWith416) {
  for (const char* range :
       {"bytes=1000000-", "bytes=5000000-6000000", "bytes=-0", "bytes=9-5"}) {
    const RawReply reply =
        Get(BlobUrl(layer_), absl::StrCat("Range: ", range, "\r\n"));
    EXPECT_EQ(reply.status, 416) << range;
    EXPECT_EQ(reply.Field("Content-Range"), "bytes */1000000");
    EXPECT_EQ(OciCode(reply), "RANGE_INVALID");
  }
}

TEST_F(GatewayTest, UnusableRangesAreAnsweredWithEverything) {
  for (const char* range :
       {"bytes=", "bytes=a-b", "lines=1-2", "bytes=-", "0-5", "bytes=,"}) {
    const RawReply reply =
        Get(BlobUrl(layer_), absl::StrCat("rAnGe: ", range, "\r\n"));
    EXPECT_EQ(reply.status, 200) << range;
    EXPECT_EQ(reply.Field("Content-Range"), "<none>");
    EXPECT_TRUE(reply.body == layer_bytes_);
  }
}

TEST_F(GatewayTest, HeadAndManifestsIgnoreRange) {
  const RawReply head =
      Request("HEAD", BlobUrl(layer_), "Range: bytes=0-9\r\n");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.Field("Content-Length"), "1000000");
  const RawReply manifest = Get(ManifestUrl("3.20"), "Range: bytes=0-3\r\n");
  EXPECT_EQ(manifest.status, 200);
  EXPECT_EQ(manifest.body, manifest_bytes_);
}

TEST_F(GatewayTest, IfRangeDecidesWhetherTheRangeHolds) {
  const auto status = [&](absl::string_view tag) {
    return Get(BlobUrl(layer_),
               absl::StrCat("Range: bytes=0-9\r\nIf-Range: ", tag, "\r\n"))
        .status;
  };
  const std::string tag = absl::StrCat("\"", layer_.ToString(), "\"");
  EXPECT_EQ(status(tag), 206);
  EXPECT_EQ(status(absl::StrCat("W/", tag)), 200);
  EXPECT_EQ(status("\"other\""), 200);
  EXPECT_EQ(status("Wed, 21 Oct 2015 07:28:00 GMT"), 200);
}

TEST_F(GatewayTest, EmptyBlobIsServed) {
  const Digest empty =
      registry_.Put("/library/alpine/blobs/empty", kOctetStream, "");
  auto client = Connect();
  for (int i = 0; i < 2; ++i) {
    const RawReply reply = client->Request("GET", BlobUrl(empty));
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.Field("Content-Length"), "0");
  }
  EXPECT_EQ(
      client->Request("GET", BlobUrl(empty), "Range: bytes=0-\r\n").status,
      416);
}

// Errors.

struct ErrorCase {
  absl::Status error;
  int status;
  std::string code;
  std::string retry_after;
};

TEST_F(GatewayTest, FailuresAreTold) {
  const std::vector<ErrorCase> cases = {
      {errors::UpstreamUnavailable("hub", "connection refused"), 503,
       "UNAVAILABLE", "10"},
      {errors::UpstreamRateLimited("hub", absl::Seconds(77)), 429,
       "TOOMANYREQUESTS", "77"},
      {errors::UpstreamRefused("hub", "401"), 403, "DENIED", "<none>"},
      {errors::UpstreamInvalid("hub", "nonsense"), 502, "UNAVAILABLE", "10"},
      {absl::UnavailableError("ipv4:10.0.0.1:8081 refused"), 503, "UNAVAILABLE",
       "5"},
      {absl::DeadlineExceededError("late"), 504, "UNAVAILABLE", "5"},
      {absl::InternalError("secret"), 500, "UNKNOWN", "<none>"},
  };
  for (const ErrorCase& c : cases) {
    registry_.set_fetch_error(c.error);
    auto client = Connect();
    for (const char* method : {"GET", "HEAD"}) {
      const RawReply reply = client->Request(method, ManifestUrl("3.20"));
      EXPECT_EQ(reply.status, c.status) << c.error;
      EXPECT_EQ(reply.Field("Content-Type"), "application/json");
      EXPECT_EQ(reply.Field("Retry-After"), c.retry_after);
      EXPECT_EQ(reply.Field("Docker-Distribution-API-Version"), "registry/2.0");
      if (reply.status != 200 && absl::string_view(method) == "GET") {
        EXPECT_EQ(OciCode(reply), c.code) << c.error;
      }
      EXPECT_THAT(reply.body, Not(HasSubstr("secret")));
      EXPECT_THAT(reply.body, Not(HasSubstr("10.0.0.1")));
    }
  }
}

TEST_F(GatewayTest, MetadataServiceOutOfReachIs503) {
  registry_.set_resolve_error(absl::UnavailableError("no route"));
  const RawReply reply = Get(ManifestUrl("3.20"));
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(OciCode(reply), "UNAVAILABLE");
}

TEST_F(GatewayTest, UnknownThingsAre404) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {ManifestUrl("9.99"), "MANIFEST_UNKNOWN"},
      {BlobUrl(Digest::OfBytes("nothing")), "BLOB_UNKNOWN"},
      {"/v2/virtual_registries/containers/2/a/manifests/x", "NAME_UNKNOWN"},
      {"/v2/virtual_registries/containers/none/a/manifests/x", "NAME_UNKNOWN"},
      {"/v2/library/alpine/manifests/latest", "NAME_UNKNOWN"},
      {absl::StrCat(kPrefix, "/tags/list"), "NAME_UNKNOWN"},
      {"/v2/virtual_registries/containers/2/_catalog", "NAME_UNKNOWN"},
  };
  for (const auto& [target, code] : cases) {
    const RawReply reply = Get(target);
    EXPECT_EQ(reply.status, 404) << target;
    EXPECT_EQ(OciCode(reply), code) << target;
  }
  EXPECT_EQ(Get("/somewhere").status, 404);
  EXPECT_EQ(Get("/somewhere").Field("Content-Type"), "application/json");
}

TEST_F(GatewayTest, WritesAre405WithAndWithoutABody) {
  const std::string uploads = absl::StrCat(kPrefix, "/blobs/uploads/");
  for (const char* method :
       {"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"}) {
    for (const char* fields :
         {"", "Content-Length: 0\r\n", "Content-Length: 5\r\n\r\nhello",
          "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
          "Expect: 100-continue\r\nContent-Length: 99\r\n"}) {
      const RawReply reply = Request(method, uploads, fields);
      EXPECT_EQ(reply.status, 405) << method << " " << fields;
      EXPECT_EQ(OciCode(reply), "UNSUPPORTED") << method << " " << fields;
      EXPECT_EQ(reply.Field("Allow"), "GET, HEAD");
    }
  }
}

TEST_F(GatewayTest, WriteWithoutABodyKeepsTheConnection) {
  auto client = Connect();
  EXPECT_EQ(client->Request("POST", "/v2/x/blobs/uploads/").status, 405);
  EXPECT_EQ(client->Request("GET", "/v2/").status, 200);
}

// A body of unknown length is neither read to its end nor taken for a request.
TEST_F(GatewayTest, WriteWithABodyEndsTheConnection) {
  auto client = Connect();
  const RawReply reply = client->Request(
      "PUT", "/v2/x/manifests/1",
      "Content-Length: 999999999999\r\n\r\nGET /v2/ HTTP/1.1\r\nHost: x\r\n");
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.Field("Connection"), "close");
  EXPECT_TRUE(client->AtEnd());
}

TEST_F(GatewayTest, PathTricksAreRefused) {
  for (const char* name : {"..%2fetc", "%2e%2e/x", "a%00b", "a%c3%28",
                           "a%0d%0ab", "%", "a%2", "A", "a//b", "a%252fb"}) {
    const RawReply reply = Get(absl::StrCat(
        "/v2/virtual_registries/containers/1/", name, "/manifests/1"));
    EXPECT_EQ(reply.status, 400) << name;
    EXPECT_EQ(OciCode(reply), "NAME_INVALID") << name;
  }
  EXPECT_EQ(registry_.resolves(), 0);
}

}  // namespace
}  // namespace cvr
