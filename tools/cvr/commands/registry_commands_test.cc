#include "tools/cvr/commands/registry_commands.h"

#include "cvr/v1/registry_service.pb.h"
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
using ::testing::Not;

using RegistryCommandsTest = CvrTest;

TEST_F(RegistryCommandsTest, RegistryIsCreatedWithWhatIsGiven) {
  v1::Registry seen;
  server_.On<v1::CreateRegistryRequest, v1::Registry>(
      "RegistryService/CreateRegistry",
      [&](const auto& request, auto* response) {
        seen = request.registry();
        *response = request.registry();
        response->set_id(3);
        return grpc::Status::OK;
      });
  // A name that is a command's, too.
  EXPECT_EQ(Cvr("registry create list --group acme --description d "
                "--anonymous-pull -o json"),
            0)
      << Err();
  EXPECT_EQ(seen.name(), "list");
  EXPECT_EQ(seen.group(), "acme");
  EXPECT_EQ(seen.description(), "d");
  EXPECT_TRUE(seen.anonymous_pull());
  const json created = json::parse(Out());
  EXPECT_EQ(created["id"], "3");
  EXPECT_EQ(created["anonymous_pull"], true);
  // Defaults are printed, so that programs need not know them.
  EXPECT_EQ(created["attachments"], json::array());
}

TEST_F(RegistryCommandsTest, RegistryUpdateSendsOnlyWhatIsGiven) {
  v1::UpdateRegistryRequest seen;
  server_.On<v1::UpdateRegistryRequest, v1::Registry>(
      "RegistryService/UpdateRegistry", [&](const auto& request, auto*) {
        seen = request;
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("registry update 7 --no-anonymous-pull"), 0) << Err();
  EXPECT_EQ(seen.id(), 7);
  EXPECT_FALSE(seen.registry().anonymous_pull());
  EXPECT_THAT(seen.update_mask().paths(), ElementsAre("anonymous_pull"));
  EXPECT_EQ(Cvr("registry update 7 --name n --description d --etag e1"), 0)
      << Err();
  EXPECT_THAT(seen.update_mask().paths(), ElementsAre("name", "description"));
  EXPECT_EQ(seen.registry().etag(), "e1");
}

TEST_F(RegistryCommandsTest, RegistryTableShowsItsUpstreamsInOrder) {
  v1::ListRegistriesRequest seen;
  server_.On<v1::ListRegistriesRequest, v1::ListRegistriesResponse>(
      "RegistryService/ListRegistries",
      [&](const auto& request, auto* response) {
        seen = request;
        v1::Registry& registry = *response->add_registries();
        registry.set_id(1);
        registry.set_group("default");
        registry.set_name("team");
        registry.add_attachments()->set_upstream_id(9);
        registry.add_attachments()->set_upstream_id(4);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("registry list --group default --filter name:te --order-by "
                "name --filter anonymous_pull=false"),
            0)
      << Err();
  EXPECT_EQ(Out(),
            "ID  GROUP    NAME  ANONYMOUS PULL  UPSTREAMS  PULL BY       "
            "CREATED\n"
            " 1  default  team  no              9,4        default/team  -\n");
  EXPECT_EQ(seen.group(), "default");
  EXPECT_EQ(seen.filter(), "name:te AND anonymous_pull=false");
  EXPECT_EQ(seen.order_by(), "name");
  // All that the caller may see, said so; a former option of the same meaning.
  EXPECT_EQ(Cvr("registry list --name te"), 0);
  EXPECT_EQ(seen.group(), "-");
  EXPECT_EQ(seen.filter(), "name : \"te\"");
  EXPECT_EQ(Err(), "cvr: note: --name te is now --filter name : \"te\"\n");
}

TEST_F(RegistryCommandsTest, CreationHasItsGroupIdAndRequest) {
  v1::CreateRegistryRequest seen;
  server_.On<v1::CreateRegistryRequest, v1::Registry>(
      "RegistryService/CreateRegistry", [&](const auto& request, auto*) {
        seen = request;
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("registry create web"), 0) << Err();
  EXPECT_EQ(seen.registry().group(), "default");
  EXPECT_EQ(seen.registry().id(), 0);
  EXPECT_FALSE(seen.validate_only());
  EXPECT_EQ(Cvr("registry create web --id 12 --request-id "
                "01234567-89ab-4def-8123-456789abcdef --validate-only"),
            0)
      << Err();
  EXPECT_EQ(seen.registry().id(), 12);
  EXPECT_EQ(seen.request_id(), "01234567-89ab-4def-8123-456789abcdef");
  EXPECT_TRUE(seen.validate_only());
  EXPECT_THAT(Out(), HasSubstr("valid; nothing was changed\n"));
}

TEST_F(RegistryCommandsTest, RegistriesAreNamedByIdOrName) {
  v1::GetRegistryRequest seen;
  server_.On<v1::GetRegistryRequest, v1::Registry>(
      "RegistryService/GetRegistry", [&](const auto& request, auto*) {
        seen = request;
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("registry get 7"), 0) << Err();
  EXPECT_EQ(seen.id(), 7);
  EXPECT_EQ(Cvr("registry get web"), 0) << Err();
  EXPECT_EQ(seen.key().group(), "default");
  EXPECT_EQ(seen.key().name(), "web");
  EXPECT_EQ(Cvr("registry get acme/eu/web"), 0) << Err();
  EXPECT_EQ(seen.key().group(), "acme/eu");
  EXPECT_EQ(Cvr("registry get web --group acme"), 0) << Err();
  EXPECT_EQ(seen.key().group(), "acme");
  EXPECT_EQ(seen.key().name(), "web");
}

TEST_F(RegistryCommandsTest, UpdateMayCreateOrOnlyCheck) {
  v1::UpdateRegistryRequest seen;
  server_.On<v1::UpdateRegistryRequest, v1::Registry>(
      "RegistryService/UpdateRegistry", [&](const auto& request, auto*) {
        seen = request;
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("registry update acme/web --allow-missing"), 0) << Err();
  EXPECT_TRUE(seen.allow_missing());
  EXPECT_EQ(seen.key().name(), "web");
  EXPECT_EQ(Cvr("registry update 7 --name n --validate-only"), 0) << Err();
  EXPECT_FALSE(seen.allow_missing());
  EXPECT_TRUE(seen.validate_only());
}

TEST_F(RegistryCommandsTest, ShowsThePathsThatItIsPulledBy) {
  std::string name = "hub";
  server_.On<v1::GetRegistryRequest, v1::Registry>(
      "RegistryService/GetRegistry", [&](const auto&, auto* response) {
        response->set_id(7);
        response->set_group("acme/web");
        response->set_name(name);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("registry get 7"), 0) << Err();
  const std::string base = "virtual_registries/containers/";
  EXPECT_THAT(Out(), HasSubstr(base + "7/REPOSITORY:TAG"));
  EXPECT_THAT(Out(), HasSubstr(base + "acme/web/hub/REPOSITORY:TAG"));
  // It fits no path.
  name = "Docker Hub";
  EXPECT_EQ(Cvr("registry get 7"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr(base + "7/REPOSITORY:TAG"));
  EXPECT_THAT(Out(), Not(HasSubstr("by name")));
}

TEST_F(RegistryCommandsTest, DeletionIsSilentForPrograms) {
  int64_t deleted = 0;
  std::string etag;
  server_.On<v1::DeleteRegistryRequest, Empty>("RegistryService/DeleteRegistry",
                                               [&](const auto& request, auto*) {
                                                 deleted = request.id();
                                                 etag = request.etag();
                                                 return grpc::Status::OK;
                                               });
  EXPECT_EQ(Cvr("registry delete 7 --etag e1 -o json"), 0);
  EXPECT_EQ(etag, "e1");
  EXPECT_EQ(deleted, 7);
  EXPECT_THAT(Out(), IsEmpty());
}

TEST_F(RegistryCommandsTest, DeletionTakesNothingElseUnlessAsked) {
  v1::DeleteRegistryRequest seen;
  server_.On<v1::DeleteRegistryRequest, Empty>("RegistryService/DeleteRegistry",
                                               [&](const auto& request, auto*) {
                                                 seen = request;
                                                 return grpc::Status::OK;
                                               });
  EXPECT_EQ(Cvr("registry delete web"), 0) << Err();
  EXPECT_EQ(Out(), "registry default/web deleted\n");
  EXPECT_TRUE(seen.allow_missing());
  EXPECT_FALSE(seen.delete_orphaned_upstreams());
  EXPECT_EQ(Cvr("registry delete 7 --delete-orphaned-upstreams "
                "--no-allow-missing --validate-only"),
            0)
      << Err();
  EXPECT_EQ(Out(), "registry 7 would be deleted\n");
  EXPECT_TRUE(seen.delete_orphaned_upstreams());
  EXPECT_FALSE(seen.allow_missing());
  EXPECT_TRUE(seen.validate_only());
}

TEST_F(RegistryCommandsTest, DeletingWhatIsNotThereSaysSo) {
  server_.On<v1::GetRegistryRequest, v1::Registry>(
      "RegistryService/GetRegistry", [](const auto&, auto*) {
        return grpc::Status(grpc::StatusCode::NOT_FOUND, "no registry 77");
      });
  server_.On<v1::DeleteRegistryRequest, Empty>(
      "RegistryService/DeleteRegistry", [](const auto& request, auto*) {
        return request.allow_missing()
                   ? grpc::Status::OK
                   : grpc::Status(grpc::StatusCode::NOT_FOUND,
                                  "no registry 77");
      });
  EXPECT_EQ(Cvr("registry delete 77"), 0) << Err();
  EXPECT_EQ(Out(), "there is no registry 77: nothing to delete\n");
  EXPECT_EQ(Cvr("registry delete 77 -o json"), 0) << Err();
  EXPECT_THAT(Out(), IsEmpty());
  EXPECT_EQ(Cvr("registry delete 77 --no-allow-missing"), 1);
  EXPECT_EQ(Err(), "cvr: no registry 77\n");
}

}  // namespace
}  // namespace cvr
