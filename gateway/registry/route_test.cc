#include "gateway/registry/route.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::cvr::testing::IsOk;

const char kHex[] =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

// What was understood, in one line.
std::string Describe(absl::string_view target,
                     const RouteOptions& options = {}) {
  const auto parsed = ParseTarget(target, options);
  if (!parsed.ok()) {
    const Reason reason = ReasonOf(parsed.status());
    return reason == Reason::kNone ? "NOT_FOUND"
                                   : std::string(ReasonName(reason));
  }
  struct Visitor {
    std::string operator()(const RootRoute&) { return "root"; }
    std::string operator()(const HealthRoute&) { return "health"; }
    std::string operator()(const ReadyRoute&) { return "ready"; }
    std::string operator()(const ApiVersionRoute&) { return "version"; }
    std::string operator()(const ContentRoute& r) {
      return absl::StrCat(Number(r.registry_id), " ", r.content.RelativePath(),
                          From(r.source_namespace), By(r.registry_path));
    }
    std::string operator()(const TagsRoute& r) {
      return absl::StrCat(Number(r.registry_id), " tags of ",
                          r.repository.name(), " as ", r.name,
                          From(r.source_namespace), By(r.registry_path));
    }
    std::string operator()(const ReferrersRoute& r) {
      return absl::StrCat(Number(r.registry_id), " referrers in ",
                          r.repository.name(), From(r.source_namespace),
                          By(r.registry_path));
    }
    std::string operator()(const CatalogRoute& r) {
      return absl::StrCat(Number(r.registry_id), " catalog",
                          By(r.registry_path));
    }
    static std::string Number(int64_t id) {
      return id == kNoRegistry ? "none" : absl::StrCat(id);
    }
    static std::string By(const std::string& path) {
      return path.empty() ? "" : absl::StrCat(" by ", path);
    }
    static std::string From(const std::string& host) {
      return host.empty() ? "" : absl::StrCat(" from ", host);
    }
  };
  return std::visit(Visitor(), parsed->route);
}

struct Case {
  std::string target;
  std::string meaning;
};

TEST(RouteTest, EndpointsAreReadFromTheRight) {
  const std::string digest = absl::StrCat("sha256:", kHex);
  const std::string base = "/v2/virtual_registries/containers/7/";
  const std::vector<Case> cases = {
      {"/", "root"},
      {"/healthz", "health"},
      {"/readyz?verbose", "ready"},
      {"/v2", "version"},
      {"/v2/", "version"},
      {"/v2?x", "version"},
      {base + "alpine/manifests/3.20", "7 /alpine/manifests/3.20"},
      {base + "library/alpine/manifests/" + digest,
       "7 /library/alpine/manifests/" + digest},
      {base + "library/alpine/manifests/sha256%3A" + kHex,
       "7 /library/alpine/manifests/" + digest},
      {base + "library/alpine/manifests/sha256%3a" + kHex + "?ns=docker.io",
       "7 /library/alpine/manifests/" + digest + " from docker.io"},
      {base + "library/al%70ine/blobs/" + digest,
       "7 /library/alpine/blobs/" + digest},
      {"/v2/virtual_registries/container/7/a/blobs/" + digest,
       "7 /a/blobs/" + digest},
      // Names that contain the words of endpoints.
      {base + "foo/manifests/bar/manifests/1",
       "7 /foo/manifests/bar/manifests/1"},
      {base + "blobs/blobs/" + digest, "7 /blobs/blobs/" + digest},
      {base + "foo/manifests/tags/list",
       "7 tags of foo/manifests as "
       "virtual_registries/containers/7/foo/manifests"},
      {base + "foo/referrers/blobs/referrers/" + digest,
       "7 referrers in foo/referrers/blobs"},
      {base + "tags/list/tags/list",
       "7 tags of tags/list as virtual_registries/containers/7/tags/list"},
      {base + "tags/list/manifests/1", "7 /tags/list/manifests/1"},
      {base + "a/b/tags/list?n=5&last=x&ns=h%3A80",
       "7 tags of a/b as virtual_registries/containers/7/a/b from h:80"},
      {"/v2/virtual_registries/container/7/a/tags/list",
       "7 tags of a as virtual_registries/container/7/a"},
      {base + "_catalog?n=5", "7 catalog"},
      {"/v2/_catalog", "0 catalog"},
      {base + "a/b/referrers/" + digest, "7 referrers in a/b"},
      {"/v2/virtual_registries/containers/9223372036854775806/a/manifests/1",
       "9223372036854775806 /a/manifests/1"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(Describe(c.target), c.meaning) << c.target;
}

TEST(RouteTest, WhatIsNoEndpointIsRefusedWithAReason) {
  const std::string base = "/v2/virtual_registries/containers/";
  const std::vector<Case> cases = {
      {"", "NOT_FOUND"},
      {"*", "NOT_FOUND"},
      {"/v1/", "NOT_FOUND"},
      {"/v22", "NOT_FOUND"},
      {"/V2/", "NOT_FOUND"},
      {"//v2/", "NOT_FOUND"},
      {"/v2/_catalog/", "NAME_UNKNOWN"},
      {base + "x/_catalog", "NAME_UNKNOWN"},
      {base + "_catalog", "NAME_UNKNOWN"},
      {"/v2/library/alpine/manifests/latest", "NAME_UNKNOWN"},
      {"/v2//virtual_registries/containers/1/a/manifests/1", "NAME_UNKNOWN"},
      {base + "1", "NAME_UNKNOWN"},
      {base + "1/", "NAME_UNKNOWN"},
      {base + "1/manifests/1", "NAME_UNKNOWN"},
      {base + "1/a/manifests/1/", "NAME_UNKNOWN"},
      {base + "1/a/blobs/uploads/", "NAME_UNKNOWN"},
      {base + "1/a/tags/other", "NAME_UNKNOWN"},
      // Registry ids.
      {base + "x/a/manifests/1", "NAME_UNKNOWN"},
      {base + "0/a/manifests/1", "NAME_UNKNOWN"},
      {base + "01/a/manifests/1", "NAME_UNKNOWN"},
      {base + "-1/a/manifests/1", "NAME_UNKNOWN"},
      {base + "+1/a/manifests/1", "NAME_UNKNOWN"},
      {base + "/a/manifests/1", "NAME_UNKNOWN"},
      {base + "9223372036854775808/a/manifests/1", "NAME_UNKNOWN"},
      {base + "99999999999999999999999/a/manifests/1", "NAME_UNKNOWN"},
      // Names.
      {base + "1/A/manifests/1", "NAME_INVALID"},
      {base + "1//a/manifests/1", "NAME_INVALID"},
      {base + "1/a..b/manifests/1", "NAME_INVALID"},
      {base + "1/../manifests/1", "NAME_INVALID"},
      {base + "1/" + std::string(300, 'a') + "/manifests/1", "NAME_INVALID"},
      // Encodings.
      {base + "1/..%2f/manifests/1", "NAME_INVALID"},
      {base + "1/a%2fb/manifests/1", "NAME_INVALID"},
      {base + "1/a%2561/manifests/1", "NAME_INVALID"},
      {base + "1/a%00/manifests/1", "NAME_INVALID"},
      {base + "1/a%0a/manifests/1", "NAME_INVALID"},
      {base + "1/%ff/manifests/1", "NAME_INVALID"},
      {base + "1/\xc3\xa9/manifests/1", "NAME_INVALID"},
      {base + "1/a%/manifests/1", "NAME_INVALID"},
      {base + "1/a%4/manifests/1", "NAME_INVALID"},
      {base + "1/a%zz/manifests/1", "NAME_INVALID"},
      // References.
      {base + "1/a/manifests/-x", "MANIFEST_UNKNOWN"},
      {base + "1/a/manifests/" + std::string(129, 'a'), "MANIFEST_UNKNOWN"},
      {base + "1/a/manifests/sha256:12", "DIGEST_INVALID"},
      {base + "1/a/manifests/md5:" + kHex, "DIGEST_INVALID"},
      {base + "1/a/blobs/latest", "DIGEST_INVALID"},
      {base + "1/a/referrers/latest", "DIGEST_INVALID"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(Describe(c.target), c.meaning) << c.target;
}

// docker's registry-mirrors, and containerd's and podman's without a path.
TEST(RouteTest, RootRegistryAnswersWithoutThePrefix) {
  const std::string digest = absl::StrCat("sha256:", kHex);
  const std::string base = "/v2/virtual_registries/containers/";
  const std::vector<Case> cases = {
      {"/v2/alpine/manifests/3.20", "7 /alpine/manifests/3.20"},
      {"/v2/library/alpine/manifests/3.20?ns=docker.io",
       "7 /library/alpine/manifests/3.20 from docker.io"},
      {"/v2/foo/manifests/bar/blobs/sha256%3A" + std::string(kHex),
       "7 /foo/manifests/bar/blobs/" + digest},
      {"/v2/a/b/tags/list?n=2", "7 tags of a/b as a/b"},
      {"/v2/a/referrers/" + digest, "7 referrers in a"},
      {"/v2/manifests/manifests/1", "7 /manifests/manifests/1"},
      // The prefix keeps its meaning, and so do its errors.
      {base + "9/a/manifests/1", "9 /a/manifests/1"},
      {base + "x/a/manifests/1", "NAME_UNKNOWN"},
      {"/v2/virtual_registries/other/1/a/manifests/1", "NAME_UNKNOWN"},
      {"/v2/virtual_registries/manifests/1", "NAME_UNKNOWN"},
      {"/v2/", "version"},
      {"/v2/_catalog", "0 catalog"},
      {"/v2/manifests/1", "NAME_UNKNOWN"},
      {"/v2/a", "NAME_UNKNOWN"},
      {"/v2/A/manifests/1", "NAME_INVALID"},
      {"/v2//manifests/1", "NAME_INVALID"},
      {"/v2/a/manifests/sha256:12", "DIGEST_INVALID"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(Describe(c.target, {7}), c.meaning) << c.target;
}

// Registry 7 is `acme/team`, registry 8 is `acme/web/hub`.
absl::StatusOr<LocatedRegistry> LocateOne(absl::string_view path) {
  const std::string slashed = absl::StrCat(path, "/");
  if (absl::StartsWith(slashed, "acme/team/")) return LocatedRegistry{7, 2};
  if (absl::StartsWith(slashed, "acme/web/hub/")) return LocatedRegistry{8, 3};
  return absl::NotFoundError("none");
}

TEST(RouteTest, ARegistryIsNamedByItsGroupAndItsName) {
  const std::string digest = absl::StrCat("sha256:", kHex);
  const std::string base = "/v2/virtual_registries/containers/";
  const std::vector<Case> cases = {
      {base + "acme/team/alpine/manifests/3.20",
       "7 /alpine/manifests/3.20 by acme/team/alpine"},
      {base + "acme/te%61m/library/alpine/blobs/" + digest,
       "7 /library/alpine/blobs/" + digest + " by acme/team/library/alpine"},
      {base + "acme/web/hub/a/b/manifests/1?ns=docker.io",
       "8 /a/b/manifests/1 from docker.io by acme/web/hub/a/b"},
      {base + "acme/web/hub/a/tags/list?n=2",
       "8 tags of a as virtual_registries/containers/acme/web/hub/a by "
       "acme/web/hub/a"},
      {"/v2/virtual_registries/container/acme/team/a/tags/list",
       "7 tags of a as virtual_registries/container/acme/team/a by "
       "acme/team/a"},
      {base + "acme/team/a/referrers/" + digest,
       "7 referrers in a by acme/team/a"},
      {base + "acme/team/_catalog?n=5", "7 catalog by acme/team"},
      {base + "acme/web/hub/_catalog", "8 catalog by acme/web/hub"},
      // Names that contain the words of endpoints.
      {base + "acme/team/manifests/manifests/1",
       "7 /manifests/manifests/1 by acme/team/manifests"},
      {base + "acme/team/tags/list/tags/list",
       "7 tags of tags/list as "
       "virtual_registries/containers/acme/team/tags/list by "
       "acme/team/tags/list"},
      {base + "acme/team/a/manifests/_catalog",
       "7 /a/manifests/_catalog by acme/team/a"},
      // Names of none have an id that is nobody's.
      {base + "acme/other/a/b/manifests/1",
       "none /a/b/manifests/1 by acme/other/a/b"},
      {base + "acme/web/hub/manifests/1",
       "none /hub/manifests/1 by acme/web/hub"},
      {base + "acme/team/a/_catalog", "none catalog by acme/team/a"},
      {base + "acme/web/_catalog", "none catalog by acme/web"},
      {base + "x/acme/team/a/tags/list",
       "none tags of team/a as "
       "virtual_registries/containers/x/acme/team/a by x/acme/team/a"},
      {base + "7a/b/c/manifests/1", "none /c/manifests/1 by 7a/b/c"},
      // A number is an id.
      {base + "7/team/a/manifests/1", "7 /team/a/manifests/1"},
      {base + "07/team/a/manifests/1", "NAME_UNKNOWN"},
      // What has no room for a group, a name and a repository.
      {base + "acme/team/manifests/1", "NAME_UNKNOWN"},
      {base + "acme/team/tags/list", "NAME_UNKNOWN"},
      {base + "acme/_catalog", "NAME_UNKNOWN"},
      {base + "acme/team/a", "NAME_UNKNOWN"},
      {base + "acme/team/a/tags/other", "NAME_UNKNOWN"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(Describe(c.target, {0, LocateOne}), c.meaning) << c.target;
}

// Whether there is such a registry must not be seen by what is refused.
TEST(RouteTest, WhatIsWrongWithAPathIsSoWhereverTheNameEnds) {
  int asked = 0;
  const RouteOptions options{0, [&](absl::string_view path) {
                               ++asked;
                               return LocateOne(path);
                             }};
  const std::string long_name(130, 'a');
  const std::string base = "/v2/virtual_registries/containers/acme/";
  for (const std::string& rest :
       {std::string("/a/A/manifests/1"), std::string("//a/manifests/1"),
        std::string("/A/_catalog"), std::string("/a/manifests/-x"),
        std::string("/a/blobs/latest"), std::string("/a/manifests/sha256:12"),
        std::string("/a/manifests/1?ns=%"), std::string("/a%2fb/manifests/1"),
        absl::StrCat("/", long_name, "/", long_name, "/manifests/1")}) {
    const auto known = ParseTarget(base + "team" + rest, options);
    const auto unknown = ParseTarget(base + "meat" + rest, options);
    ASSERT_FALSE(known.ok()) << rest;
    EXPECT_EQ(absl::StrReplaceAll(known.status().message(), {{"team", "meat"}}),
              unknown.status().message());
    EXPECT_EQ(ReasonOf(known.status()), ReasonOf(unknown.status()));
  }
  EXPECT_EQ(asked, 0);
}

TEST(RouteTest, WithoutAnAnswerAboutANameThereIsNoRoute) {
  const RouteOptions options{
      0, [](absl::string_view) { return absl::UnavailableError("away"); }};
  const std::string base = "/v2/virtual_registries/containers/";
  for (const char* const path :
       {"acme/team/a/manifests/1", "acme/team/_catalog"}) {
    EXPECT_EQ(ParseTarget(base + path, options).status(),
              absl::UnavailableError("away"));
  }
  EXPECT_THAT(ParseTarget(base + "7/a/manifests/1", options), IsOk());
}

TEST(RouteTest, SourceNamespaceIsAHostOrAnError) {
  const auto with = [](absl::string_view query) {
    return Describe(absl::StrCat("/v2/a/manifests/1?", query), {7});
  };
  for (const char* host :
       {"docker.io", "Docker.IO", "localhost:5000", "10.0.0.1", "[::1]:5000",
        "[2001:db8::1]", "xn--bcher-kva.example", "a_b.test"}) {
    EXPECT_EQ(with(absl::StrCat("ns=", host)),
              absl::StrCat("7 /a/manifests/1 from ", host));
  }
  EXPECT_EQ(with("ns="), "7 /a/manifests/1");
  EXPECT_EQ(with("ns"), "7 /a/manifests/1");
  EXPECT_EQ(with("x=1&ns=a&ns=a"), "7 /a/manifests/1 from a");
  for (const char* bad :
       {"https://docker.io", "docker.io/library", "a b", "a%20b", "a%0d%0ab",
        "%", "a%", "user@host", "a:", "a:0", "a:65536", "a:x", ":80", "-a",
        "a..b", "[::1", "[]", "a&ns=b", "\xc3\xa9"}) {
    EXPECT_EQ(with(absl::StrCat("ns=", bad)), "NAME_INVALID") << bad;
  }
  // Nothing is pulled, so nothing is scoped.
  EXPECT_EQ(Describe("/v2/?ns=%"), "version");
}

TEST(RouteTest, QueryIsKeptAsSent) {
  const auto parsed = ParseTarget("/v2/?ns=docker.io&x=%2F?");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->query, "ns=docker.io&x=%2F?");
}

TEST(RouteTest, ErrorsRepeatNothingThatIsNotVisibleAscii) {
  const auto parsed = ParseTarget(absl::StrCat(
      "/v2/virtual_registries/containers/1/a\x1b[31m%ff\xff/", "manifests/1"));
  for (const char c : parsed.status().message()) {
    EXPECT_TRUE(c >= ' ' && c <= '~') << parsed.status();
  }
}

TEST(RouteTest, RegistryTargetsAreKnownEvenWhenRefused) {
  EXPECT_TRUE(IsRegistryTarget("/v2"));
  EXPECT_TRUE(IsRegistryTarget("/v2/%"));
  EXPECT_FALSE(IsRegistryTarget("/v2x"));
  EXPECT_FALSE(IsRegistryTarget("/?/v2/"));
  EXPECT_FALSE(IsRegistryTarget(""));
}

}  // namespace
}  // namespace cvr
