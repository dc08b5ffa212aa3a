#include "tests/isolation/world.h"

#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "tests/support/admin_channel.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/eventually.h"

namespace cvr::testing {
namespace {

using nlohmann::json;

// Served by the blob service, which may be a process of its own.
bool IsOfBlobService(const std::string& method) {
  static const auto* const services =
      new std::set<std::string>{"UpstreamProbeService", "UpstreamStateService",
                                "RefreshService", "DownloadService"};
  const std::vector<std::string> parts = absl::StrSplit(method, '/');
  return services->count(parts[0]) > 0;
}

int64_t IdOf(const json& message) {
  int64_t id = 0;
  EXPECT_TRUE(absl::SimpleAtoi(message.value("id", ""), &id)) << message;
  return id;
}

}  // namespace

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
  const std::string address =
      IsOfBlobService(method) ? system_.blob_grpc() : system_.grpc();
  auto& client = clients_[absl::StrCat(address, " ", secret)];
  if (client == nullptr) {
    client = std::make_unique<ReflectionClient>(AdminChannel(address, secret));
  }
  const auto answer = client->Call("cvr.v1." + method, request.dump());
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
  return {group, MakeToken(group, "READ_VIRTUAL_REGISTRY"),
          MakeToken(group, "WRITE_VIRTUAL_REGISTRY")};
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
  settings["absence_ttls"] = {{"manifest_not_found", "0s"},
                              {"blob_not_found", "0s"},
                              {"refused", "0s"}};
  return IdOf(Must("UpstreamService/CreateUpstream", {{"upstream", settings}}));
}

void World::Attach(int64_t registry_id, int64_t upstream_id) {
  Must("UpstreamService/AttachUpstream",
       {{"registry_id", registry_id}, {"upstream_id", upstream_id}});
}

void World::DeleteRegistry(int64_t id) {
  Must("RegistryService/DeleteRegistry", {{"id", id}});
}

void World::DeleteUpstream(int64_t id) {
  Must("UpstreamService/DeleteUpstream", {{"id", id}});
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
    const json answer =
        Must("DownloadService/ListDownloads", {{"upstream_id", upstream_id}});
    return answer.contains("downloads") && !answer["downloads"].empty();
  };
  EXPECT_TRUE(Eventually([&] { return !is_busy(); }, absl::Minutes(1),
                         "the downloads end"));
}

}  // namespace cvr::testing
