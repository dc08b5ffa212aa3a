#include "tools/cvr/commands/repository_commands.h"

#include "cvr/v1/registry_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::nlohmann::json;
using ::testing::HasSubstr;

class RepositoryCommandsTest : public CvrTest {
 protected:
  // Two repositories, on a page each.
  RepositoryCommandsTest() {
    server_.On<v1::ListRepositoriesRequest, v1::ListRepositoriesResponse>(
        "RegistryService/ListRepositories",
        [this](const auto& request, auto* response) {
          request_ = request;
          auto& repository = *response->add_repositories();
          repository.set_name(request.page_token().empty() ? "a" : "team/b");
          repository.set_tag_count(2);
          repository.set_entry_count(7);
          repository.set_size_bytes(2048);
          if (request.page_token().empty()) {
            response->set_next_page_token("2");
          } else {
            repository.mutable_last_pull_time()->set_seconds(1700000000);
          }
          return grpc::Status::OK;
        });
  }

  v1::ListRepositoriesRequest request_;
};

TEST_F(RepositoryCommandsTest, AllPagesAreListed) {
  EXPECT_EQ(Cvr("repository list --registry 3"), 0) << Err();
  EXPECT_EQ(request_.registry_id(), 3);
  EXPECT_EQ(Out(),
            "NAME    TAGS  ENTRIES            SIZE  LAST PULL\n"
            "a          2        7  2048 (2.0 KiB)  -\n"
            "team/b     2        7  2048 (2.0 KiB)  2023-11-14T22:13:20Z\n");
  EXPECT_EQ(Cvr("repository list --registry acme/web -o json"), 0) << Err();
  EXPECT_EQ(request_.registry_key().group(), "acme");
  EXPECT_EQ(request_.registry_key().name(), "web");
  EXPECT_EQ(json::parse(Out())[1]["tag_count"], "2");
}

TEST_F(RepositoryCommandsTest, RegistryMustBeNamed) {
  EXPECT_EQ(Cvr("repository list"), 1);
  EXPECT_THAT(Err(), HasSubstr("--registry is required"));
}

}  // namespace
}  // namespace cvr
