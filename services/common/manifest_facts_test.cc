#include "services/common/manifest_facts.h"

#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kOciImage[] = "application/vnd.oci.image.manifest.v1+json";
constexpr char kOciIndex[] = "application/vnd.oci.image.index.v1+json";
constexpr char kDockerImage[] =
    "application/vnd.docker.distribution.manifest.v2+json";
constexpr char kDockerList[] =
    "application/vnd.docker.distribution.manifest.list.v2+json";
constexpr char kSigned1[] =
    "application/vnd.docker.distribution.manifest.v1+prettyjws";
constexpr char kPlain1[] =
    "application/vnd.docker.distribution.manifest.v1+json";
constexpr char kArtifact[] = "application/vnd.oci.artifact.manifest.v1+json";

const Digest kA = Digest::OfBytes("a");
const Digest kB = Digest::OfBytes("b", DigestAlgorithm::kSha512);
const Digest kC = Digest::OfBytes("c");

std::string Descriptor(const Digest& digest, absl::string_view more = "") {
  return absl::StrCat(R"({"digest":")", digest.ToString(), "\"", more, "}");
}

std::string Image() {
  return absl::StrCat(R"({"config":)", Descriptor(kA), R"(,"layers":[)",
                      Descriptor(kB), ",", Descriptor(kC), ",", Descriptor(kB),
                      R"(],"subject":)", Descriptor(Digest::OfBytes("d")), "}");
}

std::vector<Digest> ReferencesOf(absl::string_view text) {
  return ReadManifest(text).references;
}

TEST(ManifestFactsTest, ImageNamesConfigAndLayersOnceEach) {
  EXPECT_THAT(ReferencesOf(Image()), ElementsAre(kA, kB, kC));
  EXPECT_EQ(ReadManifest(Image()).form, ManifestForm::kImage);
}

TEST(ManifestFactsTest, AStreamIsReadLikeAText) {
  std::istringstream stream(Image());
  EXPECT_THAT(ReadManifest(stream).references, ElementsAre(kA, kB, kC));
}

TEST(ManifestFactsTest, OtherFormsNameTheirOwn) {
  EXPECT_THAT(ReferencesOf(absl::StrCat(R"({"manifests":[)", Descriptor(kC),
                                        ",", Descriptor(kA), "]}")),
              ElementsAre(kC, kA));
  EXPECT_THAT(ReferencesOf(absl::StrCat(R"({"fsLayers":[{"blobSum":")",
                                        kA.ToString(), R"("}]})")),
              ElementsAre(kA));
  EXPECT_THAT(ReferencesOf(absl::StrCat(R"({"blobs":[)", Descriptor(kA), "]}")),
              ElementsAre(kA));
}

TEST(ManifestFactsTest, WhatIsNotUnderstoodIsLeftOut) {
  for (const char* const odd :
       {"", "{", "[]", "7", "null", R"({"config":7,"layers":{}})",
        R"({"layers":[1,"x",null,{"digest":5},{"digest":"md5:0"}]})",
        R"({"config":{"digest":null}})", "\xff\xfe"}) {
    EXPECT_THAT(ReferencesOf(odd), IsEmpty()) << odd;
  }
  // Only descriptors name digests, and not what is in them.
  EXPECT_THAT(ReferencesOf(absl::StrCat(
                  R"({"x":)", Descriptor(kA), R"(,"layers":[[)", Descriptor(kA),
                  R"(],{"platform":)", Descriptor(kA), R"(}],"config":{"a":)",
                  Descriptor(kA), R"(,"digest":")", kC.ToString(), R"("}})")),
              ElementsAre(kC));
}

TEST(ManifestFactsTest, NeitherDepthNorBreadthNorSizeHarms) {
  EXPECT_FALSE(
      ReadManifest(std::string(limits::kManifestBytesMax, '[')).is_object);
  const std::string deep = absl::StrCat(R"({"x":)", std::string(1000000, '['),
                                        std::string(1000000, ']'), "}");
  EXPECT_TRUE(ReadManifest(deep).is_object);
  EXPECT_FALSE(
      ReadManifest(
          absl::StrCat(Image(), std::string(limits::kManifestBytesMax, ' ')))
          .is_object);
}

TEST(ManifestFactsTest, BracketsInStringsAreNoNesting) {
  EXPECT_THAT(
      ReferencesOf(absl::StrCat(R"({"x":"\\\"[[[)", std::string(100, '['),
                                R"(","config":)", Descriptor(kA), "}")),
      ElementsAre(kA));
}

// Random damage never crashes and never invents a digest.
TEST(ManifestFactsTest, DamagedInputYieldsOnlyDigestsThatItHolds) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 3000; ++round) {
    std::string text = Image();
    for (int damage = random() % 8; damage >= 0; --damage) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, random() % 20);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), 30));
      }
      if (text.empty()) text = "{";
    }
    for (const Digest& digest : ReferencesOf(text)) {
      EXPECT_NE(text.find(digest.ToString()), std::string::npos) << text;
    }
  }
}

// --- CVE-2021-41190 ---------------------------------------------------------

TEST(ManifestFaultTest, TwoReadingsOfOneDocumentAreAFault) {
  const struct {
    std::string text;
    const char* fault;
  } kCases[] = {
      {R"({"manifests":[],"layers":[]})", "two kinds"},
      {R"({"layers":[],"manifests":[]})", "two kinds"},
      {R"({"manifests":[],"layers":null})", "two kinds"},
      {R"({"manifests":[],"config":{}})", "two kinds"},
      {R"({"manifests":[],"fsLayers":[]})", "two kinds"},
      {R"({"fsLayers":[],"layers":[]})", "two kinds"},
      {R"({"blobs":[],"layers":[]})", "two kinds"},
      {R"({"layers":[],"layers":[]})", "layers twice"},
      {R"({"manifests":[],"manifests":[]})", "manifests twice"},
      {R"({"config":{},"config":{},"layers":[]})", "config twice"},
      {R"({"mediaType":"a/b","mediaType":"c/d"})", "mediaType twice"},
      {R"({"layers":[],"l\u0061yers":[]})", "layers twice"},
      // Parsers that compare names whatever their case take these for the same.
      {R"({"layers":[],"Manifests":[]})", "another spelling of manifests"},
      {R"({"manifests":[],"LAYERS":[]})", "another spelling of layers"},
      {R"({"layers":[],"manife\u017fts":[]})", "another spelling of manifests"},
      {R"({"MediaType":"a/b","layers":[]})", "another spelling of mediaType"},
      {R"({"mediaType":7,"layers":[]})", "mediaType that is no string"},
      {R"({"mediaType":["a/b"],"layers":[]})", "mediaType that is no string"},
      {R"({"mediaType":{"a":"b"},"layers":[]})", "mediaType that is no string"},
      {absl::StrCat(R"({"mediaType":")", kOciIndex, R"(","layers":[]})"),
       "members of another kind"},
      {absl::StrCat(R"({"mediaType":")", kDockerList, R"(","config":{}})"),
       "members of another kind"},
      {absl::StrCat(R"({"mediaType":")", kOciImage, R"(","manifests":[]})"),
       "members of another kind"},
      {absl::StrCat(R"({"manifests":[],"mediaType":")", kDockerImage, "\"}"),
       "members of another kind"},
      {absl::StrCat(
           R"({"layers":[)",
           Descriptor(kA, absl::StrCat(R"(,"digest":")", kC.ToString(), "\"")),
           "]}"),
       "digest twice"},
      {absl::StrCat(R"({"layers":[)", Descriptor(kA, R"(,"Digest":"x")"), "]}"),
       "another spelling of digest"},
      {absl::StrCat(R"({"config":)", Descriptor(kA, R"(,"size":1,"size":2)"),
                    R"(,"layers":[]})"),
       "size twice"},
  };
  for (const auto& [text, fault] : kCases) {
    EXPECT_THAT(ReadManifest(text).fault, HasSubstr(fault)) << text;
    EXPECT_THAT(FaultSentAs("", ReadManifest(text)), HasSubstr(fault)) << text;
  }
}

TEST(ManifestFaultTest, WhatItIsSentAsMustAgree) {
  const struct {
    const char* said;
    std::string text;
    const char* fault;
  } kCases[] = {
      {kOciIndex, R"({"layers":[]})", "the form of"},
      {kOciImage, R"({"manifests":[]})", "the form of"},
      {kSigned1, R"({"layers":[]})", "the form of"},
      {kOciImage,
       absl::StrCat(R"({"mediaType":")", kDockerImage, R"(","layers":[]})"),
       "the mediaType"},
      {kDockerList, absl::StrCat(R"({"mediaType":")", kOciIndex, "\"}"),
       "the mediaType"},
      {kOciIndex, absl::StrCat(R"({"mediaType":")", kOciImage, "\"}"),
       "the mediaType"},
  };
  for (const auto& [said, text, fault] : kCases) {
    EXPECT_THAT(FaultSentAs(said, ReadManifest(text)), HasSubstr(fault))
        << said << " " << text;
  }
}

// As registries have them today.
TEST(ManifestFaultTest, RealManifestsHaveNone) {
  const std::string layers = absl::StrCat(
      R"("config":{"mediaType":"application/vnd.oci.image.config.v1+json",)",
      R"("size":2,"digest":")", kA.ToString(), R"("},"layers":[{"size":3,)",
      R"("mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":")",
      kC.ToString(),
      R"(","urls":["https://x.test/"],"annotations":{"a":"b"}}])");
  const std::string manifests = absl::StrCat(
      R"("manifests":[{"mediaType":")", kOciImage, R"(","digest":")",
      kA.ToString(), R"(","size":7,"platform":{"architecture":"amd64",)",
      R"("os":"linux"},"annotations":{"layers":"x","manifests":"y"}}])");
  const auto with = [](absl::string_view type, absl::string_view rest) {
    return absl::StrCat(R"({"schemaVersion":2,"mediaType":")", type, "\",",
                        rest, "}");
  };
  const struct {
    const char* said;
    std::string text;
    const char* served;
  } kCases[] = {
      {kDockerImage, with(kDockerImage, layers), kDockerImage},
      {kOciImage, with(kOciImage, layers), kOciImage},
      {kOciIndex, with(kOciIndex, manifests), kOciIndex},
      {kDockerList, with(kDockerList, manifests), kDockerList},
      // OCI image-spec 1.0: no mediaType.
      {kOciImage, absl::StrCat(R"({"schemaVersion":2,)", layers, "}"),
       kOciImage},
      {kDockerImage, absl::StrCat(R"({"schemaVersion":2,)", layers, "}"),
       kDockerImage},
      {"text/plain", absl::StrCat(R"({"schemaVersion":2,)", manifests, "}"),
       kOciIndex},
      // An artifact: subject, artifactType, the empty config.
      {kOciImage,
       with(kOciImage,
            absl::StrCat(
                R"("artifactType":"application/vnd.example+type","config":)",
                R"({"mediaType":"application/vnd.oci.empty.v1+json","size":2,)",
                R"("digest":")", kA.ToString(), R"(","data":"e30="},)",
                R"("layers":[],"subject":{"mediaType":")", kOciImage,
                R"(","size":1,"digest":")", kC.ToString(), R"("},)",
                R"("annotations":{"org.opencontainers.image.created":"x"})")),
       kOciImage},
      // An index with subject and artifactType.
      {kOciIndex,
       with(kOciIndex,
            absl::StrCat(
                manifests, R"(,"artifactType":"a/b","subject":{"size":1,)",
                R"("digest":")", kC.ToString(), R"("},"annotations":{})")),
       kOciIndex},
      {kOciIndex, with(kOciIndex, R"("manifests":[])"), kOciIndex},
      {kSigned1,
       R"({"schemaVersion":1,"name":"n","tag":"t","architecture":"amd64",)"
       R"("fsLayers":[],"history":[{"v1Compatibility":"{\"config\":{}}"}],)"
       R"("signatures":[]})",
       kSigned1},
      {kPlain1, R"({"schemaVersion":1,"fsLayers":[],"history":[]})", kPlain1},
      {kArtifact, with(kArtifact, R"("blobs":[],"artifactType":"a/b")"),
       kArtifact},
      // An extension of somebody's; a null in place of nothing.
      {kOciImage,
       absl::StrCat(R"({"schemaVersion":2,"mediaType":null,)", layers,
                    R"(,"x-layers":[],"configs":{},"manifest":{}})"),
       kOciImage},
  };
  for (const auto& [said, text, served] : kCases) {
    const ManifestFacts facts = ReadManifest(text);
    EXPECT_EQ(FaultSentAs(said, facts), "") << text;
    EXPECT_EQ(ServedManifestType(said, facts), served) << text;
  }
}

// --- Types ------------------------------------------------------------------

// Each costs a write, so a manifest of many asks for no more than for a few.
TEST(ReadManifestTest, OnlyAFewInlinedBytesAreKept) {
  std::vector<std::string> layers(1000,
                                  Descriptor(kA, R"(,"size":1,"data":"YQ==")"));
  const ManifestFacts facts = ReadManifest(
      absl::StrCat(R"({"config":)", Descriptor(kB), R"(,"layers":[)",
                   absl::StrJoin(layers, ","), "]}"));
  EXPECT_THAT(facts.fault, IsEmpty());
  ASSERT_EQ(facts.inlined.size(), 16u);
  EXPECT_EQ(facts.inlined[0].digest, kA);
  EXPECT_EQ(facts.inlined[0].base64, "YQ==");
}

TEST(ServedManifestTypeTest, NobodyChoosesAnActiveType) {
  for (const char* const active :
       {"text/html", "image/svg+xml", "application/xhtml+xml", "text/xml",
        "application/xml", "application/javascript", "text/css",
        "application/pdf", "multipart/x-mixed-replace", "x/y", ""}) {
    const auto own = [&](absl::string_view rest) {
      return ReadManifest(
          absl::StrCat(R"({"mediaType":")", active, "\"", rest, "}"));
    };
    EXPECT_EQ(ServedManifestType(active, own(R"(,"layers":[])")), kOciImage);
    EXPECT_EQ(ServedManifestType(active, own(R"(,"manifests":[])")), kOciIndex);
    EXPECT_EQ(ServedManifestType(active, own(R"(,"fsLayers":[])")), kSigned1);
    EXPECT_EQ(ServedManifestType(active, own("")), "application/octet-stream");
    EXPECT_EQ(ServedManifestType(active, ReadManifest("<html>")),
              "application/octet-stream");
    EXPECT_EQ(ServedManifestType(kDockerImage, own(R"(,"layers":[])")),
              kDockerImage);
    EXPECT_FALSE(IsManifestType(active));
  }
}

TEST(RecordedManifestTypeTest, WhatIsRecordedCountsWithinItsForm) {
  const std::string octets = "application/octet-stream";
  EXPECT_EQ(RecordedManifestType(kDockerImage, kOciImage), kDockerImage);
  EXPECT_EQ(RecordedManifestType(kOciImage, octets), kOciImage);
  EXPECT_EQ(RecordedManifestType(kOciIndex, kOciImage), kOciImage);
  EXPECT_EQ(RecordedManifestType("text/html", kOciImage), kOciImage);
  EXPECT_EQ(RecordedManifestType("text/html", octets), octets);
  EXPECT_EQ(RecordedManifestType("text/html", "image/svg+xml"), octets);
}

TEST(ServedManifestTypeTest, ItsOwnBeforeWhatIsSaidBeforeItsForm) {
  const auto own = ReadManifest(
      absl::StrCat(R"({"mediaType":")", kDockerImage, R"(","layers":[]})"));
  EXPECT_EQ(ServedManifestType(kOciImage, own), kDockerImage);
  EXPECT_EQ(ServedManifestType(kOciIndex, own), kDockerImage);
  const auto silent = ReadManifest(R"({"layers":[]})");
  EXPECT_EQ(ServedManifestType(kDockerImage, silent), kDockerImage);
  EXPECT_EQ(ServedManifestType(kOciIndex, silent), kOciImage);
  EXPECT_EQ(ServedManifestType(kOciIndex, ReadManifest("{}")), kOciIndex);
}

}  // namespace
}  // namespace cvr
