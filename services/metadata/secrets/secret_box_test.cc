#include "services/metadata/secrets/secret_box.h"

#include <sys/stat.h>

#include <fstream>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace cvr {
namespace {

using ::cvr::testing::IsOk;
using ::cvr::testing::IsOkAndHolds;
using ::cvr::testing::StatusIs;

class SecretBoxTest : public ::testing::Test {
 protected:
  cvr::testing::TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/secret.key";
};

TEST_F(SecretBoxTest, WhatIsSealedOpensAfterARestart) {
  const auto first = SecretBox::Create(path_);
  ASSERT_THAT(first, IsOk());
  const std::string sealed = (*first)->Seal("hunter2", "upstream 1");
  EXPECT_THAT(sealed, ::testing::Not(::testing::HasSubstr("hunter2")));
  const auto second = SecretBox::Load(path_);
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT((*second)->Open(sealed, "upstream 1"), IsOkAndHolds("hunter2"));
}

TEST_F(SecretBoxTest, TheSameSecretNeverLooksTheSame) {
  const auto box = *SecretBox::Create(path_);
  EXPECT_NE(box->Seal("x", "c"), box->Seal("x", "c"));
}

TEST_F(SecretBoxTest, AnEmptySecretIsASecret) {
  const auto box = *SecretBox::Create(path_);
  EXPECT_THAT(box->Open(box->Seal("", "c"), "c"), IsOkAndHolds(""));
}

TEST_F(SecretBoxTest, OpensForNothingElse) {
  const auto box = *SecretBox::Create(path_);
  const auto other = *SecretBox::Create(path_ + ".other");
  const std::string sealed = box->Seal("hunter2", "upstream 1");
  const auto lost = StatusIs(absl::StatusCode::kDataLoss);
  EXPECT_THAT(box->Open(sealed, "upstream 2"), lost);
  EXPECT_THAT(other->Open(sealed, "upstream 1"), lost);
  EXPECT_THAT(box->Open("short", "upstream 1"), lost);
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] ^= 1;
    EXPECT_THAT(box->Open(changed, "upstream 1"), lost);
  }
}

TEST_F(SecretBoxTest, TheKeyFileIsForItsOwnerAlone) {
  ASSERT_THAT(SecretBox::Create(path_), IsOk());
  struct stat about;
  ASSERT_EQ(stat(path_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600);
  ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
  EXPECT_THAT(SecretBox::Load(path_),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(SecretBoxTest, AKeyIsNeverReplaced) {
  ASSERT_THAT(SecretBox::Create(path_), IsOk());
  EXPECT_THAT(SecretBox::Create(path_),
              StatusIs(absl::StatusCode::kAlreadyExists));
}

TEST_F(SecretBoxTest, WhileTheKeyIsReplacedBothOpen) {
  const auto box = *SecretBox::Create(path_);
  const std::string before = box->Seal("a", "c");
  EXPECT_FALSE(box->HasOldKeys());
  ASSERT_THAT(box->AddKey(), IsOk());
  EXPECT_TRUE(box->HasOldKeys());
  const std::string after = box->Seal("b", "c");
  const auto restarted = *SecretBox::Load(path_);
  EXPECT_TRUE(restarted->HasOldKeys());
  for (const auto* const one : {box.get(), restarted.get()}) {
    EXPECT_THAT(one->Open(before, "c"), IsOkAndHolds("a"));
    EXPECT_THAT(one->Open(after, "c"), IsOkAndHolds("b"));
  }
  ASSERT_THAT(box->DropOldKeys(), IsOk());
  EXPECT_FALSE(box->HasOldKeys());
  // Who has read it a moment ago still opens it here.
  EXPECT_THAT(box->Open(before, "c"), IsOkAndHolds("a"));
  const auto at_last = *SecretBox::Load(path_);
  EXPECT_THAT(at_last->Open(after, "c"), IsOkAndHolds("b"));
  EXPECT_THAT(at_last->Open(before, "c"),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(SecretBoxTest, WhatIsNoKeyFileIsRefused) {
  EXPECT_THAT(SecretBox::Load(path_), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(SecretBox::Create("/proc/nowhere/key"),
              StatusIs(absl::StatusCode::kUnavailable));
  for (const size_t bytes : {0, 31, 33}) {
    const std::string path = path_ + std::to_string(bytes);
    std::ofstream(path) << std::string(bytes, 'k');
    ASSERT_EQ(chmod(path.c_str(), 0600), 0);
    EXPECT_THAT(SecretBox::Load(path),
                StatusIs(absl::StatusCode::kFailedPrecondition));
  }
}

}  // namespace
}  // namespace cvr
