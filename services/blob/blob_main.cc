// cvr-blob: the blob service as a process of its own.
#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "services/access/audit_flags.h"
#include "services/blob/blob_flags.h"
#include "services/blob/blob_process.h"
#include "services/common/status_macros.h"
#include "services/concurrency/clock.h"
#include "services/metadata/api/grpc_admin_authority.h"
#include "services/metadata/api/grpc_metadata_client.h"
#include "services/metadata/api/grpc_operation_recorder.h"
#include "services/metadata/api/grpc_resolver.h"
#include "services/process/data_directory.h"
#include "services/process/process.h"
#include "services/process/ready_file.h"
#include "services/rpc/credentials/refused_calls.h"
#include "services/rpc/rpc_flags.h"
#include "services/rpc/rpc_server.h"
#include "services/rpc/tls/certificate_watch.h"
#include "spdlog/spdlog.h"

ABSL_FLAG(std::string, grpc_address, "127.0.0.1:8082",
          "Address that the gRPC server listens on: host:port or unix:PATH. "
          "Without TLS, only loopback addresses and Unix sockets are allowed "
          "unless --insecure_plaintext is set.");
ABSL_FLAG(std::string, metadata_address, "127.0.0.1:8081",
          "gRPC address of cvr-metadata: host:port or unix:PATH.");
ABSL_FLAG(std::string, data_dir, "", "Data directory for blobs. Required.");
ABSL_FLAG(absl::Duration, drain_timeout, absl::Seconds(30),
          "Graceful shutdown: how long fetches and client streams may "
          "continue after SIGTERM.");

namespace cvr {
namespace {

absl::Status Serve(StopSignal& stop) {
  ASSIGN_OR_RETURN(
      auto directory,
      DataDirectory::FromFlags(absl::GetFlag(FLAGS_data_dir), "cvr-blob"));
  const std::string& data_dir = directory.path();
  const std::string address = absl::GetFlag(FLAGS_grpc_address);
  const std::string metadata_address = absl::GetFlag(FLAGS_metadata_address);
  // All that can fail comes before anything is made.
  RETURN_IF_ERROR(CheckAuditFlags());
  RETURN_IF_ERROR(CheckBlobFlags());
  RETURN_IF_ERROR(CheckRpcFlags({RpcRole::kBlob, metadata_address}, address));
  ASSIGN_OR_RETURN(auto security,
                   RpcSecurityFromFlags({RpcRole::kBlob, metadata_address}));
  ASSIGN_OR_RETURN(const auto channel,
                   OpenRpcChannel(metadata_address, security));
  RETURN_IF_ERROR(directory.Claim());
  RETURN_IF_ERROR(RemoveReadyFile());
  // Changes are the metadata service's to record, refused calls are recorded
  // where they are refused.
  ASSIGN_OR_RETURN(const auto audit,
                   AuditFileFromFlags(data_dir + "/audit.jsonl"));
  security.on_refused = RecordRefusedCalls(audit.get());
  ReopenOnHangup(audit.get(), stop);
  const CertificateWatch certificates(RpcCertificatePathsFromFlags());
  stop.OnHangup([&certificates] { certificates.Check(); });
  GrpcMetadataClient metadata(channel, {});
  GrpcResolver resolver(channel, {});
  GrpcAdminAuthority authority(channel, {});
  GrpcOperationRecorder operations(channel, {});
  ASSIGN_OR_RETURN(
      const auto blob,
      BlobProcess::Open(BlobOptionsFromFlags(data_dir, HostName()), metadata,
                        resolver, operations, authority));
  std::vector<grpc::Service*> services = blob->admin_services();
  services.push_back(blob->blob_service());
  ASSIGN_OR_RETURN(const auto server,
                   RpcServer::Start(address, services, security));
  directory.Keep();
  RETURN_IF_ERROR(WriteReadyFile({.grpc = server->address()}));
  spdlog::info("serving gRPC on {}", server->address());
  spdlog::info("received {}, shutting down", stop.Wait());
  const absl::Time deadline =
      Clock::Real().SteadyNow() + absl::GetFlag(FLAGS_drain_timeout);
  blob->Shutdown(deadline);
  server->Shutdown(deadline);
  return absl::OkStatus();
}

}  // namespace
}  // namespace cvr

int main(int argc, char** argv) {
  return cvr::RunProcess(
      argc, argv,
      {"cvr-blob",
       "Blob service of the Container Virtual Registry. It fetches manifests "
       "and blobs from upstreams, verifies their digests, stores them and "
       "streams them to the gateway."},
      cvr::Serve);
}
