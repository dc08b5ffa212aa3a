#ifndef SERVICES_UPSTREAM_GATE_UPSTREAM_GATE_FIXTURE_H_
#define SERVICES_UPSTREAM_GATE_UPSTREAM_GATE_FIXTURE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "services/common/errors.h"
#include "services/concurrency/thread.h"
#include "services/upstream/gate/upstream_gate.h"
#include "tests/support/fake_clock.h"
#include "tests/support/in_memory_upstream.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/eventually.h"
#include "tests/support/waiting/gate.h"

namespace cvr {

// Takes a blob and forgets it; may have enough early.
class ForgettingSink : public UpstreamBlobSink {
 public:
  absl::Status OnHeader(const UpstreamBlobHeader&) override {
    return header_status;
  }
  absl::Status OnBytes(absl::string_view) override { return bytes_status; }

  absl::Status header_status;
  absl::Status bytes_status;
};

// A gate in front of upstreams in memory, with a manifest and a blob each.
class UpstreamGateFixture : public ::testing::Test {
 protected:
  static constexpr int kAlways = testing::InMemoryUpstreamClient::kAlways;

  explicit UpstreamGateFixture(
      UpstreamGate::Options options = UpstreamGate::Options())
      : gate_(
            [this](AnswerObserver* observer) {
              auto client = std::make_unique<testing::InMemoryUpstreamClient>();
              upstream_ = client.get();
              observer_ = observer;
              return client;
            },
            options, &clock_) {
    for (const int64_t id : {1, 2}) {
      upstream_->AddManifest(id, "a/b", "t", "application/x", "{}");
      upstream_->AddBlob(id, "a/b", "0123456789");
    }
    access_.id = 1;
    access_.name = "hub";
    access_.url = "https://hub.example";
    access_.limits.failures_to_open = 3;
  }

  static absl::Status Down() {
    return errors::UpstreamUnavailable("hub.example", "connection refused");
  }
  void Fail(absl::Status error, int times = 1) {
    upstream_->Inject(1, {.error = std::move(error)}, times);
  }

  absl::Status Get() { return Get(access_); }
  absl::Status Get(const UpstreamAccess& access) {
    return gate_.GetManifest(access, repository_, *Reference::Parse("t"))
        .status();
  }
  absl::Status GetBlob(ForgettingSink sink = {}) {
    return gate_.GetBlob(access_, repository_, Digest::OfBytes("0123456789"),
                         {}, sink);
  }
  // Makes the circuit open by failures of its own.
  void OpenCircuit() {
    for (int i = 0; i < access_.limits.failures_to_open; ++i) {
      Fail(Down());
      EXPECT_THAT(Get(), testing::StatusIs(absl::StatusCode::kUnavailable));
    }
  }
  UpstreamState State() const { return gate_.States().at(0); }
  // Of requests that came by the gate.
  int asked() const { return static_cast<int>(upstream_->calls().size()); }

  bool IsSavingBudget() {
    return gate_.IsSavingBudget(access_.id,
                                access_.limits.rate_reserve_percent);
  }

  // What the upstream says, by its observer.
  void Tell(const std::string& limit, const std::string& remaining,
            int64_t upstream_id = 1) {
    HttpHead head = {200};
    head.fields.Add("ratelimit-limit", limit);
    head.fields.Add("ratelimit-remaining", remaining);
    observer_->OnAnswer(upstream_id, head);
  }

  // Blocks until so many requests to upstream 1 wait for a permit.
  void AwaitWaiting(int count) const {
    EXPECT_TRUE(testing::Eventually([&] { return State().waiting >= count; },
                                    "the requests wait for a slot"));
  }

  testing::FakeClock clock_;
  testing::InMemoryUpstreamClient* upstream_ = nullptr;
  AnswerObserver* observer_ = nullptr;
  const Repository repository_ = *Repository::Parse("a/b");
  UpstreamAccess access_;
  UpstreamGate gate_;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_GATE_UPSTREAM_GATE_FIXTURE_H_
