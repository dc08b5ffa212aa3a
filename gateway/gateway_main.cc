// cvr-gateway: the HTTP side alone, in front of a metadata and a blob service.
#include <memory>
#include <string>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gateway/gateway.h"
#include "gateway/gateway_flags.h"
#include "gateway/rest/rest_api.h"
#include "services/blob/grpc_content_source.h"
#include "services/common/audit_flags.h"
#include "services/common/clock.h"
#include "services/common/process.h"
#include "services/common/ready_file.h"
#include "services/common/rpc_flags.h"
#include "services/common/rpc_server.h"
#include "services/common/status_macros.h"
#include "services/metadata/grpc_auth_client.h"
#include "services/metadata/grpc_metadata_client.h"
#include "spdlog/spdlog.h"

ABSL_FLAG(std::string, metadata_address, "127.0.0.1:8081",
          "The metadata service: host:port or unix:PATH.");
ABSL_FLAG(std::string, blob_address, "127.0.0.1:8082",
          "The blob service: host:port or unix:PATH.");

namespace cvr {
namespace {

// Asked for often, so never waits.
absl::Status CheckConnected(absl::string_view service, grpc::Channel& channel) {
  if (channel.GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_READY) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(
      absl::StrCat("the ", service, " service cannot be reached"));
}

absl::Status Serve(StopSignal& stop) {
  const std::string metadata_address = absl::GetFlag(FLAGS_metadata_address);
  ASSIGN_OR_RETURN(const auto security,
                   RpcSecurityFromFlags({RpcRole::kGateway, metadata_address}));
  ASSIGN_OR_RETURN(const auto metadata_channel,
                   OpenRpcChannel(metadata_address, security));
  ASSIGN_OR_RETURN(const auto blob_channel,
                   OpenRpcChannel(absl::GetFlag(FLAGS_blob_address), security));
  GrpcMetadataClient metadata(metadata_channel, {});
  GrpcContentSource source(blob_channel);

  GrpcAuthClient auth(metadata_channel, {});
  ASSIGN_OR_RETURN(Gateway::Options options, GatewayOptionsFromFlags(auth));
  ASSIGN_OR_RETURN(const auto audit, AuditFileFromFlags(""));
  options.audit = audit.get();
  ReopenOnHangup(audit.get(), stop);
  options.readiness = [&]() -> absl::Status {
    RETURN_IF_ERROR(CheckConnected("metadata", *metadata_channel));
    return CheckConnected("blob", *blob_channel);
  };
  RestApi rest({metadata_channel, blob_channel, options.access.external_url,
                options.http.tls != nullptr});
  options.administration = &rest;
  ReloadOnHangup(options, stop);
  Gateway gateway(metadata, source, std::move(options));
  RETURN_IF_ERROR(gateway.Start());
  RETURN_IF_ERROR(WriteReadyFile({.http = gateway.address()}));
  spdlog::info("serving");
  spdlog::info("stopping on {}", stop.Wait());
  gateway.Stop(Clock::Real().SteadyNow() + DrainTimeoutFromFlags());
  return absl::OkStatus();
}

}  // namespace
}  // namespace cvr

int main(int argc, char** argv) {
  return cvr::RunProcess(
      argc, argv,
      {"cvr-gateway",
       "The HTTP side of the Container Virtual Registry: speaks Docker "
       "Registry v2 to clients, in front of cvr-metadata and cvr-blob. Keeps "
       "nothing; run as many as you like."},
      cvr::Serve);
}
