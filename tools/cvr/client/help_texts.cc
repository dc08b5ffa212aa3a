#include <iterator>
#include <vector>

#include "tools/cvr/client/help.h"

namespace cvr {
namespace {

constexpr HelpText kRoot = {
    "",
    R"(Administers cvr-standalone (or cvr-metadata, which forwards to cvr-blob)
over gRPC.
Clients pull from a virtual registry. Its upstreams are asked in order of
position, and their responses are cached. Every registry and upstream belongs
to a group.

Every command needs an access token. The first start of the server writes an
administrator's token to DATA_DIR/admin-token. `cvr token create` creates
others.

A registry or an upstream is named by its ID, its NAME (in the group of
--group, or "default") or GROUP/NAME. A word of digits is always an ID.

Durations: 24h, 90m, 1h30m, 7d, 250ms. In a cache policy 0 = not at all,
`forever` = for ever, `default` = the default. Times: 2026-11-25T06:00:00Z.
Sizes: 10G or 512MiB (powers of 1024), 10GB (powers of 1000).

Options are called as the fields of the .proto files, with dashes. Former
names still work; a note on standard error tells the new one.

The output is a table. With -o json it is a JSON object or array with the
field names of the .proto files; 64-bit numbers are strings. Delete commands
print nothing with -o json.

Environment:
  CVR_SERVER              instead of --server
  CVR_TOKEN               instead of --token
  CVR_TOKEN_FILE          instead of --token-file
  CVR_UPSTREAM_PASSWORD   password of an upstream, for `cvr upstream`

Exit status:
  0 on success; 1 on failure, with one line on standard error.)",
    R"(export CVR_TOKEN_FILE=/var/lib/cvr/admin-token
cvr registry create team --anonymous-pull
cvr upstream create hub --url https://registry-1.docker.io --registry 1
docker pull localhost:8080/virtual_registries/containers/1/library/alpine
cvr entry list --upstream 1 -o json | jq '[.[].size_bytes | tonumber] | add'
cvr apply -f registries.yaml --dry-run
cvr --server unix:/run/cvr/metadata.sock upstream list --registry team

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
     "Fails if the group still owns registries or upstreams, unless --force "
     "is\ngiven. Succeeds if the group does not exist, unless "
     "--no-allow-missing is\ngiven.",
     "cvr group delete acme/web\n"
     "cvr group delete acme/web --force --validate-only"},
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
     "create\n--registry` or `cvr attachment create`.",
     "cvr registry create team --group acme/web --anonymous-pull\n"
     "cvr registry create team -o json | jq -r .id"},
    {"registry list", "All registries that you may see, sorted by ID.",
     "cvr registry list --group acme --filter 'name : \"team\"'\n"
     "cvr registry list --order-by 'create_time desc'"},
    {"registry get", "One registry, with the path that clients pull from.",
     "cvr registry get 1\ncvr registry get acme/web/team"},
    {"registry update",
     "With --etag, the command fails if the registry was modified since the "
     "etag\nwas read.",
     "cvr registry update 1 --no-anonymous-pull\n"
     "cvr registry update acme/web/team --name team2 --etag W1"},
    {"registry delete",
     "The upstreams are only detached, unless --delete-orphaned-upstreams is "
     "given.\nSucceeds if the registry does not exist, unless "
     "--no-allow-missing is given.\nAccess tokens that are restricted to "
     "registries lose access to this one; a\ntoken that is restricted to it "
     "alone is revoked.",
     "cvr registry delete 1\n"
     "cvr registry delete team --delete-orphaned-upstreams --validate-only"},
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
     "--allow-repository 'team/*' --tag-ttl-override 'v*=forever' "
     "--on-unavailable tag=next"},
    {"upstream list",
     "All upstreams that you may see, sorted by ID; with --registry, by "
     "position.",
     "cvr upstream list --registry 1\n"
     "cvr upstream list --group acme --filter 'disabled = true'"},
    {"upstream get",
     "One upstream, with the values that are in force and without its "
     "password.",
     "cvr upstream get 1 -o json\ncvr upstream get acme/hub"},
    {"upstream update",
     "Options with several values (rules, TTL overrides, lists) replace "
     "all\nexisting values. The word `default` restores the default of a "
     "duration or\nlimit.",
     "cvr upstream update 1 --tag-ttl 7d --stale-ttl default\n"
     "cvr upstream update 1 --username bot --password-file hub.txt\n"
     "cvr upstream update 1 --on-hidden tag=stop --on-hidden cached=stop\n"
     "cvr upstream update 1 --no-rules --disabled"},
    {"upstream states",
     "Shows for each upstream the state of the circuit breaker, the last "
     "failure,\nrunning and queued requests, and the remaining rate limit. "
     "Only upstreams\nthat were asked in the last day are shown. If there are "
     "several blob services\n(instances), each has its own state.",
     "cvr upstream states\ncvr upstream states hub"},
    {"upstream test",
     "Tests DNS, TCP, TLS, the token service and a manifest request. It "
     "bypasses\nthe cache and the circuit breaker and stores nothing. The exit "
     "status is 0\nif the upstream returned the manifest or 404, else "
     "1.\n\nWith UPSTREAM, options override the stored settings for this test.",
     "cvr upstream test 1\n"
     "cvr upstream test hub --username bot --password-stdin\n"
     "cvr upstream test --url https://registry.example --repository team/app "
     "--reference 1.2"},
    {"upstream delete",
     "Succeeds if it does not exist, unless --no-allow-missing is given.",
     "cvr upstream delete 2"},
};

constexpr HelpText kAttachments[] = {
    {"attachment",
     "An attachment is an upstream in the order of a registry. The upstream "
     "with\nposition 1 is asked first.",
     ""},
    {"attachment create",
     "The registry and the upstream must belong to the same group.",
     "cvr attachment create --registry 1 --upstream 2\n"
     "cvr attachment create --group acme --registry team --upstream hub"},
    {"attachment list",
     "Shows the order of the upstreams, and its etag for `cvr attachment set`.",
     "cvr attachment list --registry 1"},
    {"attachment set",
     "Attaches, detaches and orders upstreams in one step. With --etag, the "
     "command\nfails if the attachments were changed since the etag was read.",
     "cvr attachment set --registry 1 2 5 hub\n"
     "cvr attachment set --registry 1 --none"},
    {"attachment move", "The other upstreams shift to make room.",
     "cvr attachment move --registry 1 --upstream 2 --position 1"},
    {"attachment delete",
     "The upstream and its cache are kept. Succeeds if it is not attached, "
     "unless\n--no-allow-missing is given.",
     "cvr attachment delete --registry 1 --upstream 2"},
    {"attachment get",
     "Its ID is in `cvr attachment list` and `cvr registry get -o json`.",
     "cvr attachment get 1"},
};

constexpr HelpText kEntries[] = {
    {"entry",
     "A cache entry maps a path of an upstream to a digest. Pulls create "
     "cache\nentries automatically.",
     ""},
    {"entry list", "Sorted by ID, that is, by creation.",
     "cvr entry list --upstream 1 --filter 'relative_path : "
     "\"library/alpine\"'\n"
     "cvr entry list --upstream hub --group acme --order-by 'create_time "
     "desc'"},
    {"entry get", "One cache entry.", "cvr entry get 12"},
    {"entry expire",
     "The next pull of the tag revalidates it with the upstream. If the "
     "upstream is\ndown, the cached content is served as stale content is.",
     "cvr entry expire 12"},
    {"entry delete",
     "Several entries are deleted in one call for each upstream. With\n"
     "--no-allow-missing, none of them is deleted if one does not exist.",
     "cvr entry delete 12\ncvr entry delete 12 13 14"},
    {"repository", "A repository is a name below a registry: library/alpine.",
     ""},
    {"repository list",
     "Shows tags, cache entries, bytes and the last pull of each repository, "
     "over\nall upstreams of the registry.",
     "cvr repository list --registry 1\n"
     "cvr repository list --registry acme/web -o json | jq -r .[].name"},
    {"explain",
     "Shows, for each upstream in order of position, whether the content is "
     "cached\nand fresh, denied by a rule, or in the negative cache. No "
     "upstream is asked,\nand no pull is counted. Without tag or digest the "
     "tag is `latest`.",
     "cvr explain 1 library/alpine:3.20\n"
     "cvr explain team library/alpine --source-namespace docker.io\n"
     "cvr explain 1 library/alpine --kind tags"},
};

constexpr HelpText kTokens[] = {
    {"token",
     "A token is the password for docker login (with any user name), the\n"
     "PRIVATE-TOKEN of the REST API and the --token of this command. Only its\n"
     "hash is stored.",
     ""},
    {"token create",
     "With -o json the field `secret` holds the token itself, and "
     "`access_token`\nwhat is known of it. A token with the scope manage alone "
     "cannot pull.\n\nIf the response was lost, repeat the command with the "
     "same --request-id: it\nshows the same secret, and creates no second "
     "token.",
     "cvr token create --name ci --scope read --group acme --expire-time "
     "720h\n"
     "cvr token create --name all --scope read --all-groups\n"
     "cvr token create --name ci --scope read --registry-id 1 "
     "-o json | jq -r .secret | docker login -u ci --password-stdin HOST"},
    {"token get", "One access token, without its secret.", "cvr token get 4"},
    {"token list", "Sorted by ID, including expired tokens.",
     "cvr token list --group acme\n"
     "cvr token list --filter 'name : \"ci\"'"},
    {"token revoke",
     "Session tokens that were issued for it also become invalid within "
     "seconds.",
     "cvr token revoke 4"},
    {"whoami",
     "Shows the scopes, the group, the registries and the expiry of the "
     "access token\nthat this command sends.",
     "cvr whoami"},
};

constexpr HelpText kCache[] = {
    {"cache",
     "What is cached belongs to an upstream, and is shared by all registries "
     "that it\nis attached to.",
     ""},
    {"cache purge",
     "Purged content is not served any more as soon as the command has "
     "started. It\nwaits until the cache entries are deleted, and shows the "
     "progress on a\nterminal. Ctrl-C ends the wait, not the purge. Disk space "
     "is freed in the\nbackground (garbage collection).\n\nWith --registry, "
     "upstreams that other registries also use are skipped "
     "unless\n--include-shared is given. With -o json: the operation.",
     "cvr cache purge --upstream 1\n"
     "cvr cache purge --registry acme/web --include-shared\n"
     "cvr cache purge --registry 1 --validate-only"},
    {"cache stats",
     "Shows cache entries, bytes and pulls of each upstream. Content with "
     "several\ncache entries counts several times; for the size on disk, see "
     "cvr storage\nstats.",
     "cvr cache stats --group acme\n"
     "cvr cache stats -o json | jq .upstreams[].entry_count"},
    {"storage", "Each blob service has a blob store, in which content is once.",
     ""},
    {"storage stats",
     "Shows for each blob service (instance) the number and the size of the "
     "stored\nblobs, the maximum size and the free disk space.",
     "cvr storage stats\n"
     "cvr storage stats -o json | jq .instances[].size_bytes"},
    {"refresh", "Brings tags up to date before clients ask for them.", ""},
    {"refresh tag",
     "Asks the upstreams in order, ignoring the negative cache, and caches "
     "the\nresponse. If an upstream is unavailable, the cached content is "
     "kept.",
     "cvr refresh tag 1 library/alpine:3.20"},
    {"refresh tags",
     "Revalidates up to 1000 tags in one operation, and waits for its end. "
     "The exit\nstatus is 1 if one of them could not be refreshed.",
     "cvr refresh tags 1 library/alpine:3.20 library/nginx\n"
     "cvr refresh tags 1 --file images.txt --no-wait"},
    {"prefetch",
     "Pulls the manifests, the config and the layers of an image into the "
     "cache, so\nthat clients do not wait for them.",
     "cvr prefetch 1 library/alpine:3.20\n"
     "cvr prefetch acme/web library/nginx --platform linux/amd64 --platform "
     "linux/arm64/v8"},
    {"fetch",
     "A fetch is a download of content from an upstream into the cache.", ""},
    {"fetch list",
     "Shows the fetches that run or wait, of all blob services (instances).",
     "cvr fetch list\ncvr fetch list --upstream hub"},
    {"fetch watch",
     "On a terminal, shows a progress bar for each fetch. If the output is "
     "not a\nterminal, prints a line for each change; with -o json, an object "
     "per line.\nCtrl-C ends the command with exit status 0.",
     "cvr fetch watch\ncvr fetch watch --interval 5s -o json"},
    {"fetch cancel",
     "IDs are shown by `cvr fetch list`. Clients that wait for the fetch get "
     "an\nerror; the next pull resumes it from the bytes that were already "
     "received.",
     "cvr fetch cancel 17\ncvr fetch cancel 17 --upstream hub"},
    {"cleanup",
     "A cleanup policy regularly deletes the cache entries of a group that "
     "were\nnot pulled for a number of days. Every group has one; it is "
     "disabled until it\nis changed.",
     ""},
    {"cleanup get", "Shows the policy and the result of its last run.",
     "cvr cleanup get acme"},
    {"cleanup update", "Options that are not given keep their values.",
     "cvr cleanup update acme --enabled --keep-after-last-pull 14d "
     "--run-interval 1d\n"
     "cvr cleanup update acme --no-enabled"},
    {"cleanup run",
     "Cleans up now, even if the policy is disabled, and waits for the end. "
     "With\n-o json: the operation.",
     "cvr cleanup run acme\ncvr cleanup run acme --validate-only"},
    {"cleanup runs", "Shows what the last runs have deleted.",
     "cvr cleanup runs acme"},
};

constexpr HelpText kServer[] = {
    {"operation",
     "Work that takes long goes on after its command was answered: purges, "
     "cleanups,\nrefreshes of many tags, prefetches, key rotations. It also "
     "goes on over a\nrestart of the server.",
     ""},
    {"operation list", "Operations are kept for 7 days after their end.",
     "cvr operation list --no-done\n"
     "cvr operation list --group acme --method "
     "CacheService.PurgeUpstreamCache"},
    {"operation get", "Shows the progress, and the response or the error.",
     "cvr operation get 12"},
    {"operation wait",
     "Shows the progress on a terminal. The exit status is 1 if the operation "
     "failed\nor was cancelled, or has not ended within --wait-timeout.",
     "cvr operation wait 12\ncvr operation wait 12 --wait-timeout 10m"},
    {"operation cancel", "What an operation has already done stays done.",
     "cvr operation cancel 12"},
    {"watch",
     "Prints a line for each change; with -o json, an object per line with "
     "the\nresource as it is now, and at least every minute one of the type "
     "TYPE_BOOKMARK\nwith the current revision. Ctrl-C ends the command with "
     "exit status 0.\n\nTo miss nothing, read `cvr server revision`, then "
     "list, then watch with\n--after-revision. If changes since that revision "
     "are no longer known, the\ncommand fails: list again.",
     "cvr watch\ncvr watch --group acme --after-revision 42 -o json"},
    {"server", "What is at the address of --server.", ""},
    {"server info",
     "Shows the version, the versions of the API, the limits in force and "
     "the\nfeatures that are enabled.",
     "cvr server info\ncvr server info -o json | jq .limits"},
    {"server revision",
     "The revision rises with every change of groups, registries and "
     "upstreams.",
     "cvr server revision"},
    {"secret",
     "Upstream credentials and token signing keys are stored encrypted, with a "
     "key\nfrom --secret_key_file.",
     ""},
    {"secret rotate",
     "Creates a new key, re-encrypts all secrets with it and replaces the "
     "key\nfile. It can be interrupted and repeated safely.",
     "cvr secret rotate"},
    {"audit",
     "Shows administrative changes. Pulls are logged only in the gateway's "
     "audit\nlog file.",
     ""},
    {"audit list",
     "With -o json, each event includes the request, without secrets.",
     "cvr audit list --start-time 24h\n"
     "cvr audit list --resource-type upstream --resource-id 3\n"
     "cvr audit list --group acme --page-size 0 -o json"},
    {"audit get", "One audit event, with its request without secrets.",
     "cvr audit get 812"},
    {"audit watch",
     "Prints a line for each event; with -o json, an object per line, for "
     "collectors\nof security events. Ctrl-C ends the command with exit status "
     "0.",
     "cvr audit watch\ncvr audit watch --after-id 812 -o json"},
};

constexpr HelpText kRest[] = {
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
    all->insert(all->end(), std::begin(kAttachments), std::end(kAttachments));
    all->insert(all->end(), std::begin(kEntries), std::end(kEntries));
    all->insert(all->end(), std::begin(kTokens), std::end(kTokens));
    all->insert(all->end(), std::begin(kCache), std::end(kCache));
    all->insert(all->end(), std::begin(kServer), std::end(kServer));
    all->insert(all->end(), std::begin(kRest), std::end(kRest));
    const std::vector<HelpText>& declaration = DeclarationHelpTexts();
    all->insert(all->end(), declaration.begin(), declaration.end());
    return all;
  }();
  return *texts;
}

}  // namespace cvr
