#include "tests/conformance/world.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "cvr/v1/upstream_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/admin_channel.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using ::nlohmann::json;

constexpr char kRepository[] = "conformance/pull";
constexpr char kIndexType[] = "application/vnd.oci.image.index.v1+json";
constexpr char kManifestType[] = "application/vnd.oci.image.manifest.v1+json";
constexpr char kConfigType[] = "application/vnd.oci.image.config.v1+json";
constexpr char kLayerType[] = "application/vnd.oci.image.layer.v1.tar";

constexpr char kText[] = "the bytes of a blob with a longer digest";
// `printf TEXT | sha512sum`.
constexpr char kSha512OfText[] =
    "sha512:"
    "be89fc940c85ffeb058a5ecd693cb2ab3c94b2ed770ed110ac235b45d45fc977"
    "6d221383f9b8914401278418430850bb9143ec7c988e144c5b30294651832b69";

// Bytes that differ everywhere, so that a shifted range is noticed.
std::string LayerBytes() {
  std::string bytes;
  for (int i = 0; bytes.size() < 100'000; ++i) {
    absl::StrAppend(&bytes, i, ",");
  }
  bytes.resize(100'000);
  return bytes;
}

json DescriptorOf(const char* type, const World::Content& content) {
  return {{"mediaType", type},
          {"digest", content.digest},
          {"size", content.bytes.size()}};
}

json Referrer(const std::string& artifact_type, const std::string& digest) {
  return {{"mediaType", kManifestType},
          {"digest", digest},
          {"size", 100},
          {"artifactType", artifact_type},
          {"annotations", {{"org.example.kind", artifact_type}}}};
}

json IndexOf(std::vector<json> manifests) {
  return {{"schemaVersion", 2},
          {"mediaType", kIndexType},
          {"manifests", std::move(manifests)}};
}

}  // namespace

World::World() : sha512_blob_({kSha512OfText, kText}) {
  AddImage();
  AddLists();
  Start();
}

void World::AddImage() {
  for (const std::string& bytes : {LayerBytes(), std::string("{}")}) {
    blobs_.push_back({upstream_.AddBlob(kRepository, bytes).ToString(), bytes});
  }
  const json manifest = {{"schemaVersion", 2},
                         {"mediaType", kManifestType},
                         {"config", DescriptorOf(kConfigType, blobs_[1])},
                         {"layers", {DescriptorOf(kLayerType, blobs_[0])}}};
  image_.bytes = manifest.dump();
  for (const std::string& tag : {std::string(kImageTag), LongestTag()}) {
    image_.digest =
        upstream_.AddManifest(kRepository, tag, kManifestType, image_.bytes)
            .ToString();
  }
  index_.bytes = IndexOf({DescriptorOf(kManifestType, image_)}).dump();
  index_.digest =
      upstream_.AddManifest(kRepository, kIndexTag, kIndexType, index_.bytes)
          .ToString();
}

void World::AddLists() {
  const auto answer = [&](const std::string& path, FakeAnswer answer) {
    upstream_.Answer({"", absl::StrCat("/v2/", kRepository, path)},
                     std::move(answer), FakeRegistry::kAlways);
  };
  const json tags = {{"name", kRepository}, {"tags", Tags()}};
  answer("/tags/list",
         FakeAnswer::Status(200, {{"Content-Type", "application/json"}},
                            tags.dump()));
  const json referrers = IndexOf({Referrer(kSbomType, blobs_[0].digest),
                                  Referrer(kSignatureType, blobs_[1].digest)});
  answer(absl::StrCat("/referrers/", image_.digest),
         FakeAnswer::Status(200, {{"Content-Type", kIndexType}},
                            referrers.dump()));
  // "Referrers Tag Schema": where there is no API.
  answer(absl::StrCat("/referrers/", index_.digest), FakeAnswer::Status(404));
  std::string tag = index_.digest;
  tag[tag.find(':')] = '-';
  upstream_.AddManifest(
      kRepository, tag, kIndexType,
      IndexOf({Referrer(kSignatureType, blobs_[1].digest)}).dump());
  answer(absl::StrCat("/blobs/", sha512_blob_.digest),
         FakeAnswer::Status(200, {}, sha512_blob_.bytes));
  answer(absl::StrCat("/manifests/", kLimitedTag),
         FakeAnswer::Status(429, {{"Retry-After", "7"}}));
}

void World::Start() {
  auto server = ServerProcess::Start(
      {"services/standalone/cvr-standalone",
       {"--http_address=127.0.0.1:0", "--grpc_address=127.0.0.1:0",
        "--data_dir=" + directory_.Join("data"), "--allow_private_upstreams",
        "--bootstrap_upstream=" + upstream_.url(),
        "--bootstrap_anonymous_pull=true"},
       directory_.path()});
  ASSERT_THAT(server, IsOk());
  server_ = *std::move(server);
  SetUpUpstream();
  MakeStale();
}

void World::SetUpUpstream() {
  const auto stub =
      v1::UpstreamService::NewStub(AdminChannel(server_->grpc(), Secret()));
  v1::UpdateUpstreamRequest request;
  request.set_id(1);
  request.mutable_upstream()->add_source_namespaces(kNamespace);
  v1::TagTtlOverride& stale = *request.mutable_upstream()
                                   ->mutable_cache_policy()
                                   ->add_tag_ttl_overrides();
  stale.mutable_tag()->set_wildcard(kStaleTag);
  stale.mutable_ttl()->set_nanos(1);
  grpc::ClientContext context;
  v1::Upstream updated;
  const auto status = stub->UpdateUpstream(&context, request, &updated);
  ASSERT_TRUE(status.ok()) << status.error_message();
}

void World::MakeStale() {
  upstream_.AddManifest(kRepository, kStaleTag, kManifestType, image_.bytes);
  ASSERT_EQ(Get(ManifestTarget(kStaleTag)).status, 200);
  upstream_.Answer({"", absl::StrCat("/manifests/", kStaleTag)},
                   FakeAnswer::Status(503), FakeRegistry::kAlways);
}

std::vector<std::string> World::Credentials() const {
  return {"Authorization: Bearer " + Secret()};
}

std::string World::Secret() const {
  return ReadSecret(directory_.Join("data/admin-token"));
}

std::string World::Name() {
  return absl::StrCat("virtual_registries/containers/1/", kRepository);
}

std::string World::UnknownName() {
  return "virtual_registries/containers/1/conformance/unknown";
}

std::string World::LongestTag() { return std::string(128, 'x'); }

std::vector<std::string> World::Tags() {
  return {"v1",  "latest", "V1",   "edge", "1.10",
          "1.9", "index",  "Beta", "alpha"};
}

std::string World::UnknownDigest() { return "sha256:" + std::string(64, '0'); }

}  // namespace cvr::testing
