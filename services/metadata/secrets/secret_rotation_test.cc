#include "services/metadata/secrets/secret_rotation.h"

#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/concurrency/thread.h"
#include "services/metadata/metadata_stack.h"
#include "services/metadata/operations/operations.h"
#include "services/metadata/secrets/store_key.h"
#include "services/metadata/secrets/upstream_secrets.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/store/watched_metadata_store.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/testing/in_memory_metadata_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/waiting/eventually.h"

namespace cvr::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Ne;
using ::testing::SizeIs;

// Calls back around every write, and fails when told to.
class HookedStore : public MetadataStore {
 public:
  struct Hooks {
    std::function<absl::Status()> before = [] { return absl::OkStatus(); };
    // Of a write that was committed.
    std::function<absl::Status()> after = [] { return absl::OkStatus(); };
  };

  HookedStore(InMemoryMetadataStore::Tables tables,
              std::shared_ptr<Hooks> hooks)
      : store_(std::move(tables)), hooks_(std::move(hooks)) {}

  InMemoryMetadataStore::Tables Snapshot() const { return store_.Snapshot(); }

  absl::Status Read(absl::FunctionRef<absl::Status(const ReadTransaction&)> fn)
      const override {
    return store_.Read(fn);
  }
  absl::Status Write(absl::FunctionRef<absl::Status(WriteTransaction&)> fn,
                     Durability durability) override {
    absl::Status status = hooks_->before();
    if (status.ok()) status = store_.Write(fn, durability);
    return status.ok() ? hooks_->after() : status;
  }

 private:
  InMemoryMetadataStore store_;
  const std::shared_ptr<Hooks> hooks_;
};

std::string Contents(const std::string& path) {
  std::stringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

class SecretRotationTest : public ::testing::Test {
 protected:
  // What is on disk at some moment.
  struct Disk {
    std::string key_file;
    InMemoryMetadataStore::Tables tables;
  };

  void SetUp() override {
    Start({"", InMemoryMetadataStore().Snapshot()});
    for (int i = 1; i <= 3; ++i) {
      v1::CreateUpstreamRequest request;
      auto& upstream = *request.mutable_upstream();
      upstream.set_group("default");
      upstream.set_name(absl::StrCat("u", i));
      upstream.set_url(absl::StrCat("https://h", i));
      auto& login = *upstream.mutable_credentials()->mutable_basic();
      login.set_username("robot");
      login.set_password(PasswordOf(i));
      upstream.mutable_tls()->set_client_certificate_pem(
          "-----BEGIN CERTIFICATE-----\n");
      upstream.mutable_tls()->set_client_key_pem(
          "-----BEGIN PRIVATE KEY-----\n");
      ASSERT_THAT(stack_->upstreams().Create(request), IsOk());
    }
    v1::CreateUpstreamRequest open;
    open.mutable_upstream()->set_group("default");
    open.mutable_upstream()->set_name("open");
    open.mutable_upstream()->set_url("https://open");
    ASSERT_THAT(stack_->upstreams().Create(open), IsOk());
    // Makes a signing key.
    issued_ = *stack_->auth().IssueToken("", "gw", {});
  }

  static std::string PasswordOf(int64_t id) { return absl::StrCat("pw", id); }

  // A service on what is on a disk.
  void Start(const Disk& disk) {
    stack_.reset();
    *hooks_ = {};
    std::filesystem::remove(key_path_);
    if (!disk.key_file.empty()) {
      std::ofstream(key_path_, std::ios::binary) << disk.key_file;
      ASSERT_EQ(chmod(key_path_.c_str(), 0600), 0);
    }
    auto store = std::make_unique<HookedStore>(disk.tables, hooks_);
    store_ = store.get();
    auto box = OpenStoreKey(key_path_, *store);
    ASSERT_THAT(box, IsOk());
    auto stack = MetadataStack::OpenOver(std::move(store), *std::move(box), {});
    ASSERT_THAT(stack, IsOk());
    stack_ = *std::move(stack);
  }

  Disk Now() const { return {Contents(key_path_), store_->Snapshot()}; }

  void ExpectAllOpens() {
    for (int i = 1; i <= 3; ++i) {
      const auto access = stack_->client().GetUpstreamAccess(i);
      ASSERT_THAT(access, IsOk());
      EXPECT_EQ(access->password, PasswordOf(i));
      EXPECT_EQ(access->tls.client_key_pem, "-----BEGIN PRIVATE KEY-----\n");
    }
    const auto trust = stack_->auth().GetTrust(0, absl::ZeroDuration());
    ASSERT_THAT(trust, IsOk());
    EXPECT_THAT(VerifyJwt(issued_.token, trust->keys), IsOk());
  }

  std::string SealedOf(int64_t id) const {
    std::string sealed;
    EXPECT_THAT(store_->Read([&](const ReadTransaction& transaction) {
      sealed = (*tables::FindUpstream(transaction, id))->sealed_secrets();
      return absl::OkStatus();
    }),
                IsOk());
    return sealed;
  }

  const TemporaryDirectory directory_;
  const std::string key_path_ = directory_.path() + "/secret.key";
  const std::shared_ptr<HookedStore::Hooks> hooks_ =
      std::make_shared<HookedStore::Hooks>();
  HookedStore* store_ = nullptr;  // Owned by the stack.
  std::unique_ptr<MetadataStack> stack_;
  IssuedToken issued_;
};

TEST_F(SecretRotationTest, EverythingIsSealedWithANewKey) {
  const Disk before = Now();
  const std::string sealed = SealedOf(1);
  const auto rotated = stack_->secret_rotation().RotateNow();
  ASSERT_THAT(rotated, IsOk());
  EXPECT_EQ(rotated->secret_count(), 4);  // Three upstreams, one signing key.
  ExpectAllOpens();
  EXPECT_THAT(SealedOf(1), Ne(sealed));
  const Disk after = Now();
  EXPECT_THAT(after.key_file, SizeIs(32));
  EXPECT_THAT(after.key_file, Ne(before.key_file));
  struct stat about;
  ASSERT_EQ(stat(key_path_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600);
  Start(after);
  ExpectAllOpens();
}

TEST_F(SecretRotationTest, AnOperationTellsHowManySecretsThereWere) {
  const Disk before = Now();
  v1::RotateSecretKeyRequest request;
  const auto operation =
      stack_->secret_rotation().Rotate(request, Caller::System());
  ASSERT_THAT(operation, IsOk());
  EXPECT_EQ(operation->method(), "SecretService.RotateSecretKey");
  EXPECT_EQ(operation->group(), "");
  v1::WaitOperationRequest wait;
  wait.set_id(operation->id());
  const auto ended =
      stack_->operations().Wait(wait, Caller::System(), [] { return false; });
  ASSERT_THAT(ended, IsOk());
  v1::RotateSecretKeyResponse response;
  ASSERT_TRUE(ended->response().UnpackTo(&response)) << ended->DebugString();
  EXPECT_EQ(response.secret_count(), 4);
  EXPECT_EQ(ended->progress().done_count(), 4);
  EXPECT_EQ(ended->progress().total_count(), 4);
  EXPECT_THAT(Now().key_file, Ne(before.key_file));
  ExpectAllOpens();
}

// Over a store of its own, whose operations can be followed.
TEST(SecretRotationOperationTest, TheCallStartsAnOperationThatReplacesTheKey) {
  const TemporaryDirectory directory;
  const std::string key_path = directory.path() + "/secret.key";
  WatchedMetadataStore store(std::make_unique<InMemoryMetadataStore>());
  const auto box = *SecretBox::Create(key_path);
  FakeClock clock;
  SigningKeys keys(store, *box, clock, {});
  Operations operations(store, clock);
  SecretRotation rotation(store, *box, keys, operations);
  store.Watch(Operations::kTables, [&] { operations.NoteChange(); });
  stored::Upstream row;
  v1::Upstream upstream;
  upstream.set_id(1);
  upstream.mutable_credentials()->mutable_basic()->set_username("robot");
  upstream.mutable_credentials()->mutable_basic()->set_password("pw");
  ASSERT_THAT(store.Write(
                  [&](WriteTransaction& transaction) {
                    row = SealUpstream(*box, upstream);
                    tables::PutUpstream(transaction, row);
                    return absl::OkStatus();
                  },
                  Durability::kSynced),
              IsOk());
  // Nobody works on it yet.
  const auto started = rotation.Rotate({}, Caller::System());
  ASSERT_THAT(started, IsOk());
  EXPECT_EQ(started->method(), "SecretService.RotateSecretKey");
  EXPECT_FALSE(started->done());
  const std::string old_key = Contents(key_path);
  operations.Register(SecretRotation::kRotate, [&](OperationRun& run) {
    return rotation.RotateFor(run);
  });
  operations.Start();
  v1::GetOperationRequest get;
  get.set_id(started->id());
  ASSERT_TRUE(Eventually(
      [&] {
        const auto operation = operations.Get(get, Caller::System());
        return operation.ok() && operation->done();
      },
      "the rotation is done"));
  v1::RotateSecretKeyResponse response;
  ASSERT_TRUE(
      operations.Get(get, Caller::System())->response().UnpackTo(&response));
  EXPECT_EQ(response.secret_count(), 1);
  EXPECT_THAT(Contents(key_path), SizeIs(32));
  EXPECT_THAT(Contents(key_path), Ne(old_key));
  const auto secrets = ReadValue<stored::Secrets>(
      store, [&](const ReadTransaction& transaction) {
        return OpenSecrets(*box, **tables::FindUpstream(transaction, 1));
      });
  ASSERT_THAT(secrets, IsOk());
  EXPECT_EQ(secrets->password(), "pw");
}

TEST_F(SecretRotationTest, TheOldKeyOpensNothingAfterwards) {
  const std::string old_key = Now().key_file;
  ASSERT_THAT(stack_->secret_rotation().RotateNow(), IsOk());
  const std::string old_path = directory_.path() + "/old.key";
  std::ofstream(old_path, std::ios::binary) << old_key;
  ASSERT_EQ(chmod(old_path.c_str(), 0600), 0);
  InMemoryMetadataStore store(store_->Snapshot());
  EXPECT_THAT(OpenStoreKey(old_path, store),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  const auto old_box = *SecretBox::Load(old_path);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_THAT(old_box->Open(SealedOf(i), absl::StrCat("upstream ", i)),
                StatusIs(absl::StatusCode::kDataLoss));
  }
}

// The disk as a crash would leave it before, between and after the steps.
TEST_F(SecretRotationTest, ACrashAtAnyStepLosesNothing) {
  std::vector<Disk> moments = {Now()};
  const auto note = [&] {
    moments.push_back(Now());
    return absl::OkStatus();
  };
  hooks_->before = note;
  hooks_->after = note;
  ASSERT_THAT(stack_->secret_rotation().RotateNow(), IsOk());
  moments.push_back(Now());
  ASSERT_THAT(moments, SizeIs(4));
  EXPECT_THAT(moments[1].key_file, SizeIs(64));
  EXPECT_EQ(moments[1].tables, moments[0].tables);
  EXPECT_EQ(moments[2].key_file, moments[1].key_file);
  EXPECT_NE(moments[2].tables, moments[1].tables);
  for (size_t i = 0; i < moments.size(); ++i) {
    SCOPED_TRACE(absl::StrCat("moment ", i));
    // And what a write of the key file may leave.
    std::ofstream(key_path_ + ".new") << "ha";
    Start(moments[i]);
    ExpectAllOpens();
    EXPECT_THAT(Now().key_file, SizeIs(32)) << "it is not finished";
    EXPECT_EQ(Now().key_file, moments[i].key_file.substr(0, 32));
    ASSERT_THAT(stack_->secret_rotation().RotateNow(), IsOk());
    ExpectAllOpens();
    Start(Now());
    ExpectAllOpens();
  }
}

TEST_F(SecretRotationTest, AWriteThatFailsIsMadeUpForLater) {
  for (const bool committed : {false, true}) {
    SCOPED_TRACE(committed);
    auto& hook = committed ? hooks_->after : hooks_->before;
    hook = [] { return absl::UnavailableError("the disk fails"); };
    EXPECT_THAT(stack_->secret_rotation().RotateNow(),
                StatusIs(absl::StatusCode::kUnavailable));
    *hooks_ = {};
    ExpectAllOpens();
    EXPECT_THAT(Now().key_file, SizeIs(64));
    const std::string half_way = Now().key_file;
    ASSERT_THAT(stack_->secret_rotation().RotateNow(), IsOk());
    ExpectAllOpens();
    EXPECT_THAT(Now().key_file, SizeIs(32));
    EXPECT_THAT(half_way, ::testing::Not(HasSubstr(Now().key_file)));
  }
}

TEST_F(SecretRotationTest, AStoreThatTakesNoWritesAtStartServesAllTheSame) {
  hooks_->before = [] { return absl::UnavailableError("the disk fails"); };
  ASSERT_THAT(stack_->secret_rotation().RotateNow(),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(stack_->secret_rotation().Finish(),
              StatusIs(absl::StatusCode::kUnavailable));
  ExpectAllOpens();
  *hooks_ = {};
  EXPECT_THAT(stack_->secret_rotation().Finish(), IsOk());
  EXPECT_THAT(Now().key_file, SizeIs(32));
}

TEST_F(SecretRotationTest, AFileThatCannotBeWrittenIsSaid) {
  const Disk before = Now();
  // Not even root may rename a file over that.
  std::filesystem::remove(key_path_);
  std::filesystem::create_directories(key_path_ + "/x");
  const auto refused = stack_->secret_rotation().RotateNow();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(refused.status().message(), HasSubstr("/secret.key"));
  EXPECT_EQ(store_->Snapshot(), before.tables);
  ExpectAllOpens();
  std::filesystem::remove_all(key_path_);
  ASSERT_THAT(stack_->secret_rotation().RotateNow(), IsOk());
  Start(Now());
  ExpectAllOpens();
}

TEST_F(SecretRotationTest, ALinkToTheKeyStaysOne) {
  const std::string elsewhere = directory_.path() + "/elsewhere.key";
  std::filesystem::rename(key_path_, elsewhere);
  std::filesystem::create_symlink(elsewhere, key_path_);
  const std::string before = Contents(elsewhere);
  ASSERT_THAT(stack_->secret_rotation().RotateNow(), IsOk());
  EXPECT_TRUE(std::filesystem::is_symlink(key_path_));
  EXPECT_THAT(Contents(elsewhere), Ne(before));
}

TEST_F(SecretRotationTest, WhatIsDamagedIsNamedAndNothingIsLost) {
  ASSERT_THAT(store_->Write(
                  [](WriteTransaction& transaction) {
                    auto row = **tables::FindUpstream(transaction, 2);
                    row.set_sealed_secrets(std::string(64, 'x'));
                    tables::PutUpstream(transaction, row);
                    return absl::OkStatus();
                  },
                  Durability::kSynced),
              IsOk());
  const auto refused = stack_->secret_rotation().RotateNow();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(refused.status().message(), HasSubstr("upstream 2"));
  EXPECT_EQ(stack_->client().GetUpstreamAccess(1)->password, PasswordOf(1));
  EXPECT_EQ(stack_->client().GetUpstreamAccess(3)->password, PasswordOf(3));
  v1::DeleteUpstreamRequest request;
  request.set_id(2);
  ASSERT_THAT(stack_->upstreams().Delete(request), IsOk());
  EXPECT_EQ(stack_->secret_rotation().RotateNow()->secret_count(), 3);
}

TEST_F(SecretRotationTest, CallsGoOnMeanwhile) {
  std::atomic<bool> done = false;
  std::atomic<int> reads = 0;
  std::atomic<int> updates = 0;
  {
    Thread reading("reading", [&] {
      while (!done) {
        const auto access = stack_->client().GetUpstreamAccess(1);
        EXPECT_THAT(access, IsOk());
        EXPECT_EQ(access->password, PasswordOf(1));
        ++reads;
      }
    });
    Thread updating("updating", [&] {
      while (!done) {
        v1::UpdateUpstreamRequest request;
        request.set_id(2);
        auto& login =
            *request.mutable_upstream()->mutable_credentials()->mutable_basic();
        login.set_username("robot");
        login.set_password(PasswordOf(2));
        request.mutable_update_mask()->add_paths("credentials");
        EXPECT_THAT(stack_->upstreams().Update(request), IsOk());
        ++updates;
      }
    });
    for (int i = 0; i < 20 || reads < 20 || updates < 20; ++i) {
      EXPECT_THAT(stack_->secret_rotation().RotateNow(), IsOk());
    }
    done = true;
  }
  Start(Now());
  ExpectAllOpens();
}

}  // namespace
}  // namespace cvr::testing
