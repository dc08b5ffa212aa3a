#include "tests/isolation/secret.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace cvr::testing {
namespace {

// More than two chunks: an answer has begun before the last one is verified.
constexpr size_t kLayerBytes = 600'000;
constexpr size_t kSmallBytes = 1000;

std::string HighBytes(const std::string& seed, size_t size) {
  std::mt19937_64 random(std::hash<std::string>()(seed));
  std::string bytes;
  bytes.reserve(size + sizeof(uint64_t));
  while (bytes.size() < size) {
    const uint64_t word = random() | 0x8080808080808080u;
    bytes.append(reinterpret_cast<const char*>(&word), sizeof(word));
  }
  bytes.resize(size);
  return bytes;
}

// JSON must be UTF-8.
std::string HighText(const std::string& name) {
  std::string text;
  for (int i = 0; i < 8; ++i) text += "\xc3\xa9\xc3\xb6";
  return absl::StrCat("\"note\":\"", text, "\",\"of\":\"", name, "\"");
}

std::string Manifest(const std::string& name, const std::string& members) {
  return absl::StrCat(R"({"schemaVersion":2,"mediaType":")", kOciManifest,
                      "\",", members, R"(,"annotations":{)", HighText(name),
                      "}}");
}

}  // namespace

std::string DescriptorOf(const std::string& media_type,
                         const std::string& bytes) {
  return absl::StrCat(R"({"mediaType":")", media_type, R"(","digest":")",
                      Digest::OfBytes(bytes).ToString(), R"(","size":)",
                      bytes.size(), "}");
}

Secret Secret::Of(const std::string& name) {
  Secret secret;
  secret.layer = HighBytes(name, kLayerBytes);
  secret.small = HighBytes(name + ", small", kSmallBytes);
  secret.config = absl::StrCat("{", HighText(name), "}");
  const std::string content =
      absl::StrCat(R"("config":)", DescriptorOf(kOciConfig, secret.config),
                   R"(,"layers":[)", DescriptorOf(kOciLayer, secret.layer), ",",
                   DescriptorOf(kOciLayer, secret.small), "]");
  secret.manifest = Manifest(name, content);
  secret.index = absl::StrCat(R"({"schemaVersion":2,"mediaType":")", kOciIndex,
                              R"(","manifests":[)",
                              DescriptorOf(kOciManifest, secret.manifest),
                              R"(],"annotations":{)", HighText(name), "}}");
  secret.referrer =
      Manifest(name, absl::StrCat(content, R"(,"subject":)",
                                  DescriptorOf(kOciManifest, secret.manifest)));
  return secret;
}

void Secret::AddTo(FakeRegistry& registry,
                   const std::string& repository) const {
  for (const auto& bytes : {layer, small, config}) {
    registry.AddBlob(repository, bytes);
  }
  registry.AddManifest(repository, "1", kOciManifest, manifest);
  registry.AddManifest(repository, "multi", kOciIndex, index);
  registry.AddManifest(repository, "", kOciManifest, referrer);
  registry.AddReferrer(repository, Digest::OfBytes(manifest),
                       DescriptorOf(kOciManifest, referrer));
}

std::vector<std::pair<std::string, const std::string*>> Secret::Parts() const {
  return {{"layer", &layer},       {"small", &small}, {"config", &config},
          {"manifest", &manifest}, {"index", &index}, {"referrer", &referrer}};
}

bool Secret::IsManifest(absl::string_view name) const {
  return name == "manifest" || name == "index" || name == "referrer";
}

std::string Secret::WithNames(std::string text) const {
  for (const auto& [name, bytes] : Parts()) {
    text = absl::StrReplaceAll(text, {{Digest::OfBytes(*bytes).ToString(),
                                       absl::StrCat("<", name, ">")}});
  }
  return text;
}

bool Secret::ShowsIn(absl::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x80;
  });
}

}  // namespace cvr::testing
