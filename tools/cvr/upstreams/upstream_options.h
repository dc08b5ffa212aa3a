#ifndef TOOLS_CVR_UPSTREAMS_UPSTREAM_OPTIONS_H_
#define TOOLS_CVR_UPSTREAMS_UPSTREAM_OPTIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "cvr/v1/upstream.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "tools/cvr/client/environment.h"
#include "tools/cvr/client/secrets.h"
#include "tools/cvr/upstreams/upstream_cache_options.h"
#include "tools/cvr/upstreams/upstream_policy_options.h"

namespace cvr {

// What is said about an upstream on the command line; absent = not said.
struct UpstreamOptions {
  std::optional<std::string> name;
  std::optional<std::string> display_name;
  std::optional<std::string> description;
  std::optional<std::string> url;
  std::optional<std::string> username;
  PasswordSource password;
  bool no_credentials = false;
  std::optional<std::string> ca_bundle_file;
  std::optional<std::string> client_certificate_file;
  std::optional<std::string> client_key_file;
  std::optional<bool> insecure_skip_verify;
  std::vector<std::string> source_namespaces;
  std::vector<std::string> trusted_token_realms;
  std::optional<bool> disabled;
  UpstreamCacheOptions cache;
  UpstreamPolicyOptions policy;
};

// How it is reached: credentials, token realms and TLS; `options` outlives
// `command`.
void AddUpstreamAccessOptions(CLI::App& command, UpstreamOptions& options);

// The options that `create` and `update` share; `options` outlives `command`.
void AddUpstreamOptions(CLI::App& command, UpstreamOptions& options);

// An upstream, and the paths of those of its fields that were spoken of. In an
// update no other field changes.
struct UpstreamChange {
  v1::Upstream upstream;
  google::protobuf::FieldMask mask;
};

// Reads the files and the password that `options` name.
// Errors: INVALID_ARGUMENT.
absl::StatusOr<UpstreamChange> ReadUpstreamOptions(
    const UpstreamOptions& options, const Environment& environment);

}  // namespace cvr

#endif  // TOOLS_CVR_UPSTREAMS_UPSTREAM_OPTIONS_H_
