#include <iterator>
#include <vector>

#include "tools/cvr/client/help.h"

namespace cvr {
namespace {

constexpr HelpText kTexts[] = {
    {"apply",
     R"(Makes the server match the file and shows the changes: one line for each
object (+ created, ~ changed, - deleted) and field (old -> new). A second run
changes nothing. Objects are identified by group and name.

Objects and fields that are not in the file are not changed; a field that is
`null` gets its default. With --prune, objects of the listed
groups that are not in the file are deleted, and fields that are not in the
file get their default. Lists, such as a registry's upstreams, and the
credentials of an upstream are always replaced.

The file contains no passwords: password_env is the name of an environment
variable, password_file the path of a file. The server does not return stored
passwords, so they cannot be compared: they are sent only if the upstream is
new, if its url or username changes, or with --set-passwords. The same is
true for tls.client_key_env and tls.client_key_file.

With --dry-run the server checks the changes: names that are taken, paths that
clients could not tell apart, limits. What would be in a new group is checked
when it is applied.

A new registry gets the `id` that the file has for it, because clients pull
by ID; only administrators may choose an ID. If the registry already has
another ID, or another registry already has this ID, the command fails and
nothing is changed.

The file is validated before anything is changed; errors include file:line.
Concurrent changes are not overwritten: the command fails and can be run
again.

  groups:
    - name: acme
      cleanup_policy: {enabled: true, keep_after_last_pull: 14d}
      upstreams:
        - name: hub
          url: https://registry-1.docker.io
          credentials:
            basic: {username: bot, password_env: HUB_PASSWORD}
          cache_policy:
            tag_ttl: 24h
            tag_ttl_overrides: [{tag: "v*", ttl: forever}]
          rules: [{action: deny, target: tag, pattern: "re:.*-rc.*"}]
          failure_policy: {unavailable: {tag: next}}
      registries:
        - name: team
          anonymous_pull: true
          upstreams: [hub]

All fields are those of Group, CleanupPolicy, Upstream and Registry in the
.proto files; `cvr export` shows them. Fields of earlier releases, such as
cache_validity, are read as what they are called now.)",
     R"(cvr apply -f registries.yaml --dry-run
cvr apply -f registries.yaml
# Also delete what is not in the file:
cvr apply -f registries.yaml --prune --dry-run
# Copy the configuration to another server, which assigns its own ids:
cvr export --no-ids | cvr --server other:8081 apply -f -)"},
    {"export",
     "Writes the current configuration as a file for `cvr apply`, without "
     "fields\nthat have their default. The file contains the IDs of the "
     "registries, so that\nan empty server creates them with the same IDs; "
     "with --no-ids, it assigns new\nones. Passwords are not exported: "
     "password_env names the environment variable,\nCVR_PASSWORD_<NAME>, "
     "from "
     "which apply reads them.",
     "cvr export -f registries.yaml\ncvr export --group acme"},
};

}  // namespace

const std::vector<HelpText>& DeclarationHelpTexts() {
  static const auto* const texts =
      new std::vector<HelpText>(std::begin(kTexts), std::end(kTexts));
  return *texts;
}

}  // namespace cvr
