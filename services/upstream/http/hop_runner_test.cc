#include "services/upstream/http/hop_runner.h"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::testing::ElementsAre;
using testing::IsOk;
using testing::StatusIs;

struct Answer {
  int status = 200;
  std::string location = {};  // Empty = none.
  std::string body = {};
  absl::Status end = {};  // Of the transfer, when the receiver takes all.
};

// Gives the answers that it was told to, one after the other.
class FakeTransport final : public HttpTransport {
 public:
  struct Call {
    std::string url;
    std::string authorization;
  };

  void WillAnswer(std::deque<Answer> answers) { answers_ = std::move(answers); }

  absl::Status Perform(const HttpCall& request,
                       HttpReceiver& receiver) override {
    calls_.push_back({request.url.text(),
                      std::string(request.fields.First("Authorization"))});
    if (answers_.empty()) return absl::InternalError("one call too many");
    const Answer answer = std::move(answers_.front());
    answers_.pop_front();
    HttpHead head;
    head.status = answer.status;
    if (!answer.location.empty()) head.fields.Add("Location", answer.location);
    RETURN_IF_ERROR(receiver.OnHead(head));
    if (!answer.body.empty()) RETURN_IF_ERROR(receiver.OnBytes(answer.body));
    return answer.end;
  }

  std::vector<std::string> urls() const {
    std::vector<std::string> urls;
    for (const Call& call : calls_) urls.push_back(call.url);
    return urls;
  }
  std::vector<std::string> authorizations() const {
    std::vector<std::string> values;
    for (const Call& call : calls_) values.push_back(call.authorization);
    return values;
  }

 private:
  std::deque<Answer> answers_;
  std::vector<Call> calls_;
};

// Knows one.example, and can answer challenges when it is told to.
class FakeGuard final : public HopGuard {
 public:
  std::string AuthorizationFor(const Url& url) override {
    return url.host() == "one.example" ? "known" : "";
  }
  absl::StatusOr<std::optional<std::string>> OnChallenge(
      const Url&, const HttpHead&) override {
    return better;
  }
  bool ForgetRejected(const Url&, const HttpHead&) override {
    return std::exchange(is_remembered, false);
  }
  TlsAccess TlsFor(const Url&) override { return {}; }

  std::optional<std::string> better;
  bool is_remembered = false;
};

class KeepingReceiver final : public HopReceiver {
 public:
  absl::Status OnHead(const Url& url, const HttpHead&) override {
    from = url.host();
    return absl::OkStatus();
  }
  absl::Status OnBytes(absl::string_view bytes) override {
    absl::StrAppend(&body, bytes);
    return absl::OkStatus();
  }

  std::string from;
  std::string body;
};

class HopRunnerTest : public ::testing::Test {
 protected:
  absl::StatusOr<HopAnswer> Run(FakeTransport& transport,
                                bool is_verified = false) {
    HopRequest request{.url = *Url::Parse("https://one.example/a")};
    request.is_verified = is_verified;
    return HopRunner(&transport).Run(std::move(request), guard_, receiver_);
  }

  FakeGuard guard_;
  KeepingReceiver receiver_;
};

TEST_F(HopRunnerTest, ASuccessIsHandedOn) {
  FakeTransport transport;
  transport.WillAnswer({{.body = "bytes"}});
  const auto answer = Run(transport);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->head.status, 200);
  EXPECT_EQ(receiver_.from, "one.example");
  EXPECT_EQ(receiver_.body, "bytes");
  EXPECT_THAT(transport.authorizations(), ElementsAre("known"));
}

// The storage behind a registry must not see the registry's credentials, nor
// the client what the redirect said.
TEST_F(HopRunnerTest, RedirectsAreFollowedWithWhatEachHostMaySee) {
  FakeTransport transport;
  transport.WillAnswer(
      {{.status = 307, .location = "https://two.example/b", .body = "moved"},
       {.body = "bytes"}});
  const auto answer = Run(transport);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->url.host(), "two.example");
  EXPECT_EQ(receiver_.from, "two.example");
  EXPECT_EQ(receiver_.body, "bytes");
  EXPECT_THAT(transport.urls(),
              ElementsAre("https://one.example/a", "https://two.example/b"));
  EXPECT_THAT(transport.authorizations(), ElementsAre("known", ""));
}

TEST_F(HopRunnerTest, RedirectsEnd) {
  std::deque<Answer> answers;
  for (int i = 0; i < limits::kRedirectsMax + 5; ++i) {
    answers.push_back({.status = 302, .location = "/again"});
  }
  FakeTransport transport;
  transport.WillAnswer(std::move(answers));
  EXPECT_THAT(Run(transport), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(transport.urls().size(), size_t{limits::kRedirectsMax} + 1);
}

TEST_F(HopRunnerTest, OnlyWhatIsVerifiedMayLeaveHttps) {
  for (const bool is_verified : {false, true}) {
    FakeTransport transport;
    transport.WillAnswer(
        {{.status = 302, .location = "http://two.example/b"}, {.body = "b"}});
    const auto answer = Run(transport, is_verified);
    EXPECT_EQ(answer.ok(), is_verified);
    EXPECT_EQ(transport.urls().size(), is_verified ? 2 : 1);
  }
}

TEST_F(HopRunnerTest, AChallengeIsAnsweredOnce) {
  guard_.better = "better";
  FakeTransport transport;
  transport.WillAnswer({{.status = 401}, {.status = 401}});
  const auto answer = Run(transport);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->head.status, 401);
  EXPECT_THAT(transport.authorizations(), ElementsAre("known", "better"));
}

TEST_F(HopRunnerTest, AChallengeThatNothingAnswersIsTheAnswer) {
  FakeTransport transport;
  transport.WillAnswer({{.status = 401}});
  const auto answer = Run(transport);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->head.status, 401);
}

TEST_F(HopRunnerTest, WhatWasRememberedAndIsRejectedIsLeftOut) {
  guard_.is_remembered = true;
  FakeTransport transport;
  transport.WillAnswer({{.status = 403}, {.body = "bytes"}});
  const auto answer = Run(transport);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->head.status, 200);
  EXPECT_THAT(transport.authorizations(), ElementsAre("known", ""));
}

TEST_F(HopRunnerTest, ALongRefusalIsNotReadToItsEnd) {
  FakeTransport transport;
  transport.WillAnswer({{.status = 404, .body = std::string(1 << 20, 'x')}});
  const auto answer = Run(transport);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->head.status, 404);
  EXPECT_EQ(receiver_.body, "");
}

TEST_F(HopRunnerTest, ASuccessThatBreaksOffIsAnError) {
  FakeTransport transport;
  transport.WillAnswer(
      {{.body = "byt", .end = absl::UnavailableError("broke off")}});
  EXPECT_THAT(Run(transport), StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace cvr
