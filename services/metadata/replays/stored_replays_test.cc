#include "services/metadata/replays/stored_replays.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "cvr/v1/access_token_service.pb.h"
#include "cvr/v1/registry.pb.h"
#include "cvr/v1/upstream.pb.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/concurrency/thread.h"
#include "services/metadata/secrets/kept_answers.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/operation_tables.h"
#include "services/metadata/testing/in_memory_metadata_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace cvr::testing {
namespace {

constexpr char kId[] = "2f1d9c0e-5b7a-4d38-9a55-0c6f3f1d7a10";

class StoredReplaysTest : public ::testing::Test {
 protected:
  static RepeatableRequest Request(const std::string& hash = "h",
                                   int64_t token_id = 1) {
    return {token_id, "RegistryService.CreateRegistry", kId, hash};
  }

  absl::StatusOr<std::unique_ptr<RequestReplays::Claim>> Begin(
      google::protobuf::Message& answer,
      const RepeatableRequest& request = Request()) {
    return replays_.Begin(request, absl::Now() + absl::Seconds(60), answer);
  }

  // A call that makes a registry and answers it.
  void Make(const std::string& name,
            const RepeatableRequest& request = Request()) {
    v1::Registry answer;
    const auto claim = Begin(answer, request);
    ASSERT_THAT(claim, IsOk());
    ASSERT_NE(*claim, nullptr);
    answer.set_name(name);
    ASSERT_THAT((*claim)->Keep(answer), IsOk());
  }

  int Kept() {
    int kept = 0;
    EXPECT_THAT(store_.Read([&](const ReadTransaction& transaction) {
      return tables::VisitReplays(
          transaction, 0,
          [&](absl::string_view,
              const stored::RequestReplay&) -> absl::StatusOr<bool> {
            ++kept;
            return true;
          });
    }),
                IsOk());
    return kept;
  }

  TemporaryDirectory directory_;
  InMemoryMetadataStore store_;
  const std::unique_ptr<SecretBox> box_ =
      *SecretBox::Create(directory_.path() + "/secret.key");
  FakeClock clock_;
  StoredReplays replays_{store_, *box_, clock_, {.per_caller_max = 2}};
};

TEST_F(StoredReplaysTest, ARepeatedRequestHasTheFirstAnswer) {
  Make("web");
  v1::Registry answer;
  const auto claim = Begin(answer);
  ASSERT_THAT(claim, IsOk());
  EXPECT_EQ(*claim, nullptr);
  EXPECT_EQ(answer.name(), "web");
}

TEST_F(StoredReplaysTest, AnotherRequestIsRefused) {
  Make("web");
  v1::Registry answer;
  const auto claim = Begin(answer, Request("other"));
  EXPECT_THAT(claim, StatusIs(absl::StatusCode::kInvalidArgument,
                              Reason::kRequestIdReused));
  EXPECT_EQ(FieldViolationsOf(claim.status())[0].field, "request_id");
}

// Ids are the caller's own, and those of a method.
TEST_F(StoredReplaysTest, OthersMayUseTheSameId) {
  Make("web");
  Make("other", Request("other", /*token_id=*/2));
  RepeatableRequest another = Request("another");
  another.method = "GroupService.CreateGroup";
  Make("group", another);
}

TEST_F(StoredReplaysTest, ACallThatFailedWasNotMade) {
  v1::Registry answer;
  ASSERT_NE(*Begin(answer), nullptr);
  EXPECT_NE(*Begin(answer), nullptr);
}

TEST_F(StoredReplaysTest, AnswersAreKeptForADay) {
  Make("web");
  clock_.Advance(absl::Hours(24) - absl::Seconds(1));
  ASSERT_THAT(replays_.Sweep(), IsOk());
  v1::Registry answer;
  EXPECT_EQ(*Begin(answer), nullptr);
  clock_.Advance(absl::Seconds(1));
  EXPECT_NE(*Begin(answer), nullptr);
  EXPECT_EQ(Kept(), 1);
  ASSERT_THAT(replays_.Sweep(), IsOk());
  EXPECT_EQ(Kept(), 0);
}

// The answer and the change come together.
TEST_F(StoredReplaysTest, TheTransactionOfTheChangeKeepsItsAnswer) {
  v1::Registry answer;
  {
    const auto claim = Begin(answer);
    ASSERT_THAT(claim, IsOk());
    const auto discarded = WriteValue<v1::Registry>(
        store_, [](WriteTransaction&) -> absl::StatusOr<v1::Registry> {
          return absl::AbortedError("no");
        });
    EXPECT_FALSE(discarded.ok());
    EXPECT_EQ(Kept(), 0);
    // Of another type: it is no answer.
    ASSERT_THAT(WriteValue<v1::Upstream>(
                    store_,
                    [](WriteTransaction&) -> absl::StatusOr<v1::Upstream> {
                      return v1::Upstream();
                    }),
                IsOk());
    EXPECT_EQ(Kept(), 0);
    ASSERT_THAT(WriteValue<v1::Registry>(
                    store_,
                    [](WriteTransaction&) -> absl::StatusOr<v1::Registry> {
                      v1::Registry made;
                      made.set_name("web");
                      return made;
                    }),
                IsOk());
    EXPECT_EQ(Kept(), 1);
    // The process ends here: the answer is never given.
  }
  EXPECT_EQ(*Begin(answer), nullptr);
  EXPECT_EQ(answer.name(), "web");
  // Calls of others are not concerned.
  ASSERT_THAT(WriteValue<v1::Registry>(
                  store_,
                  [](WriteTransaction&) -> absl::StatusOr<v1::Registry> {
                    return v1::Registry();
                  }),
              IsOk());
  EXPECT_EQ(Kept(), 1);
}

TEST_F(StoredReplaysTest, SecretsAreSealedAndWhatIsGivenIsNotKept) {
  const std::string secret = "cvr_secret_of_a_token";
  {
    v1::CreateAccessTokenResponse answer;
    const auto claim = Begin(answer);
    answer.set_secret(secret);
    ASSERT_THAT((*claim)->Keep(answer), IsOk());
  }
  {
    v1::Upstream answer;
    const auto claim = Begin(answer, Request("h", /*token_id=*/2));
    answer.mutable_credentials()->mutable_basic()->set_password(secret);
    ASSERT_THAT((*claim)->Keep(answer), IsOk());
  }
  for (const auto& table : store_.Snapshot()) {
    for (const auto& [key, value] : *table) {
      EXPECT_EQ(value.find(secret), std::string::npos);
    }
  }
  v1::CreateAccessTokenResponse token;
  EXPECT_EQ(*Begin(token), nullptr);
  EXPECT_EQ(token.secret(), secret);
  v1::Upstream upstream;
  EXPECT_EQ(*Begin(upstream, Request("h", /*token_id=*/2)), nullptr);
  EXPECT_FALSE(upstream.has_credentials());
}

TEST_F(StoredReplaysTest, AnswersOpenAfterARotation) {
  Make("web");
  ASSERT_THAT(box_->AddKey(), IsOk());
  ASSERT_THAT(store_.Write(
                  [&](WriteTransaction& transaction) {
                    return ResealAnswers(transaction, *box_);
                  },
                  Durability::kSynced),
              IsOk());
  ASSERT_THAT(box_->DropOldKeys(), IsOk());
  const auto reopened = *SecretBox::Load(directory_.path() + "/secret.key");
  StoredReplays replays(store_, *reopened, clock_);
  v1::Registry answer;
  EXPECT_EQ(*replays.Begin(Request(), absl::Now() + absl::Seconds(60), answer),
            nullptr);
  EXPECT_EQ(answer.name(), "web");
}

TEST_F(StoredReplaysTest, ACallerHasSoManyAnswers) {
  for (int i = 0; i < 2; ++i) {
    RepeatableRequest request = Request();
    request.request_id.back() = static_cast<char>('1' + i);
    Make("web", request);
  }
  v1::Registry answer;
  EXPECT_THAT(Begin(answer), StatusIs(absl::StatusCode::kResourceExhausted,
                                      Reason::kLimitReached));
  EXPECT_NE(*Begin(answer, Request("h", /*token_id=*/2)), nullptr);
}

TEST_F(StoredReplaysTest, ARepetitionWaitsForTheFirstCall) {
  v1::Registry first;
  auto claim = *Begin(first);
  v1::Registry second;
  bool was_replayed = false;
  {
    Thread repetition("repetition", [&] {
      const auto repeated = Begin(second);
      was_replayed = repeated.ok() && *repeated == nullptr;
    });
    first.set_name("web");
    EXPECT_THAT(claim->Keep(first), IsOk());
    claim.reset();
  }
  EXPECT_TRUE(was_replayed);
  EXPECT_EQ(second.name(), "web");
}

TEST_F(StoredReplaysTest, ARepetitionDoesNotWaitForEver) {
  v1::Registry first;
  const auto claim = *Begin(first);
  v1::Registry second;
  absl::Status status;
  {
    Thread repetition("repetition", [&] {
      status = replays_.Begin(Request(), absl::Now(), second).status();
    });
  }
  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kAborted, Reason::kConcurrentChange));
}

}  // namespace
}  // namespace cvr::testing
