#include "services/metadata/metadata_stack.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cvr/v1/attachment_service.grpc.pb.h"
#include "cvr/v1/cache_entry_service.grpc.pb.h"
#include "cvr/v1/group_service.grpc.pb.h"
#include "cvr/v1/registry_service.grpc.pb.h"
#include "cvr/v1/server_service.grpc.pb.h"
#include "cvr/v1/upstream_service.grpc.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/content.h"
#include "services/common/errors.h"
#include "services/rpc/rpc_server.h"
#include "services/rpc/rpc_status.h"
#include "tests/support/admin_channel.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class MetadataStackTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<MetadataStack>> Open() {
    MetadataStack::Options options;
    options.data_dir = path_;
    return MetadataStack::Open(options);
  }

  static absl::StatusOr<v1::Registry> Bootstrap(MetadataStack& stack) {
    v1::Registry registry;
    registry.set_group("default");
    registry.set_name("images");
    registry.set_anonymous_pull(true);
    v1::Upstream upstream;
    upstream.set_group("default");
    upstream.set_name("Docker Hub");
    upstream.set_url("https://registry-1.docker.io");
    auto& basic = *upstream.mutable_credentials()->mutable_basic();
    basic.set_username("robot");
    basic.set_password("hunter2-is-secret");
    return stack.Bootstrap(registry, upstream);
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/new/metadata";
};

TEST_F(MetadataStackTest, BootstrapMakesRegistryOneWithItsUpstream) {
  const auto stack = Open();
  ASSERT_THAT(stack, IsOk());
  EXPECT_THAT((*stack)->IsNew(), IsOkAndHolds(true));
  const auto registry = Bootstrap(**stack);
  ASSERT_THAT(registry, IsOk());
  EXPECT_EQ(registry->id(), 1);
  EXPECT_TRUE(registry->anonymous_pull());
  ASSERT_EQ(registry->attachments_size(), 1);
  EXPECT_EQ(registry->attachments(0).position(), 1);
  EXPECT_THAT((*stack)->IsNew(), IsOkAndHolds(false));
  EXPECT_THAT((*stack)->resolver().Resolve(
                  {1, *ParseRelativePath("/library/alpine/manifests/3.20")}),
              IsOk());
}

// By the version of the trust, which gateways wait for, they hear that what
// they remember counts no more: of what administrators do, not of pulls.
TEST_F(MetadataStackTest, ChangesAndRestartsAreNewsForGateways) {
  uint64_t version = 0;
  const auto is_news = [&](MetadataStack& stack) {
    const auto trust = stack.auth().GetTrust(0, absl::ZeroDuration());
    EXPECT_THAT(trust, IsOk());
    return std::exchange(version, trust->version) != trust->version;
  };
  {
    const auto stack = Open();
    ASSERT_THAT(stack, IsOk());
    ASSERT_THAT(Bootstrap(**stack), IsOk());
    EXPECT_TRUE(is_news(**stack));
    EXPECT_FALSE(is_news(**stack));
    CacheRecord record{1, *ParseRelativePath("/library/alpine/manifests/1"),
                       Descriptor{"m/t", Digest::OfBytes("m"), 3}};
    record.cache_epoch = 1;
    ASSERT_THAT((*stack)->client().Record(record), IsOk());
    EXPECT_FALSE(is_news(**stack));
    v1::DeleteCacheEntryRequest entry;
    entry.set_id(1);
    ASSERT_THAT((*stack)->cache_entries().Delete(entry), IsOk());
    EXPECT_TRUE(is_news(**stack));
    v1::PurgeUpstreamCacheRequest purge;
    purge.set_upstream_id(1);
    ASSERT_THAT((*stack)->caches().PurgeUpstream(purge, Caller::System()),
                IsOk());
    EXPECT_TRUE(is_news(**stack));
    v1::UpdateRegistryRequest update;
    update.set_id(1);
    update.mutable_update_mask()->add_paths("anonymous_pull");
    ASSERT_THAT((*stack)->registries().Update(update), IsOk());
    EXPECT_TRUE(is_news(**stack));
    EXPECT_FALSE(is_news(**stack));
  }
  const auto stack = Open();
  ASSERT_THAT(stack, IsOk());
  EXPECT_TRUE(is_news(**stack));
}

TEST_F(MetadataStackTest, ABootstrapThatFailsLeavesNothing) {
  const auto stack = Open();
  ASSERT_THAT(stack, IsOk());
  v1::Upstream upstream;
  upstream.set_group("default");
  upstream.set_name("Docker Hub");
  upstream.set_url("https://registry-1.docker.io");
  EXPECT_THAT((*stack)->Bootstrap({}, upstream),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT((*stack)->IsNew(), IsOkAndHolds(true));
  v1::ListUpstreamsRequest list;
  list.set_group("-");
  EXPECT_EQ(
      (*stack)->upstreams().List(list, Caller::System())->upstreams_size(), 0);
}

TEST_F(MetadataStackTest, EverythingIsThereAfterARestart) {
  const auto content = *ParseRelativePath("/library/alpine/manifests/3.20");
  {
    const auto stack = Open();
    ASSERT_THAT(stack, IsOk());
    ASSERT_THAT(Bootstrap(**stack), IsOk());
    CacheRecord record{1, content, Descriptor{"m/t", Digest::OfBytes("m"), 3}};
    record.cache_epoch = 1;
    record.delivered_to = (*stack)->client().GetUpstreamAccess(1)->identity;
    ASSERT_THAT((*stack)->client().Record(record), IsOk());
    ASSERT_THAT(
        (*stack)->resolver().Resolve({1, content, true, "", Caller::System()}),
        IsOk());
  }
  const auto stack = Open();
  ASSERT_THAT(stack, IsOk());
  EXPECT_THAT((*stack)->IsNew(), IsOkAndHolds(false));
  EXPECT_EQ((*stack)->client().GetUpstreamAccess(1)->password,
            "hunter2-is-secret");
  EXPECT_TRUE((*stack)
                  ->resolver()
                  .Resolve({1, content, false, "", Caller::System()})
                  ->hit);
  // Counted in memory when the first process ended.
  v1::GetCacheEntryRequest request;
  request.set_id(1);
  EXPECT_EQ((*stack)->cache_entries().Get(request)->pull_count(), 1);
}

TEST_F(MetadataStackTest, TheDirectoryIsForItsOwnerAlone) {
  ASSERT_THAT(Open(), IsOk());
  struct stat about;
  ASSERT_EQ(stat(path_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0700);
  ASSERT_EQ(stat((path_ + "/secret.key").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600);
}

TEST_F(MetadataStackTest, NoSecretIsOnDiskInTheClear) {
  {
    const auto stack = Open();
    ASSERT_THAT(stack, IsOk());
    ASSERT_THAT(Bootstrap(**stack), IsOk());
  }
  int files = 0;
  for (const auto& file :
       std::filesystem::recursive_directory_iterator(path_)) {
    if (!file.is_regular_file()) continue;
    std::stringstream bytes;
    bytes << std::ifstream(file.path(), std::ios::binary).rdbuf();
    EXPECT_THAT(bytes.str(), Not(HasSubstr("hunter2-is-secret")))
        << file.path();
    ++files;
  }
  EXPECT_GT(files, 2);
}

TEST_F(MetadataStackTest, ALostKeyIsReportedNotReplaced) {
  { ASSERT_THAT(Open(), IsOk()); }
  std::filesystem::rename(path_ + "/secret.key", path_ + "/kept");
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition));
  ASSERT_THAT(SecretBox::Create(path_ + "/secret.key"), IsOk());
  const auto with_another = Open();
  EXPECT_THAT(with_another, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(with_another.status().message(),
              HasSubstr("is not the key of this metadata store"));
  std::filesystem::rename(path_ + "/kept", path_ + "/secret.key");
  EXPECT_THAT(Open(), IsOk());
}

TEST_F(MetadataStackTest, TheKeyMayLieElsewhere) {
  MetadataStack::Options options;
  options.data_dir = path_;
  options.secret_key_file = directory_.path() + "/elsewhere.key";
  {
    const auto stack = MetadataStack::Open(options);
    ASSERT_THAT(stack, IsOk());
    ASSERT_THAT(Bootstrap(**stack), IsOk());
  }
  EXPECT_FALSE(std::filesystem::exists(path_ + "/secret.key"));
  struct stat about;
  ASSERT_EQ(stat(options.secret_key_file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600);
  // Somebody forgets to say so.
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition));
  const auto stack = MetadataStack::Open(options);
  ASSERT_THAT(stack, IsOk());
  EXPECT_EQ((*stack)->client().GetUpstreamAccess(1)->password,
            "hunter2-is-secret");
}

TEST_F(MetadataStackTest, ADirectoryThatCannotBeUsedIsOneClearError) {
  std::ofstream(directory_.path() + "/new") << "a file";
  const auto stack = Open();
  EXPECT_THAT(stack, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(stack.status().message(), HasSubstr(path_));
}

// Administration as clients see it. The handlers decide nothing, so one walk
// through the calls of each service will do.
class AdministrationTest : public MetadataStackTest {
 protected:
  void SetUp() override {
    MetadataStack::Options options;
    options.data_dir = path_;
    options.source_revision = "4d5e6f";
    options.features = {"native_rest", "tls"};
    auto stack = MetadataStack::Open(options);
    ASSERT_THAT(stack, IsOk());
    stack_ = *std::move(stack);
    auto server = RpcServer::Start("127.0.0.1:0", stack_->admin_services());
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    v1::CreateAccessTokenRequest token;
    token.mutable_access_token()->set_name("admin");
    token.mutable_access_token()->add_scopes(v1::AccessToken::SCOPE_ADMIN);
    token.mutable_access_token()->set_all_groups(true);
    const auto made = stack_->access_tokens().Create(token);
    ASSERT_THAT(made, IsOk());
    const auto channel = AdminChannel(server_->address(), made->secret());
    groups_ = v1::GroupService::NewStub(channel);
    registries_ = v1::RegistryService::NewStub(channel);
    upstreams_ = v1::UpstreamService::NewStub(channel);
    attachments_ = v1::AttachmentService::NewStub(channel);
    entries_ = v1::CacheEntryService::NewStub(channel);
    servers_ = v1::ServerService::NewStub(channel);
  }

  template <typename Stub, typename Method, typename Request, typename Response>
  static absl::Status Call(const std::unique_ptr<Stub>& stub, Method method,
                           const Request& request, Response* response) {
    grpc::ClientContext context;
    return FromRpcStatus((stub.get()->*method)(&context, request, response));
  }

  // Registry 1 and upstream 1, not attached.
  void MakeRegistryAndUpstream() {
    v1::CreateRegistryRequest registry;
    registry.mutable_registry()->set_group("default");
    registry.mutable_registry()->set_name("images");
    v1::Registry made;
    ASSERT_THAT(Call(registries_, &v1::RegistryService::Stub::CreateRegistry,
                     registry, &made),
                IsOk());
    v1::CreateUpstreamRequest upstream;
    upstream.mutable_upstream()->set_group("default");
    upstream.mutable_upstream()->set_name("hub");
    upstream.mutable_upstream()->set_url("https://registry-1.docker.io");
    v1::Upstream added;
    ASSERT_THAT(Call(upstreams_, &v1::UpstreamService::Stub::CreateUpstream,
                     upstream, &added),
                IsOk());
  }

  std::unique_ptr<MetadataStack> stack_;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<v1::GroupService::Stub> groups_;
  std::unique_ptr<v1::RegistryService::Stub> registries_;
  std::unique_ptr<v1::UpstreamService::Stub> upstreams_;
  std::unique_ptr<v1::AttachmentService::Stub> attachments_;
  std::unique_ptr<v1::CacheEntryService::Stub> entries_;
  std::unique_ptr<v1::ServerService::Stub> servers_;
  google::protobuf::Empty empty_;
};

TEST_F(AdministrationTest, GroupsWorkOverGrpc) {
  v1::CreateGroupRequest create_group;
  create_group.mutable_group()->set_name("acme");
  v1::Group group;
  ASSERT_THAT(
      Call(groups_, &v1::GroupService::Stub::CreateGroup, create_group, &group),
      IsOk());
  v1::GetGroupRequest get_group;
  get_group.set_name("acme");
  EXPECT_THAT(
      Call(groups_, &v1::GroupService::Stub::GetGroup, get_group, &group),
      IsOk());
  v1::ListGroupsResponse group_list;
  EXPECT_THAT(Call(groups_, &v1::GroupService::Stub::ListGroups,
                   v1::ListGroupsRequest(), &group_list),
              IsOk());
  EXPECT_EQ(group_list.groups_size(), 2);

  v1::DeleteGroupRequest delete_group;
  delete_group.set_name("acme");
  EXPECT_THAT(Call(groups_, &v1::GroupService::Stub::DeleteGroup, delete_group,
                   &empty_),
              IsOk());
}

TEST_F(AdministrationTest, RegistriesWorkOverGrpc) {
  v1::CreateRegistryRequest create_registry;
  create_registry.mutable_registry()->set_name("images");
  create_registry.mutable_registry()->set_group("default");
  v1::Registry registry;
  ASSERT_THAT(Call(registries_, &v1::RegistryService::Stub::CreateRegistry,
                   create_registry, &registry),
              IsOk());
  v1::UpdateRegistryRequest update_registry;
  update_registry.set_id(1);
  update_registry.mutable_registry()->set_description("d");
  update_registry.mutable_update_mask()->add_paths("description");
  EXPECT_THAT(Call(registries_, &v1::RegistryService::Stub::UpdateRegistry,
                   update_registry, &registry),
              IsOk());
  v1::ListRegistriesRequest list_registries;
  list_registries.set_group("default");
  v1::ListRegistriesResponse registry_list;
  ASSERT_THAT(Call(registries_, &v1::RegistryService::Stub::ListRegistries,
                   list_registries, &registry_list),
              IsOk());
  ASSERT_EQ(registry_list.registries_size(), 1);
  EXPECT_EQ(registry_list.registries(0).description(), "d");

  v1::DeleteRegistryRequest delete_registry;
  delete_registry.set_id(1);
  EXPECT_THAT(Call(registries_, &v1::RegistryService::Stub::DeleteRegistry,
                   delete_registry, &empty_),
              IsOk());
  v1::GetRegistryRequest get_registry;
  get_registry.set_id(1);
  EXPECT_THAT(Call(registries_, &v1::RegistryService::Stub::GetRegistry,
                   get_registry, &registry),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(AdministrationTest, UpstreamsWorkOverGrpc) {
  v1::CreateUpstreamRequest create_upstream;
  create_upstream.mutable_upstream()->set_group("default");
  v1::Upstream upstream;
  // The fields that are wrong travel with the error.
  EXPECT_EQ(FieldViolationsOf(Call(upstreams_,
                                   &v1::UpstreamService::Stub::CreateUpstream,
                                   create_upstream, &upstream))
                .size(),
            2);
  create_upstream.mutable_upstream()->set_name("hub");
  create_upstream.mutable_upstream()->set_url("https://registry-1.docker.io");
  ASSERT_THAT(Call(upstreams_, &v1::UpstreamService::Stub::CreateUpstream,
                   create_upstream, &upstream),
              IsOk());
  v1::UpdateUpstreamRequest update_upstream;
  update_upstream.set_id(1);
  update_upstream.mutable_upstream()->set_name("Hub");
  update_upstream.mutable_update_mask()->add_paths("name");
  EXPECT_THAT(Call(upstreams_, &v1::UpstreamService::Stub::UpdateUpstream,
                   update_upstream, &upstream),
              IsOk());
  v1::ListUpstreamsRequest list_upstreams;
  list_upstreams.set_group("default");
  v1::ListUpstreamsResponse upstream_list;
  ASSERT_THAT(Call(upstreams_, &v1::UpstreamService::Stub::ListUpstreams,
                   list_upstreams, &upstream_list),
              IsOk());
  ASSERT_EQ(upstream_list.upstreams_size(), 1);
  EXPECT_EQ(upstream_list.upstreams(0).name(), "Hub");
  v1::DeleteUpstreamRequest delete_upstream;
  delete_upstream.set_id(1);
  EXPECT_THAT(Call(upstreams_, &v1::UpstreamService::Stub::DeleteUpstream,
                   delete_upstream, &empty_),
              IsOk());
}

TEST_F(AdministrationTest, AttachmentsWorkOverGrpc) {
  MakeRegistryAndUpstream();
  v1::Upstream upstream;
  using Stub = v1::AttachmentService::Stub;
  v1::CreateAttachmentRequest attach;
  attach.set_registry_id(1);
  attach.set_upstream_id(1);
  v1::Attachment attachment;
  ASSERT_THAT(Call(attachments_, &Stub::CreateAttachment, attach, &attachment),
              IsOk());
  v1::MoveAttachmentRequest move;
  move.set_registry_id(1);
  move.set_upstream_id(1);
  move.set_position(4);
  EXPECT_THAT(Call(attachments_, &Stub::MoveAttachment, move, &attachment),
              IsOk());
  EXPECT_EQ(attachment.position(), 1);
  v1::GetAttachmentRequest get_attachment;
  get_attachment.set_id(attachment.id());
  EXPECT_THAT(
      Call(attachments_, &Stub::GetAttachment, get_attachment, &attachment),
      IsOk());
  EXPECT_EQ(attachment.upstream_id(), 1);
  v1::GetUpstreamRequest get_upstream;
  get_upstream.set_id(1);
  EXPECT_THAT(Call(upstreams_, &v1::UpstreamService::Stub::GetUpstream,
                   get_upstream, &upstream),
              IsOk());
  EXPECT_EQ(upstream.attachments_size(), 1);
  v1::DeleteAttachmentRequest detach;
  detach.set_registry_id(1);
  detach.set_upstream_id(1);
  EXPECT_THAT(Call(attachments_, &Stub::DeleteAttachment, detach, &empty_),
              IsOk());
  v1::SetAttachmentsRequest set;
  set.set_registry_id(1);
  set.add_upstream_ids(1);
  v1::SetAttachmentsResponse result;
  EXPECT_THAT(Call(attachments_, &Stub::SetAttachments, set, &result), IsOk());
  EXPECT_EQ(result.attachments_size(), 1);
  v1::ListAttachmentsRequest list;
  list.set_registry_id(1);
  v1::ListAttachmentsResponse listed;
  EXPECT_THAT(Call(attachments_, &Stub::ListAttachments, list, &listed),
              IsOk());
  EXPECT_EQ(listed.etag(), result.etag());
}

TEST_F(AdministrationTest, CacheEntriesWorkOverGrpc) {
  MakeRegistryAndUpstream();
  CacheRecord record{1, *ParseRelativePath("/library/alpine/manifests/3.20"),
                     Descriptor{"m/t", Digest::OfBytes("m"), 3}};
  record.cache_epoch = 1;
  ASSERT_THAT(stack_->client().Record(record), IsOk());
  v1::CacheEntry entry;
  v1::GetCacheEntryRequest get_entry;
  get_entry.set_id(1);
  EXPECT_THAT(Call(entries_, &v1::CacheEntryService::Stub::GetCacheEntry,
                   get_entry, &entry),
              IsOk());
  v1::ListCacheEntriesResponse entry_list;
  EXPECT_THAT(Call(entries_, &v1::CacheEntryService::Stub::ListCacheEntries,
                   v1::ListCacheEntriesRequest(), &entry_list),
              IsOk());
  EXPECT_EQ(entry_list.cache_entries_size(), 1);
  v1::ExpireCacheEntryRequest expire;
  expire.set_id(1);
  v1::ExpireCacheEntryResponse expired;
  EXPECT_THAT(Call(entries_, &v1::CacheEntryService::Stub::ExpireCacheEntry,
                   expire, &expired),
              IsOk());
  EXPECT_EQ(expired.cache_entry().id(), 1);
  v1::DeleteCacheEntryRequest delete_entry;
  delete_entry.set_id(1);
  EXPECT_THAT(Call(entries_, &v1::CacheEntryService::Stub::DeleteCacheEntry,
                   delete_entry, &empty_),
              IsOk());
  v1::BatchDeleteCacheEntriesRequest batch;
  batch.set_upstream_id(1);
  batch.add_ids(1);
  v1::BatchDeleteCacheEntriesResponse deleted;
  EXPECT_THAT(
      Call(entries_, &v1::CacheEntryService::Stub::BatchDeleteCacheEntries,
           batch, &deleted),
      IsOk());
  EXPECT_EQ(deleted.deleted_count(), 0);
}

// What the main program says of itself comes out unchanged.
TEST_F(AdministrationTest, ServerInfoSaysWhatIsSwitchedOn) {
  v1::GetServerInfoResponse info;
  ASSERT_THAT(Call(servers_, &v1::ServerService::Stub::GetServerInfo,
                   v1::GetServerInfoRequest(), &info),
              IsOk());
  EXPECT_EQ(info.revision(), "4d5e6f");
  EXPECT_THAT(info.features(), ElementsAre("native_rest", "tls"));
  EXPECT_FALSE(info.limits().empty());
}

}  // namespace
}  // namespace cvr::testing
