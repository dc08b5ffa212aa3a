#include "tests/support/in_memory_upstream.h"

#include "services/common/errors.h"
#include "services/concurrency/thread.h"
#include "tests/contracts/upstream_client_contract.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {
namespace {

class InMemoryUpstream : public UpstreamUnderContract {
 public:
  UpstreamClient& client() override { return client_; }
  UpstreamAccess access() override { return {.id = 7, .name = "memory"}; }
  Digest AddManifest(const std::string& repository, const std::string& tag,
                     const std::string& media_type,
                     const std::string& bytes) override {
    return client_.AddManifest(7, repository, tag, media_type, bytes).digest;
  }
  Digest AddBlob(const std::string& repository,
                 const std::string& bytes) override {
    return client_.AddBlob(7, repository, bytes);
  }
  void AddReferrer(const std::string& repository, const Digest& subject,
                   const std::string& descriptor) override {
    client_.AddReferrer(7, repository, subject, descriptor);
  }
  void BreakBodyAt(uint64_t byte) override {
    client_.Inject(7, {.break_at_byte = byte});
  }
  void CorruptBody(const std::string&) override {
    client_.Inject(7, {.corrupt = true});
  }
  void IgnoreParts() override { client_.Inject(7, {.ignore_part = true}); }
  void LimitRate(absl::Duration retry_after) override {
    client_.Inject(
        7, {.error = errors::UpstreamRateLimited("memory", retry_after)});
  }
  void Deny() override {
    client_.Inject(7, {.error = errors::UpstreamRefused("memory", "told to")});
  }
  void Break() override {
    client_.Inject(7,
                   {.error = errors::UpstreamUnavailable("memory", "told to")});
  }
  void HoldNext(std::optional<uint64_t> at_byte) override {
    gate_ = std::make_shared<Gate>();
    client_.Inject(7, {.gate = gate_, .gate_at_byte = at_byte});
  }
  void AwaitHeld() override { gate_->AwaitArrivals(); }
  void Release() override { gate_->Open(); }
  void GoDown() override {
    client_.Inject(7, {.error = errors::UpstreamUnavailable("memory", "down")},
                   InMemoryUpstreamClient::kAlways);
  }

 private:
  std::shared_ptr<Gate> gate_;
  InMemoryUpstreamClient client_;
};

INSTANTIATE_TEST_SUITE_P(InMemory, UpstreamClientContract,
                         ::testing::Values([] {
                           return std::make_unique<InMemoryUpstream>();
                         }));

TEST(InMemoryUpstreamTest, UpstreamsAreToldApartByTheirId) {
  InMemoryUpstreamClient client;
  client.AddManifest(1, "a", "t", "application/x", "{}");

  const auto get = [&](int64_t id) {
    return client.GetManifest({.id = id}, *Repository::Parse("a"),
                              *Reference::Parse("t"));
  };
  EXPECT_THAT(get(1), IsOk());
  EXPECT_THAT(get(2), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(client.calls().size(), 2);
  client.Clear(1);
  EXPECT_THAT(get(1), StatusIs(absl::StatusCode::kNotFound));
}

TEST(InMemoryUpstreamTest, AGateHoldsABlobAtItsByte) {
  InMemoryUpstreamClient client;
  const Digest digest = client.AddBlob(1, "a", "0123456789");
  const auto gate = std::make_shared<Gate>();
  client.Inject(1, {.gate = gate, .gate_at_byte = 4});
  RecordingSink sink;
  {
    Thread puller("puller", [&] {
      EXPECT_THAT(
          client.GetBlob({.id = 1}, *Repository::Parse("a"), digest, {}, sink),
          IsOk());
    });
    gate->AwaitArrivals();
    EXPECT_EQ(sink.bytes, "0123");
    gate->Open();
  }
  EXPECT_EQ(sink.bytes, "0123456789");
}

}  // namespace
}  // namespace cvr::testing
