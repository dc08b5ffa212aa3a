// cvr-standalone: gateway, metadata and blob service in one process, joined by
// plain calls. The gRPC port is open all the same, for administration.
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gateway/gateway.h"
#include "gateway/gateway_flags.h"
#include "gateway/rest/rest_api.h"
#include "services/blob/blob_process.h"
#include "services/common/audit_flags.h"
#include "services/common/certificate_watch.h"
#include "services/common/process.h"
#include "services/common/ready_file.h"
#include "services/common/refused_calls.h"
#include "services/common/rpc_flags.h"
#include "services/common/rpc_server.h"
#include "services/common/status_macros.h"
#include "services/common/version.h"
#include "services/metadata/metadata_flags.h"
#include "services/metadata/metadata_stack.h"
#include "services/standalone/first_start.h"
#include "spdlog/spdlog.h"

ABSL_FLAG(
    std::string, grpc_address, "127.0.0.1:8081",
    "Where gRPC is served: host:port or unix:PATH. Without TLS: on loopback, "
    "unless --insecure_plaintext.");
ABSL_FLAG(std::string, data_dir, "",
          "Where everything is kept: configuration, cache entries and blobs. "
          "Required.");
ABSL_FLAG(std::string, bootstrap_upstream, "https://registry-1.docker.io",
          "The upstream that registry 1 gets when the data directory is new.");
ABSL_FLAG(bool, bootstrap_anonymous_pull, false,
          "Whether that registry may be pulled from without credentials.");

namespace cvr {
namespace {

constexpr absl::Duration kRpcDrainTimeout = absl::Seconds(5);

// For the person at the terminal; logs go to standard error.
void PrintWelcome(const std::string& http, const std::string& grpc, bool tls,
                  const std::string& admin_token_file) {
  std::cout << "Container Virtual Registry " << kVersion << " is serving.\n"
            << "  pull:    docker pull " << http
            << "/virtual_registries/containers/1/library/alpine:latest\n"
            << "  token:   " << admin_token_file
            << " (an administrator's; the first start left it there)\n"
            << "  entries: cvr --server=" << grpc << (tls ? " --tls" : "")
            << " --token-file=" << admin_token_file
            << " entry list --upstream 1\n"
            << "  stop:    Ctrl-C\n"
            << std::flush;
}

absl::Status Serve(StopSignal& stop) {
  RETURN_IF_ERROR(RemoveReadyFile());
  const std::string data_dir = absl::GetFlag(FLAGS_data_dir);
  RETURN_IF_ERROR(PrepareDirectory("data_dir", data_dir));
  ASSIGN_OR_RETURN(auto security, RpcSecurityFromFlags({RpcRole::kStandalone}));
  const std::string admin_token_file = absl::StrCat(data_dir, "/admin-token");
  ASSIGN_OR_RETURN(const auto audit,
                   AuditFileFromFlags(absl::StrCat(data_dir, "/audit.jsonl")));
  ASSIGN_OR_RETURN(auto metadata_options,
                   MetadataOptionsFromFlags(absl::StrCat(data_dir, "/metadata"),
                                            admin_token_file));
  metadata_options.audit_file = audit.get();
  security.on_refused = RecordRefusedCalls(audit.get());
  ReopenOnHangup(audit.get(), stop);
  std::vector<std::string> certificate_files = RpcCertificatePathsFromFlags();
  certificate_files.push_back(CertificatePathFromFlags());
  const CertificateWatch certificates(certificate_files);
  stop.OnHangup([&certificates] { certificates.Check(); });
  ASSIGN_OR_RETURN(const auto metadata, MetadataStack::Open(metadata_options));
  RETURN_IF_ERROR(SetUpFirstStart(
      *metadata, {absl::GetFlag(FLAGS_bootstrap_upstream),
                  absl::GetFlag(FLAGS_bootstrap_anonymous_pull)}));
  ASSIGN_OR_RETURN(
      const auto blob,
      BlobProcess::Open(
          BlobProcess::OptionsFromFlags(absl::StrCat(data_dir, "/blobs")),
          metadata->client(), metadata->resolver(), metadata->authority()));

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
  RestApi rest({channel, channel, options.access.external_url,
                options.http.tls != nullptr});
  options.administration = &rest;
  ReloadOnHangup(options, stop);
  options.audit = audit.get();
  Gateway gateway(metadata->resolver(), blob->source(), std::move(options));
  RETURN_IF_ERROR(gateway.Start());
  RETURN_IF_ERROR(WriteReadyFile({gateway.address(), server->address()}));
  PrintWelcome(gateway.address(), server->address(), security.tls,
               admin_token_file);

  spdlog::info("stopping on {}", stop.Wait());
  const absl::Time deadline = absl::Now() + DrainTimeoutFromFlags();
  metadata->Shutdown();
  gateway.Stop(deadline);
  blob->Shutdown(deadline);
  server->Shutdown(absl::Now() + kRpcDrainTimeout);
  return absl::OkStatus();
}

}  // namespace
}  // namespace cvr

int main(int argc, char** argv) {
  return cvr::RunProcess(
      argc, argv,
      {"cvr-standalone",
       "Container Virtual Registry, whole, in one process: a pull-through "
       "cache for container images. Pull from "
       "HTTP_ADDRESS/virtual_registries/containers/1/IMAGE; administer with "
       "cvr --server=GRPC_ADDRESS."},
      cvr::Serve);
}
