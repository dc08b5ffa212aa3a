#include "tools/cvr/commands/refresh_commands.h"

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "cvr/v1/operation_service.pb.h"
#include "cvr/v1/refresh_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RefreshCommandsTest : public CvrTest {
 protected:
  RefreshCommandsTest() {
    server_.On<v1::RefreshTagRequest, v1::RefreshTagResponse>(
        "RefreshService/RefreshTag",
        [this](const auto& request, auto* response) {
          refreshed_ = request;
          response->set_digest("sha256:new");
          response->set_previous_digest(before_);
          return grpc::Status::OK;
        });
    server_.On<v1::BatchRefreshTagsRequest, v1::Operation>(
        "RefreshService/BatchRefreshTags",
        [this](const auto& request, auto* response) {
          batch_ = request;
          response->set_id(12);
          return grpc::Status::OK;
        });
    server_.On<v1::WaitOperationRequest, v1::Operation>(
        "OperationService/WaitOperation",
        [this](const auto& request, auto* response) {
          response->set_id(request.id());
          response->set_done(true);
          response->mutable_response()->PackFrom(Results());
          return grpc::Status::OK;
        });
    server_.On<v1::PrefetchImageRequest, v1::Operation>(
        "RefreshService/PrefetchImage",
        [this](const auto& request, auto* response) {
          prefetched_ = request;
          v1::PrefetchImageResponse image;
          image.set_digest("sha256:new");
          image.set_manifest_count(3);
          image.set_fetched_bytes(2048);
          response->set_done(true);
          response->mutable_response()->PackFrom(image);
          return grpc::Status::OK;
        });
  }

  // What becomes of the tags of the batch; those called `bad` fail.
  v1::BatchRefreshTagsResponse Results() const {
    v1::BatchRefreshTagsResponse response;
    for (const auto& tag : batch_.tags()) {
      auto& result = *response.add_results();
      result.set_repository(tag.repository());
      result.set_tag(tag.tag());
      if (tag.tag() == "bad") {
        result.mutable_error()->set_message("manifest unknown");
      } else {
        result.mutable_response()->set_digest("sha256:new");
      }
    }
    return response;
  }

  std::string before_;
  v1::RefreshTagRequest refreshed_;
  v1::BatchRefreshTagsRequest batch_;
  v1::PrefetchImageRequest prefetched_;
};

TEST_F(RefreshCommandsTest, RefreshTellsWhetherTheTagMoved) {
  EXPECT_EQ(Cvr("refresh tag 3 library/alpine:3.20"), 0) << Err();
  EXPECT_EQ(refreshed_.registry_id(), 3);
  EXPECT_EQ(refreshed_.repository(), "library/alpine");
  EXPECT_EQ(refreshed_.tag(), "3.20");
  EXPECT_THAT(Out(), HasSubstr("before:      not cached\n"));
  before_ = "sha256:new";
  EXPECT_EQ(Cvr("refresh tag acme/team library/alpine"), 0) << Err();
  EXPECT_EQ(refreshed_.registry_key().group(), "acme");
  EXPECT_EQ(refreshed_.tag(), "latest");
  EXPECT_THAT(Out(), HasSubstr("before:      unchanged\n"));
  before_ = "sha256:old";
  EXPECT_EQ(Cvr("refresh tag 3 library/alpine"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("before:      sha256:old\n"));
  EXPECT_EQ(Cvr("refresh tag 3 library/alpine@sha256:abc"), 1);
  EXPECT_THAT(Err(), HasSubstr("is a digest reference"));
}

TEST_F(RefreshCommandsTest, FormerNameGoesOn) {
  EXPECT_EQ(Cvr("refresh 3 library/alpine:3.20"), 0);
  EXPECT_EQ(refreshed_.registry_id(), 3);
  EXPECT_EQ(refreshed_.tag(), "3.20");
  EXPECT_EQ(Err(), "cvr: note: cvr refresh is now cvr refresh tag\n");
  EXPECT_EQ(Cvr("refresh tga 3 library/alpine"), 1);
  EXPECT_THAT(Err(), HasSubstr("unknown command: tga; did you mean tag?"));
}

TEST_F(RefreshCommandsTest, ManyTagsAreRefreshedInOneCall) {
  EXPECT_EQ(Cvr("refresh tags 3 a:1 team/b --request-id u"), 0) << Err();
  EXPECT_EQ(batch_.registry_id(), 3);
  EXPECT_EQ(batch_.request_id(), "u");
  ASSERT_EQ(batch_.tags_size(), 2);
  EXPECT_EQ(batch_.tags(1).repository(), "team/b");
  EXPECT_EQ(batch_.tags(1).tag(), "latest");
  EXPECT_EQ(Out(),
            "REPOSITORY  TAG     DIGEST      BEFORE      ERROR\n"
            "a           1       sha256:new  not cached  -\n"
            "team/b      latest  sha256:new  not cached  -\n");
}

TEST_F(RefreshCommandsTest, TagsThatFailAreToldAndAreTheExitStatus) {
  EXPECT_EQ(Cvr("refresh tags 3 a:1 b:bad"), 1);
  EXPECT_THAT(Out(), HasSubstr("b           bad  -           -           "
                               "manifest unknown\n"));
  EXPECT_EQ(Err(), "cvr: 1 of 2 tags were not refreshed\n");
  EXPECT_EQ(Cvr("refresh tags 3 a:1 b:bad -o json"), 1);
  EXPECT_EQ(json::parse(Out())["response"]["results"][1]["error"]["message"],
            "manifest unknown");
}

TEST_F(RefreshCommandsTest, TagsMayComeFromAFile) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/images");
  std::ofstream(path) << "# ours\na:1\n\n  b:2 \r\n";
  EXPECT_EQ(Cvr(absl::StrCat("refresh tags 3 c:3 --file ", path)), 0) << Err();
  ASSERT_EQ(batch_.tags_size(), 3);
  EXPECT_EQ(batch_.tags(0).repository(), "c");
  EXPECT_EQ(batch_.tags(2).tag(), "2");
  in_.str("d:4");
  EXPECT_EQ(Cvr("refresh tags 3 --file -"), 0) << Err();
  ASSERT_EQ(batch_.tags_size(), 1);
  EXPECT_EQ(batch_.tags(0).repository(), "d");
}

TEST_F(RefreshCommandsTest, BadUsageIsRefusedBeforeAnyCall) {
  EXPECT_EQ(Cvr("refresh tags 3"), 1);
  EXPECT_THAT(Err(), HasSubstr("no images given"));
  EXPECT_EQ(Cvr("refresh tags 3 --file /no/such"), 1);
  EXPECT_THAT(Err(), HasSubstr("/no/such"));
  EXPECT_EQ(Cvr("refresh tags 3 a@sha256:ab"), 1);
  EXPECT_EQ(Cvr("refresh"), 1);
  EXPECT_EQ(Err(), "cvr: no command given (see cvr refresh --help)\n");
  EXPECT_THAT(server_.methods_called(), IsEmpty());
}

TEST_F(RefreshCommandsTest, NobodyWaitsWhoDoesNotWantTo) {
  EXPECT_EQ(Cvr("refresh tags 3 a:bad --no-wait"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("state:       running\n"));
  EXPECT_THAT(server_.methods_called(),
              ElementsAre("/cvr.v1.RefreshService/BatchRefreshTags"));
}

TEST_F(RefreshCommandsTest, ImageIsPrefetchedForPlatforms) {
  EXPECT_EQ(Cvr("prefetch team library/alpine:3.20 --group acme --platform "
                "linux/amd64 --platform linux/arm64/v8"),
            0)
      << Err();
  EXPECT_EQ(prefetched_.registry_key().group(), "acme");
  EXPECT_EQ(prefetched_.registry_key().name(), "team");
  EXPECT_EQ(prefetched_.repository(), "library/alpine");
  EXPECT_EQ(prefetched_.reference(), "3.20");
  EXPECT_THAT(prefetched_.platforms(),
              ElementsAre("linux/amd64", "linux/arm64/v8"));
  EXPECT_THAT(Out(), HasSubstr("manifests:  3\n"));
  EXPECT_THAT(Out(), HasSubstr("fetched:    2048 (2.0 KiB)\n"));
  EXPECT_EQ(Cvr("prefetch 3 a@sha256:ab -o json"), 0) << Err();
  EXPECT_EQ(prefetched_.reference(), "sha256:ab");
  EXPECT_THAT(prefetched_.platforms(), IsEmpty());
  EXPECT_EQ(json::parse(Out())["response"]["manifest_count"], "3");
  EXPECT_EQ(Cvr("prefetch 3 a"), 0) << Err();
  EXPECT_EQ(prefetched_.reference(), "latest");
}

}  // namespace
}  // namespace cvr
