#ifndef SERVICES_UPSTREAM_HTTP_UPSTREAM_CLIENT_FIXTURE_H_
#define SERVICES_UPSTREAM_HTTP_UPSTREAM_CLIENT_FIXTURE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/upstream/build_upstream_client.h"
#include "tests/support/fake_clock.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr {

inline constexpr char kType[] = "application/vnd.oci.image.manifest.v1+json";
inline constexpr char kManifest[] =
    R"({"schemaVersion":2,"config":{},"layers":[]})";
inline constexpr char kBasic[] = "Basic dXNlcjpzZWNyZXQ=";  // user:secret

class KeepingSink : public UpstreamBlobSink {
 public:
  absl::Status OnHeader(const UpstreamBlobHeader& given) override {
    header = given;
    return absl::OkStatus();
  }
  absl::Status OnBytes(absl::string_view piece) override {
    bytes.append(piece.data(), piece.size());
    return absl::OkStatus();
  }
  UpstreamBlobHeader header;
  std::string bytes;
};

// A client with one upstream, and another registry for what is elsewhere.
class HttpUpstreamClientFixture : public ::testing::Test {
 protected:
  HttpUpstreamClientFixture() {
    registry_.AddManifest("a/b", "t", kType, kManifest);
    access_.id = 1;
    access_.name = "fake";
    access_.url = registry_.url();
  }

  void HoldCredentials() {
    access_.username = "user";
    access_.password = "secret";
  }

  absl::StatusOr<UpstreamManifest> Get(const std::string& reference = "t") {
    return client_->GetManifest(access_, repository_,
                                *Reference::Parse(reference));
  }
  absl::StatusOr<Descriptor> Head(const std::string& reference = "t") {
    return client_->HeadManifest(access_, repository_,
                                 *Reference::Parse(reference));
  }
  absl::Status GetBlob(const Digest& digest, KeepingSink& sink,
                       const UpstreamBlobPart& part = {}) {
    return client_->GetBlob(access_, repository_, digest, part, sink);
  }
  // The other registry by another name, so by another origin.
  std::string ElsewhereUrl() const {
    return absl::StrCat("http://localhost:", elsewhere_.port());
  }
  static std::vector<std::string> Authorizations(
      const testing::FakeRegistry& registry, const std::string& target) {
    std::vector<std::string> values;
    for (const auto& request : registry.requests({"", target})) {
      values.push_back(request.Header("Authorization"));
    }
    return values;
  }

  testing::FakeRegistry registry_;
  testing::FakeRegistry elsewhere_;
  testing::FakeClock clock_;
  const Repository repository_ = *Repository::Parse("a/b");
  UpstreamAccess access_;
  const std::unique_ptr<UpstreamClient> client_ = BuildUpstreamClient(
      {.allow_private_addresses = true, .proxies = {}}, clock_);
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_UPSTREAM_CLIENT_FIXTURE_H_
