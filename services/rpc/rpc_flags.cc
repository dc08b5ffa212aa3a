#include "services/rpc/rpc_flags.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/process/local_address.h"
#include "services/rpc/credentials/peer_secrets.h"
#include "services/rpc/listen_check.h"
#include "services/rpc/plaintext_flag.h"
#include "services/rpc/tls/certificate.h"

ABSL_FLAG(std::string, rpc_certificate_file, "",
          "PEM file with the certificate for gRPC, followed by its "
          "intermediate CA certificates. Setting it enables TLS for gRPC, "
          "except on Unix sockets. It is reloaded when it changes.");
ABSL_FLAG(std::string, rpc_key_file, "",
          "PEM file with the private key for --rpc_certificate_file. The key "
          "must not be encrypted with a passphrase.");
ABSL_FLAG(std::string, rpc_ca_file, "",
          "PEM file with the private CA for mutual TLS between cvr-gateway, "
          "cvr-metadata and cvr-blob. The role of a client depends on the name "
          "in its certificate: see --rpc_gateway_names and --rpc_blob_names.");
ABSL_FLAG(std::vector<std::string>, rpc_gateway_names, {"cvr-gateway"},
          "Names of gateways. A client whose certificate from --rpc_ca_file "
          "has one of these names, as common name or DNS name, has the role of "
          "a gateway: it may resolve pulls, check tokens and read content.");
ABSL_FLAG(
    std::vector<std::string>, rpc_blob_names, {"cvr-blob"},
    "Names of blob services. A client whose certificate from --rpc_ca_file has "
    "one of these names, as common name or DNS name, has the role of a blob "
    "service: it may read upstream credentials and record cache entries.");
ABSL_FLAG(std::vector<std::string>, rpc_metadata_names, {"cvr-metadata"},
          "Names of metadata services. A client whose certificate from "
          "--rpc_ca_file has one of these names, as common name or DNS name, "
          "may say which client it forwards a call of administration for.");
ABSL_FLAG(std::string, peer_secrets_dir, "",
          "Directory with the secrets that the services authenticate with when "
          "TLS is off: gateway.secret, blob.secret and metadata.secret, mode "
          "0600, created by the metadata service. A gateway needs only "
          "gateway.secret. If "
          "empty: PATH.peers for a metadata service at unix:PATH, else the "
          "directory peers in the data directory of cvr-metadata; gateways and "
          "blob services must then be given its path.");

namespace cvr {

namespace {

// Empty when nothing says it.
std::string PeerSecretsDirectory(const RpcFlagsOptions& options) {
  const std::string flag = absl::GetFlag(FLAGS_peer_secrets_dir);
  if (!flag.empty()) return flag;
  if (IsUnixAddress(options.metadata_address)) {
    return UnixPathOf(options.metadata_address) + ".peers";
  }
  return options.role == RpcRole::kMetadata ? options.data_dir + "/peers" : "";
}

absl::StatusOr<std::shared_ptr<const PeerSecrets>> OpenPeerSecrets(
    const RpcFlagsOptions& options, bool has_tls) {
  const std::string directory = PeerSecretsDirectory(options);
  if (directory.empty()) {
    if (has_tls) return nullptr;
    return absl::InvalidArgumentError(
        "--peer_secrets_dir must name the directory of the metadata service's "
        "peer secrets (DATA_DIR/peers of cvr-metadata, or a copy): the "
        "services authenticate with them when TLS is off and the metadata "
        "service is not on a Unix socket");
  }
  switch (options.role) {
    case RpcRole::kMetadata:
      return PeerSecrets::OpenOrMake(directory);
    case RpcRole::kBlob:
      return PeerSecrets::Open(directory, {PeerRole::kGateway, PeerRole::kBlob,
                                           PeerRole::kMetadata});
    case RpcRole::kGateway:
      return PeerSecrets::Open(directory, {PeerRole::kGateway});
    case RpcRole::kStandalone:
      return nullptr;
  }
  return nullptr;
}

// Also where they are not used: on a Unix socket.
absl::Status CheckCertificates(const RpcSecurity& security) {
  const std::string& certificate = security.certificate.certificate;
  if (!certificate.empty()) {
    RETURN_IF_ERROR(Annotate(ReadCertificate(security.certificate).status(),
                             "--rpc_certificate_file=" + certificate));
  }
  if (security.authority_file.empty()) return absl::OkStatus();
  return Annotate(ReadAuthorities(security.authority_file).status(),
                  "--rpc_ca_file=" + security.authority_file);
}

// All but the secrets of peers.
absl::StatusOr<RpcSecurity> CertificatesFromFlags(RpcRole role) {
  RpcSecurity security;
  security.certificate = {absl::GetFlag(FLAGS_rpc_certificate_file),
                          absl::GetFlag(FLAGS_rpc_key_file)};
  security.authority_file = absl::GetFlag(FLAGS_rpc_ca_file);
  security.insecure_plaintext = InsecurePlaintextFromFlag();
  const bool has_certificate = !security.certificate.certificate.empty();
  const bool has_authority = !security.authority_file.empty();
  security.tls = has_certificate || has_authority;
  if (has_certificate != !security.certificate.key.empty()) {
    return absl::InvalidArgumentError(
        "--rpc_certificate_file and --rpc_key_file must be set together");
  }
  if (has_authority && !has_certificate) {
    return absl::InvalidArgumentError(
        "--rpc_ca_file requires --rpc_certificate_file and --rpc_key_file");
  }
  if (has_certificate && !has_authority && role != RpcRole::kStandalone) {
    return absl::InvalidArgumentError(
        "--rpc_certificate_file requires --rpc_ca_file, which the services use "
        "to verify each other's certificates");
  }
  security.peers.gateway_names = absl::GetFlag(FLAGS_rpc_gateway_names);
  security.peers.blob_names = absl::GetFlag(FLAGS_rpc_blob_names);
  security.peers.metadata_names = absl::GetFlag(FLAGS_rpc_metadata_names);
  return security;
}

}  // namespace

absl::Status CheckRpcFlags(const RpcFlagsOptions& options,
                           const std::string& grpc_address) {
  ASSIGN_OR_RETURN(const RpcSecurity security,
                   CertificatesFromFlags(options.role));
  // Plain text that is insisted on has nothing to check, and a warning to log.
  if (!security.tls && !security.insecure_plaintext) {
    RETURN_IF_ERROR(MakeServerCredentials(grpc_address, security).status());
  }
  RETURN_IF_ERROR(CheckCertificates(security));
  return CheckCanListen("grpc_address", grpc_address);
}

absl::StatusOr<RpcSecurity> RpcSecurityFromFlags(
    const RpcFlagsOptions& options) {
  ASSIGN_OR_RETURN(RpcSecurity security, CertificatesFromFlags(options.role));
  if (options.role == RpcRole::kStandalone) return security;
  ASSIGN_OR_RETURN(security.peers.secrets,
                   OpenPeerSecrets(options, security.tls));
  if (options.role == RpcRole::kGateway) security.role = PeerRole::kGateway;
  if (options.role == RpcRole::kBlob) security.role = PeerRole::kBlob;
  if (options.role == RpcRole::kMetadata) security.role = PeerRole::kMetadata;
  return security;
}

std::vector<std::string> RpcCertificatePathsFromFlags() {
  return {absl::GetFlag(FLAGS_rpc_certificate_file),
          absl::GetFlag(FLAGS_rpc_ca_file)};
}

}  // namespace cvr
