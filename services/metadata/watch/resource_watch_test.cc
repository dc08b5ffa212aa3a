#include "services/metadata/watch/resource_watch.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/concurrency/thread.h"
#include "services/metadata/store/watched_metadata_store.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/testing/in_memory_metadata_store.h"
#include "services/metadata/watch/change_log.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Caller Admin() { return Caller::System(); }

Caller ForRegistry(const std::string& group, int64_t registry_id) {
  Caller caller;
  caller.token_id = 5;
  caller.may_manage = true;
  caller.group = group;
  caller.registry_ids = {registry_id};
  return caller;
}

// `updated registry 1 web`, `deleted upstream 2 hub`.
std::string TextOf(const v1::WatchResourcesResponse& message) {
  if (message.type() == v1::WatchResourcesResponse::TYPE_BOOKMARK) {
    return "bookmark";
  }
  const std::string type =
      message.type() == v1::WatchResourcesResponse::TYPE_UPDATED ? "updated "
                                                                 : "deleted ";
  if (message.has_registry()) {
    return absl::StrCat(type, "registry ", message.registry().id(), " ",
                        message.registry().name());
  }
  if (message.has_upstream()) {
    return absl::StrCat(type, "upstream ", message.upstream().id(), " ",
                        message.upstream().name());
  }
  return absl::StrCat(type, "group ", message.group().name());
}

class ResourceWatchTest : public ::testing::Test {
 protected:
  explicit ResourceWatchTest(size_t bytes_max = size_t{4} << 20) {
    Open(std::make_unique<InMemoryMetadataStore>(), bytes_max);
  }

  void Open(std::unique_ptr<InMemoryMetadataStore> memory, size_t bytes_max) {
    memory_ = memory.get();
    log_ = *ChangeLog::Open(*memory, {.bytes_max = bytes_max});
    store_ = std::make_unique<WatchedMetadataStore>(std::move(memory));
    store_->Listen(ChangeLog::kTables, *log_);
    watch_ = std::make_unique<ResourceWatch>(*store_, *log_, Readers());
  }

  ResourceReaders Readers() {
    return {
        .group = [](const std::string& name) -> absl::StatusOr<v1::Group> {
          v1::Group group;
          group.set_name(name);
          return group;
        },
        .registry = [this](int64_t id) -> absl::StatusOr<v1::Registry> {
          v1::Registry registry;
          registry.set_id(id);
          RETURN_IF_ERROR(store_->Read([&](const ReadTransaction& transaction) {
            const auto row = tables::FindRegistry(transaction, id);
            if (!row.ok() || !*row) return absl::NotFoundError("");
            registry.set_name((*row)->name());
            registry.set_group((*row)->group());
            return absl::OkStatus();
          }));
          return registry;
        },
        .upstream = [this](int64_t id) -> absl::StatusOr<v1::Upstream> {
          v1::Upstream upstream;
          upstream.set_id(id);
          RETURN_IF_ERROR(store_->Read([&](const ReadTransaction& transaction) {
            const auto row = tables::FindUpstream(transaction, id);
            if (!row.ok() || !*row) return absl::NotFoundError("");
            upstream.set_name((*row)->upstream().name());
            upstream.set_group((*row)->upstream().group());
            return absl::OkStatus();
          }));
          return upstream;
        }};
  }

  template <typename Fn>
  void Write(Fn&& fn) {
    ASSERT_THAT(store_->Write(
                    [&](WriteTransaction& transaction) {
                      fn(transaction);
                      return absl::OkStatus();
                    },
                    Durability::kSynced),
                IsOk());
  }

  static stored::Registry Registry(int64_t id, const std::string& name) {
    stored::Registry registry;
    registry.set_id(id);
    registry.set_group("acme");
    registry.set_name(name);
    return registry;
  }
  static stored::Upstream Upstream(int64_t id, const std::string& name) {
    stored::Upstream row;
    row.mutable_upstream()->set_id(id);
    row.mutable_upstream()->set_group("acme");
    row.mutable_upstream()->set_name(name);
    return row;
  }
  void PutRegistry(int64_t id, const std::string& name) {
    Write([&](WriteTransaction& transaction) {
      tables::PutRegistry(transaction, nullptr, Registry(id, name));
    });
  }
  void PutUpstream(int64_t id, const std::string& name) {
    Write([&](WriteTransaction& transaction) {
      tables::PutUpstream(transaction, Upstream(id, name));
    });
  }
  void Attach(int64_t registry_id, const std::vector<int64_t>& upstreams) {
    Write([&](WriteTransaction& transaction) {
      std::vector<stored::Attachment> attachments;
      for (const int64_t id : upstreams) {
        auto& attachment = attachments.emplace_back();
        attachment.set_registry_id(registry_id);
        attachment.set_upstream_id(id);
      }
      EXPECT_THAT(tables::SetAttachments(transaction, registry_id,
                                         std::move(attachments)),
                  IsOk());
    });
  }

  // What a caller is sent that leaves as soon as nothing more is there.
  std::vector<std::string> Sent(const Caller& caller, int64_t after,
                                const std::string& group = "-") {
    v1::WatchResourcesRequest request;
    request.set_group(group);
    request.set_after_revision(after);
    std::vector<std::string> sent;
    const auto check = [&]() -> absl::StatusOr<Caller> { return caller; };
    int looks = 0;
    // The first look comes before anything is sent.
    const auto has_gone = [&] { return ++looks > 2; };
    const auto send = [&](const v1::WatchResourcesResponse& message) {
      EXPECT_GT(message.revision(), after);
      sent.push_back(TextOf(message));
      return true;
    };
    status_ = watch_->Watch(request, {check, has_gone, send});
    return sent;
  }

  InMemoryMetadataStore* memory_ = nullptr;
  std::unique_ptr<ChangeLog> log_;
  std::unique_ptr<WatchedMetadataStore> store_;
  std::unique_ptr<ResourceWatch> watch_;
  absl::Status status_;
};

TEST_F(ResourceWatchTest, ChangesComeInOrder) {
  const int64_t start = log_->revision();
  PutRegistry(1, "web");
  PutUpstream(2, "hub");
  Attach(1, {2});
  EXPECT_THAT(Sent(Admin(), start),
              ElementsAre("updated registry 1 web", "updated upstream 2 hub",
                          "updated registry 1 web", "updated upstream 2 hub"));
  EXPECT_EQ(log_->revision(), start + 3);
  EXPECT_THAT(Sent(Admin(), start + 2),
              ElementsAre("updated registry 1 web", "updated upstream 2 hub"));
  EXPECT_THAT(Sent(Admin(), start + 3), IsEmpty());
  EXPECT_THAT(Sent(Admin(), start, "other"), IsEmpty());
}

TEST_F(ResourceWatchTest, WhatIsGoneIsSentAsDeleted) {
  PutRegistry(1, "web");
  const int64_t start = log_->revision();
  Write([](WriteTransaction& transaction) {
    tables::DeleteRegistry(transaction, Registry(1, "web"));
  });
  EXPECT_THAT(Sent(Admin(), start), ElementsAre("deleted registry 1 web"));
}

TEST_F(ResourceWatchTest, ADiscardedWriteHasNoRevision) {
  const int64_t start = log_->revision();
  EXPECT_FALSE(store_
                   ->Write(
                       [](WriteTransaction& transaction) {
                         tables::PutRegistry(transaction, nullptr,
                                             Registry(1, "web"));
                         return absl::AbortedError("no");
                       },
                       Durability::kSynced)
                   .ok());
  EXPECT_EQ(log_->revision(), start);
  PutRegistry(1, "web");
  EXPECT_EQ(log_->revision(), start + 1);
}

// A token for some registries hears of them, and of their upstreams.
TEST_F(ResourceWatchTest, OnlyWhatTheCallerMaySee) {
  PutRegistry(1, "web");
  PutRegistry(3, "other");
  const int64_t start = log_->revision();
  PutRegistry(3, "hidden");
  PutUpstream(2, "hub");
  EXPECT_THAT(Sent(ForRegistry("acme", 1), start), IsEmpty());
  Attach(1, {2});
  EXPECT_THAT(Sent(ForRegistry("acme", 1), start + 2),
              ElementsAre("updated registry 1 web", "updated upstream 2 hub"));
  EXPECT_THAT(Sent(ForRegistry("elsewhere", 1), start), IsEmpty());
  // It is taken away again.
  const int64_t attached = log_->revision();
  Attach(1, {});
  EXPECT_THAT(Sent(ForRegistry("acme", 1), attached),
              ElementsAre("updated registry 1 web", "deleted upstream 2 hub"));
  EXPECT_THAT(Sent(ForRegistry("acme", 3), attached), IsEmpty());
}

TEST_F(ResourceWatchTest, RevisionsRiseOverARestart) {
  PutRegistry(1, "web");
  const int64_t last = log_->revision();
  auto memory = std::make_unique<InMemoryMetadataStore>(memory_->Snapshot());
  Open(std::move(memory), size_t{4} << 20);
  EXPECT_GT(log_->revision(), last);
  // Nothing has changed since then.
  PutRegistry(1, "new");
  EXPECT_THAT(Sent(Admin(), last), ElementsAre("updated registry 1 new"));
  // What a power cut may have undone.
  EXPECT_THAT(Sent(Admin(), last + 1), IsEmpty());
  EXPECT_THAT(status_, StatusIs(absl::StatusCode::kOutOfRange));
}

class SmallLogTest : public ResourceWatchTest {
 protected:
  SmallLogTest() : ResourceWatchTest(/*bytes_max=*/1000) {}
};

TEST_F(SmallLogTest, WhatIsNotKeptIsOutOfRange) {
  const int64_t start = log_->revision();
  for (int i = 0; i < 20; ++i) PutRegistry(1, absl::StrCat("web", i));
  EXPECT_THAT(Sent(Admin(), start), IsEmpty());
  EXPECT_THAT(status_, StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(Sent(Admin(), log_->revision() - 1),
              ElementsAre("updated registry 1 web19"));
  EXPECT_THAT(Sent(Admin(), log_->revision() + 1), IsEmpty());
  EXPECT_THAT(status_, StatusIs(absl::StatusCode::kOutOfRange));
}

TEST_F(ResourceWatchTest, AWaitingCallHearsOfAChange) {
  v1::WatchResourcesRequest request;
  request.set_group("-");
  std::vector<std::string> sent;
  ChangeSignal begun;
  absl::Status status;
  {
    Thread caller("watch", [&] {
      const auto check = []() -> absl::StatusOr<Caller> { return Admin(); };
      const auto is_cancelled = [&] {
        begun.Notify();
        return false;
      };
      const auto send = [&](const v1::WatchResourcesResponse& message) {
        sent.push_back(TextOf(message));
        return false;
      };
      status = watch_->Watch(request, {check, is_cancelled, send});
    });
    begun.Await(0, SteadyDeadline(absl::InfiniteDuration()),
                [] { return false; });
    PutRegistry(1, "web");
  }
  EXPECT_THAT(sent, ElementsAre("updated registry 1 web"));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kCancelled));
}

TEST_F(ResourceWatchTest, AStopLetsCallersGo) {
  log_->Stop();
  EXPECT_THAT(Sent(Admin(), log_->revision()), IsEmpty());
  EXPECT_THAT(status_,
              StatusIs(absl::StatusCode::kUnavailable, Reason::kShuttingDown));
}

TEST_F(ResourceWatchTest, WhoMayNotAnyMoreIsSentNothing) {
  const int64_t start = log_->revision();
  PutRegistry(1, "web");
  v1::WatchResourcesRequest request;
  request.set_group("-");
  request.set_after_revision(start);
  int checks = 0;
  const auto check = [&]() -> absl::StatusOr<Caller> {
    if (++checks == 1) return Admin();
    return errors::Unauthenticated();
  };
  const auto is_cancelled = [] { return false; };
  const auto send = [](const v1::WatchResourcesResponse&) {
    ADD_FAILURE() << "something was sent";
    return true;
  };
  EXPECT_THAT(watch_->Watch(request, {check, is_cancelled, send}),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

}  // namespace
}  // namespace cvr::testing
