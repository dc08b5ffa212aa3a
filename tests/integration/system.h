#ifndef TESTS_INTEGRATION_SYSTEM_H_
#define TESTS_INTEGRATION_SYSTEM_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cvr/v1/operation.pb.h"
#include "grpcpp/grpcpp.h"
#include "tests/support/child_process.h"
#include "tests/support/http_client.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr::testing {

enum class Shape { kStandalone, kThreeProcesses };

// The system under test, run from its binaries, with one registry (id 1) and
// one upstream (id 1). Talked to over HTTP and gRPC alone.
class System {
 public:
  // `blob_flags` are added to those of the process that stores blobs.
  System(Shape shape, std::string upstream_url,
         std::vector<std::string> blob_flags = {});

  // Starts everything on the same data directory, the first time with an
  // upstream. Fails the test when something does not come up.
  void Start();
  // SIGTERM to everything; returns whether all ended with status 0.
  bool Stop();
  // SIGKILL to everything.
  void Kill();

  std::string http() const { return gateway_->http(); }
  // Of the metadata service.
  std::string grpc() const { return metadata_->grpc(); }
  std::string blob_grpc() const { return blob_->grpc(); }
  pid_t gateway_pid() const { return gateway_->process().pid(); }
  // What stores blobs.
  ChildProcess& blob() { return blob_->process(); }
  // Of all processes.
  std::vector<pid_t> pids() const;
  // The secret of the administrator that the first start made.
  std::string admin_secret() const;
  // To the metadata service, which is the one endpoint of administration, as
  // that administrator.
  std::shared_ptr<grpc::Channel> channel() const;
  // Waits for the end of an operation, which must be a success.
  v1::Operation Await(const v1::Operation& started) const;
  // What --data_dir names for the process that owns everything else.
  std::string data_directory() const;
  // Where blobs are kept, unless a flag says otherwise.
  std::string blobs_directory() const;
  // The paths of all cache entries of the upstream, as the metadata service
  // tells them.
  std::set<std::string> EntryPaths() const;
  // What the processes have printed.
  std::string Log() const;

  // `/v2/virtual_registries/containers/1/` + `path`.
  static std::string Target(const std::string& path);
  HttpResponse Get(const std::string& path,
                   const std::vector<std::string>& headers = {}) const;

 private:
  void StartStandalone();
  void StartThree();
  void CreateRegistryAndUpstream();

  const Shape shape_;
  const std::string upstream_url_;
  const std::vector<std::string> blob_flags_;
  const ScratchDirectory directory_;
  bool created_ = false;
  // In the order in which they start; one process may play every part.
  std::vector<std::unique_ptr<ServerProcess>> processes_;
  ServerProcess* metadata_ = nullptr;
  ServerProcess* blob_ = nullptr;
  ServerProcess* gateway_ = nullptr;
};

// An image made of random layers, as an upstream holds it.
struct Image {
  std::string repository;
  std::string tag;
  Digest manifest_digest;
  std::string manifest;
  std::vector<std::string> blobs;  // Config first.

  std::vector<Digest> BlobDigests() const;
};

// Makes an image of layers of the given sizes and adds it to `registry`.
Image AddImage(FakeRegistry& registry, const std::string& repository,
               const std::string& tag, const std::vector<size_t>& layer_bytes);

// Pulls the image as a client does, checking every digest. Empty, or what went
// wrong first.
std::string Pull(const System& system, const Image& image);

}  // namespace cvr::testing

#endif  // TESTS_INTEGRATION_SYSTEM_H_
