#include "tools/cvr/client/tls_options.h"

#include "absl/status/status.h"
#include "services/rpc/rpc_security.h"

namespace cvr {
namespace {

constexpr char kGroup[] = "TLS";

// An empty variable is as good as none.
std::string Value(const std::optional<std::string>& option,
                  const char* variable, const Environment& environment) {
  return option ? *option : environment.variable(variable).value_or("");
}

}  // namespace

void AddTlsOptions(CLI::App& app, TlsOptions& options) {
  app.add_flag("--tls", options.tls,
               "Use TLS to connect to the servers (not for Unix sockets). "
               "Implied by the options below. Environment: CVR_TLS")
      ->group(kGroup);
  app.add_option("--tls-ca-file", options.ca_file,
                 "PEM file with the CA certificates to trust instead of the "
                 "system's. Environment: CVR_TLS_CA_FILE")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--tls-certificate-file", options.certificate_file,
                 "PEM file with the client certificate. Environment: "
                 "CVR_TLS_CERTIFICATE_FILE")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--tls-key-file", options.key_file,
                 "PEM file with the private key of the client certificate, not "
                 "encrypted. Environment: CVR_TLS_KEY_FILE")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_flag("--insecure-plaintext", options.insecure_plaintext,
               "Allow connections to other machines without TLS. The access "
               "token is then sent unencrypted")
      ->group(kGroup);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsFor(
    const std::string& address, const TlsOptions& options,
    const Environment& environment) {
  RpcSecurity security;
  security.tls_remedy = "use --tls";
  security.authority_file =
      Value(options.ca_file, "CVR_TLS_CA_FILE", environment);
  security.certificate = {
      Value(options.certificate_file, "CVR_TLS_CERTIFICATE_FILE", environment),
      Value(options.key_file, "CVR_TLS_KEY_FILE", environment)};
  const bool has_key = !security.certificate.key.empty();
  if (security.certificate.certificate.empty() == has_key) {
    return absl::InvalidArgumentError(
        "--tls-certificate-file and --tls-key-file must be given together");
  }
  security.tls = options.tls || has_key || !security.authority_file.empty() ||
                 !environment.variable("CVR_TLS").value_or("").empty();
  if (!security.tls && options.insecure_plaintext) {
    return grpc::InsecureChannelCredentials();
  }
  return MakeChannelCredentials(address, security);
}

}  // namespace cvr
