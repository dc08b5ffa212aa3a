#include "services/upstream/build_upstream_client.h"
#include "tests/contracts/upstream_client_contract.h"
#include "tests/support/upstream/fake_registry.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {
namespace {

class HttpUpstream : public UpstreamUnderContract {
 public:
  UpstreamClient& client() override { return *client_; }
  UpstreamAccess access() override {
    return {.id = 7, .name = "fake", .url = registry_.url()};
  }
  Digest AddManifest(const std::string& repository, const std::string& tag,
                     const std::string& media_type,
                     const std::string& bytes) override {
    return registry_.AddManifest(repository, tag, media_type, bytes);
  }
  Digest AddBlob(const std::string& repository,
                 const std::string& bytes) override {
    return registry_.AddBlob(repository, bytes);
  }
  void AddReferrer(const std::string& repository, const Digest& subject,
                   const std::string& descriptor) override {
    registry_.AddReferrer(repository, subject, descriptor);
  }
  void BreakBodyAt(uint64_t byte) override {
    FakeAnswer answer;
    answer.truncate_at_byte = byte;
    registry_.Answer({}, answer);
  }
  void CorruptBody(const std::string& good) override {
    FakeAnswer answer;
    answer.body = std::string(good.rbegin(), good.rend());
    registry_.Answer({}, answer);
  }
  void IgnoreParts() override {
    FakeAnswer answer;
    answer.ignore_range = true;
    registry_.Answer({}, answer);
  }
  void LimitRate(absl::Duration retry_after) override {
    registry_.Answer(
        {}, FakeAnswer::Status(
                429, {{"Retry-After",
                       std::to_string(absl::ToInt64Seconds(retry_after))}}));
  }
  void Deny() override { registry_.Answer({}, FakeAnswer::Status(403)); }
  void Break() override { registry_.Answer({}, FakeAnswer::Status(503)); }
  void HoldNext(std::optional<uint64_t> at_byte) override {
    gate_ = std::make_shared<Gate>();
    FakeAnswer answer;
    answer.gate = gate_;
    answer.gate_at_byte = at_byte;
    registry_.Answer({}, answer);
  }
  void AwaitHeld() override { gate_->AwaitArrivals(); }
  void Release() override { gate_->Open(); }
  void GoDown() override { registry_.Stop(); }

 private:
  std::shared_ptr<Gate> gate_;
  FakeRegistry registry_;
  const std::unique_ptr<UpstreamClient> client_ =
      BuildUpstreamClient({.allow_private_addresses = true, .proxies = {}});
};

INSTANTIATE_TEST_SUITE_P(Http, UpstreamClientContract, ::testing::Values([] {
                           return std::make_unique<HttpUpstream>();
                         }));

}  // namespace
}  // namespace cvr::testing
