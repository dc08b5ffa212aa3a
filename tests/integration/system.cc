#include "tests/integration/system.h"

#include <signal.h>

#include <filesystem>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cvr/v1/cache_entry_service.grpc.pb.h"
#include "cvr/v1/operation_service.grpc.pb.h"
#include "cvr/v1/registry_service.grpc.pb.h"
#include "cvr/v1/upstream_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/admin_channel.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

constexpr char kManifestType[] = "application/vnd.oci.image.manifest.v1+json";
constexpr char kConfigType[] = "application/vnd.oci.image.config.v1+json";
constexpr char kLayerType[] = "application/vnd.oci.image.layer.v1.tar";

std::string RandomBytes(size_t size) {
  static std::mt19937_64 random(20261125);
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; i += 8) {
    const uint64_t word = random();
    for (size_t j = i; j < size && j < i + 8; ++j) {
      bytes[j] = static_cast<char>(word >> (8 * (j - i)));
    }
  }
  return bytes;
}

nlohmann::json DescriptorOf(const char* type, const std::string& bytes) {
  return {{"mediaType", type},
          {"digest", Digest::OfBytes(bytes).ToString()},
          {"size", bytes.size()}};
}

template <typename Response, typename Call>
Response Must(Call call) {
  grpc::ClientContext context;
  Response response;
  const grpc::Status status = call(&context, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

}  // namespace

System::System(Shape shape, std::string upstream_url,
               std::vector<std::string> blob_flags)
    : shape_(shape),
      upstream_url_(std::move(upstream_url)),
      blob_flags_(std::move(blob_flags)) {}

void System::Start() {
  processes_.clear();
  if (shape_ == Shape::kStandalone) {
    StartStandalone();
  } else {
    StartThree();
  }
}

void System::StartStandalone() {
  std::vector<std::string> flags = {"--http_address=127.0.0.1:0",
                                    "--grpc_address=127.0.0.1:0",
                                    "--data_dir=" + directory_.Join("data"),
                                    "--allow_private_upstreams",
                                    "--bootstrap_upstream=" + upstream_url_,
                                    "--bootstrap_anonymous_pull=true"};
  flags.insert(flags.end(), blob_flags_.begin(), blob_flags_.end());
  auto process = ServerProcess::Start(
      {"services/standalone/cvr-standalone", flags, directory_.path()});
  ASSERT_THAT(process, IsOk());
  gateway_ = blob_ = metadata_ = process->get();
  processes_.push_back(*std::move(process));
}

void System::StartThree() {
  const std::string metadata_address = "unix:" + directory_.Join("m");
  const std::string blob_address = "unix:" + directory_.Join("b");
  const auto start = [&](const std::string& binary,
                         std::vector<std::string> flags) {
    const std::string directory =
        directory_.Join(std::filesystem::path(binary).filename());
    std::filesystem::create_directory(directory);
    auto process = ServerProcess::Start({binary, std::move(flags), directory});
    ASSERT_THAT(process, IsOk());
    processes_.push_back(*std::move(process));
  };
  start(
      "services/metadata/cvr-metadata",
      {"--grpc_address=" + metadata_address, "--blob_addresses=" + blob_address,
       "--data_dir=" + directory_.Join("metadata-data")});
  ASSERT_EQ(processes_.size(), 1);
  std::vector<std::string> blob_flags = {
      "--grpc_address=" + blob_address,
      "--metadata_address=" + metadata_address,
      "--data_dir=" + blobs_directory(), "--allow_private_upstreams"};
  blob_flags.insert(blob_flags.end(), blob_flags_.begin(), blob_flags_.end());
  start("services/blob/cvr-blob", std::move(blob_flags));
  start("gateway/cvr-gateway",
        {"--http_address=127.0.0.1:0", "--metadata_address=" + metadata_address,
         "--blob_address=" + blob_address});
  ASSERT_EQ(processes_.size(), 3);
  metadata_ = processes_.front().get();
  blob_ = processes_[1].get();
  gateway_ = processes_.back().get();
  if (!std::exchange(created_, true)) CreateRegistryAndUpstream();
}

void System::CreateRegistryAndUpstream() {
  const auto registries = v1::RegistryService::NewStub(channel());
  const auto upstreams = v1::UpstreamService::NewStub(channel());
  v1::CreateRegistryRequest registry;
  registry.mutable_registry()->set_group("default");
  registry.mutable_registry()->set_name("test");
  registry.mutable_registry()->set_anonymous_pull(true);
  const auto created = Must<v1::Registry>([&](auto* context, auto* response) {
    return registries->CreateRegistry(context, registry, response);
  });
  v1::CreateUpstreamRequest upstream;
  upstream.set_registry_id(created.id());
  upstream.mutable_upstream()->set_group("default");
  upstream.mutable_upstream()->set_name("upstream");
  upstream.mutable_upstream()->set_url(upstream_url_);
  Must<v1::Upstream>([&](auto* context, auto* response) {
    return upstreams->CreateUpstream(context, upstream, response);
  });
}

std::string System::data_directory() const {
  return directory_.Join(shape_ == Shape::kStandalone ? "data"
                                                      : "metadata-data");
}

std::string System::admin_secret() const {
  return ReadSecret(data_directory() + "/admin-token");
}

std::shared_ptr<grpc::Channel> System::channel() const {
  return AdminChannel(grpc(), admin_secret());
}

v1::Operation System::Await(const v1::Operation& started) const {
  const auto stub = v1::OperationService::NewStub(channel());
  v1::WaitOperationRequest request;
  request.set_id(started.id());
  auto ended = Must<v1::Operation>([&](auto* context, auto* response) {
    return stub->WaitOperation(context, request, response);
  });
  EXPECT_TRUE(ended.done()) << ended.ShortDebugString();
  EXPECT_TRUE(ended.has_response()) << ended.ShortDebugString();
  return ended;
}

std::vector<pid_t> System::pids() const {
  std::vector<pid_t> pids;
  for (const auto& process : processes_) {
    pids.push_back(process->process().pid());
  }
  return pids;
}

bool System::Stop() {
  bool clean = true;
  for (auto it = processes_.rbegin(); it != processes_.rend(); ++it) {
    (*it)->process().Signal(SIGTERM);
    clean = (*it)->process().Wait() == 0 && clean;
  }
  return clean;
}

void System::Kill() {
  for (const auto& process : processes_) process->process().Signal(SIGKILL);
  for (const auto& process : processes_) process->process().Wait();
}

std::string System::blobs_directory() const {
  return directory_.Join(shape_ == Shape::kStandalone ? "data/blobs"
                                                      : "blob-data");
}

std::set<std::string> System::EntryPaths() const {
  const auto stub = v1::CacheEntryService::NewStub(channel());
  v1::ListCacheEntriesRequest request;
  request.set_upstream_id(1);
  const auto response =
      Must<v1::ListCacheEntriesResponse>([&](auto* context, auto* response) {
        return stub->ListCacheEntries(context, request, response);
      });
  std::set<std::string> paths;
  for (const auto& entry : response.cache_entries()) {
    paths.insert(entry.relative_path());
  }
  return paths;
}

std::string System::Log() const {
  std::string log;
  for (const auto& process : processes_) log += process->Log();
  return log;
}

std::string System::Target(const std::string& path) {
  return "/v2/virtual_registries/containers/1/" + path;
}

HttpResponse System::Get(const std::string& path,
                         const std::vector<std::string>& headers) const {
  return HttpGet(http(), Target(path), headers);
}

std::vector<Digest> Image::BlobDigests() const {
  std::vector<Digest> digests;
  for (const std::string& blob : blobs) {
    digests.push_back(Digest::OfBytes(blob));
  }
  return digests;
}

Image AddImage(FakeRegistry& registry, const std::string& repository,
               const std::string& tag, const std::vector<size_t>& layer_bytes) {
  Image image{repository, tag, Digest::OfBytes(""), "", {}};
  image.blobs.push_back(
      nlohmann::json{{"os", "linux"}, {"name", repository + ":" + tag}}.dump());
  nlohmann::json manifest = {
      {"schemaVersion", 2},
      {"mediaType", kManifestType},
      {"config", DescriptorOf(kConfigType, image.blobs.front())},
      {"layers", nlohmann::json::array()}};
  for (const size_t size : layer_bytes) {
    image.blobs.push_back(RandomBytes(size));
    manifest["layers"].push_back(DescriptorOf(kLayerType, image.blobs.back()));
  }
  for (const std::string& blob : image.blobs)
    registry.AddBlob(repository, blob);
  image.manifest = manifest.dump();
  image.manifest_digest =
      registry.AddManifest(repository, tag, kManifestType, image.manifest);
  return image;
}

std::string Pull(const System& system, const Image& image) {
  const auto manifest =
      system.Get(absl::StrCat(image.repository, "/manifests/", image.tag));
  if (manifest.status != 200 || !manifest.error.empty()) {
    return absl::StrCat("manifest: ", manifest.status, " ", manifest.error, " ",
                        manifest.body);
  }
  if (manifest.body != image.manifest) return "manifest: wrong bytes";
  for (const std::string& wanted : image.blobs) {
    const std::string digest = Digest::OfBytes(wanted).ToString();
    const auto blob =
        system.Get(absl::StrCat(image.repository, "/blobs/", digest));
    if (blob.status != 200 || !blob.error.empty()) {
      return absl::StrCat("blob ", digest, ": ", blob.status, " ", blob.error);
    }
    if (blob.body != wanted) return absl::StrCat("blob ", digest, ": wrong");
    if (blob.header("docker-content-digest") != digest) {
      return absl::StrCat("blob ", digest, ": wrong digest header");
    }
  }
  return "";
}

}  // namespace cvr::testing
