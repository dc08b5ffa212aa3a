// The gate keeps the contract of what is behind it.

#include <memory>
#include <string>

#include "services/common/errors.h"
#include "services/upstream/gate/upstream_gate.h"
#include "tests/contracts/upstream_client_contract.h"
#include "tests/support/in_memory_upstream.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {
namespace {

class GatedUpstream : public UpstreamUnderContract {
 public:
  GatedUpstream()
      : gate_(
            [this](AnswerObserver*) {
              auto client = std::make_unique<InMemoryUpstreamClient>();
              upstream_ = client.get();
              return client;
            },
            UpstreamGate::Options(), &Clock::Real()) {}

  UpstreamClient& client() override { return gate_; }
  // A permit for quick requests and one for blobs: most have to wait.
  UpstreamAccess access() override {
    return {.id = 7, .name = "gated", .limits = {.concurrent_requests = 2}};
  }
  Digest AddManifest(const std::string& repository, const std::string& tag,
                     const std::string& media_type,
                     const std::string& bytes) override {
    return upstream_->AddManifest(7, repository, tag, media_type, bytes).digest;
  }
  Digest AddBlob(const std::string& repository,
                 const std::string& bytes) override {
    return upstream_->AddBlob(7, repository, bytes);
  }
  void AddReferrer(const std::string& repository, const Digest& subject,
                   const std::string& descriptor) override {
    upstream_->AddReferrer(7, repository, subject, descriptor);
  }
  void BreakBodyAt(uint64_t byte) override {
    upstream_->Inject(7, {.break_at_byte = byte});
  }
  void CorruptBody(const std::string&) override {
    upstream_->Inject(7, {.corrupt = true});
  }
  void IgnoreParts() override { upstream_->Inject(7, {.ignore_part = true}); }
  void LimitRate(absl::Duration retry_after) override {
    upstream_->Inject(
        7, {.error = errors::UpstreamRateLimited("gated", retry_after)});
  }
  void Deny() override {
    upstream_->Inject(7,
                      {.error = errors::UpstreamRefused("gated", "told to")});
  }
  void Break() override {
    upstream_->Inject(
        7, {.error = errors::UpstreamUnavailable("gated", "told to")});
  }
  void HoldNext(std::optional<uint64_t> at_byte) override {
    held_ = std::make_shared<Gate>();
    upstream_->Inject(7, {.gate = held_, .gate_at_byte = at_byte});
  }
  void AwaitHeld() override { held_->AwaitArrivals(); }
  void Release() override { held_->Open(); }
  void GoDown() override {
    upstream_->Inject(7,
                      {.error = errors::UpstreamUnavailable("gated", "down")},
                      InMemoryUpstreamClient::kAlways);
  }

 private:
  std::shared_ptr<Gate> held_;
  InMemoryUpstreamClient* upstream_ = nullptr;
  UpstreamGate gate_;
};

INSTANTIATE_TEST_SUITE_P(Gated, UpstreamClientContract, ::testing::Values([] {
                           return std::make_unique<GatedUpstream>();
                         }));

}  // namespace
}  // namespace cvr::testing
