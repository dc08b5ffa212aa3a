// cvr-metadata: the metadata service as a process of its own.
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "services/access/audit_flags.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/concurrency/clock.h"
#include "services/metadata/forwarding/forwarder.h"
#include "services/metadata/metadata_flags.h"
#include "services/metadata/metadata_stack.h"
#include "services/process/data_directory.h"
#include "services/process/process.h"
#include "services/process/ready_file.h"
#include "services/process/source_revision.h"
#include "services/rpc/credentials/refused_calls.h"
#include "services/rpc/rpc_flags.h"
#include "services/rpc/rpc_server.h"
#include "services/rpc/tls/certificate_watch.h"
#include "spdlog/spdlog.h"

ABSL_FLAG(std::string, grpc_address, "127.0.0.1:8081",
          "Address that the gRPC server listens on: host:port or unix:PATH. "
          "Without TLS, only loopback addresses and Unix sockets are allowed "
          "unless --insecure_plaintext is set.");
ABSL_FLAG(
    std::string, data_dir, "",
    "Data directory for registries, upstreams and cache entries. Required.");

ABSL_FLAG(std::vector<std::string>, blob_addresses, {},
          "gRPC addresses of all cvr-blob processes, host:port or unix:PATH, "
          "separated by commas. Administrators then reach everything through "
          "this service: fetches, refreshes, tests and states of upstreams. If "
          "empty, these are answered with UNAVAILABLE here.");

namespace cvr {
namespace {

// Kept connected: a call must not wait for a handshake.
absl::StatusOr<std::vector<BlobInstance>> BlobInstancesFromFlag(
    const RpcSecurity& security) {
  std::vector<BlobInstance> instances;
  for (const std::string& address : absl::GetFlag(FLAGS_blob_addresses)) {
    if (address.empty()) continue;
    auto channel = OpenRpcChannel(address, security);
    RETURN_IF_ERROR(Annotate(channel.status(), "--blob_addresses=" + address));
    instances.push_back({address, *std::move(channel)});
  }
  return instances;
}

// What ServerService says is switched on.
std::vector<std::string> Features(const MetadataStack::Options& options,
                                  const RpcSecurity& security) {
  std::vector<std::string> features;
  if (options.audit_file != nullptr) features.push_back("audit_log");
  if (!options.blob_instances.empty()) features.push_back("forwarding");
  if (security.tls) features.push_back("rpc_tls");
  return features;
}

// Calls are short; what takes longer hangs.
constexpr absl::Duration kDrainTimeout = absl::Seconds(5);

absl::Status Serve(StopSignal& stop) {
  ASSIGN_OR_RETURN(
      auto directory,
      DataDirectory::FromFlags(absl::GetFlag(FLAGS_data_dir), "cvr-metadata"));
  const std::string& data_dir = directory.path();
  const std::string address = absl::GetFlag(FLAGS_grpc_address);
  const RpcFlagsOptions rpc = {RpcRole::kMetadata, address, data_dir};
  // All that can fail comes before anything is made.
  RETURN_IF_ERROR(CheckAuditFlags());
  RETURN_IF_ERROR(CheckRpcFlags(rpc, address));
  ASSIGN_OR_RETURN(auto options, MetadataOptionsFromFlags(
                                     data_dir, data_dir + "/admin-token"));
  RETURN_IF_ERROR(directory.Claim());
  RETURN_IF_ERROR(RemoveReadyFile());
  ASSIGN_OR_RETURN(auto security, RpcSecurityFromFlags(rpc));
  ASSIGN_OR_RETURN(const auto audit,
                   AuditFileFromFlags(data_dir + "/audit.jsonl"));
  options.audit_file = audit.get();
  ASSIGN_OR_RETURN(options.blob_instances, BlobInstancesFromFlag(security));
  options.source_revision = SourceRevision();
  options.features = Features(options, security);
  security.on_refused = RecordRefusedCalls(audit.get());
  ReopenOnHangup(audit.get(), stop);
  const CertificateWatch certificates(RpcCertificatePathsFromFlags());
  stop.OnHangup([&certificates] { certificates.Check(); });
  ASSIGN_OR_RETURN(const auto stack, MetadataStack::Open(options));
  std::vector<grpc::Service*> services = stack->admin_services();
  for (grpc::Service* const service : stack->forwarding_services()) {
    services.push_back(service);
  }
  services.push_back(stack->operation_record_service());
  services.push_back(stack->resolution_service());
  services.push_back(stack->cache_record_service());
  services.push_back(stack->auth_service());
  ASSIGN_OR_RETURN(const auto server,
                   RpcServer::Start(address, services, security));
  directory.Keep();
  RETURN_IF_ERROR(WriteReadyFile({.grpc = server->address()}));
  spdlog::info("serving gRPC on {}", server->address());
  spdlog::info("received {}, shutting down", stop.Wait());
  stack->Shutdown();
  server->Shutdown(Clock::Real().SteadyNow() + kDrainTimeout);
  return absl::OkStatus();
}

}  // namespace
}  // namespace cvr

int main(int argc, char** argv) {
  return cvr::RunProcess(
      argc, argv,
      {"cvr-metadata",
       "Metadata service of the Container Virtual Registry. It stores groups, "
       "registries, upstreams and cache entries, and decides how each pull is "
       "answered. Administer it with cvr --server=ADDRESS."},
      cvr::Serve);
}
