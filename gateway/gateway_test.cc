// The gateway over real sockets: what stands here is what clients get.

#include "gateway/gateway.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gateway/in_memory_registry.h"
#include "gateway/raw_http_client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/errors.h"
#include "services/common/thread.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::cvr::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kIndexType[] = "application/vnd.oci.image.index.v1+json";
constexpr char kPrefix[] = "/v2/virtual_registries/containers/1/library/alpine";

std::string OciCode(const RawReply& reply) {
  const auto body = nlohmann::json::parse(reply.body, nullptr, false);
  if (!body.is_object() || !body.contains("errors")) return "<no OCI body>";
  return body["errors"][0]["code"];
}

// Bytes that differ everywhere, so that a shifted range is noticed.
std::string Layer(size_t size) {
  std::string bytes(size, '\0');
  uint32_t state = 1;
  for (char& c : bytes) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return bytes;
}

class GatewayTest : public ::testing::Test {
 protected:
  void SetUp() override { StartGateway(Options()); }

  static Gateway::Options Options() {
    Gateway::Options options;
    options.http.address = "127.0.0.1:0";
    options.http.access_logger = nullptr;
    return options;
  }

  void StartGateway(Gateway::Options options) {
    gateway_ = std::make_unique<Gateway>(registry_, registry_, options);
    ASSERT_THAT(gateway_->Start(), IsOk());
  }

  std::unique_ptr<RawHttpClient> Connect() {
    return std::make_unique<RawHttpClient>(gateway_->address());
  }

  // On a connection of its own.
  RawReply Request(absl::string_view method, absl::string_view target,
                   absl::string_view fields = "") {
    return Connect()->Request(method, target, fields);
  }
  RawReply Get(absl::string_view target, absl::string_view fields = "") {
    return Request("GET", target, fields);
  }

  std::string ManifestUrl(absl::string_view reference) {
    return absl::StrCat(kPrefix, "/manifests/", reference);
  }
  std::string BlobUrl(const Digest& digest) {
    return absl::StrCat(kPrefix, "/blobs/", digest.ToString());
  }

  // Both are in the upstream from the start.
  InMemoryRegistry registry_;
  const std::string manifest_bytes_ = R"({"schemaVersion":2,"manifests":[]})";
  const Digest manifest_ = registry_.Put("/library/alpine/manifests/3.20",
                                         kIndexType, manifest_bytes_);
  const std::string layer_bytes_ = Layer(1'000'000);
  const Digest layer_ =
      registry_.Put("/library/alpine/blobs/layer", kOctetStream, layer_bytes_);
  std::unique_ptr<Gateway> gateway_;
};

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
  EXPECT_EQ(registry_.downloads(), 2);
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

TEST_F(GatewayTest, HeadOfAnUncachedBlobDownloadsNothingAndCountsNothing) {
  const RawReply head = Request("HEAD", BlobUrl(layer_));
  EXPECT_EQ(head.Field("Content-Length"), absl::StrCat(layer_bytes_.size()));
  EXPECT_EQ(head.Field("Cache-Status"), "cvr; fwd=miss");
  EXPECT_EQ(registry_.downloads(), 0);
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
  registry_.set_origin(ContentOrigin::kStale);
  const RawReply stale = Get(ManifestUrl("3.20"));
  EXPECT_EQ(stale.status, 200);
  EXPECT_EQ(stale.Field("Cache-Status"), "cvr; hit; detail=stale");
  EXPECT_THAT(stale.Field("Warning"), HasSubstr("299 - "));
  registry_.LoseStoredBytes();
  registry_.set_origin(ContentOrigin::kRevalidated);
  const RawReply revalidated = Get(ManifestUrl("3.20"));
  EXPECT_THAT(revalidated.Field("Cache-Status"), HasSubstr("fwd=stale"));
  EXPECT_EQ(revalidated.Field("Warning"), "<none>");
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
       {"bytes=1000000-", "bytes=5000000-6000000", "bytes=-0"}) {
    const RawReply reply =
        Get(BlobUrl(layer_), absl::StrCat("Range: ", range, "\r\n"));
    EXPECT_EQ(reply.status, 416) << range;
    EXPECT_EQ(reply.Field("Content-Range"), "bytes */1000000");
    EXPECT_EQ(OciCode(reply), "RANGE_INVALID");
  }
}

TEST_F(GatewayTest, UnusableRangesAreAnsweredWithEverything) {
  for (const char* range : {"bytes=", "bytes=a-b", "bytes=9-5", "lines=1-2",
                            "bytes=0-1,5-9", "bytes=-", "0-5", "bytes=0-5,"}) {
    const RawReply reply =
        Get(BlobUrl(layer_), absl::StrCat("rAnGe: ", range, "\r\n"));
    EXPECT_EQ(reply.status, 200) << range;
    EXPECT_EQ(reply.Field("Content-Range"), "<none>");
    EXPECT_EQ(reply.body, layer_bytes_);
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
      {errors::UpstreamDenied("hub", "401"), 403, "DENIED", "<none>"},
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
      {absl::StrCat(kPrefix, "/tags/list"), "UNSUPPORTED"},
      {"/v2/_catalog", "UNSUPPORTED"},
  };
  for (const auto& [target, code] : cases) {
    const RawReply reply = Get(target);
    EXPECT_EQ(reply.status, 404) << target;
    EXPECT_EQ(OciCode(reply), code) << target;
  }
  EXPECT_EQ(Get("/somewhere").status, 404);
  EXPECT_EQ(Get("/somewhere").Field("Content-Type"), "application/json");
}

TEST_F(GatewayTest, ReferrersAreAnEmptyIndex) {
  const RawReply reply =
      Get(absl::StrCat(kPrefix, "/referrers/", manifest_.ToString()));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Field("Content-Type"), kIndexType);
  EXPECT_EQ(nlohmann::json::parse(reply.body)["manifests"].size(), 0);
  EXPECT_EQ(registry_.downloads(), 0);
  EXPECT_EQ(Get(absl::StrCat("/v2/virtual_registries/containers/2/a/referrers/",
                             manifest_.ToString()))
                .status,
            404);
  EXPECT_EQ(Get(absl::StrCat(kPrefix, "/referrers/sha256:short")).status, 400);
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

TEST_F(GatewayTest, MalformedRequestsGetACleanError) {
  const std::string long_target(9000, 'a');
  const std::string long_field(9000, 'b');
  const std::vector<std::pair<std::string, int>> cases = {
      {absl::StrCat("GET /v2/", long_target, " HTTP/1.1\r\nHost: x\r\n\r\n"),
       414},
      {absl::StrCat("GET /v2/", long_target), 414},
      {absl::StrCat("GET /v2/ HTTP/1.1\r\nHost: x\r\nA: ", long_field,
                    "\r\n\r\n"),
       431},
      {absl::StrCat("GET /v2/ HTTP/1.1\r\nHost: x\r\nA: ",
                    std::string(70000, 'c')),
       431},
      {"GET /v2/\r\n\r\n", 400},
      {"nonsense\r\n\r\n", 400},
      {"GET /v2/ HTTP/1.1\r\n\r\n", 400},
      {"GET /v2/ HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
      {"GET /v2/ HTTP/1.1\r\nHost: x\r\nbad field\r\n\r\n", 400},
      {"GET /v2/ HTTP/1.1\r\nHost: x\r\n folded: 1\r\n\r\n", 400},
      {std::string("GET /v2/\0 HTTP/1.1\r\nHost: x\r\n\r\n", 32), 400},
      {"GET /v2/ HTTP/2.0\r\nHost: x\r\n\r\n", 505},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"GET /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
       "Transfer-Encoding: chunked\r\n\r\n",
       400},
      {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", 13), 400},
  };
  for (const auto& [bytes, status] : cases) {
    auto client = Connect();
    client->Send(bytes);
    const RawReply reply = client->Receive();
    EXPECT_EQ(reply.status, status) << bytes.substr(0, 60);
    EXPECT_NE(OciCode(reply), "<no OCI body>") << bytes.substr(0, 60);
    EXPECT_TRUE(client->AtEnd());
  }
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

// Connections.

TEST_F(GatewayTest, ConnectionServesManyRequests) {
  auto client = Connect();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(client->Request("GET", ManifestUrl("3.20")).body,
              manifest_bytes_);
    EXPECT_EQ(client->Request("HEAD", BlobUrl(layer_)).status, 200);
    EXPECT_EQ(
        client->Request("GET", BlobUrl(layer_), "Range: bytes=3-9\r\n").body,
        layer_bytes_.substr(3, 7));
  }
}

TEST_F(GatewayTest, PipelinedRequestsAreAnsweredInOrder) {
  auto client = Connect();
  std::string requests;
  for (int i = 0; i < 20; ++i) {
    absl::StrAppend(&requests, "GET ", ManifestUrl("3.20"),
                    " HTTP/1.1\r\nHost: x\r\n\r\n\r\n");
  }
  absl::StrAppend(&requests, "GARBAGE\x01\x02\r\n\r\n", "GET /v2/ ");
  client->Send(requests);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(client->Receive().body, manifest_bytes_);
  }
  EXPECT_EQ(client->Receive().status, 400);
  EXPECT_TRUE(client->AtEnd());
}

TEST_F(GatewayTest, ConnectionEndsWhenTheClientSaysSo) {
  auto client = Connect();
  const RawReply reply =
      client->Request("GET", "/v2/", "Connection: Close\r\n");
  EXPECT_EQ(reply.Field("Connection"), "close");
  EXPECT_TRUE(client->AtEnd());

  auto old = Connect();
  old->Send("GET /v2/ HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old->Receive().body, "{}");
  EXPECT_TRUE(old->AtEnd());

  auto old_alive = Connect();
  for (int i = 0; i < 2; ++i) {
    old_alive->Send("GET /v2/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(old_alive->Receive().Field("Connection"), "keep-alive");
  }
}

// A clean end would make a truncated layer look whole.
TEST_F(GatewayTest, BrokenStreamEndsShortOfItsLength) {
  registry_.set_stream_hook([](uint64_t offset) {
    return offset < 500'000 ? absl::OkStatus()
                            : errors::UpstreamUnavailable("hub", "reset");
  });
  auto client = Connect();
  const RawReply reply = client->Request("GET", BlobUrl(layer_));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Field("Content-Length"), "1000000");
  EXPECT_FALSE(reply.complete);
  EXPECT_LT(reply.body.size(), 1'000'000);
  EXPECT_EQ(reply.body, layer_bytes_.substr(0, reply.body.size()));
  EXPECT_TRUE(client->AtEnd());
}

// Nothing has been promised yet, so the failure can still be told.
TEST_F(GatewayTest, StreamBrokenBeforeItsFirstByteIsAnError) {
  registry_.set_stream_hook([](uint64_t) {
    return errors::ContentMismatch("hub", "sha256:a", "sha256:b");
  });
  const RawReply reply = Get(BlobUrl(layer_));
  EXPECT_EQ(reply.status, 502);
  EXPECT_TRUE(reply.complete);
  EXPECT_EQ(OciCode(reply), "UNAVAILABLE");
}

TEST_F(GatewayTest, ClientThatLeavesEarlyFreesItsStream) {
  const std::string large = Layer(32 << 20);
  const Digest digest =
      registry_.Put("/library/alpine/blobs/large", kOctetStream, large);
  {
    auto client = Connect();
    client->ShrinkReceiveBuffer();
    client->Send(
        absl::StrCat("GET ", BlobUrl(digest), " HTTP/1.1\r\nHost: x\r\n\r\n"));
    EXPECT_EQ(client->ReceiveHeader().status, 200);
  }
  // Stop() waits for the stream's end.
  gateway_->Stop(absl::InfiniteFuture());
  EXPECT_EQ(registry_.open_streams(), 0);
}

TEST_F(GatewayTest, SlowReaderGetsEverythingAndHoldsUpNobody) {
  // More than the system buffers between the two.
  const std::string large = Layer(32 << 20);
  const Digest digest =
      registry_.Put("/library/alpine/blobs/large", kOctetStream, large);
  auto slow = Connect();
  slow->Send(
      absl::StrCat("GET ", BlobUrl(digest), " HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(slow->ReceiveHeader().status, 200);
  EXPECT_EQ(Get(BlobUrl(layer_)).body, layer_bytes_);
  EXPECT_EQ(registry_.open_streams(), 1);
  std::string received;
  while (received.size() < large.size()) {
    const std::string some = slow->ReadSome(64 * 1024);
    ASSERT_FALSE(some.empty());
    received += some;
  }
  EXPECT_EQ(received, large);
}

TEST_F(GatewayTest, TwoHundredClientsAreServedAtOnce) {
  constexpr int kClients = 200;
  std::vector<std::unique_ptr<RawHttpClient>> clients;
  for (int i = 0; i < kClients; ++i) clients.push_back(Connect());
  for (auto& client : clients) {
    ASSERT_TRUE(client->Send(absl::StrCat(
        "GET ", BlobUrl(layer_),
        " HTTP/1.1\r\nHost: x\r\nRange: bytes=100-300099\r\n\r\n")));
  }
  for (auto& client : clients) {
    const RawReply reply = client->Receive();
    ASSERT_EQ(reply.status, 206);
    ASSERT_EQ(reply.body, layer_bytes_.substr(100, 300'000));
  }
}

// A handful of threads must not be held by clients that do nothing.
TEST_F(GatewayTest, IdleConnectionsMakeRoomForNewOnes) {
  gateway_.reset();
  Gateway::Options options = Options();
  options.http.threads_max = 4;
  StartGateway(options);
  std::vector<std::unique_ptr<RawHttpClient>> idle;
  for (int i = 0; i < 20; ++i) {
    idle.push_back(Connect());
    EXPECT_EQ(idle.back()->Request("GET", "/v2/").status, 200) << i;
  }
}

TEST_F(GatewayTest, TooManyBusyConnectionsAreTurnedAwayWith503) {
  gateway_.reset();
  Gateway::Options options = Options();
  options.http.threads_max = 1;
  StartGateway(options);
  absl::Notification begun;
  absl::Notification go_on;
  registry_.set_stream_hook([&](uint64_t offset) {
    if (offset == 0 && !begun.HasBeenNotified()) begun.Notify();
    go_on.WaitForNotification();
    return absl::OkStatus();
  });
  auto busy = Connect();
  busy->Send(
      absl::StrCat("GET ", BlobUrl(layer_), " HTTP/1.1\r\nHost: x\r\n\r\n"));
  begun.WaitForNotification();
  auto waiting = Connect();  // For the only thread.
  const RawReply refused = Get("/v2/");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.Field("Retry-After"), "1");
  EXPECT_EQ(OciCode(refused), "UNSUPPORTED");
  go_on.Notify();
  EXPECT_EQ(busy->Receive().body, layer_bytes_);
  busy->Close();
  EXPECT_EQ(waiting->Request("GET", "/v2/").status, 200);
}

// Stopping.

TEST_F(GatewayTest, StopLetsReplyFinishAndEndsIdleConnections) {
  absl::Notification begun;
  absl::Notification go_on;
  registry_.set_stream_hook([&](uint64_t offset) {
    if (offset > 0 && !begun.HasBeenNotified()) {
      begun.Notify();
      go_on.WaitForNotification();
    }
    return absl::OkStatus();
  });
  auto idle = Connect();
  EXPECT_EQ(idle->Request("GET", "/v2/").status, 200);
  auto busy = Connect();
  busy->Send(
      absl::StrCat("GET ", BlobUrl(layer_), " HTTP/1.1\r\nHost: x\r\n\r\n"));
  begun.WaitForNotification();
  {
    Thread stopping("stop", [&] { gateway_->Stop(absl::InfiniteFuture()); });
    EXPECT_TRUE(idle->AtEnd());
    EXPECT_FALSE(Connect()->connected());
    go_on.Notify();
    EXPECT_EQ(busy->Receive().body, layer_bytes_);
    EXPECT_TRUE(busy->AtEnd());
  }
}

TEST_F(GatewayTest, StopBreaksOffWhatIsLeftAtItsDeadline) {
  const std::string large = Layer(32 << 20);
  const Digest digest =
      registry_.Put("/library/alpine/blobs/large", kOctetStream, large);
  auto stuck = Connect();
  stuck->ShrinkReceiveBuffer();
  stuck->Send(
      absl::StrCat("GET ", BlobUrl(digest), " HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(stuck->ReceiveHeader().status, 200);
  gateway_->Stop(absl::Now());
  EXPECT_EQ(registry_.open_streams(), 0);
}

TEST_F(GatewayTest, StopIsIdempotentAndPortIsFreeAfterwards) {
  const std::string address = gateway_->address();
  gateway_->Stop(absl::InfiniteFuture());
  gateway_->Stop(absl::InfiniteFuture());
  Gateway::Options options = Options();
  options.http.address = address;
  StartGateway(options);
  EXPECT_EQ(gateway_->address(), address);
  EXPECT_EQ(Get("/v2/").status, 200);
}

// The rest.

TEST_F(GatewayTest, HealthAndReadiness) {
  EXPECT_EQ(Get("/healthz").body, "ok\n");
  EXPECT_EQ(Get("/readyz").status, 200);
  EXPECT_EQ(Get("/").status, 200);
  EXPECT_EQ(Request("POST", "/healthz").status, 405);
  gateway_.reset();
  Gateway::Options options = Options();
  options.readiness = [] { return absl::UnavailableError("metadata"); };
  StartGateway(options);
  const RawReply reply = Get("/readyz");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, "not ready: metadata\n");
}

TEST_F(GatewayTest, ServesIpv6) {
  gateway_.reset();
  Gateway::Options options = Options();
  options.http.address = "[::1]:0";
  StartGateway(options);
  EXPECT_THAT(gateway_->address(), HasSubstr("[::1]:"));
  EXPECT_EQ(Get("/v2/").status, 200);
}

TEST_F(GatewayTest, EveryRequestIsLoggedOnce) {
  gateway_.reset();
  Mutex mutex;
  std::vector<AccessRecord> records;
  Gateway::Options options = Options();
  options.http.access_logger = [&](const AccessRecord& record) {
    MutexLock lock(&mutex);
    records.push_back(record);
  };
  StartGateway(options);
  auto client = Connect();
  client->Request("GET", BlobUrl(layer_), "User-Agent: containerd/2.1\r\n");
  client->Request("HEAD", ManifestUrl("3.20"));
  client->Request("POST", "/v2/x\x01y");
  client->Close();
  gateway_->Stop(absl::InfiniteFuture());
  ASSERT_EQ(records.size(), 3);
  EXPECT_EQ(records[0].method, "GET");
  EXPECT_EQ(records[0].target, BlobUrl(layer_));
  EXPECT_EQ(records[0].status, 200);
  EXPECT_EQ(records[0].body_bytes, 1'000'000);
  EXPECT_EQ(records[0].client, "127.0.0.1");
  EXPECT_EQ(records[0].user_agent, "containerd/2.1");
  EXPECT_EQ(records[0].cache_status, "cvr; fwd=miss; stored");
  EXPECT_EQ(records[1].body_bytes, 0);
  EXPECT_EQ(records[2].status, 400);
}

}  // namespace
}  // namespace cvr
