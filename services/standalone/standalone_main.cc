// cvr-standalone: gateway, metadata and blob service in one process, joined by
// plain calls. The gRPC port is open all the same, for administration.
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gateway/gateway.h"
#include "gateway/gateway_flags.h"
#include "gateway/native_rest/native_rest.h"
#include "gateway/rest/rest_api.h"
#include "services/access/audit_flags.h"
#include "services/blob/blob_flags.h"
#include "services/blob/blob_process.h"
#include "services/common/status_macros.h"
#include "services/concurrency/clock.h"
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
#include "services/standalone/first_start.h"
#include "services/standalone/welcome.h"
#include "spdlog/spdlog.h"

ABSL_FLAG(std::string, grpc_address, "127.0.0.1:8081",
          "Address that the gRPC server listens on: host:port or unix:PATH. "
          "Without TLS, only loopback addresses and Unix sockets are allowed "
          "unless --insecure_plaintext is set.");
ABSL_FLAG(
    std::string, data_dir, "",
    "Data directory for configuration, cache entries and blobs. Required.");
ABSL_FLAG(
    std::string, bootstrap_upstream, cvr::kDefaultUpstream,
    "URL of the upstream that is created for registry 1 at the first start.");
ABSL_FLAG(std::optional<bool>, bootstrap_anonymous_pull, std::nullopt,
          "Allow anonymous pulls from registry 1: true or false. Applies at "
          "the first start only. Default: true if only this machine can reach "
          "the HTTP server (loopback --http_address, no --external_url and no "
          "--trusted_proxies), else false.");

namespace cvr {
namespace {

constexpr absl::Duration kRpcDrainTimeout = absl::Seconds(5);

FirstStartOptions FirstStartFromFlags() {
  return {
      absl::GetFlag(FLAGS_bootstrap_upstream),
      absl::GetFlag(FLAGS_bootstrap_anonymous_pull).value_or(IsHttpLocal())};
}

// What the flags of the first start say is not looked at later.
void TellIdleFlags() {
  if (absl::GetFlag(FLAGS_bootstrap_upstream) != kDefaultUpstream) {
    spdlog::warn(
        "--bootstrap_upstream has no effect: the data directory is not new; "
        "see cvr upstream update");
  }
  if (absl::GetFlag(FLAGS_bootstrap_anonymous_pull)) {
    spdlog::warn(
        "--bootstrap_anonymous_pull has no effect: the data directory is not "
        "new; see cvr registry update");
  }
}

// What ServerService says is switched on.
std::vector<std::string> Features(const AuditFile* audit,
                                  const RpcSecurity& security) {
  std::vector<std::string> features;
  if (audit != nullptr) features.push_back("audit_log");
  features.push_back("native_rest");
  if (security.tls) features.push_back("rpc_tls");
  return features;
}

// All that can fail comes before anything is made.
absl::Status CheckFlags(bool is_new) {
  RETURN_IF_ERROR(CheckAuditFlags());
  RETURN_IF_ERROR(CheckBlobFlags());
  RETURN_IF_ERROR(CheckGatewayFlags());
  RETURN_IF_ERROR(
      CheckRpcFlags({RpcRole::kStandalone}, absl::GetFlag(FLAGS_grpc_address)));
  if (!is_new) return absl::OkStatus();
  return CheckFirstStart(FirstStartFromFlags(), RootRegistryFromFlags());
}

absl::Status Serve(StopSignal& stop) {
  ASSIGN_OR_RETURN(auto directory,
                   DataDirectory::FromFlags(absl::GetFlag(FLAGS_data_dir),
                                            "cvr-standalone"));
  const std::string& data_dir = directory.path();
  const std::string admin_token_file = absl::StrCat(data_dir, "/admin-token");
  RETURN_IF_ERROR(CheckFlags(directory.is_new()));
  ASSIGN_OR_RETURN(auto security, RpcSecurityFromFlags({RpcRole::kStandalone}));
  ASSIGN_OR_RETURN(auto metadata_options,
                   MetadataOptionsFromFlags(absl::StrCat(data_dir, "/metadata"),
                                            admin_token_file));
  RETURN_IF_ERROR(directory.Claim());
  RETURN_IF_ERROR(RemoveReadyFile());
  if (!directory.is_new()) TellIdleFlags();
  ASSIGN_OR_RETURN(const auto audit,
                   AuditFileFromFlags(absl::StrCat(data_dir, "/audit.jsonl")));
  metadata_options.audit_file = audit.get();
  metadata_options.source_revision = SourceRevision();
  metadata_options.features = Features(audit.get(), security);
  security.on_refused = RecordRefusedCalls(audit.get());
  ReopenOnHangup(audit.get(), stop);
  std::vector<std::string> certificate_files = RpcCertificatePathsFromFlags();
  certificate_files.push_back(CertificatePathFromFlags());
  const CertificateWatch certificates(certificate_files);
  stop.OnHangup([&certificates] { certificates.Check(); });
  ASSIGN_OR_RETURN(const auto metadata, MetadataStack::Open(metadata_options));
  RETURN_IF_ERROR(SetUpFirstStart(*metadata, FirstStartFromFlags()));
  RETURN_IF_ERROR(CheckRegistryExists(*metadata, RootRegistryFromFlags()));
  ASSIGN_OR_RETURN(
      const auto blob,
      BlobProcess::Open(BlobOptionsFromFlags(absl::StrCat(data_dir, "/blobs"),
                                             /*default_instance=*/"standalone"),
                        metadata->client(), metadata->resolver(),
                        metadata->operation_recorder(), metadata->authority()));

  // Not the services for other processes of ours: they tell credentials of
  // upstreams and content without asking for whom, and all parts are here.
  std::vector<grpc::Service*> services = metadata->admin_services();
  for (grpc::Service* const service : blob->admin_services()) {
    services.push_back(service);
  }
  ASSIGN_OR_RETURN(
      const auto server,
      RpcServer::Start(absl::GetFlag(FLAGS_grpc_address), services, security));
  ASSIGN_OR_RETURN(auto options, GatewayOptionsFromFlags(metadata->auth()));
  const auto channel = server->InProcessChannel();
  RestApi rest(
      {channel, options.access.external_url, options.http.tls != nullptr});
  options.administration = &rest;
  NativeRest native_rest({channel});
  options.native_rest = &native_rest;
  ReloadOnHangup(options, stop);
  options.audit = audit.get();
  Gateway gateway(metadata->resolver(), blob->source(), std::move(options));
  RETURN_IF_ERROR(gateway.Start());
  directory.Keep();
  RETURN_IF_ERROR(WriteReadyFile({gateway.address(), server->address()}));
  std::cout << Welcome(*metadata,
                       {gateway.address(), server->address(), security.tls,
                        admin_token_file, ExternalUrlFromFlags()})
            << std::flush;

  spdlog::info("received {}, shutting down", stop.Wait());
  const absl::Time deadline =
      Clock::Real().SteadyNow() + DrainTimeoutFromFlags();
  metadata->Shutdown();
  gateway.Stop(deadline);
  blob->Shutdown(deadline);
  server->Shutdown(Clock::Real().SteadyNow() + kRpcDrainTimeout);
  return absl::OkStatus();
}

}  // namespace
}  // namespace cvr

int main(int argc, char** argv) {
  return cvr::RunProcess(
      argc, argv,
      {"cvr-standalone",
       "Container Virtual Registry in a single process: a pull-through cache "
       "for container images. Pull from "
       "HTTP_ADDRESS/virtual_registries/containers/1/IMAGE (or GROUP/NAME "
       "instead of 1). Administer it with cvr --server=GRPC_ADDRESS."},
      cvr::Serve);
}
