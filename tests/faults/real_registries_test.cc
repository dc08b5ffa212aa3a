// Registries as they are: how they tell sizes, cut lists into pages, and send
// manifests. REGRESSIONS.md tells where each was met; credentials_test.cc has
// what they answer for what is not for us.

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/faults/several_upstreams.h"
#include "tests/support/waiting/eventually.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kIndexType[] = "application/vnd.oci.image.index.v1+json";

class SizesTest : public SeveralUpstreams {
 protected:
  const std::unique_ptr<Source> upstream_ = Add(Remembering({}));

  void AnswerBlobs(const FakeAnswer& answer,
                   int times = FakeRegistry::kAlways) {
    upstream_->fake().Answer({"GET", "/blobs/"}, answer, times);
  }
  HttpResponse GetRange(const std::string& path, const std::string& range) {
    return installation().Get(registry_, path,
                              {absl::StrCat("Range: ", range)});
  }
  void ExpectNoHead() {
    EXPECT_EQ(upstream_->fake().CountRequests({"HEAD", "/blobs/"}), 0);
  }
};

TEST_F(SizesTest, EmptyBlobsWork) {
  const Digest empty = Digest::OfBytes("");
  upstream_->fake().AddBlob("library/app", "");
  upstream_->fake().AddBlob("library/other", "");
  const std::string path = absl::StrCat("library/app/blobs/", empty.ToString());
  AnswerBlobs(FakeAnswer::Status(416, {{"Content-Range", "bytes */0"}}), 1);
  const HttpResponse head = installation().Head(registry_, path);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-length"), "0");
  ExpectContent(Get(path), "");
  upstream_->AwaitEntry(path);
  ExpectContent(Get(path), "");
  EXPECT_EQ(GetRange(path, "bytes=0-0").status, 416);
  const std::string other =
      absl::StrCat("library/other/blobs/", empty.ToString());
  AnswerBlobs(FakeAnswer::Status(416, {{"Content-Range", "bytes */0"}}), 1);
  ExpectContent(Get(other), "");
  ExpectNoHead();
}

// How registries tell how large a blob is when they are asked for one byte.
TEST_F(SizesTest, AColdHeadFindsTheSizeHoweverItIsTold) {
  FakeAnswer ignored;
  ignored.ignore_range = true;
  FakeAnswer chunked = ignored;
  chunked.chunked = true;
  const std::string bytes = TestImage::Named("size").blob;
  const std::string size = absl::StrCat(bytes.size());
  const std::vector<std::pair<std::string, FakeAnswer>> answers = {
      {"200 with a length", ignored},
      {"200 chunked", chunked},
      {"200 with a Content-Range",
       FakeAnswer::Status(
           200, {{"Content-Range", absl::StrCat("bytes 0-0/", size)}}, "x")},
      {"206 that is larger",
       FakeAnswer::Status(206,
                          {{"Content-Range", absl::StrCat("bytes 0-9/", size)}},
                          bytes.substr(0, 10))},
      {"416 with the size",
       FakeAnswer::Status(416,
                          {{"Content-Range", absl::StrCat("bytes */", size)}})},
  };
  for (const auto& [name, answer] : answers) {
    SCOPED_TRACE(name);
    const TestImage image = ImageNamed(name);
    ASSERT_EQ(image.blob.size(), bytes.size());
    upstream_->Add(image, "v1");
    AnswerBlobs(answer, name == "200 chunked" ? 2 : 1);
    const HttpResponse head = installation().Head(registry_, BlobPath(image));
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.header("content-length"), size);
    upstream_->fake().ClearAnswers();
    ExpectContent(Get(BlobPath(image)), image.blob);
  }
  // Not even a 416 that says nothing.
  const TestImage image = ImageNamed("416 without");
  upstream_->Add(image, "v1");
  AnswerBlobs(FakeAnswer::Status(416), 1);
  EXPECT_EQ(
      installation().Head(registry_, BlobPath(image)).header("content-length"),
      size);
  ExpectNoHead();
}

// A body that breaks off is continued with less than was asked for.
TEST_F(SizesTest, AResumedDownloadTakesPartsAsTheyCome) {
  const TestImage image = ImageNamed("resumed");
  upstream_->Add(image, "v1");
  constexpr size_t kBroken = 300'000;
  FakeAnswer breaks;
  breaks.truncate_at_byte = kBroken;
  AnswerBlobs(breaks, 1);
  constexpr size_t kFrom = 290'000;
  const size_t last = image.blob.size() - 2;
  AnswerBlobs(FakeAnswer::Status(
                  206,
                  {{"Content-Range", absl::StrCat("bytes ", kFrom, "-", last,
                                                  "/", image.blob.size())}},
                  image.blob.substr(kFrom, last - kFrom + 1)),
              1);
  ExpectContent(Get(BlobPath(image)), image.blob);
  ExpectNoHead();
}

TEST_F(SizesTest, ABlobIsLinkedFromAnotherRepository) {
  for (const bool chunked : {false, true}) {
    const TestImage image = ImageNamed(chunked ? "chunked" : "plain");
    image.AddTo(upstream_->fake(), "library/app", "v1");
    image.AddTo(upstream_->fake(), "library/other", "v1");
    ExpectContent(Get(BlobPath(image)), image.blob);
    upstream_->AwaitEntry(BlobPath(image));
    FakeAnswer answer;
    answer.ignore_range = answer.chunked = chunked;
    AnswerBlobs(answer, 1);
    ExpectContent(
        Get(absl::StrCat("library/other/blobs/", image.blob_digest.ToString())),
        image.blob);
    upstream_->fake().ClearAnswers();
  }
  ExpectNoHead();
}

class PagesTest : public SeveralUpstreams {
 protected:
  const std::unique_ptr<Source> upstream_ = Add();

  void AnswerPage(const std::string& query, const std::string& body,
                  const std::string& link = "") {
    std::vector<HttpHeader> headers = {{"Content-Type", "application/json"}};
    if (!link.empty()) headers.push_back({"Link", link});
    upstream_->fake().Answer(
        {"GET", absl::StrCat("/v2/library/app/tags/list?", query)},
        FakeAnswer::Status(200, headers, body), FakeRegistry::kAlways);
  }
  std::vector<std::string> Tags() {
    const HttpResponse response = Get("library/app/tags/list");
    EXPECT_EQ(response.status, 200) << response.body;
    const auto json = nlohmann::json::parse(response.body, nullptr, false);
    if (!json.is_object()) return {response.body};
    return json.value("tags", std::vector<std::string>());
  }
};

TEST_F(PagesTest, ALinkIsTakenToOurOwnUpstreamAndPath) {
  for (const std::string link :
       {"<https://elsewhere.invalid/v2/library/app/tags/list?cursor=2>; "
        "rel=\"next\"",
        "<http://10.0.0.1:8081/repository/docker/v2/library/app/tags/"
        "list?cursor=2>; rel=next",
        "</artifactory/api/docker/local/v2/library/app/tags/list?cursor=2>; "
        "rel=\"Next\"",
        "<?cursor=2>; REL=NEXT"}) {
    SCOPED_TRACE(link);
    AnswerPage("n=", R"({"name":"library/app","tags":["a","b","a"]})", link);
    AnswerPage("cursor=2", R"({"name":"library/app","tags":["b","c"]})");
    EXPECT_THAT(Tags(), ElementsAre("a", "b", "c"));
    upstream_->fake().ClearAnswers();
    for (const auto& entry : installation().Entries(upstream_->id())) {
      EXPECT_EQ(installation().Expire(entry), grpc::StatusCode::OK);
    }
  }
}

TEST_F(PagesTest, AFullPageWithoutALinkIsNotTheEnd) {
  std::vector<std::string> first;
  for (int i = 0; i < 100; ++i) first.push_back(absl::StrCat("t", 100 + i));
  const nlohmann::json page = {{"name", "library/app"}, {"tags", first}};
  AnswerPage("n=1000&last=t199", R"({"name":"library/app","tags":["z"]})");
  AnswerPage("n=", page.dump());
  first.push_back("z");
  EXPECT_EQ(Tags(), first);
}

// Whatever number it is: n=1000 was asked for.
TEST_F(PagesTest, PagesThatTheRegistryCapsAreFollowed) {
  std::vector<std::string> all;
  std::string query = "n=1000&last=";
  std::string first;
  for (int page = 0; page < 4; ++page) {
    std::vector<std::string> tags;
    for (int i = 0; i < 73; ++i) {
      tags.push_back(absl::StrCat("t", 1000 + 100 * page + i));
    }
    const std::string body =
        nlohmann::json{{"name", "library/app"}, {"tags", tags}}.dump();
    if (page == 0) first = body;
    if (page > 0) AnswerPage(absl::StrCat(query, all.back()), body);
    all.insert(all.end(), tags.begin(), tags.end());
  }
  AnswerPage(absl::StrCat(query, all.back()),
             R"({"name":"library/app","tags":null})");
  // The first answer that matches counts.
  AnswerPage("n=1000", first);
  EXPECT_EQ(Tags(), all);
  EXPECT_EQ(upstream_->requests(), 5);
}

TEST_F(PagesTest, ARegistryThatIgnoresWhereToBeginHasGivenAll) {
  std::vector<std::string> all;
  for (int i = 0; i < 100; ++i) all.push_back(absl::StrCat("t", 100 + i));
  AnswerPage("n=",
             nlohmann::json{{"name", "library/app"}, {"tags", all}}.dump());
  EXPECT_EQ(Tags(), all);
}

TEST_F(PagesTest, NoTagsMayBeSaidInThreeWays) {
  for (const std::string body :
       {R"({"name":"library/app","tags":null})", R"({"name":"library/app"})",
        R"({"name":"library/app","tags":[]})"}) {
    AnswerPage("n=", body);
    EXPECT_THAT(Tags(), ElementsAre());
    upstream_->fake().ClearAnswers();
    for (const auto& entry : installation().Entries(upstream_->id())) {
      EXPECT_EQ(installation().Expire(entry), grpc::StatusCode::OK);
    }
  }
}

TEST_F(PagesTest, WhatIsNoListIsAnError) {
  AnswerPage("n=", R"({"errors":[{"code":"UNKNOWN"}]})");
  EXPECT_EQ(Get("library/app/tags/list").status, 502);
}

class ManifestsTest : public SeveralUpstreams {
 protected:
  const std::unique_ptr<Source> upstream_ = Add(Remembering(absl::Minutes(5)));
};

TEST_F(ManifestsTest, TheBytesTellTheType) {
  for (const std::string type :
       {"text/html", "application/json", "text/plain; charset=utf-8", ""}) {
    SCOPED_TRACE(type);
    const std::string bytes = absl::StrCat(
        R"({"schemaVersion":2,"mediaType":")", kManifestType,
        R"(","config":{"digest":")", Digest::OfBytes(type).ToString(),
        R"("},"layers":[],"annotations":{"author":")", "\xe9t\xe9 \xff",
        R"("}})");
    const Digest digest =
        upstream_->fake().AddManifest("library/app", "v1", type, bytes);
    const HttpResponse got = GetTag(digest.ToString());
    ExpectContent(got, bytes);
    EXPECT_EQ(got.header("content-type"), kManifestType);
  }
}

TEST_F(ManifestsTest, SignedSchema1IsRefusedByName) {
  upstream_->fake().AddManifest(
      "library/app", "old",
      "application/vnd.docker.distribution.manifest.v1+prettyjws",
      R"({"schemaVersion":1,"name":"library/app","tag":"old","fsLayers":[],)"
      R"("history":[],"signatures":[{"header":{}}]})");
  const HttpResponse refused = GetTag("old");
  ExpectError(refused, 502, "MANIFEST_INVALID");
  EXPECT_THAT(refused.body, HasSubstr("schema 1"));
  EXPECT_EQ(refused.header("retry-after"), "");
}

TEST_F(ManifestsTest, GoneIsNotThere) {
  const auto second = Add();
  const TestImage image = ImageNamed("image");
  second->Add(image, "v1");
  upstream_->AnswerAll(410);
  ExpectContent(GetTag("v1"), image.manifest);
  ExpectContent(Get(BlobPath(image)), image.blob);
}

TEST_F(ManifestsTest, AManifestThatComesLateIsFoundInAFewSeconds) {
  const TestImage image = ImageNamed("late");
  EXPECT_EQ(Get(DigestPath(image)).status, 404);
  upstream_->Add(image, "v1");
  EXPECT_TRUE(Eventually([&] { return Get(DigestPath(image)).status == 200; },
                         absl::Seconds(60), "the manifest is found"));
}

TEST_F(ManifestsTest, InlinedDataIsServedThoughTheUpstreamLacksTheBlob) {
  const std::string config = R"({"inlined":true})";
  const std::string wrong = "these bytes have another digest";
  const std::string manifest = absl::StrCat(
      R"({"schemaVersion":2,"mediaType":")", kManifestType,
      R"(","config":{"mediaType":"application/vnd.oci.empty.v1+json",)"
      R"("digest":")",
      Digest::OfBytes(config).ToString(), R"(","size":)", config.size(),
      R"(,"data":")", absl::Base64Escape(config), R"("},"layers":[{"data":")",
      absl::Base64Escape("others"), R"(","digest":")",
      Digest::OfBytes(wrong).ToString(), R"("}]})");
  upstream_->fake().AddManifest("library/app", "v1", kManifestType, manifest);
  ExpectContent(GetTag("v1"), manifest);
  ExpectContent(Get(absl::StrCat("library/app/blobs/",
                                 Digest::OfBytes(config).ToString())),
                config);
  EXPECT_EQ(
      Get(absl::StrCat("library/app/blobs/", Digest::OfBytes(wrong).ToString()))
          .status,
      404);
}

TEST_F(ManifestsTest, AChildInlinedInAnIndexIsServed) {
  const std::string child =
      absl::StrCat(R"({"schemaVersion":2,"mediaType":")", kManifestType,
                   R"(","config":{},"layers":[],"annotations":{"a":"child"}})");
  const Digest digest = Digest::OfBytes(child);
  const std::string index = absl::StrCat(
      R"({"schemaVersion":2,"manifests":[{"digest":")", digest.ToString(),
      R"(","data":")", absl::Base64Escape(child), R"("}]})");
  upstream_->fake().AddManifest("library/app", "v1", kIndexType, index);
  ExpectContent(GetTag("v1"), index);
  const HttpResponse got = GetTag(digest.ToString());
  ExpectContent(got, child);
  EXPECT_EQ(got.header("content-type"), kManifestType);
}

// How often upstreams are asked, as it is said in each way.
class FreshnessTest : public SeveralUpstreams {
 protected:
  FreshnessTest() {
    for (const char* tag : {"v1", "latest"}) {
      ImageNamed(tag).AddTo(fake_, "library/app", tag);
    }
  }
  // Creates the upstream with these options of `cvr upstream create`.
  void CreateWith(const std::string& options) {
    installation().Shell(absl::StrCat("$CVR upstream create fresh-", registry_,
                                      " --registry ", registry_, " --url ",
                                      fake_.url(), " ", options));
  }
  // Whether a pull of the tag, which is cached, makes the upstream see one
  // request, rather than none.
  bool IsAskedFor(const std::string& tag) {
    const auto pull = [&] {
      ExpectContent(GetTag(tag), ImageNamed(tag).manifest);
    };
    pull();
    const int before = fake_.CountRequests({});
    for (int i = 0; i < 3; ++i) pull();
    const int asked = fake_.CountRequests({}) - before;
    EXPECT_TRUE(asked == 0 || asked == 3) << asked;
    return asked == 3;
  }

  FakeRegistry fake_;
};

TEST_F(FreshnessTest, ZeroIsAtEachPull) {
  CreateWith("--tag-ttl 0");
  EXPECT_TRUE(IsAskedFor("v1"));
  EXPECT_TRUE(IsAskedFor("latest"));
}

TEST_F(FreshnessTest, ForeverIsNeverAgain) {
  CreateWith("--tag-ttl forever --tag-ttl-override latest=forever");
  EXPECT_FALSE(IsAskedFor("v1"));
  EXPECT_FALSE(IsAskedFor("latest"));
}

TEST_F(FreshnessTest, ZeroMayBeOfSomeTags) {
  CreateWith("--tag-ttl forever --tag-ttl-override latest=0");
  EXPECT_FALSE(IsAskedFor("v1"));
  EXPECT_TRUE(IsAskedFor("latest"));
}

TEST_F(FreshnessTest, ForeverMayBeOfSomeTags) {
  CreateWith("--tag-ttl 0 --tag-ttl-override 'v*=forever'");
  EXPECT_FALSE(IsAskedFor("v1"));
  EXPECT_TRUE(IsAskedFor("latest"));
}

// 0 and `never` meant for ever, and `always` what 0 means now.
TEST_F(FreshnessTest, TheFormerOptionsMeanWhatTheyMeant) {
  CreateWith("--cache-validity always --tag-validity 'v*=0'");
  EXPECT_FALSE(IsAskedFor("v1"));
  EXPECT_TRUE(IsAskedFor("latest"));
}

// As in the reference product.
TEST_F(FreshnessTest, ZeroHoursOverRestAreNever) {
  const HttpResponse made = installation().Rest(
      "POST",
      absl::StrCat("virtual_registries/container/registries/", registry_,
                   "/upstreams"),
      "application/json",
      nlohmann::json{{"name", absl::StrCat("rest-", registry_)},
                     {"url", fake_.url()},
                     {"cache_validity_hours", 0}}
          .dump());
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_THAT(made.body, ::testing::HasSubstr("\"cache_validity_hours\":0"));
  EXPECT_FALSE(IsAskedFor("v1"));
}

// As the conformance suite logs in when it has been given no login.
TEST_F(ManifestsTest, ABlankUserAndPasswordIsNobody) {
  const TestImage image = ImageNamed("image");
  upstream_->Add(image, "v1");
  const std::vector<std::string> blank = {"Authorization: Basic Og=="};
  ExpectContent(installation().Get(registry_, TagPath("v1"), blank),
                image.manifest);
  ExpectContent(installation().Get(registry_, BlobPath(image), blank),
                image.blob);
  // Where nobody may pull it is asked to log in, as if it had sent nothing.
  const int64_t closed = installation().CreateRegistry(/*anonymous=*/false);
  const HttpResponse with = installation().Get(closed, TagPath("v1"), blank);
  const HttpResponse without = installation().Get(closed, TagPath("v1"));
  EXPECT_EQ(with.status, 401);
  EXPECT_EQ(with.header("www-authenticate"),
            without.header("www-authenticate"));
  EXPECT_EQ(with.body, without.body);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(installation().Get(closed, TagPath("v1"), blank).status, 401);
  }
}

}  // namespace
}  // namespace cvr::testing
