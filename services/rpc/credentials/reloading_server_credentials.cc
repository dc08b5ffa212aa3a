#include "services/rpc/credentials/reloading_server_credentials.h"

#include <grpc/grpc.h>
#include <sys/stat.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {

absl::StatusOr<std::shared_ptr<ReloadingServerCredentials>>
ReloadingServerCredentials::Open(CertificateFiles files,
                                 std::string authority_file,
                                 std::shared_ptr<const CallGate> gate) {
  if (files.key.empty()) {
    return absl::InvalidArgumentError(
        "TLS requires a certificate and its private key");
  }
  std::shared_ptr<ReloadingServerCredentials> credentials(
      new ReloadingServerCredentials(
          std::move(files), std::move(authority_file), std::move(gate)));
  ASSIGN_OR_RETURN(auto* const config, credentials->Read());
  grpc_ssl_server_certificate_config_destroy(config);
  return credentials;
}

ReloadingServerCredentials::ReloadingServerCredentials(
    CertificateFiles files, std::string authority_file,
    std::shared_ptr<const CallGate> gate)
    : files_(std::move(files)),
      authority_file_(std::move(authority_file)),
      credentials_(grpc_ssl_server_credentials_create_with_options(
          grpc_ssl_server_credentials_create_options_using_config_fetcher(
              authority_file_.empty()
                  ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                  : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY,
              Fetch, this))) {
  CallGate::Attach(std::move(gate), credentials_);
}

ReloadingServerCredentials::~ReloadingServerCredentials() {
  grpc_server_credentials_release(credentials_);
}

int ReloadingServerCredentials::AddPortToServer(const std::string& address,
                                                grpc_server* server) {
  return grpc_server_add_http2_port(server, address.c_str(), credentials_);
}

std::string ReloadingServerCredentials::Fingerprint() const {
  std::string fingerprint;
  for (const std::string* const path :
       {&files_.certificate, &files_.key, &authority_file_}) {
    struct stat info = {};
    stat(path->c_str(), &info);
    absl::StrAppend(&fingerprint, info.st_dev, ":", info.st_ino, ":",
                    info.st_size, ":", info.st_mtim.tv_sec, ".",
                    info.st_mtim.tv_nsec, " ");
  }
  return fingerprint;
}

absl::StatusOr<grpc_ssl_server_certificate_config*>
ReloadingServerCredentials::Read() const {
  ASSIGN_OR_RETURN(const Certificate certificate, ReadCertificate(files_));
  // The library insists on some, though it asks nobody for a certificate then.
  std::string authorities = certificate.chain_pem;
  if (!authority_file_.empty()) {
    ASSIGN_OR_RETURN(authorities, ReadAuthorities(authority_file_));
  }
  const grpc_ssl_pem_key_cert_pair pair = {certificate.key_pem.c_str(),
                                           certificate.chain_pem.c_str()};
  return grpc_ssl_server_certificate_config_create(authorities.c_str(), &pair,
                                                   1);
}

grpc_ssl_certificate_config_reload_status ReloadingServerCredentials::Fetch(
    void* self, grpc_ssl_server_certificate_config** config) {
  return static_cast<ReloadingServerCredentials*>(self)->FetchChanged(config);
}

grpc_ssl_certificate_config_reload_status
ReloadingServerCredentials::FetchChanged(
    grpc_ssl_server_certificate_config** config) {
  std::string fingerprint = Fingerprint();
  MutexLock lock(&mutex_);
  if (fingerprint == fingerprint_) {
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
  }
  const bool again = !std::exchange(fingerprint_, fingerprint).empty();
  const auto read = Read();
  if (!read.ok()) {
    spdlog::error(
        "gRPC TLS certificate not reloaded, the previous one stays in use: {}",
        std::string(read.status().message()));
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_FAIL;
  }
  if (again)
    spdlog::info("gRPC TLS certificate reloaded: {}", files_.certificate);
  *config = *read;
  return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
}

}  // namespace cvr
