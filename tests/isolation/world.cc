#include "tests/isolation/world.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/admin_channel.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/eventually.h"

namespace cvr::testing {
namespace {

using nlohmann::json;

int64_t IdOf(const json& message) {
  int64_t id = 0;
  EXPECT_TRUE(absl::SimpleAtoi(message.value("id", ""), &id)) << message;
  return id;
}

}  // namespace

json LoginOf(const std::string& username, const std::string& password) {
  return {{"basic", {{"username", username}, {"password", password}}}};
}

World::World(Shape shape, std::vector<std::string> flags)
    : system_(shape, common_upstream_.url(), std::move(flags)) {
  system_.Start();
  victim_ = MakeTenant("victim");
  adversary_ = MakeTenant("adversary");
}

void World::Crash() {
  clients_.clear();
  system_.Kill();
  system_.Start();
}

absl::StatusOr<json> World::Call(const std::string& secret,
                                 const std::string& method,
                                 const json& request) {
  auto& client = clients_[secret];
  if (client == nullptr) {
    client = std::make_unique<ReflectionClient>(
        AdminChannel(system_.grpc(), secret));
  }
  const std::string name =
      absl::StartsWith(method, "cvr.") ? method : "cvr.v1." + method;
  const auto answer = client->Call(name, request.dump());
  if (!answer.ok()) return answer.status();
  return json::parse(*answer);
}

json World::Must(const std::string& method, const json& request) {
  const auto answer = Call(system_.admin_secret(), method, request);
  EXPECT_THAT(answer, IsOk()) << method << " " << request;
  return answer.ok() ? *answer : json::object();
}

Tenant World::MakeTenant(const std::string& group) {
  Must("GroupService/CreateGroup", {{"group", {{"name", group}}}});
  return {group, MakeToken(group, "SCOPE_READ"),
          MakeToken(group, "SCOPE_MANAGE")};
}

json World::Await(const json& operation) {
  const json ended =
      Must("OperationService/WaitOperation", {{"id", operation.at("id")}});
  EXPECT_TRUE(ended.value("done", false)) << ended;
  EXPECT_TRUE(ended.contains("response")) << ended;
  return ended;
}

std::string World::MakeToken(const std::string& group,
                             const std::string& scope) {
  const json token = Must("AccessTokenService/CreateAccessToken",
                          {{"access_token",
                            {{"name", absl::StrCat("token-", ++count_)},
                             {"group", group},
                             {"scopes", {scope}}}}});
  return token.value("secret", "");
}

int64_t World::CreateRegistry(const Tenant& tenant) {
  return IdOf(Must("RegistryService/CreateRegistry",
                   {{"registry",
                     {{"group", tenant.group},
                      {"name", absl::StrCat("registry-", ++count_)}}}}));
}

int64_t World::CreateUpstream(const Tenant& tenant, json settings) {
  settings["group"] = tenant.group;
  settings["name"] = absl::StrCat("upstream-", ++count_);
  // What one request leaves in memory must not decide what comes of the next.
  settings["limits"]["failures_to_open"] = 1000;
  settings["cache_policy"]["negative_ttls"] = {{"manifest_not_found", "0s"},
                                               {"blob_not_found", "0s"},
                                               {"refused", "0s"}};
  return IdOf(Must("UpstreamService/CreateUpstream", {{"upstream", settings}}));
}

void World::Attach(int64_t registry_id, int64_t upstream_id) {
  Must("AttachmentService/CreateAttachment",
       {{"registry_id", registry_id}, {"upstream_id", upstream_id}});
}

void World::DeleteRegistry(int64_t id) {
  Must("RegistryService/DeleteRegistry", {{"id", id}, {"allow_missing", true}});
}

void World::DeleteUpstream(int64_t id) {
  Must("UpstreamService/DeleteUpstream", {{"id", id}, {"allow_missing", true}});
}

std::string World::TargetOf(int64_t registry_id, const std::string& path) {
  return absl::StrCat("/v2/virtual_registries/containers/", registry_id, "/",
                      path);
}

HttpResponse World::Ask(const std::string& secret, const std::string& method,
                        int64_t registry_id, const std::string& path,
                        std::vector<std::string> headers) {
  return AskTarget(secret, method, TargetOf(registry_id, path),
                   std::move(headers));
}

HttpResponse World::AskTarget(const std::string& secret,
                              const std::string& method,
                              const std::string& target,
                              std::vector<std::string> headers) {
  if (!secret.empty()) headers.push_back("Authorization: Bearer " + secret);
  return HttpSend(method, system_.http(), target, {.headers = headers});
}

void World::AwaitQuiet(int64_t upstream_id) {
  const auto is_busy = [&] {
    const json answer = Must(
        "FetchService/ListFetches",
        upstream_id == 0 ? json::object() : json{{"upstream_id", upstream_id}});
    return answer.contains("fetches") && !answer["fetches"].empty();
  };
  EXPECT_TRUE(Eventually([&] { return !is_busy(); }, absl::Minutes(1),
                         "the fetches end"));
}

}  // namespace cvr::testing
