#include "gateway/registry/request_share.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

TEST(RequestShareTest, LanesFollowWhoIsAsked) {
  struct Case {
    const char* target;
    const char* queue;
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
           Case{"/v2/virtual_registries/containers/x", "other requests", ""},
           Case{"/v2/virtual_registries/containers//x/a/manifests/1",
                "other requests", ""},
           Case{"/v2/virtual_registries/containers/a/b/_catalog", "catalogs",
                ""},
           Case{"/v2/virtual_registries/containers/77777777777777777777/a/b/c",
                "other requests", ""},
           Case{"/", "other requests", ""},
           Case{"*", "other requests", ""},
       }) {
    const RequestShare share = ShareOfTarget(c.target, 3, RegistryQueues());
    EXPECT_EQ(share.queue, c.queue) << c.target;
    EXPECT_EQ(share.kind, c.kind) << c.target;
  }
}

// Each has one by group and name, whatever follows; of all that somebody may
// make up, no more than there are.
TEST(RequestShareTest, NamesHaveABoundedNumberOfLanes) {
  RegistryQueues known;
  const auto share = [&](const std::string& path) {
    return ShareOfTarget("/v2/virtual_registries/containers/" + path, 3, known);
  };
  const std::string queue = share("acme/team/a/manifests/1").queue;
  EXPECT_EQ(share("acme/team/b/c/blobs/x?ns=y").queue, queue);
  EXPECT_EQ(share("acme/team/a/tags/list").queue, queue);
  EXPECT_EQ(share("acme/team/a/tags/list").kind, "lists");
  EXPECT_EQ(ShareOfTarget("/v2/virtual_registries/container/acme/team/a/b/c", 3,
                          known)
                .queue,
            queue);
  std::set<std::string> queues;
  for (int i = 0; i < 20'000; ++i) {
    queues.insert(share(absl::StrCat("acme/x", i, "/a/manifests/1")).queue);
  }
  EXPECT_GT(queues.size(), 900);
  EXPECT_LE(queues.size(), 1024);
  EXPECT_EQ(queues.count("registry 3"), 0);
}

// In nested groups as well; other names are not taken for it.
TEST(RequestShareTest, ARegistryThatWasFoundHasOneLane) {
  RegistryQueues known(/*names_max=*/2);
  const auto queue = [&](const std::string& path) {
    return ShareOfTarget("/v2/virtual_registries/containers/" + path, 3, known)
        .queue;
  };
  known.Learn("acme/web/hub/library", {7, 3});
  known.Learn("acme/team", {8, 2});
  EXPECT_EQ(queue("acme/web/hub/a/manifests/1"), "registry 7");
  EXPECT_EQ(queue("7/a/manifests/1"), "registry 7");
  EXPECT_EQ(queue("acme/team/a/b/tags/list"), "registry 8");
  for (const char* const other :
       {"acme/web/hubs/a/manifests/1", "acme/web/bun/a/manifests/1",
        "acme/teams/a/manifests/1"}) {
    EXPECT_EQ(queue(other).substr(0, 5), "name ") << other;
  }
  // It gets another name, and somebody else that one.
  known.Learn("acme/team/a", {9, 2});
  EXPECT_EQ(queue("acme/team/a/b/tags/list"), "registry 9");
  // One is forgotten when there are too many.
  known.Learn("acme/third/a", {10, 2});
  EXPECT_EQ(queue("acme/third/a/b/c"), "registry 10");
  EXPECT_NE(queue("acme/web/hub/a/manifests/1") == "registry 7",
            queue("acme/team/a/manifests/1") == "registry 9");
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
