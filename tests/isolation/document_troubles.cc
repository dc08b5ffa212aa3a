// What is large, and legal: manifests, lists.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/isolation/noisy_neighbour.h"
#include "tests/isolation/secret.h"

namespace cvr::testing {
namespace {

constexpr int kLayers = 8000;
constexpr int kManifests = 6;
constexpr int kTags = 1'000'000;
constexpr size_t kManifestBytes = 4'000'000;

std::string TagPath(int i) { return absl::StrCat("app/manifests/tag-", i); }

std::string ManyLayers(int seed) {
  std::vector<std::string> layers;
  for (int i = 0; i < kLayers; ++i) {
    layers.push_back(DescriptorOf(kOciLayer, absl::StrCat(seed, " ", i)));
  }
  return absl::StrCat(R"({"schemaVersion":2,"mediaType":")", kOciManifest,
                      R"(","config":)", DescriptorOf(kOciConfig, "{}"),
                      R"(,"layers":[)", absl::StrJoin(layers, ","), "]}");
}

// An upstream with manifests of 8000 layers that are all recorded.
NoisyNeighbour::Source& AddRecorded(NoisyNeighbour& neighbour) {
  NoisyNeighbour::Source& source =
      neighbour.AddSource({{"cache_policy", {{"tag_ttl", "0.000000001s"}}}});
  for (int i = 0; i < kManifests; ++i) {
    source.fake.AddManifest("app", absl::StrCat("tag-", i), kOciManifest,
                            ManyLayers(i));
    neighbour.Pull(source, TagPath(i)).ReadUntil("]}", absl::Seconds(60));
  }
  return source;
}

void RecordManifests(NoisyNeighbour& neighbour) {
  NoisyNeighbour::Source& source = neighbour.AddSource();
  for (int i = 0; i < 3 * kManifests; ++i) {
    source.fake.AddManifest("app", absl::StrCat("tag-", i), kOciManifest,
                            ManyLayers(i));
    neighbour.Pull(source, TagPath(i));
  }
}

void RefuseManifests(NoisyNeighbour& neighbour) {
  NoisyNeighbour::Source& source = AddRecorded(neighbour);
  source.fake.Answer({}, FakeAnswer::Status(403), FakeRegistry::kAlways);
  for (int i = 0; i < kManifests; ++i) neighbour.Pull(source, TagPath(i));
}

void PurgeManifests(NoisyNeighbour& neighbour) {
  const NoisyNeighbour::Source& source = AddRecorded(neighbour);
  neighbour.Administer("DELETE",
                       absl::StrCat("upstreams/", source.upstream, "/cache"));
}

void DeleteUpstream(NoisyNeighbour& neighbour) {
  const NoisyNeighbour::Source& source = AddRecorded(neighbour);
  neighbour.Administer("DELETE", absl::StrCat("upstreams/", source.upstream));
}

void ListTags(NoisyNeighbour& neighbour) {
  NoisyNeighbour::Source& source = neighbour.AddSource();
  std::string tags;
  tags.reserve(10 * kTags);
  for (int i = 0; i < kTags; ++i) {
    absl::StrAppend(&tags, i == 0 ? "" : ",", "\"", i, "\"");
  }
  source.fake.Answer(
      {},
      FakeAnswer::Status(200, {{"Content-Type", "application/json"}},
                         absl::StrCat(R"({"name":"app","tags":[)", tags, "]}")),
      FakeRegistry::kAlways);
  for (int i = 0; i < 15; ++i) {
    neighbour.Pull(source, "app/tags/list");
    neighbour.Pull(source, absl::StrCat("app/tags/list?n=1&last=", i));
  }
  source.fake.AwaitRequests({});
}

void NestLists(NoisyNeighbour& neighbour) {
  NoisyNeighbour::Source& source = neighbour.AddSource();
  std::string lists = R"({"schemaVersion":2,"layers":[)";
  lists.reserve(kManifestBytes + 10);
  while (lists.size() < kManifestBytes) lists += "[],";
  lists += "[]]}";
  source.fake.Answer(
      {}, FakeAnswer::Status(200, {{"Content-Type", kOciManifest}}, lists),
      FakeRegistry::kAlways);
  for (int i = 0; i < 30; ++i) neighbour.Pull(source, TagPath(i));
  source.fake.AwaitRequests({});
}

}  // namespace

std::vector<Trouble> DocumentTroubles() {
  return {
      {"manifests of 8000 layers are recorded", RecordManifests},
      {"manifests of 8000 layers are refused by 403", RefuseManifests},
      {"manifests of 8000 layers are purged", PurgeManifests},
      {"an upstream with such manifests is deleted", DeleteUpstream},
      {"30 requests for a million tags", ListTags, nullptr, true},
      {"30 manifests of [],[],...", NestLists, nullptr, true},
  };
}

}  // namespace cvr::testing
