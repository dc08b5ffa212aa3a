#ifndef GATEWAY_GATEWAY_FIXTURE_H_
#define GATEWAY_GATEWAY_FIXTURE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gateway/gateway.h"
#include "gateway/http/raw_http_client.h"
#include "gateway/registry/in_memory_registry.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/status_matchers.h"

// A running gateway over an InMemoryRegistry, for tests over real sockets.
namespace cvr {

inline constexpr char kIndexType[] = "application/vnd.oci.image.index.v1+json";
inline constexpr char kPrefix[] =
    "/v2/virtual_registries/containers/1/library/alpine";

inline std::string OciCode(const RawReply& reply) {
  const auto body = nlohmann::json::parse(reply.body, nullptr, false);
  if (!body.is_object() || !body.contains("errors")) return "<no OCI body>";
  return body["errors"][0]["code"];
}

// Bytes that differ everywhere, so that a shifted range is noticed.
inline std::string Layer(size_t size) {
  std::string bytes(size, '\0');
  uint32_t state = 1;
  for (char& c : bytes) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return bytes;
}

class GatewayTest : public ::testing::Test {
 protected:
  void SetUp() override { StartGateway(Options()); }

  static Gateway::Options Options() {
    Gateway::Options options;
    options.http.address = "127.0.0.1:0";
    options.http.access_logger = nullptr;
    return options;
  }

  void StartGateway(Gateway::Options options) {
    gateway_ = std::make_unique<Gateway>(registry_, registry_, options);
    ASSERT_THAT(gateway_->Start(), testing::IsOk());
  }

  virtual std::unique_ptr<RawHttpClient> Connect() {
    return std::make_unique<RawHttpClient>(gateway_->address());
  }

  // One whose registry 1 answers at the root as well.
  void StartRootGateway() {
    Gateway::Options options = Options();
    options.root_registry_id = InMemoryRegistry::kRegistryId;
    StartGateway(options);
  }

  // On a connection of its own.
  RawReply Request(absl::string_view method, absl::string_view target,
                   absl::string_view fields = "") {
    return Connect()->Request(method, target, fields);
  }
  RawReply Get(absl::string_view target, absl::string_view fields = "") {
    return Request("GET", target, fields);
  }

  std::string ManifestUrl(absl::string_view reference) {
    return absl::StrCat(kPrefix, "/manifests/", reference);
  }
  std::string BlobUrl(const Digest& digest) {
    return absl::StrCat(kPrefix, "/blobs/", digest.ToString());
  }

  // Both are in the upstream from the start.
  InMemoryRegistry registry_;
  const std::string manifest_bytes_ = R"({"schemaVersion":2,"manifests":[]})";
  const Digest manifest_ = registry_.Put("/library/alpine/manifests/3.20",
                                         kIndexType, manifest_bytes_);
  const std::string layer_bytes_ = Layer(1'000'000);
  const Digest layer_ =
      registry_.Put("/library/alpine/blobs/layer", kOctetStream, layer_bytes_);
  std::unique_ptr<Gateway> gateway_;
};

}  // namespace cvr

#endif  // GATEWAY_GATEWAY_FIXTURE_H_
