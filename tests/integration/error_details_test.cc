// Every error of a method carries google.rpc.ErrorInfo with our domain and a
// reason of cvr.v1.ErrorReason, and the details that the reason promises.
#include <map>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cvr/v1/error_reason.pb.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/integration/system_test.h"
#include "tests/support/admin_channel.h"
#include "tests/support/reflection_client.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using absl::StatusCode;

struct Row {
  const char* method;
  // `R` and `U` stand for the ids of a registry and an upstream of `acme`, `P`
  // for the attachment of the first upstream, which is of `default`.
  const char* request;
  StatusCode code;
  const char* reason;
  // `<type>/<name>` in ResourceInfo, in the subject of a PreconditionFailure or
  // in ErrorInfo's metadata, by the reason.
  const char* about;
};

const Row kTable[] = {
    {"GroupService/GetGroup", R"({"name":"none"})", StatusCode::kNotFound,
     "RESOURCE_NOT_FOUND", "group/none"},
    {"GroupService/CreateGroup", R"({"group":{"name":"default"}})",
     StatusCode::kAlreadyExists, "RESOURCE_EXISTS", "group/default"},
    {"GroupService/UpdateGroup",
     R"({"group":{"name":"acme","etag":"x"},"update_mask":"description"})",
     StatusCode::kAborted, "ETAG_MISMATCH", "group/acme"},
    {"GroupService/DeleteGroup", R"({"name":"default"})",
     StatusCode::kFailedPrecondition, "GROUP_PERMANENT", "group/default"},
    {"GroupService/DeleteGroup", R"({"name":"acme"})",
     StatusCode::kFailedPrecondition, "GROUP_NOT_EMPTY", "group/acme"},

    {"RegistryService/GetRegistry", R"({"id":999})", StatusCode::kNotFound,
     "RESOURCE_NOT_FOUND", "registry/999"},
    {"RegistryService/CreateRegistry",
     R"({"registry":{"group":"acme","name":"r"}})", StatusCode::kAlreadyExists,
     "RESOURCE_EXISTS", "registry/R"},
    {"RegistryService/CreateRegistry",
     R"({"registry":{"id":R,"group":"acme","name":"s"}})",
     StatusCode::kAlreadyExists, "RESOURCE_EXISTS", "registry/R"},
    {"RegistryService/CreateRegistry",
     R"({"registry":{"group":"none","name":"r"}})", StatusCode::kNotFound,
     "RESOURCE_NOT_FOUND", "group/none"},
    {"RegistryService/UpdateRegistry",
     R"({"registry":{"id":R,"etag":"x"},"update_mask":"description"})",
     StatusCode::kAborted, "ETAG_MISMATCH", "registry/R"},

    {"UpstreamService/GetUpstream", R"({"id":999})", StatusCode::kNotFound,
     "RESOURCE_NOT_FOUND", "upstream/999"},
    {"UpstreamService/UpdateUpstream",
     R"({"upstream":{"id":U,"etag":"x"},"update_mask":"description"})",
     StatusCode::kAborted, "ETAG_MISMATCH", "upstream/U"},
    {"UpstreamService/CreateUpstream",
     R"({"upstream":{"group":"acme","name":"again","url":"https://a.test"}})",
     StatusCode::kAlreadyExists, "RESOURCE_EXISTS", "upstream/U"},
    {"UpstreamService/CreateUpstream",
     R"({"upstream":{"group":"default","name":"n","url":"https://b.test"},
         "registry_id":R})",
     StatusCode::kFailedPrecondition, "CROSS_GROUP", "registry/R"},
    {"UpstreamService/AttachUpstream", R"({"registry_id":R,"upstream_id":1})",
     StatusCode::kFailedPrecondition, "CROSS_GROUP", "registry/R"},
    {"UpstreamService/AttachUpstream", R"({"registry_id":1,"upstream_id":1})",
     StatusCode::kAlreadyExists, "RESOURCE_EXISTS", "attachment/P"},
    {"UpstreamService/GetRegistryUpstream", R"({"id":999})",
     StatusCode::kNotFound, "RESOURCE_NOT_FOUND", "attachment/999"},
    {"UpstreamService/MoveUpstream",
     R"({"registry_id":R,"upstream_id":U,"position":1})", StatusCode::kNotFound,
     "RESOURCE_NOT_FOUND", "attachment/R/U"},

    {"CacheEntryService/GetCacheEntry", R"({"id":999})", StatusCode::kNotFound,
     "RESOURCE_NOT_FOUND", "cache_entry/999"},
    {"CacheService/PurgeRegistryCache", R"({"registry_id":999})",
     StatusCode::kNotFound, "RESOURCE_NOT_FOUND", "registry/999"},
    {"CleanupPolicyService/GetCleanupPolicy", R"({"group":"default"})",
     StatusCode::kNotFound, "RESOURCE_NOT_FOUND", "cleanup_policy/default"},
    {"CleanupPolicyService/CreateCleanupPolicy",
     R"({"cleanup_policy":{"group":"acme"}})", StatusCode::kAlreadyExists,
     "RESOURCE_EXISTS", "cleanup_policy/acme"},
    {"CleanupPolicyService/UpdateCleanupPolicy",
     R"({"cleanup_policy":{"group":"acme","etag":"x"},
         "update_mask":"enabled"})",
     StatusCode::kAborted, "ETAG_MISMATCH", "cleanup_policy/acme"},

    {"UpstreamProbeService/TestUpstream", R"({"upstream_id":999})",
     StatusCode::kNotFound, "RESOURCE_NOT_FOUND", "upstream/999"},
    {"DownloadService/CancelDownload", R"({"id":4711})", StatusCode::kNotFound,
     "RESOURCE_NOT_FOUND", "download/4711"},
};

// Empty where the status has none.
template <typename Detail>
Detail DetailOf(const absl::Status& status) {
  Detail detail;
  const auto payload = status.GetPayload(
      absl::StrCat("type.googleapis.com/", Detail::descriptor()->full_name()));
  if (payload) {
    EXPECT_TRUE(detail.ParseFromString(std::string(*payload)));
  }
  return detail;
}

std::string AboutWhat(const absl::Status& status) {
  const auto info = DetailOf<google::rpc::ErrorInfo>(status);
  switch (status.code()) {
    case StatusCode::kAborted: {
      const auto found = info.metadata().find("resource");
      return found == info.metadata().end() ? "" : found->second;
    }
    case StatusCode::kFailedPrecondition: {
      const auto failure = DetailOf<google::rpc::PreconditionFailure>(status);
      if (failure.violations_size() != 1) return "";
      EXPECT_EQ(failure.violations(0).type(), info.reason());
      EXPECT_EQ(failure.violations(0).description(), status.message());
      return failure.violations(0).subject();
    }
    default: {
      const auto resource = DetailOf<google::rpc::ResourceInfo>(status);
      return absl::StrCat(resource.resource_type(), "/",
                          resource.resource_name());
    }
  }
}

class ErrorDetailsTest : public SystemFixture {
 protected:
  ErrorDetailsTest() : SystemFixture(Shape::kThreeProcesses) {
    Offer(system_.grpc());
    Offer(system_.blob_grpc());
    Must("GroupService/CreateGroup", R"({"group":{"name":"acme"}})");
    Must("CleanupPolicyService/CreateCleanupPolicy",
         R"({"cleanup_policy":{"group":"acme"}})");
    ids_["R"] = Must("RegistryService/CreateRegistry",
                     R"({"registry":{"group":"acme","name":"r"}})")["id"];
    ids_["U"] = Must(
        "UpstreamService/CreateUpstream",
        R"({"upstream":{"group":"acme","name":"u","url":"https://a.test"}})")
        ["id"];
    ids_["P"] = Must("RegistryService/GetRegistry",
                     R"({"id":1})")["upstreams"][0]["id"];
  }

  // Learns what is served at `address`.
  void Offer(const std::string& address) {
    auto client = std::make_shared<ReflectionClient>(
        AdminChannel(address, system_.admin_secret()));
    const auto services = client->ListServices();
    ASSERT_THAT(services, IsOk());
    for (const std::string& service : *services) {
      if (!absl::StartsWith(service, "cvr.v1.")) continue;
      clients_[service] = client;
      addresses_[service] = address;
    }
  }

  absl::StatusOr<std::string> Call(const std::string& method,
                                   const std::string& request) {
    const std::string name = absl::StrCat("cvr.v1.", method);
    const auto client = clients_.find(name.substr(0, name.find('/')));
    if (client == clients_.end()) return absl::InternalError("not served");
    return client->second->Call(name, request);
  }

  nlohmann::json Must(const std::string& method, const std::string& request) {
    const auto answer = Call(method, request);
    EXPECT_THAT(answer, IsOk()) << method;
    return answer.ok() ? nlohmann::json::parse(*answer)
                       : nlohmann::json::object();
  }

  // In a request an id stands behind a colon, in a name behind a slash.
  std::string Filled(std::string text, const std::string& before) const {
    for (const auto& [name, id] : ids_) {
      text = absl::StrReplaceAll(text, {{before + name, before + id}});
    }
    return text;
  }

  std::map<std::string, std::shared_ptr<ReflectionClient>> clients_;
  std::map<std::string, std::string> addresses_;
  std::map<std::string, std::string> ids_;
};

TEST_F(ErrorDetailsTest, SayWhyAndAboutWhat) {
  for (const Row& row : kTable) {
    SCOPED_TRACE(absl::StrCat(row.method, " ", row.request));
    const absl::Status status =
        Call(row.method, Filled(row.request, ":")).status();
    EXPECT_THAT(status, StatusIs(row.code));
    const auto info = DetailOf<google::rpc::ErrorInfo>(status);
    EXPECT_EQ(info.domain(), "container-virtual-registry.dev");
    EXPECT_EQ(info.reason(), row.reason);
    v1::ErrorReason reason;
    EXPECT_TRUE(v1::ErrorReason_Parse(info.reason(), &reason));
    EXPECT_EQ(AboutWhat(status), Filled(row.about, "/"));
  }
}

// Who shows no token, at every method of administration that there is.
TEST_F(ErrorDetailsTest, StrangersAreToldWhyByEveryMethod) {
  int methods = 0;
  for (const auto& [name, client] : clients_) {
    const auto service = client->FindService(name);
    ASSERT_THAT(service, IsOk()) << name;
    const auto channel = AdminChannel(addresses_[name], "");
    for (int i = 0; i < (*service)->method_count(); ++i) {
      const std::string method =
          absl::StrCat(name, "/", (*service)->method(i)->name());
      const absl::Status status = client->CallOn(channel, method);
      EXPECT_THAT(status, StatusIs(StatusCode::kUnauthenticated)) << method;
      const auto info = DetailOf<google::rpc::ErrorInfo>(status);
      EXPECT_EQ(info.domain(), "container-virtual-registry.dev") << method;
      EXPECT_EQ(info.reason(), "UNAUTHENTICATED") << method;
      ++methods;
    }
  }
  EXPECT_GE(methods, 30);
}

// gRPC answers itself, and takes no details from who refuses a call before its
// method runs; the code says it all.
TEST_F(ErrorDetailsTest, WhatIsNoMethodIsUnimplemented) {
  for (const auto& [name, client] : clients_) {
    EXPECT_THAT(
        client->CallOn(AdminChannel(addresses_[name], system_.admin_secret()),
                       absl::StrCat(name, "/Nothing")),
        StatusIs(StatusCode::kUnimplemented))
        << name;
  }
}

// A name that fills half of what a client takes for a header.
TEST_F(ErrorDetailsTest, ALongNameDoesNotCrowdOutTheAnswer) {
  const absl::Status status =
      Call("GroupService/GetGroup",
           absl::StrCat(R"({"name":")", std::string(2500, 'a'), R"("})"))
          .status();
  EXPECT_THAT(status, StatusIs(StatusCode::kNotFound));
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(status).reason(),
            "RESOURCE_NOT_FOUND");
}

}  // namespace
}  // namespace cvr::testing
