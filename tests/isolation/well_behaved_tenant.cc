#include "tests/isolation/well_behaved_tenant.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cvr/v1/registry_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "tests/support/admin_channel.h"

namespace cvr::testing {
namespace {

constexpr int kUses = 3;
constexpr size_t kLayerBytes = 300'000;
// What takes longer counts as a hang: what the other holds is held for ever, so
// any bound shows it. It has to be above what a machine needs that is busy with
// other things, or a hang of those is taken for ours.
constexpr int kPatienceSeconds = 120;

}  // namespace

absl::Duration Latency::Median() const {
  if (uses.empty()) return absl::ZeroDuration();
  std::vector<absl::Duration> sorted = uses;
  std::sort(sorted.begin(), sorted.end());
  return sorted[sorted.size() / 2];
}

absl::Duration Latency::Max() const {
  return uses.empty() ? absl::ZeroDuration()
                      : *std::max_element(uses.begin(), uses.end());
}

WellBehavedTenant::WellBehavedTenant(World& world) : world_(world) {
  registry_ = world.CreateRegistry(world.victim());
  world.Attach(registry_, world.CreateUpstream(world.victim(),
                                               {{"url", upstream_.url()}}));
  const std::string layer = warm_.BlobDigests()[1].ToString();
  EXPECT_EQ(Get("app/manifests/" + warm_.tag, warm_.manifest), "");
  EXPECT_EQ(Get("app/blobs/" + layer, warm_.blobs[1]), "");
  resources_ = Pulls();
  for (Resource& resource : Others()) {
    resources_.push_back(std::move(resource));
  }
}

std::vector<std::string> WellBehavedTenant::ResourceNames() const {
  std::vector<std::string> names;
  for (const Resource& resource : resources_) names.push_back(resource.name);
  return names;
}

std::vector<Latency> WellBehavedTenant::UseAll(
    const std::function<void()>& before_each) {
  std::vector<Latency> latencies;
  for (const Resource& resource : resources_) {
    Latency latency;
    for (int i = 0; i < kUses && latency.wrong.empty(); ++i) {
      if (before_each) before_each();
      const absl::Time start = absl::Now();
      latency.wrong = resource.use();
      latency.uses.push_back(absl::Now() - start);
    }
    latencies.push_back(std::move(latency));
  }
  return latencies;
}

Image WellBehavedTenant::NewImage() {
  return AddImage(upstream_, "app", absl::StrCat("tag-", ++count_),
                  {kLayerBytes});
}

std::vector<WellBehavedTenant::Resource> WellBehavedTenant::Pulls() {
  return {
      {"warm manifest",
       [this] { return Get("app/manifests/" + warm_.tag, warm_.manifest); }},
      {"warm blob",
       [this] {
         return Get("app/blobs/" + warm_.BlobDigests()[1].ToString(),
                    warm_.blobs[1]);
       }},
      {"cold manifest",
       [this] {
         const Image image = NewImage();
         return Get("app/manifests/" + image.tag, image.manifest);
       }},
      {"cold blob",
       [this] {
         const Image image = NewImage();
         return Get("app/blobs/" + image.BlobDigests()[1].ToString(),
                    image.blobs[1]);
       }},
      {"tag list",
       [this] {
         const std::string repository = absl::StrCat("list-", ++count_);
         AddImage(upstream_, repository, "only", {});
         return Get(
             repository + "/tags/list",
             absl::StrCat(R"({"name":"virtual_registries/containers/)",
                          registry_, "/", repository, R"(","tags":["only"]})"));
       }},
  };
}

std::vector<WellBehavedTenant::Resource> WellBehavedTenant::Others() {
  const std::string writer = "Bearer " + world_.victim().writer;
  return {
      {"REST write",
       [this, writer] {
         return Send(
             "PATCH",
             absl::StrCat("/api/v4/virtual_registries/container/"
                          "registries/",
                          registry_),
             writer,
             absl::StrCat(R"({"description":"use )", ++count_, R"("})"));
       }},
      {"gRPC write", [this] { return UpdateByGrpc(); }},
      {"/healthz", [this] { return Send("GET", "/healthz", ""); }},
      {"login",
       [this] {
         return Send(
             "GET", "/jwt/auth?service=container-virtual-registry",
             absl::StrCat("Basic ", absl::Base64Escape(absl::StrCat(
                                        "token:", world_.victim().reader))));
       }},
  };
}

std::string WellBehavedTenant::Get(const std::string& path,
                                   const std::string& expected) {
  const HttpResponse response =
      HttpSend("GET", world_.system().http(), World::TargetOf(registry_, path),
               {.headers = {"Authorization: Bearer " + world_.victim().reader},
                .timeout = absl::Seconds(kPatienceSeconds)});
  if (response.status == 200 && response.error.empty() &&
      response.body == expected) {
    return "";
  }
  return absl::StrCat(path, ": ", response.status, " ", response.error, " ",
                      response.body.substr(0, 200));
}

std::string WellBehavedTenant::Send(const std::string& method,
                                    const std::string& target,
                                    const std::string& authorization,
                                    const std::string& body) {
  std::vector<std::string> headers;
  if (!authorization.empty()) {
    headers.push_back("Authorization: " + authorization);
  }
  if (!body.empty()) headers.push_back("Content-Type: application/json");
  const HttpResponse response =
      HttpSend(method, world_.system().http(), target,
               {.headers = headers,
                .body = body,
                .timeout = absl::Seconds(kPatienceSeconds)});
  if (response.status == 200 && response.error.empty()) return "";
  return absl::StrCat(target, ": ", response.status, " ", response.error, " ",
                      response.body.substr(0, 200));
}

std::string WellBehavedTenant::UpdateByGrpc() {
  const auto stub = v1::RegistryService::NewStub(
      AdminChannel(world_.system().grpc(), world_.victim().writer));
  v1::UpdateRegistryRequest request;
  request.set_id(registry_);
  request.mutable_registry()->set_description(absl::StrCat("use ", ++count_));
  request.mutable_update_mask()->add_paths("description");
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(kPatienceSeconds));
  v1::Registry registry;
  return stub->UpdateRegistry(&context, request, &registry).error_message();
}

}  // namespace cvr::testing
