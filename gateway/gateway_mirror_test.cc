// The gateway as a mirror of other registries: bare names and `?ns=`.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/gateway_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/errors.h"

namespace cvr {
namespace {

class GatewayMirrorTest : public GatewayTest {
 protected:
  void SetUp() override { StartRootGateway(); }
};

// What dockerd asks of a registry mirror.
TEST_F(GatewayMirrorTest, RootRegistryIsPulledFromByBareNames) {
  EXPECT_EQ(Get("/v2/").status, 200);
  const RawReply head = Request("HEAD", "/v2/library/alpine/manifests/3.20");
  EXPECT_EQ(head.Field("Docker-Content-Digest"), manifest_.ToString());
  EXPECT_EQ(Get("/v2/library/alpine/manifests/" + manifest_.ToString()).body,
            manifest_bytes_);
  EXPECT_EQ(Get("/v2/library/alpine/blobs/" + layer_.ToString()).body,
            layer_bytes_);
  EXPECT_EQ(Get("/v2/library/alpine/referrers/" + manifest_.ToString()).status,
            200);
  EXPECT_EQ(Request("POST", "/v2/library/alpine/blobs/uploads/").status, 405);
  // Both names are of one registry.
  EXPECT_EQ(Get(ManifestUrl(manifest_.ToString())).Field("Cache-Status"),
            "cvr; hit");
}

TEST_F(GatewayMirrorTest, TagsOfTheRootRegistryHaveBareNamesAndLinks) {
  registry_.PutTags("library/alpine", {"a", "b"});
  registry_.set_source_namespaces({"docker.io"});
  const RawReply reply = Get("/v2/library/alpine/tags/list?n=1&ns=docker.io");
  EXPECT_EQ(nlohmann::json::parse(reply.body)["name"], "library/alpine");
  EXPECT_EQ(reply.Field("Link"),
            "</v2/library/alpine/tags/list?n=1&last=a&ns=docker.io>; "
            "rel=\"next\"");
}

TEST_F(GatewayMirrorTest, BareNamesAreUnknownWithoutARootRegistry) {
  StartGateway(Options());
  for (const char* target :
       {"/v2/library/alpine/manifests/3.20", "/v2/library/alpine/tags/list"}) {
    const RawReply reply = Get(target);
    EXPECT_EQ(reply.status, 404);
    EXPECT_EQ(OciCode(reply), "NAME_UNKNOWN");
  }
  EXPECT_EQ(registry_.resolves(), 0);
}

// containerd's hosts.toml: a mirror at the root, or with override_path under a
// virtual registry's path.
TEST_F(GatewayMirrorTest, SourceNamespaceIsPassedOnAndEchoed) {
  registry_.set_source_namespaces({"docker.io", "localhost:5000"});
  registry_.PutTags("library/alpine", {"a"});
  for (const std::string base : {"/v2/library/alpine", kPrefix}) {
    for (const std::string& path :
         {absl::StrCat("/manifests/3.20"),
          absl::StrCat("/manifests/", manifest_.ToString()),
          absl::StrCat("/blobs/", layer_.ToString()), std::string("/tags/list"),
          absl::StrCat("/referrers/", manifest_.ToString())}) {
      for (const char* method : {"GET", "HEAD"}) {
        const RawReply reply =
            Request(method, absl::StrCat(base, path, "?ns=localhost%3A5000"));
        EXPECT_EQ(reply.status, 200) << base << path;
        EXPECT_EQ(reply.Field("OCI-Namespace"), "localhost:5000");
        EXPECT_EQ(registry_.last_resolve().source_namespace, "localhost:5000");
        EXPECT_EQ(registry_.last_resolve().registry_id, 1);
        EXPECT_EQ(Get(base + path).Field("OCI-Namespace"), "<none>");
      }
    }
  }
}

TEST_F(GatewayMirrorTest, HostsHaveNoCaseButAreEchoedAsSent) {
  registry_.set_source_namespaces({"docker.io"});
  const RawReply reply = Get("/v2/library/alpine/manifests/3.20?ns=Docker.IO");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Field("OCI-Namespace"), "Docker.IO");
}

// With containerd's `_default` a mirror is asked for registries of any name.
TEST_F(GatewayMirrorTest, UnknownSourceNamespaceIs404AndNobodyIsAsked) {
  registry_.set_source_namespaces({"docker.io"});
  for (const char* path :
       {"/manifests/3.20", "/tags/list",
        "/blobs/"
        "sha256:"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "/referrers/"
        "sha256:"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}) {
    const RawReply reply =
        Get(absl::StrCat("/v2/library/alpine", path, "?ns=evil.example"));
    EXPECT_EQ(reply.status, 404) << path;
    EXPECT_EQ(OciCode(reply), "NAME_UNKNOWN");
    EXPECT_EQ(reply.Field("OCI-Namespace"), "<none>");
  }
  EXPECT_EQ(registry_.fetches(), 0);
  EXPECT_EQ(registry_.reads(), 0);
}

TEST_F(GatewayMirrorTest, SourceNamespaceThatIsNoHostIs400) {
  const RawReply reply =
      Get("/v2/library/alpine/manifests/3.20?ns=https://docker.io/");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(OciCode(reply), "NAME_INVALID");
  EXPECT_EQ(registry_.resolves(), 0);
}

TEST_F(GatewayMirrorTest, ErrorsOfHonouredNamespacesEchoThem) {
  registry_.set_source_namespaces({"docker.io"});
  const std::string query = "?ns=docker.io";
  const RawReply missing = Get("/v2/library/alpine/manifests/none" + query);
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(OciCode(missing), "MANIFEST_UNKNOWN");
  EXPECT_EQ(missing.Field("OCI-Namespace"), "docker.io");
  EXPECT_EQ(Get("/v2/none/tags/list" + query).Field("OCI-Namespace"),
            "docker.io");
  registry_.set_fetch_error(errors::UpstreamUnavailable("hub", "down"));
  EXPECT_EQ(
      Get("/v2/library/alpine/manifests/3.20" + query).Field("OCI-Namespace"),
      "docker.io");
  registry_.set_resolve_error(
      WithReason(absl::PermissionDeniedError("rule"), Reason::kDenied));
  const RawReply denied = Get("/v2/library/alpine/manifests/3.20" + query);
  EXPECT_EQ(denied.status, 403);
  EXPECT_EQ(denied.Field("OCI-Namespace"), "docker.io");
  registry_.set_resolve_error(absl::UnavailableError("no metadata"));
  EXPECT_EQ(
      Get("/v2/library/alpine/manifests/3.20" + query).Field("OCI-Namespace"),
      "<none>");
}

}  // namespace
}  // namespace cvr
