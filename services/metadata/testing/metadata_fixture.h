#ifndef SERVICES_METADATA_TESTING_METADATA_FIXTURE_H_
#define SERVICES_METADATA_TESTING_METADATA_FIXTURE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/content.h"
#include "services/metadata/metadata_stack.h"
#include "services/metadata/testing/in_memory_metadata_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/waiting/eventually.h"

namespace cvr::testing {

// A metadata service in memory, and verbs for what its tests do with it.
class MetadataFixture : public ::testing::Test {
 protected:
  explicit MetadataFixture(const AdminLimits& limits = {}) {
    MetadataStack::Options options;
    options.limits = limits;
    options.clock = &clock_;
    // Only when asked to.
    options.downloads_flush_interval = absl::InfiniteDuration();
    options.cleanup_check_interval = absl::InfiniteDuration();
    auto memory = std::make_unique<InMemoryMetadataStore>();
    memory_ = memory.get();
    stack_ = *MetadataStack::OpenOver(
        std::move(memory),
        *SecretBox::Create(directory_.path() + "/secret.key"), options);
  }

  absl::StatusOr<v1::Group> CreateGroup(const std::string& name) {
    v1::CreateGroupRequest request;
    request.mutable_group()->set_name(name);
    return stack_->groups().Create(request);
  }

  absl::StatusOr<v1::Registry> CreateRegistry(
      const std::string& name, const std::string& group = "default") {
    v1::CreateRegistryRequest request;
    request.mutable_registry()->set_name(name);
    request.mutable_registry()->set_group(group);
    return stack_->registries().Create(request);
  }

  static v1::Upstream NewUpstream(const std::string& url,
                                  const std::string& group = "default") {
    v1::Upstream upstream;
    upstream.set_name(url);
    upstream.set_url(url);
    upstream.set_group(group);
    return upstream;
  }

  static void SetCredentials(const std::string& username,
                             const std::string& password,
                             v1::Upstream& upstream) {
    auto& basic = *upstream.mutable_credentials()->mutable_basic();
    basic.set_username(username);
    basic.set_password(password);
  }

  absl::StatusOr<v1::Upstream> CreateUpstream(v1::Upstream upstream) {
    v1::CreateUpstreamRequest request;
    *request.mutable_upstream() = std::move(upstream);
    return stack_->upstreams().Create(request);
  }
  absl::StatusOr<v1::Upstream> CreateUpstream(const std::string& url) {
    return CreateUpstream(NewUpstream(url));
  }

  absl::StatusOr<v1::Upstream> UpdateUpstream(
      const v1::Upstream& upstream, const std::vector<std::string>& paths) {
    v1::UpdateUpstreamRequest request;
    request.set_id(upstream.id());
    *request.mutable_upstream() = upstream;
    for (const auto& path : paths)
      request.mutable_update_mask()->add_paths(path);
    return stack_->upstreams().Update(request);
  }

  absl::StatusOr<v1::Upstream> GetUpstream(int64_t id) {
    v1::GetUpstreamRequest request;
    request.set_id(id);
    return stack_->upstreams().Get(request);
  }
  absl::StatusOr<v1::Registry> GetRegistry(int64_t id) {
    v1::GetRegistryRequest request;
    request.set_id(id);
    return stack_->registries().Get(request);
  }

  absl::Status DeleteUpstream(int64_t id) {
    v1::DeleteUpstreamRequest request;
    request.set_id(id);
    return stack_->upstreams().Delete(request);
  }
  absl::Status DeleteRegistry(int64_t id) {
    v1::DeleteRegistryRequest request;
    request.set_id(id);
    return stack_->registries().Delete(request);
  }

  absl::StatusOr<v1::Attachment> Attach(int64_t registry_id,
                                        int64_t upstream_id) {
    v1::CreateAttachmentRequest request;
    request.set_registry_id(registry_id);
    request.set_upstream_id(upstream_id);
    return stack_->attachments().Create(request);
  }
  absl::StatusOr<v1::Attachment> Move(int64_t registry_id, int64_t upstream_id,
                                      int32_t position) {
    v1::MoveAttachmentRequest request;
    request.set_registry_id(registry_id);
    request.set_upstream_id(upstream_id);
    request.set_position(position);
    return stack_->attachments().Move(request);
  }
  absl::Status Detach(int64_t registry_id, int64_t upstream_id) {
    v1::DeleteAttachmentRequest request;
    request.set_registry_id(registry_id);
    request.set_upstream_id(upstream_id);
    return stack_->attachments().Delete(request);
  }

  // The registry's upstreams; also checks that positions are 1..n.
  std::vector<int64_t> UpstreamsOf(int64_t registry_id) {
    std::vector<int64_t> ids;
    const auto registry = GetRegistry(registry_id);
    EXPECT_THAT(registry, IsOk());
    if (!registry.ok()) return ids;
    for (const auto& attachment : registry->attachments()) {
      ids.push_back(attachment.upstream_id());
      EXPECT_EQ(attachment.position(), ids.size());
      EXPECT_EQ(attachment.registry_id(), registry_id);
    }
    return ids;
  }

  // As somebody who may do everything.
  absl::StatusOr<Resolution> Resolve(int64_t registry_id,
                                     const std::string& relative_path,
                                     bool counts_as_pull = false) {
    ResolveRequest request{registry_id, Content(relative_path), counts_as_pull};
    request.caller = Caller::System();
    return stack_->resolver().Resolve(request);
  }

  // Until the rows of deleted upstreams are gone, which are deleted in the
  // background. Of the service that the fixture has made.
  void AwaitRemovals() {
    const auto is_done = [&] {
      bool is_done = true;
      EXPECT_THAT(memory_->Read([&](const ReadTransaction& transaction) {
        return transaction.Scan(
            Table::kRemovals, "", "",
            [&](absl::string_view, absl::string_view) -> absl::StatusOr<bool> {
              return is_done = false;
            });
      }),
                  IsOk());
      return is_done;
    };
    EXPECT_TRUE(Eventually(is_done, "deleted rows are gone"));
  }

  static ContentRef Content(const std::string& relative_path) {
    return *ParseRelativePath(relative_path);
  }

  // Of bytes that the upstream has delivered.
  CacheRecord RecordOf(int64_t upstream_id, const std::string& relative_path,
                       const Digest& digest) {
    CacheRecord record{
        upstream_id, Content(relative_path),
        Descriptor{"application/vnd.oci.image.manifest.v1+json", digest, 7},
        "etag"};
    const auto access = stack_->client().GetUpstreamAccess(upstream_id);
    record.delivered_to = access.ok() ? access->identity : 0;
    record.cache_epoch = At(upstream_id).cache_epoch;
    return record;
  }

  // The upstream as it is now; with an epoch of 1 when it is gone.
  UpstreamEpoch At(int64_t upstream_id) {
    const auto access = stack_->client().GetUpstreamAccess(upstream_id);
    return {upstream_id, access.ok() ? access->cache_epoch : 1};
  }

  absl::StatusOr<std::vector<v1::CacheEntry>> Entries(int64_t upstream_id = 0) {
    v1::ListCacheEntriesRequest request;
    if (upstream_id != 0) request.set_upstream_id(upstream_id);
    auto response = stack_->cache_entries().List(request, Caller::System());
    if (!response.ok()) return response.status();
    return std::vector<v1::CacheEntry>(response->cache_entries().begin(),
                                       response->cache_entries().end());
  }

  // Purges. The rows may be there for a while.
  absl::StatusOr<v1::Operation> Purge(int64_t upstream_id) {
    v1::PurgeUpstreamCacheRequest request;
    request.set_upstream_id(upstream_id);
    return stack_->caches().PurgeUpstream(request, Caller::System());
  }
  // The operation when it has ended, which it must within a minute.
  v1::Operation Await(const absl::StatusOr<v1::Operation>& started) {
    EXPECT_THAT(started, IsOk());
    if (!started.ok()) return {};
    v1::WaitOperationRequest request;
    request.set_id(started->id());
    const auto ended = stack_->operations().Wait(request, Caller::System(),
                                                 [] { return false; });
    EXPECT_THAT(ended, IsOk());
    if (!ended.ok()) return {};
    EXPECT_TRUE(ended->done());
    return *ended;
  }
  // What it has ended with.
  template <typename Response>
  Response ResponseOf(const absl::StatusOr<v1::Operation>& started) {
    Response response;
    const v1::Operation ended = Await(started);
    EXPECT_TRUE(ended.response().UnpackTo(&response)) << ended.DebugString();
    return response;
  }

  FakeClock clock_;
  TemporaryDirectory directory_;
  // The store of `stack_`, which owns it.
  InMemoryMetadataStore* memory_ = nullptr;
  std::unique_ptr<MetadataStack> stack_;
};

}  // namespace cvr::testing

#endif  // SERVICES_METADATA_TESTING_METADATA_FIXTURE_H_
