// Tags, referrers and the catalog as clients get them, over real sockets.

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gateway/gateway_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/errors.h"
#include "tests/support/waiting/eventually.h"

namespace cvr {
namespace {

using ::nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

using Names = std::vector<std::string>;

constexpr char kAlpine[] = "library/alpine";
constexpr char kAlpineName[] = "virtual_registries/containers/1/library/alpine";

class GatewayListsTest : public GatewayTest {
 protected:
  std::string TagsUrl(absl::string_view query = "") {
    return absl::StrCat(kPrefix, "/tags/list", query);
  }
  std::string ReferrersUrl(absl::string_view query = "") {
    return absl::StrCat(kPrefix, "/referrers/", manifest_.ToString(), query);
  }

  // Every field but those that differ by time.
  static std::vector<std::string> FieldsOf(const RawReply& reply) {
    std::vector<std::string> fields;
    for (const auto& [name, value] : reply.fields) {
      if (name != "Date") fields.push_back(absl::StrCat(name, ": ", value));
    }
    return fields;
  }

  // Follows Link fields, as clients do; at most `most` of them.
  Names Walk(std::string target, absl::string_view member, int most = 50) {
    Names walked;
    for (; most > 0; --most) {
      const RawReply reply = Get(target);
      EXPECT_EQ(reply.status, 200) << target << reply.body;
      const Names some = json::parse(reply.body)[std::string(member)];
      walked.insert(walked.end(), some.begin(), some.end());
      const std::string link = reply.Field("Link");
      if (link == "<none>") return walked;
      EXPECT_TRUE(absl::EndsWith(link, ">; rel=\"next\"")) << link;
      target = link.substr(1, link.find('>') - 1);
    }
    ADD_FAILURE() << "no end of pages";
    return walked;
  }
};

// --- Tags.

TEST_F(GatewayListsTest, TagsAreListedUnderTheNameInTheRequest) {
  registry_.PutTags(kAlpine, {"3.20", "edge", "latest"});
  const RawReply reply = Get(TagsUrl());
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Field("Content-Type"), "application/json");
  EXPECT_EQ(reply.Field("Docker-Distribution-API-Version"), "registry/2.0");
  EXPECT_EQ(reply.Field("Link"), "<none>");
  EXPECT_EQ(
      json::parse(reply.body),
      (json{{"name", kAlpineName}, {"tags", {"3.20", "edge", "latest"}}}));
  EXPECT_EQ(registry_.pulls(), 0);
  // The reply may be here a moment before its stream is closed.
  EXPECT_TRUE(testing::Eventually([&] { return registry_.open_streams() == 0; },
                                  "the stream is closed"));
}

TEST_F(GatewayListsTest, RepositoryWithoutTagsHasAnEmptyListNotNull) {
  registry_.PutTags(kAlpine, {});
  EXPECT_EQ(json::parse(Get(TagsUrl()).body)["tags"], json::array());
}

TEST_F(GatewayListsTest, PagesLeadFromOneToTheNextOnOurOwnPaths) {
  registry_.PutTags(kAlpine, {"a", "b", "c", "d", "e"});
  const RawReply reply = Get(TagsUrl("?n=2&last=a&foo=bar"));
  EXPECT_EQ(reply.Field("Link"),
            absl::StrCat("<", kPrefix, "/tags/list?n=2&last=c>; rel=\"next\""));
  EXPECT_EQ(json::parse(reply.body)["tags"], json({"b", "c"}));
  for (const int n : {1, 2, 4, 5, 6}) {
    EXPECT_THAT(Walk(TagsUrl(absl::StrCat("?n=", n)), "tags"),
                ElementsAre("a", "b", "c", "d", "e"))
        << n;
  }
}

TEST_F(GatewayListsTest, LastPageHasNoLink) {
  registry_.PutTags(kAlpine, {"a", "b", "c", "d"});
  EXPECT_EQ(Get(TagsUrl("?n=4")).Field("Link"), "<none>");
  EXPECT_EQ(Get(TagsUrl("?n=2&last=b")).Field("Link"), "<none>");
  EXPECT_EQ(json::parse(Get(TagsUrl("?last=bb")).body)["tags"],
            json({"c", "d"}));
  EXPECT_EQ(json::parse(Get(TagsUrl("?last=zzz")).body)["tags"], json::array());
}

TEST_F(GatewayListsTest, PageOfNoneIsEmptyWithoutALink) {
  registry_.PutTags(kAlpine, {"a"});
  const RawReply reply = Get(TagsUrl("?n=0"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Field("Link"), "<none>");
  EXPECT_EQ(json::parse(reply.body)["tags"], json::array());
}

TEST_F(GatewayListsTest, PagesThatAreNoneAre400) {
  registry_.PutTags(kAlpine, {"a"});
  for (const char* query : {"?n=-1", "?n=x", "?n=1&n=2", "?last=%"}) {
    for (const std::string& target :
         {TagsUrl(query), absl::StrCat("/v2/_catalog", query)}) {
      const RawReply reply = Get(target);
      EXPECT_EQ(reply.status, 400) << target;
      EXPECT_EQ(OciCode(reply), "UNSUPPORTED");
    }
  }
  EXPECT_EQ(registry_.fetches(), 0);
}

TEST_F(GatewayListsTest, HeadOfAListIsItsGetWithoutTheBody) {
  registry_.PutTags(kAlpine, {"a", "b"});
  registry_.PutReferrers(kAlpine, manifest_, R"({"manifests":[]})");
  registry_.AddRepository(1, "a");
  registry_.AddRepository(1, "b");
  for (const std::string& target :
       {TagsUrl(), TagsUrl("?n=1"), ReferrersUrl(),
        ReferrersUrl("?artifactType=a/b"), std::string("/v2/_catalog?n=1"),
        std::string("/v2/"), TagsUrl("?n=x")}) {
    Get(target);  // From here on all is a hit.
    const RawReply get = Get(target);
    const RawReply head = Request("HEAD", target);
    EXPECT_EQ(head.status, get.status) << target;
    EXPECT_THAT(FieldsOf(head), UnorderedElementsAreArray(FieldsOf(get)));
    EXPECT_EQ(get.Field("Content-Length"), absl::StrCat(get.body.size()));
  }
}

TEST_F(GatewayListsTest, StaleListsSaySo) {
  registry_.PutTags(kAlpine, {"a"});
  registry_.PutReferrers(kAlpine, manifest_, R"({"manifests":[]})");
  registry_.set_cache_status(CacheStatus::kStale);
  for (const std::string& target :
       {TagsUrl(), ReferrersUrl(), ReferrersUrl("?artifactType=x")}) {
    const RawReply stale = Get(target);
    EXPECT_EQ(stale.status, 200) << target;
    EXPECT_EQ(stale.Field("Cache-Status"), "cvr; hit; detail=stale");
    EXPECT_THAT(stale.Field("Warning"), HasSubstr("299 - \""));
  }
  registry_.set_cache_status(CacheStatus::kMiss);
  EXPECT_EQ(Get(TagsUrl()).Field("Warning"), "<none>");
  EXPECT_EQ(Get(TagsUrl()).Field("Cache-Status"), "cvr; fwd=miss; stored");
}

TEST_F(GatewayListsTest, FailuresOfListsAreToldAsForContent) {
  const std::vector<std::pair<absl::Status, int>> cases = {
      {errors::UpstreamUnavailable("hub", "refused"), 503},
      {errors::UpstreamRateLimited("hub", absl::Seconds(5)), 429},
      {errors::UpstreamRefused("hub", "401"), 403},
      {errors::UpstreamInvalid("hub", "endless"), 502},
      {absl::DeadlineExceededError("late"), 504}};
  for (const auto& [error, status] : cases) {
    registry_.set_fetch_error(error);
    EXPECT_EQ(Get(TagsUrl()).status, status) << error;
    EXPECT_EQ(Get(ReferrersUrl()).status, status) << error;
    EXPECT_EQ(Get(ReferrersUrl("?artifactType=x")).status, status) << error;
  }
  registry_.set_fetch_error(errors::ManifestUnknown("a", "list"));
  const RawReply unknown = Get(TagsUrl());
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(OciCode(unknown), "NAME_UNKNOWN");
}

// A page cut short would look like the whole list.
TEST_F(GatewayListsTest, ListThatBreaksOffIsAnError) {
  registry_.PutTags(kAlpine, {"aaaa", "bbbb", "cccc"});
  registry_.set_chunk_bytes(7);
  registry_.set_stream_hook([](uint64_t offset) {
    return offset < 14 ? absl::OkStatus()
                       : errors::UpstreamUnavailable("hub", "reset");
  });
  EXPECT_EQ(Get(TagsUrl()).status, 503);
  EXPECT_EQ(Get(TagsUrl("?n=1")).status, 503);
}

// Nor does it end cleanly where a list is so long that it is sent as it comes.
TEST_F(GatewayListsTest, LongListThatBreaksOffEndsShort) {
  Names tags;
  for (int i = 10000; i < 30000; ++i) tags.push_back(absl::StrCat("v", i));
  registry_.PutTags(kAlpine, tags);
  const RawReply whole = Get(TagsUrl());
  EXPECT_TRUE(whole.complete);
  EXPECT_EQ(json::parse(whole.body)["tags"], json(tags));
  registry_.set_stream_hook([](uint64_t offset) {
    return offset < 100000 ? absl::OkStatus()
                           : errors::UpstreamUnavailable("hub", "reset");
  });
  const RawReply cut = Get(TagsUrl());
  EXPECT_EQ(cut.status, 200);
  EXPECT_FALSE(cut.complete);
}

// --- Referrers.

constexpr char kReferrers[] =
    R"({"schemaVersion":2,)"
    R"("mediaType":"application/vnd.oci.image.index.v1+json",)"
    R"("manifests":[{"digest":"sha256:1","artifactType":"a/sbom+json"},)"
    R"({"digest":"sha256:2","artifactType":"a/sig"},{"digest":"sha256:3"}]})";

Names DigestsIn(const RawReply& reply) {
  Names digests;
  const json index = json::parse(reply.body);
  for (const auto& descriptor : index["manifests"]) {
    digests.push_back(descriptor["digest"]);
  }
  return digests;
}

TEST_F(GatewayListsTest, ReferrersComeAsTheyAre) {
  registry_.PutReferrers(kAlpine, manifest_, kReferrers);
  for (const char* query : {"", "?artifactType=", "?other=1"}) {
    const RawReply reply = Get(ReferrersUrl(query));
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, kReferrers);
    EXPECT_EQ(reply.Field("Content-Type"), kIndexType);
    EXPECT_EQ(reply.Field("OCI-Filters-Applied"), "<none>");
  }
  EXPECT_EQ(registry_.pulls(), 0);
}

TEST_F(GatewayListsTest, ReferrersAreFilteredOnRequestAndSaySo) {
  registry_.PutReferrers(kAlpine, manifest_, kReferrers);
  const RawReply sbom = Get(ReferrersUrl("?artifactType=a/sbom%2Bjson"));
  EXPECT_THAT(DigestsIn(sbom), ElementsAre("sha256:1"));
  EXPECT_EQ(sbom.Field("OCI-Filters-Applied"), "artifactType");
  EXPECT_EQ(sbom.Field("Content-Type"), kIndexType);
  EXPECT_THAT(DigestsIn(Get(ReferrersUrl("?artifactType=a/sbom+json"))),
              ElementsAre("sha256:1"));
  EXPECT_THAT(DigestsIn(Get(ReferrersUrl("?artifactType=a/none"))), IsEmpty());
}

TEST_F(GatewayListsTest, NoReferrersAreAnEmptyIndex) {
  for (const char* query : {"", "?artifactType=a/b"}) {
    const RawReply reply = Get(ReferrersUrl(query));
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.Field("Content-Type"), kIndexType);
    EXPECT_THAT(DigestsIn(reply), IsEmpty());
    EXPECT_EQ(json::parse(reply.body)["schemaVersion"], 2);
  }
}

TEST_F(GatewayListsTest, ReferrersOfNothingThatCanBeAreErrors) {
  EXPECT_EQ(Get(absl::StrCat("/v2/virtual_registries/containers/2/a/referrers/",
                             manifest_.ToString()))
                .status,
            404);
  const RawReply bad = Get(absl::StrCat(kPrefix, "/referrers/sha256:short"));
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(OciCode(bad), "DIGEST_INVALID");
  EXPECT_EQ(Get(ReferrersUrl("?artifactType=%zz")).status, 400);
}

// --- The catalog.

class GatewayCatalogTest : public GatewayListsTest {
 protected:
  GatewayCatalogTest() {
    for (const char* name : {"zoo", "library/alpine", "a"}) {
      registry_.AddRepository(2, name);
    }
    registry_.AddRepository(1, "library/alpine");
    registry_.AddRepository(1, "library/busybox");
    registry_.AddRepository(10, "x");
  }

  static std::string Named(int id, absl::string_view name) {
    return absl::StrCat("virtual_registries/containers/", id, "/", name);
  }
};

TEST_F(GatewayCatalogTest, RepositoriesAreNamedAsClientsPullThem) {
  const RawReply reply = Get("/v2/_catalog");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Field("Content-Type"), "application/json");
  EXPECT_EQ(reply.Field("Link"), "<none>");
  EXPECT_EQ(json::parse(reply.body)["repositories"],
            json({Named(1, "library/alpine"), Named(1, "library/busybox"),
                  Named(2, "a"), Named(2, "library/alpine"), Named(2, "zoo"),
                  Named(10, "x")}));
}

TEST_F(GatewayCatalogTest, PagesTogetherAreTheCatalog) {
  const Names all = json::parse(Get("/v2/_catalog").body)["repositories"];
  for (const int n : {1, 2, 4, 5, 6, 7}) {
    EXPECT_EQ(Walk(absl::StrCat("/v2/_catalog?n=", n), "repositories"), all)
        << n;
  }
  const RawReply none = Get("/v2/_catalog?n=0");
  EXPECT_EQ(json::parse(none.body)["repositories"], json::array());
  EXPECT_EQ(none.Field("Link"), "<none>");
}

TEST_F(GatewayCatalogTest, LastNeedNotExistButMustBeAPlaceInTheOrder) {
  const std::string last = Named(2, "b");
  EXPECT_EQ(
      json::parse(Get("/v2/_catalog?last=" + last).body)["repositories"],
      json({Named(2, "library/alpine"), Named(2, "zoo"), Named(10, "x")}));
  for (const char* bad : {"b", "virtual_registries/containers/x/a",
                          "virtual_registries/containers/0/a"}) {
    EXPECT_EQ(Get(absl::StrCat("/v2/_catalog?last=", bad)).status, 400) << bad;
  }
}

TEST_F(GatewayCatalogTest, RegistryHasACatalogOfItsOwn) {
  const std::string target = "/v2/virtual_registries/containers/2/_catalog";
  for (const char* query : {"", "?n=1", "?n=2", "?n=3"}) {
    EXPECT_THAT(
        Walk(target + query, "repositories"),
        ElementsAre(Named(2, "a"), Named(2, "library/alpine"), Named(2, "zoo")))
        << query;
  }
  EXPECT_EQ(Get(target + "?last=" + Named(1, "a")).status, 400);
  const RawReply unknown = Get("/v2/virtual_registries/containers/3/_catalog");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(OciCode(unknown), "NAME_UNKNOWN");
}

TEST_F(GatewayCatalogTest, RootRegistryComesFirstAndByBareNames) {
  Gateway::Options options = Options();
  options.root_registry_id = 2;
  StartGateway(options);
  for (const char* query : {"", "?n=1", "?n=2", "?n=3", "?n=4", "?n=9"}) {
    EXPECT_THAT(
        Walk(absl::StrCat("/v2/_catalog", query), "repositories"),
        ElementsAre("a", "library/alpine", "zoo", Named(1, "library/alpine"),
                    Named(1, "library/busybox"), Named(10, "x")))
        << query;
  }
  EXPECT_THAT(
      Walk("/v2/virtual_registries/containers/2/_catalog?n=2", "repositories"),
      ElementsAre(Named(2, "a"), Named(2, "library/alpine"), Named(2, "zoo")));
}

TEST_F(GatewayCatalogTest, RootRegistryThatIsGoneHidesNobody) {
  Gateway::Options options = Options();
  options.root_registry_id = 7;
  StartGateway(options);
  EXPECT_EQ(Walk("/v2/_catalog?n=4", "repositories").size(), 6);
}

TEST_F(GatewayCatalogTest, LongCatalogsAreCutWhateverIsAskedFor) {
  for (int i = 0; i < 2500; ++i) {
    registry_.AddRepository(5, absl::StrCat("r", i));
  }
  for (const char* query : {"", "?n=99999"}) {
    const RawReply reply = Get(absl::StrCat("/v2/_catalog", query));
    EXPECT_EQ(json::parse(reply.body)["repositories"].size(), 1000);
    EXPECT_THAT(reply.Field("Link"), HasSubstr("?n=1000&last="));
    EXPECT_EQ(Walk(absl::StrCat("/v2/_catalog", query), "repositories").size(),
              2506);
  }
}

}  // namespace
}  // namespace cvr
