#include "gateway/request_share.h"

#include <string>

#include "gtest/gtest.h"

namespace cvr {
namespace {

TEST(RequestShareTest, LanesFollowWhoIsAsked) {
  struct Case {
    const char* target;
    const char* lane;
    const char* kind;
  };
  const std::string base = "/v2/virtual_registries/containers/";
  for (const Case& c : {
           Case{"/v2/", "logins", ""},
           Case{"/v2?x", "logins", ""},
           Case{"/jwt/auth?service=x", "logins", ""},
           Case{"/api/v4/x", "administration", ""},
           Case{"/v2/_catalog?n=1", "catalogs", ""},
           Case{"/v2/virtual_registries/containers/7/_catalog", "catalogs", ""},
           Case{"/v2/virtual_registries/containers/7/a/manifests/1",
                "registry 7", ""},
           Case{"/v2/virtual_registries/container/7/a/blobs/x", "registry 7",
                ""},
           Case{"/v2/virtual_registries/containers/7/a/tags/list?n=1",
                "registry 7", "lists"},
           Case{"/v2/virtual_registries/containers/7/a/referrers/x",
                "registry 7", "lists"},
           Case{"/v2/library/alpine/manifests/1", "registry 3", ""},
           Case{"/v2/virtual_registries/containers/x/a/manifests/1",
                "other requests", ""},
           Case{"/v2/virtual_registries/containers/77777777777777777777/a/b/c",
                "other requests", ""},
           Case{"/", "other requests", ""},
           Case{"*", "other requests", ""},
       }) {
    const RequestShare share = ShareOfTarget(c.target, 3);
    EXPECT_EQ(share.lane, c.lane) << c.target;
    EXPECT_EQ(share.kind, c.kind) << c.target;
  }
}

TEST(RequestShareTest, HealthIsReadAtTwoPaths) {
  const auto is_health = [](const char* method, const char* target) {
    HttpRequest request;
    request.method = method;
    request.target = target;
    return IsHealthRequest(request);
  };
  EXPECT_TRUE(is_health("GET", "/healthz"));
  EXPECT_TRUE(is_health("HEAD", "/readyz?verbose"));
  EXPECT_FALSE(is_health("POST", "/healthz"));
  EXPECT_FALSE(is_health("GET", "/healthz/x"));
}

}  // namespace
}  // namespace cvr
