// cvr-gateway: the HTTP side alone, in front of a metadata and a blob service.
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "gateway/gateway.h"
#include "gateway/gateway_flags.h"
#include "gateway/native_rest/native_rest.h"
#include "gateway/outage/metadata_contact.h"
#include "gateway/outage/remembering_resolver.h"
#include "gateway/outage/remembering_token_authority.h"
#include "gateway/outage/service_watch.h"
#include "gateway/rest/rest_api.h"
#include "services/access/audit_flags.h"
#include "services/blob/api/grpc_content_source.h"
#include "services/common/status_macros.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/thread.h"
#include "services/metadata/api/grpc_resolver.h"
#include "services/metadata/api/grpc_token_authority.h"
#include "services/process/process.h"
#include "services/process/ready_file.h"
#include "services/rpc/rpc_flags.h"
#include "services/rpc/rpc_server.h"
#include "services/rpc/tls/certificate_watch.h"
#include "spdlog/spdlog.h"

ABSL_FLAG(std::string, metadata_address, "127.0.0.1:8081",
          "gRPC address of cvr-metadata: host:port or unix:PATH.");
ABSL_FLAG(std::string, blob_address, "127.0.0.1:8082",
          "gRPC address of cvr-blob: host:port or unix:PATH.");

ABSL_FLAG(
    absl::Duration, outage_wait, absl::Seconds(10),
    "How long pulls and logins wait for an unavailable metadata or blob "
    "service, for example 10s, so that they survive its restart. After that "
    "they get 503 with Retry-After. Waiting requests use at most half of "
    "--http_threads_max; further ones get 503 immediately. 0 = do not wait.");

ABSL_FLAG(absl::Duration, outage_grace, absl::Minutes(5),
          "How long cached content is still served while the metadata service "
          "is unavailable, for example 5m. Only pulls that it allowed before "
          "are served, for the same caller, and only while their tokens and "
          "tags are valid. During a network failure, changes such as "
          "revocations take effect after this time at the latest. 0 = serve "
          "nothing without the metadata service.");

namespace cvr {
namespace {

// Of a login, while the metadata service is away and may be remembered.
constexpr absl::Duration kHurriedTimeout = absl::Milliseconds(300);
// Of a question whether a service serves us.
constexpr absl::Duration kProbeTimeout = absl::Seconds(2);

ServiceWatch::Service Watched(std::string name, grpc::Channel& channel,
                              std::function<absl::Status()> probe) {
  return {std::move(name),
          [&channel] {
            return channel.GetState(/*try_to_connect=*/false) ==
                   GRPC_CHANNEL_READY;
          },
          std::move(probe)};
}

// Once the services behind it serve this gateway.
void WriteReadyFileWhenReady(ServiceWatch& services,
                             const std::string& address) {
  if (!services.AwaitReady()) return;
  const absl::Status written = WriteReadyFile({.http = address});
  if (written.ok()) {
    spdlog::info("ready");
  } else {
    spdlog::error("{}", std::string(written.message()));
  }
}

absl::Status Serve(StopSignal& stop) {
  RETURN_IF_ERROR(RemoveReadyFile());
  const std::string metadata_address = absl::GetFlag(FLAGS_metadata_address);
  ASSIGN_OR_RETURN(const auto security,
                   RpcSecurityFromFlags({RpcRole::kGateway, metadata_address}));
  ASSIGN_OR_RETURN(const auto metadata_channel,
                   OpenRpcChannel(metadata_address, security));
  ASSIGN_OR_RETURN(const auto blob_channel,
                   OpenRpcChannel(absl::GetFlag(FLAGS_blob_address), security));
  GrpcResolver metadata(metadata_channel, {});
  GrpcContentSource source(blob_channel);

  const absl::Duration grace = absl::GetFlag(FLAGS_outage_grace);
  MetadataContact contact;
  RememberingResolver resolver(metadata, contact, {.grace = grace},
                               Clock::Real());
  GrpcTokenAuthority asking(metadata_channel, {});
  GrpcTokenAuthority hurried(metadata_channel, {kHurriedTimeout});
  RememberingTokenAuthority auth(asking, hurried, contact, {.grace = grace},
                                 Clock::Real());
  GrpcTokenAuthority probing(metadata_channel, {kProbeTimeout});
  ASSIGN_OR_RETURN(Gateway::Options options, GatewayOptionsFromFlags(auth));
  ASSIGN_OR_RETURN(const auto audit, AuditFileFromFlags(""));
  options.audit = audit.get();
  ReopenOnHangup(audit.get(), stop);
  std::vector<std::string> certificate_files = RpcCertificatePathsFromFlags();
  certificate_files.push_back(CertificatePathFromFlags());
  const CertificateWatch certificates(certificate_files);
  stop.OnHangup([&certificates] { certificates.Check(); });
  ServiceWatch services(
      {Watched("metadata", *metadata_channel,
               [&] {
                 return contact.Query([&] {
                   return probing.GetTrust(0, absl::ZeroDuration()).status();
                 });
               }),
       Watched("blob", *blob_channel,
               [&] { return source.CheckServes(kProbeTimeout); })});
  options.readiness = [&services] { return services.Check(); };
  options.outage_wait = absl::GetFlag(FLAGS_outage_wait);
  RestApi rest({metadata_channel, options.access.external_url,
                options.http.tls != nullptr});
  options.administration = &rest;
  NativeRest native_rest({metadata_channel});
  options.native_rest = &native_rest;
  ReloadOnHangup(options, stop);
  Gateway gateway(resolver, source, std::move(options));
  RETURN_IF_ERROR(gateway.Start());
  spdlog::info("ready");
  {
    const Thread ready("ready-file", [&] {
      WriteReadyFileWhenReady(services, gateway.address());
    });
    spdlog::info("received {}, shutting down", stop.Wait());
    services.Stop();
  }
  gateway.Stop(Clock::Real().SteadyNow() + DrainTimeoutFromFlags());
  return absl::OkStatus();
}

}  // namespace
}  // namespace cvr

int main(int argc, char** argv) {
  return cvr::RunProcess(
      argc, argv,
      {"cvr-gateway",
       "HTTP gateway of the Container Virtual Registry. It serves the OCI "
       "distribution API (Docker Registry v2) to clients and calls "
       "cvr-metadata and cvr-blob. It is stateless: run as many instances as "
       "you need."},
      cvr::Serve);
}
