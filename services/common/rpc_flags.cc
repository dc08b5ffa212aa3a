#include "services/common/rpc_flags.h"

#include <string>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "services/common/plaintext_flag.h"

ABSL_FLAG(std::string, rpc_certificate_file, "",
          "Speak gRPC by TLS, but on Unix sockets, with this certificate, "
          "followed by those of its issuers: PEM. Read again when it changes.");
ABSL_FLAG(std::string, rpc_key_file, "",
          "The key of --rpc_certificate_file: PEM, without a password.");
ABSL_FLAG(std::string, rpc_ca_file, "",
          "The authority, PEM, that has issued the certificates of all "
          "processes of this system, and of nothing else: whoever shows one is "
          "trusted like them.");

namespace cvr {

absl::StatusOr<RpcSecurity> RpcSecurityFromFlags(RpcRole role) {
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
        "--rpc_certificate_file and --rpc_key_file go together");
  }
  if (has_authority && !has_certificate) {
    return absl::InvalidArgumentError(
        "--rpc_ca_file needs --rpc_certificate_file and --rpc_key_file");
  }
  if (has_certificate && !has_authority && role == RpcRole::kOneOfSeveral) {
    return absl::InvalidArgumentError(
        "--rpc_certificate_file needs --rpc_ca_file, by which the processes of "
        "this system know each other");
  }
  return security;
}

}  // namespace cvr
