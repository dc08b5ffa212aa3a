#ifndef TOOLS_CVR_CLIENT_TLS_OPTIONS_H_
#define TOOLS_CVR_CLIENT_TLS_OPTIONS_H_

#include <memory>
#include <optional>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "grpcpp/security/credentials.h"
#include "tools/cvr/client/environment.h"

namespace cvr {

// How servers are reached; absent = not said.
struct TlsOptions {
  bool tls = false;
  bool insecure_plaintext = false;
  std::optional<std::string> ca_file;
  std::optional<std::string> certificate_file;
  std::optional<std::string> key_file;
};

// `options` outlives `app`.
void AddTlsOptions(CLI::App& app, TlsOptions& options);

// How to reach `address` (host:port or unix:PATH): Unix sockets in plain text;
// others by TLS when --tls or one of its files is given, or in CVR_TLS,
// CVR_TLS_CA_FILE, CVR_TLS_CERTIFICATE_FILE, CVR_TLS_KEY_FILE; else in plain
// text on this machine, or when the options insist.
// Errors: INVALID_ARGUMENT naming the file that is no good;
// FAILED_PRECONDITION for plain text to another machine.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsFor(
    const std::string& address, const TlsOptions& options,
    const Environment& environment);

}  // namespace cvr

#endif  // TOOLS_CVR_CLIENT_TLS_OPTIONS_H_
