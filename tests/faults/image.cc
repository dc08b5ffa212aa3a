#include "tests/faults/image.h"

#include <cstdint>
#include <functional>
#include <random>

#include "absl/strings/str_cat.h"

namespace cvr::testing {
namespace {

// More than two chunks: a reply has begun before the last one is verified.
constexpr size_t kLayerBytes = 600'000;

std::string RandomBytes(const std::string& seed) {
  std::mt19937_64 random(std::hash<std::string>()(seed));
  std::string bytes;
  bytes.reserve(kLayerBytes + sizeof(uint64_t));
  while (bytes.size() < kLayerBytes) {
    const uint64_t word = random();
    bytes.append(reinterpret_cast<const char*>(&word), sizeof(word));
  }
  return bytes;
}

std::string DescriptorOf(const char* type, const Digest& digest, size_t size) {
  return absl::StrCat(R"({"mediaType":"application/vnd.oci.image.)", type,
                      R"(","digest":")", digest.ToString(), R"(","size":)",
                      size, "}");
}

}  // namespace

TestImage TestImage::Named(const std::string& name) {
  std::string blob = RandomBytes(name);
  const Digest blob_digest = Digest::OfBytes(blob);
  std::string manifest = absl::StrCat(
      R"({"schemaVersion":2,"mediaType":")", kManifestType, R"(","config":)",
      DescriptorOf("config.v1+json", Digest::OfBytes("{}"), 2),
      R"(,"layers":[)", DescriptorOf("layer.v1.tar", blob_digest, blob.size()),
      R"(],"annotations":{"name":")", name, R"("}})");
  const Digest manifest_digest = Digest::OfBytes(manifest);
  return {std::move(manifest), manifest_digest, std::move(blob), blob_digest};
}

void TestImage::AddTo(FakeRegistry& registry, const std::string& repository,
                      const std::string& tag) const {
  registry.AddBlob(repository, "{}");
  registry.AddBlob(repository, blob);
  registry.AddManifest(repository, tag, kManifestType, manifest);
}

}  // namespace cvr::testing
