#include "tools/cvr/upstreams/upstream_options.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/credentials.h"

namespace cvr {
namespace {

void AddCredentialOptions(CLI::App& command, UpstreamOptions& options) {
  constexpr char kGroup[] = "Credentials";
  auto* const username =
      command.add_option("--username", options.username,
                         "Username. Requires a password from --password-file, "
                         "--password-stdin or CVR_UPSTREAM_PASSWORD");
  auto* const file = command.add_option(
      "--password-file", options.password.file, "File with the password");
  auto* const from_stdin =
      command.add_flag("--password-stdin", options.password.from_stdin,
                       "Read the password from standard input");
  file->needs(username)->excludes(from_stdin)->type_name("FILE");
  from_stdin->needs(username);
  for (auto* const option : {username, file, from_stdin}) {
    option->group(kGroup);
  }
}

void AddTlsOptions(CLI::App& command, UpstreamOptions& options) {
  constexpr char kGroup[] = "TLS";
  command
      .add_option(
          "--ca-bundle-file", options.ca_bundle_file,
          "PEM file with CA certificates to trust in addition to the system's")
      ->type_name("FILE")
      ->group(kGroup);
  command
      .add_option("--client-certificate-file", options.client_certificate_file,
                  "PEM file with the client certificate")
      ->type_name("FILE")
      ->group(kGroup);
  command
      .add_option("--client-key-file", options.client_key_file,
                  "PEM file with the private key of the client certificate")
      ->type_name("FILE")
      ->group(kGroup);
  AddSwitch(command, "--insecure-skip-verify,!--verify",
            options.insecure_skip_verify,
            "Do not verify the TLS certificate. Insecure; for tests only")
      ->group(kGroup);
}

absl::Status ReadCredentials(const UpstreamOptions& options,
                             const Environment& environment,
                             UpstreamChange& change) {
  if (!options.username && !options.no_credentials) return absl::OkStatus();
  if (options.username) {
    ASSIGN_OR_RETURN(std::string password,
                     ReadPassword(options.password, environment));
    *change.upstream.mutable_credentials() =
        BasicLogin(*options.username, std::move(password));
  }
  // Without a value it removes them.
  change.mask.add_paths("credentials");
  return absl::OkStatus();
}

absl::Status ReadCaching(const UpstreamOptions& options,
                         UpstreamChange& change) {
  v1::CachePolicy policy;
  const int paths_before = change.mask.paths_size();
  RETURN_IF_ERROR(ReadUpstreamCacheOptions(options.cache, policy, change.mask));
  if (change.mask.paths_size() > paths_before) {
    *change.upstream.mutable_cache_policy() = std::move(policy);
  }
  return absl::OkStatus();
}

absl::Status ReadTls(const UpstreamOptions& options, UpstreamChange& change) {
  const struct {
    const std::optional<std::string>& file;
    const char* field;
    void (v1::TlsSettings::*set)(std::string&&);
  } files[] = {
      {options.ca_bundle_file, "ca_bundle_pem",
       &v1::TlsSettings::set_ca_bundle_pem<std::string>},
      {options.client_certificate_file, "client_certificate_pem",
       &v1::TlsSettings::set_client_certificate_pem<std::string>},
      {options.client_key_file, "client_key_pem",
       &v1::TlsSettings::set_client_key_pem<std::string>},
  };
  for (const auto& [file, field, set] : files) {
    if (!file) continue;
    ASSIGN_OR_RETURN(std::string content, ReadFile(*file));
    (change.upstream.mutable_tls()->*set)(std::move(content));
    change.mask.add_paths(absl::StrCat("tls.", field));
  }
  if (options.insecure_skip_verify) {
    change.upstream.mutable_tls()->set_insecure_skip_verify(
        *options.insecure_skip_verify);
    change.mask.add_paths("tls.insecure_skip_verify");
  }
  return absl::OkStatus();
}

// An empty word stands for "none", which clears the list.
void ReadList(const std::vector<std::string>& words, const char* field,
              google::protobuf::RepeatedPtrField<std::string>& list,
              google::protobuf::FieldMask& mask) {
  if (words.empty()) return;
  for (const std::string& word : words) {
    if (!word.empty()) *list.Add() = word;
  }
  mask.add_paths(field);
}

void ReadPlain(const UpstreamOptions& options, UpstreamChange& change) {
  auto& [upstream, mask] = change;
  if (options.name) {
    upstream.set_name(*options.name);
    mask.add_paths("name");
  }
  if (options.display_name) {
    upstream.set_display_name(*options.display_name);
    mask.add_paths("display_name");
  }
  if (options.description) {
    upstream.set_description(*options.description);
    mask.add_paths("description");
  }
  if (options.url) {
    upstream.set_url(*options.url);
    mask.add_paths("url");
  }
  if (options.disabled) {
    upstream.set_disabled(*options.disabled);
    mask.add_paths("disabled");
  }
  ReadList(options.source_namespaces, "source_namespaces",
           *upstream.mutable_source_namespaces(), mask);
  ReadList(options.trusted_token_realms, "trusted_token_realms",
           *upstream.mutable_trusted_token_realms(), mask);
}

}  // namespace

void AddUpstreamOptions(CLI::App& command, UpstreamOptions& options) {
  command.add_option("--display-name", options.display_name,
                     "Name for people (default: the name)");
  command.add_option("--description", options.description,
                     "Description (free text)");
  AddSwitch(command, "--disabled,!--enabled", options.disabled,
            "Disable the upstream: it is not asked, and its cached content is "
            "not served");
  command
      .add_option(
          "--source-namespace", options.source_namespaces,
          "Registry host that this upstream stands for when a mirror client "
          "sends ns=HOST, for example docker.io. May be repeated; \"\" = none")
      ->allow_extra_args(false)
      ->type_name("HOST");
  AddUpstreamAccessOptions(command, options);
  AddUpstreamCacheOptions(command, options.cache);
  AddUpstreamPolicyOptions(command, options.policy);
}

void AddUpstreamAccessOptions(CLI::App& command, UpstreamOptions& options) {
  command
      .add_option("--trusted-token-realm", options.trusted_token_realms,
                  "Token service host outside the upstream's own domain that "
                  "may receive the credentials. May be repeated; \"\" = none")
      ->allow_extra_args(false)
      ->type_name("HOST");
  AddCredentialOptions(command, options);
  AddTlsOptions(command, options);
}

absl::StatusOr<UpstreamChange> ReadUpstreamOptions(
    const UpstreamOptions& options, const Environment& environment) {
  UpstreamChange change;
  ReadPlain(options, change);
  RETURN_IF_ERROR(ReadCredentials(options, environment, change));
  RETURN_IF_ERROR(ReadCaching(options, change));
  RETURN_IF_ERROR(ReadTls(options, change));
  RETURN_IF_ERROR(
      ReadUpstreamPolicyOptions(options.policy, change.upstream, change.mask));
  return change;
}

}  // namespace cvr
