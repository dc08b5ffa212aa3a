#include <iterator>
#include <vector>

#include "tools/cvr/client/help.h"

namespace cvr {
namespace {

constexpr HelpText kRoot = {
    "",
    R"(Administers cvr-standalone (or cvr-metadata and cvr-blob) over gRPC.
Clients pull from a virtual registry. Its upstreams are asked in order of
position, and their responses are cached. Every registry and upstream belongs
to a group.

Every command needs an access token. The first start of the server writes an
administrator's token to DATA_DIR/admin-token. `cvr token create` creates
others.

Durations: 24h, 90m, 1h30m, 7d, 250ms, 0. Times: 2026-11-25T06:00:00Z. Sizes:
10G or 512MiB (powers of 1024), 10GB (powers of 1000). Options may be written
with dashes or underscores.

The output is a table. With -o json it is a JSON object or array with the
field names of the .proto files; 64-bit numbers are strings. Delete commands
print nothing with -o json.

Environment:
  CVR_SERVER              instead of --server
  CVR_BLOB_SERVER         instead of --blob_server
  CVR_TOKEN               instead of --token
  CVR_TOKEN_FILE          instead of --token-file
  CVR_UPSTREAM_PASSWORD   password of an upstream, for `cvr upstream`

Exit status:
  0 on success; 1 on failure, with one line on standard error.)",
    R"(export CVR_TOKEN_FILE=/var/lib/cvr/admin-token
cvr registry create team --anonymous-pull
cvr upstream create hub --url https://registry-1.docker.io --registry 1
docker pull localhost:8080/virtual_registries/containers/1/library/alpine
cvr entry list --upstream 1 -o json | jq '[.[].size | tonumber] | add'
cvr apply -f registries.yaml --dry-run
cvr --server unix:/run/cvr/metadata.sock upstream list --registry 1

# Help for a command:
cvr registry create --help
cvr help registry create
# Complete commands and options in this shell:
source <(cvr completion bash))"};

constexpr HelpText kGroups[] = {
    {"group",
     "A group is a tenant: every registry and upstream belongs to exactly "
     "one.\nThe group \"default\" always exists.",
     ""},
    {"group create",
     "A name has lower-case letters, digits, `.`, `_` and `-`, in parts "
     "separated\nby `/`. It cannot be changed later. A group cannot have the "
     "path\nGROUP/NAME of a registry, or one below it.",
     "cvr group create acme/web --description 'The web shop'"},
    {"group list", "All groups, by name.", "cvr group list -o json"},
    {"group get", "One group, with its etag.", "cvr group get acme/web"},
    {"group update", "Changes the description. The name cannot be changed.",
     "cvr group update acme/web --description 'The web shops'"},
    {"group delete",
     "Fails if the group still owns registries or upstreams. Succeeds if the "
     "group\ndoes not exist.",
     "cvr group delete acme/web"},
};

constexpr HelpText kRegistries[] = {
    {"registry",
     "A registry is what clients pull from, "
     "under\nHOST/virtual_registries/containers/ID/REPOSITORY:TAG "
     "or\nHOST/virtual_registries/containers/GROUP/NAME/REPOSITORY:TAG. "
     "Its\nupstreams are asked in order of position.\n\nThe path with "
     "GROUP/NAME exists if NAME is a valid part of a repository "
     "path\n(lower-case letters and digits, with single `.`, `_` or `-` "
     "between them), and\nif GROUP consists of such parts and does not start "
     "with a number. It changes\nif the registry is renamed; the path with ID "
     "never changes.",
     ""},
    {"registry create",
     "A new registry has no upstreams. Add some with `cvr upstream "
     "create\n--registry` or `cvr upstream attach`.",
     "cvr registry create team --group acme/web --anonymous-pull\n"
     "cvr registry create team -o json | jq -r .id"},
    {"registry list", "Sorted by ID.",
     "cvr registry list --group acme --name team"},
    {"registry get", "One registry, with the path that clients pull from.",
     "cvr registry get 1"},
    {"registry update",
     "With --etag, the command fails if the registry was modified since the "
     "etag\nwas read.",
     "cvr registry update 1 --no-anonymous-pull\n"
     "cvr registry update 1 --name team2 --etag W1"},
    {"registry delete",
     "Upstreams that other registries also use are only detached. Succeeds if "
     "the\nregistry does not exist. Access tokens that are restricted to "
     "registries\nlose access to this one; a token that is restricted to it "
     "alone is revoked.",
     "cvr registry delete 1"},
};

constexpr HelpText kUpstreams[] = {
    {"upstream",
     "An upstream is a remote registry whose content is cached. It can be "
     "attached\nto several registries of its group; they then share its cache.",
     ""},
    {"upstream create",
     "Give the password in a file, on standard input or in "
     "CVR_UPSTREAM_PASSWORD.\nThere is no password option, because other users "
     "could see it. The\npassword has up to 16 KiB of any bytes except NUL; "
     "one line break at the end\nis ignored.\n\nIf an upstream answers 401 or "
     "403 although it granted a token, the content is\nhidden from its "
     "credentials: the cached copy is removed, and the next upstream\nis "
     "asked. Use --on-hidden to change that.\n\nA pattern is a wildcard (`*` = "
     "any characters, `?` = one character), or an\nRE2 regular expression with "
     "the prefix `re:`.",
     "cvr upstream create hub --url https://registry-1.docker.io --registry 1\n"
     "cvr upstream create hub --url https://registry-1.docker.io "
     "--username bot --password-file hub.txt\n"
     "cvr upstream create ours --url https://registry.example "
     "--allow-repository 'team/*' --tag-validity 'v*=0' "
     "--on-unavailable tag=next"},
    {"upstream list", "Sorted by ID; with --registry, by position.",
     "cvr upstream list --registry 1"},
    {"upstream get", "One upstream, without its password.",
     "cvr upstream get 1 -o json"},
    {"upstream update",
     "Options with several values (rules, tag validities, lists) replace "
     "all\nexisting values.",
     "cvr upstream update 1 --cache-validity 7d\n"
     "cvr upstream update 1 --username bot --password-file hub.txt\n"
     "cvr upstream update 1 --on-hidden tag=stop --on-hidden cached=stop\n"
     "cvr upstream update 1 --no-rules --disabled"},
    {"upstream attach",
     "The registry and the upstream must belong to the same group.",
     "cvr upstream attach --registry 1 --upstream 2"},
    {"upstream detach",
     "The upstream and its cache are kept. Succeeds if it is not attached.",
     "cvr upstream detach --registry 1 --upstream 2"},
    {"upstream move", "The other upstreams shift to make room.",
     "cvr upstream move --registry 1 --upstream 2 --position 1"},
    {"upstream attachment",
     "Shows the upstream, registry and position of an attachment. Its ID is "
     "in\n`cvr registry get REGISTRY -o json`.",
     "cvr upstream attachment 1"},
    {"upstream states",
     "Shows for each upstream the state of the circuit breaker, the last "
     "failure,\nrunning and queued requests, and the remaining rate limit. "
     "Only upstreams\nthat were asked in the last day are shown.",
     "cvr upstream states\ncvr upstream states 2"},
    {"upstream test",
     "Tests DNS, TCP, TLS, the token service and a manifest request. It "
     "bypasses\nthe cache and the circuit breaker and stores nothing. The exit "
     "status is 0\nif the upstream returned the manifest or 404, else "
     "1.\n\nWith ID, options override the stored settings for this test.",
     "cvr upstream test 1\n"
     "cvr upstream test 1 --username bot --password-stdin\n"
     "cvr upstream test --url https://registry.example --image team/app:1.2"},
    {"upstream delete", "Succeeds if it does not exist.",
     "cvr upstream delete 2"},
};

constexpr HelpText kEntries[] = {
    {"entry",
     "A cache entry maps a path of an upstream to a digest. Pulls create "
     "cache\nentries automatically.",
     ""},
    {"entry create",
     "If the content is not in the blob store, the next pull downloads it.",
     "cvr entry create --upstream 1 --path /library/alpine/manifests/3.20 "
     "--digest sha256:4bcf --media-type "
     "application/vnd.oci.image.manifest.v1+json --size 528"},
    {"entry list", "Sorted by ID, that is, by creation.",
     "cvr entry list --upstream 1 --path library/alpine"},
    {"entry get", "One cache entry.", "cvr entry get 12"},
    {"entry update",
     "If --checked is older than the cache validity, the next pull revalidates "
     "the\ntag with the upstream.",
     "cvr entry update 12 --checked 365d"},
    {"entry delete", "Succeeds if it does not exist.",
     "cvr entry delete 12 13"},
    {"explain",
     "Shows, for each upstream in order of position, whether the image is "
     "cached\nand fresh, excluded by rules, or in the negative cache. No "
     "upstream is asked\nand no download is counted.",
     "cvr explain 1 library/alpine:3.20\n"
     "cvr explain 1 library/alpine --namespace docker.io"},
};

constexpr HelpText kTokens[] = {
    {"token",
     "A token is the password for docker login (with any user name), the\n"
     "PRIVATE-TOKEN of the REST API and the --token of this command. Only its\n"
     "hash is stored.",
     ""},
    {"token create",
     "With -o json the field `secret` holds the secret. A token with the "
     "scope\n"
     "write_virtual_registry alone cannot pull.",
     "cvr token create --name ci --scope read_virtual_registry --group acme "
     "--expires 720h\n"
     "cvr token create --name ci --scope read_virtual_registry --registry 1 "
     "-o json | jq -r .secret | docker login -u ci --password-stdin HOST"},
    {"token list", "Sorted by ID, including expired tokens.",
     "cvr token list --group acme"},
    {"token revoke",
     "Bearer tokens that were issued for it also become invalid within "
     "seconds.\nSucceeds if the token does not exist.",
     "cvr token revoke 4"},
};

constexpr HelpText kCache[] = {
    {"purge",
     "Purged content is not served any more when the command returns. Disk "
     "space\nis freed in the background (garbage collection).",
     ""},
    {"purge upstream",
     "This affects all registries that the upstream is attached to.",
     "cvr purge upstream 1"},
    {"purge registry",
     "Upstreams that other registries also use are skipped "
     "unless\n--include-shared is given.",
     "cvr purge registry 1\ncvr purge registry 1 --include-shared"},
    {"purge entry", "Succeeds if it does not exist.", "cvr purge entry 12 13"},
    {"refresh",
     "Asks the upstreams in order, ignoring the negative cache, and caches "
     "the\nresponse. If an upstream is unavailable, the cached content is "
     "kept.",
     "cvr refresh 1 library/alpine:3.20"},
    {"stats",
     "Shows cache entries, bytes and downloads per upstream, and the size of "
     "the\nblob store. A blob with several cache entries counts several times "
     "in the\nfirst table and once in the blob store.\nWith -o json: an object "
     "with `cache` and `storage`.",
     "cvr stats --group acme\ncvr stats -o json | jq .storage.bytes"},
    {"downloads",
     "With --watch on a terminal, shows a progress bar for each download. If "
     "the\noutput is not a terminal, prints a line for each change; with -o "
     "json, an\nobject per line. Ctrl-C ends the command with exit status 0.",
     "cvr downloads\ncvr downloads --watch\n"
     "cvr downloads --watch --interval 5s -o json"},
    {"downloads cancel",
     "IDs are shown by `cvr downloads`. Clients that wait for the download get "
     "an\nerror; the next pull resumes it from the bytes that were already "
     "received.",
     "cvr downloads cancel 17"},
    {"cleanup",
     "A cleanup policy regularly deletes the cache entries of a group that "
     "were\nnot downloaded for a number of days.",
     ""},
    {"cleanup set",
     "Creates the policy if there is none. Options that are not given keep "
     "their\nvalues.",
     "cvr cleanup set acme --keep-days 14 --cadence-days 1\n"
     "cvr cleanup set acme --disable"},
    {"cleanup get", "Shows the policy and the result of its last run.",
     "cvr cleanup get acme"},
    {"cleanup run",
     "Starts the cleanup in the background, even if the policy is disabled.",
     "cvr cleanup run acme"},
    {"cleanup delete", "Succeeds if it does not exist.",
     "cvr cleanup delete acme"},
};

constexpr HelpText kRest[] = {
    {"secret",
     "Upstream credentials and token signing keys are stored encrypted, with a "
     "key\nfrom --secret_key_file.",
     ""},
    {"secret rotate-key",
     "Creates a new key, re-encrypts all secrets with it and replaces the "
     "key\nfile. It can be interrupted and repeated safely.",
     "cvr secret rotate-key"},
    {"audit",
     "Lists administrative changes. Pulls are logged only in the gateway's "
     "audit\nlog file.",
     ""},
    {"audit list",
     "With -o json, each event includes the request, without secrets.",
     "cvr audit list --since 24h\n"
     "cvr audit list --group acme --max 0 -o json"},
    {"apply",
     R"(Makes the server match the file and shows the changes: one line for each
object (+ created, ~ changed, - deleted) and field (old -> new). A second run
changes nothing. Objects are identified by group and name.

Objects and fields that are not in the file are not changed; a field that is
`null` gets its default. With --prune, objects of the listed
groups that are not in the file are deleted, and fields that are not in the
file get their default. Lists, such as a registry's upstreams, are always
replaced.

The file contains no passwords: password_env is the name of an environment
variable, password_file the path of a file. The server does not return stored
passwords, so they cannot be compared: they are sent only if the upstream is
new, if its url or username changes, or with --set-passwords. The same is
true for tls.client_key_env and tls.client_key_file.

A new registry gets the `id` that the file has for it, because clients pull
by ID; only administrators may choose an ID. If the registry already has
another ID, or another registry already has this ID, the command fails and
nothing is changed.

The file is validated before anything is changed; errors include file:line.
Concurrent changes are not overwritten: the command fails and can be run
again.

  groups:
    - name: acme
      cleanup_policy: {enabled: true, keep_n_days_after_download: 14}
      upstreams:
        - name: hub
          url: https://registry-1.docker.io
          username: bot
          password_env: HUB_PASSWORD
          cache_validity: 24h
          tag_validities: [{tag: "v*", cache_validity: 0s}]
          rules: [{action: deny, target: tag, pattern: "re:.*-rc.*"}]
          failure_policy: {unavailable: {tag: next}}
      registries:
        - name: team
          anonymous_pull: true
          upstreams: [hub]

All fields are those of Group, CleanupPolicy, Upstream and Registry in the
.proto files; `cvr export` shows them.)",
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
     "password_env names the environment variable,\nCVR_PASSWORD_<NAME>, from "
     "which apply reads them.",
     "cvr export -f registries.yaml\ncvr export --group acme"},
    {"completion",
     "Prints a completion script for commands, options and some values.",
     "source <(cvr completion bash)\n"
     "cvr completion bash > /etc/bash_completion.d/cvr\n"
     "cvr completion zsh > \"${fpath[1]}/_cvr\"\n"
     "cvr completion fish > ~/.config/fish/completions/cvr.fish"},
    {"help", "The same as --help after the command.",
     "cvr help\ncvr help upstream create"},
};

}  // namespace

const std::vector<HelpText>& HelpTexts() {
  static const auto* const texts = [] {
    auto* const all = new std::vector<HelpText>{kRoot};
    all->insert(all->end(), std::begin(kGroups), std::end(kGroups));
    all->insert(all->end(), std::begin(kRegistries), std::end(kRegistries));
    all->insert(all->end(), std::begin(kUpstreams), std::end(kUpstreams));
    all->insert(all->end(), std::begin(kEntries), std::end(kEntries));
    all->insert(all->end(), std::begin(kTokens), std::end(kTokens));
    all->insert(all->end(), std::begin(kCache), std::end(kCache));
    all->insert(all->end(), std::begin(kRest), std::end(kRest));
    return all;
  }();
  return *texts;
}

}  // namespace cvr
