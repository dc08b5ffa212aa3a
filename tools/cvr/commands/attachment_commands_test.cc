#include "tools/cvr/commands/attachment_commands.h"

#include <string>

#include "cvr/v1/attachment_service.pb.h"
#include "cvr/v1/upstream_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/empty.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::google::protobuf::Empty;
using ::nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AttachmentCommandsTest : public CvrTest {
 protected:
  // Registry 1 has the upstreams 9 and 4.
  void HaveAttachments() {
    server_.On<v1::ListAttachmentsRequest, v1::ListAttachmentsResponse>(
        "AttachmentService/ListAttachments",
        [this](const auto& request, auto* response) {
          listed_ = request;
          for (const int64_t id : {9, 4}) {
            v1::Attachment& attachment = *response->add_attachments();
            attachment.set_id(id * 10);
            attachment.set_registry_id(1);
            attachment.set_upstream_id(id);
            attachment.set_position(response->attachments_size());
          }
          response->set_etag("e1");
          return grpc::Status::OK;
        });
  }

  v1::ListAttachmentsRequest listed_;
};

TEST_F(AttachmentCommandsTest, UpstreamsAreAttachedByIdOrName) {
  v1::CreateAttachmentRequest seen;
  server_.On<v1::CreateAttachmentRequest, v1::Attachment>(
      "AttachmentService/CreateAttachment",
      [&](const auto& request, auto* response) {
        seen = request;
        response->set_id(3);
        response->set_registry_id(1);
        response->set_upstream_id(5);
        response->set_position(2);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("attachment create --registry 1 --upstream 5 --request-id u"),
            0)
      << Err();
  EXPECT_EQ(seen.registry_id(), 1);
  EXPECT_EQ(seen.upstream_id(), 5);
  EXPECT_EQ(seen.request_id(), "u");
  EXPECT_EQ(Out(), "id:        3\nregistry:  1\nupstream:  5\nposition:  2\n");
  EXPECT_EQ(Cvr("attachment create --registry web --upstream hub --group acme"),
            0)
      << Err();
  EXPECT_EQ(seen.registry_key().group(), "acme");
  EXPECT_EQ(seen.registry_key().name(), "web");
  EXPECT_EQ(seen.upstream_key().name(), "hub");
}

TEST_F(AttachmentCommandsTest, ListShowsTheOrderAndItsEtag) {
  HaveAttachments();
  EXPECT_EQ(Cvr("attachment list --registry acme/web"), 0) << Err();
  EXPECT_EQ(listed_.registry_key().name(), "web");
  EXPECT_EQ(Out(),
            "POSITION  UPSTREAM  ID\n"
            "       1         9  90\n"
            "       2         4  40\n"
            "\n"
            "etag:  e1\n");
  EXPECT_EQ(Cvr("attachment list --registry 1 -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out())["etag"], "e1");
  EXPECT_EQ(json::parse(Out())["attachments"][0]["upstream_id"], "9");
}

TEST_F(AttachmentCommandsTest, OrderIsSetInOneCall) {
  v1::SetAttachmentsRequest seen;
  server_.On<v1::SetAttachmentsRequest, v1::SetAttachmentsResponse>(
      "AttachmentService/SetAttachments",
      [&](const auto& request, auto* response) {
        seen = request;
        response->set_etag("e2");
        return grpc::Status::OK;
      });
  server_.On<v1::GetUpstreamRequest, v1::Upstream>(
      "UpstreamService/GetUpstream", [](const auto& request, auto* response) {
        EXPECT_EQ(request.key().group(), "acme");
        EXPECT_EQ(request.key().name(), "hub");
        response->set_id(4);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("attachment set --registry web --group acme 9 hub --etag e1"),
            0)
      << Err();
  EXPECT_EQ(seen.registry_key().name(), "web");
  EXPECT_THAT(seen.upstream_ids(), ElementsAre(9, 4));
  EXPECT_EQ(seen.etag(), "e1");
  EXPECT_THAT(Out(), HasSubstr("etag:  e2\n"));
  EXPECT_EQ(Cvr("attachment set --registry 1 --none --validate-only"), 0)
      << Err();
  EXPECT_THAT(seen.upstream_ids(), IsEmpty());
  EXPECT_TRUE(seen.validate_only());
}

TEST_F(AttachmentCommandsTest, NoUpstreamsAreNotDetachedByAccident) {
  EXPECT_EQ(Cvr("attachment set --registry 1"), 1);
  EXPECT_EQ(Err(),
            "cvr: give either the upstreams, or --none (see cvr attachment set "
            "--help)\n");
  EXPECT_EQ(Cvr("attachment set --registry 1 9 --none"), 1);
  EXPECT_THAT(server_.methods_called(), IsEmpty());
}

TEST_F(AttachmentCommandsTest, PositionIsChanged) {
  v1::MoveAttachmentRequest moved;
  server_.On<v1::MoveAttachmentRequest, v1::Attachment>(
      "AttachmentService/MoveAttachment",
      [&](const auto& request, auto* response) {
        moved = request;
        response->set_position(2);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("attachment move --registry 1 --upstream 5 --position 9"), 0);
  EXPECT_EQ(moved.upstream_id(), 5);
  EXPECT_EQ(moved.position(), 9);
  EXPECT_THAT(Out(), HasSubstr("position:  2\n"));
}

TEST_F(AttachmentCommandsTest, DetachingTellsWhetherThereWasSomething) {
  v1::DeleteAttachmentRequest seen;
  server_.On<v1::DeleteAttachmentRequest, Empty>(
      "AttachmentService/DeleteAttachment", [&](const auto& request, auto*) {
        seen = request;
        return grpc::Status::OK;
      });
  HaveAttachments();
  EXPECT_EQ(Cvr("attachment delete --registry 1 --upstream 9"), 0) << Err();
  EXPECT_EQ(seen.upstream_id(), 9);
  EXPECT_TRUE(seen.allow_missing());
  EXPECT_EQ(Out(), "upstream 9 detached from registry 1\n");
  EXPECT_EQ(Cvr("attachment delete --registry 1 --upstream 5"), 0) << Err();
  EXPECT_EQ(Out(), "upstream 5 was not attached to registry 1\n");
  EXPECT_EQ(Cvr("attachment delete --registry 1 --upstream 5 "
                "--no-allow-missing"),
            0)
      << Err();
  EXPECT_FALSE(seen.allow_missing());
}

TEST_F(AttachmentCommandsTest, FormerCommandsGoOnAndTellTheNewOnes) {
  v1::GetAttachmentRequest seen;
  server_.On<v1::GetAttachmentRequest, v1::Attachment>(
      "AttachmentService/GetAttachment", [&](const auto& request, auto*) {
        seen = request;
        return grpc::Status::OK;
      });
  for (const char* former : {"upstream place", "upstream attachment"}) {
    EXPECT_EQ(Cvr(std::string(former) + " 7"), 0) << Err();
    EXPECT_EQ(seen.id(), 7);
    EXPECT_EQ(Err(), std::string("cvr: note: cvr ") + former +
                         " is now cvr attachment get\n");
  }
  v1::CreateAttachmentRequest created;
  server_.On<v1::CreateAttachmentRequest, v1::Attachment>(
      "AttachmentService/CreateAttachment", [&](const auto& request, auto*) {
        created = request;
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("upstream attach --registry 1 --upstream 5"), 0) << Err();
  EXPECT_EQ(created.upstream_id(), 5);
}

}  // namespace
}  // namespace cvr
