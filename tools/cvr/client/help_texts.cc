#include <iterator>
#include <vector>

#include "tools/cvr/client/help.h"

namespace cvr {
namespace {

constexpr HelpText kRoot = {
    "",
    R"(Administers cvr-standalone, or cvr-metadata and cvr-blob, over gRPC.
Clients pull from a registry; its upstreams are asked in order, and what they
answer is cached. Registries and upstreams belong to groups.

The server wants to know who calls: its first start leaves an administrator's
token in DATA_DIR/admin-token; `cvr token create` makes others.

Durations are such as 24h, 90m, 1h30m, 7d, 250ms or 0; times such as
2026-11-25T06:00:00Z; sizes such as 10G or 512MiB (powers of 1024) or 10GB (of
1000). Options may be written with dashes or underscores.

Output is a table for people, or with -o json JSON for programs: an object, or
an array of them, with the names of the .proto files; 64-bit numbers are
strings. Deletions print nothing then.

Environment:
  CVR_SERVER              in place of --server
  CVR_BLOB_SERVER         in place of --blob_server
  CVR_TOKEN               in place of --token
  CVR_TOKEN_FILE          in place of --token-file
  CVR_UPSTREAM_PASSWORD   password of an upstream, for `cvr upstream`

Exit status:
  0 when it is done, 1 after one line on standard error.)",
    R"(export CVR_TOKEN_FILE=/var/lib/cvr/admin-token
cvr registry create team --anonymous-pull
cvr upstream create hub --url https://registry-1.docker.io --registry 1
docker pull localhost:8080/virtual_registries/containers/1/library/alpine
cvr entry list --upstream 1 -o json | jq '[.[].size | tonumber] | add'
cvr apply -f registries.yaml --dry-run
cvr --server unix:/run/cvr/metadata.sock upstream list --registry 1

# What a command does and takes:
cvr registry create --help
cvr help registry create
# Complete commands and options in this shell:
source <(cvr completion bash))"};

constexpr HelpText kGroups[] = {
    {"group",
     "A group is a tenant: every registry and upstream belongs to exactly "
     "one.\n"
     "The group \"default\" is there from the start.",
     ""},
    {"group create",
     "Names are lower-case letters, digits, `.`, `_`, `-`, and `/` between\n"
     "parts. They cannot be changed. A group cannot have the path\n"
     "GROUP/NAME of a registry, or one below it.",
     "cvr group create acme/web --description 'The web shop'"},
    {"group list", "All groups, by name.", "cvr group list -o json"},
    {"group get", "One group, with its etag.", "cvr group get acme/web"},
    {"group update",
     "Changes the description, which is all that can be changed.",
     "cvr group update acme/web --description 'The web shops'"},
    {"group delete",
     "Fails while the group owns registries or upstreams. Deleting what is "
     "not\n"
     "there succeeds.",
     "cvr group delete acme/web"},
};

constexpr HelpText kRegistries[] = {
    {"registry",
     "A registry is what clients pull from, under\n"
     "HOST/virtual_registries/containers/ID/REPOSITORY:TAG or\n"
     "HOST/virtual_registries/containers/GROUP/NAME/REPOSITORY:TAG. Its\n"
     "upstreams are asked by their position.\n"
     "\n"
     "The path by name is there if the name is one part of a repository path\n"
     "(lower-case letters, digits, and single `.`, `_`, `-` between them) and\n"
     "the group is such parts, the first of them no number. It changes with "
     "the\n"
     "name; the path by id never does.",
     ""},
    {"registry create",
     "The registry has no upstreams at first: `cvr upstream create "
     "--registry`\n"
     "or `cvr upstream attach` come next.",
     "cvr registry create team --group acme/web --anonymous-pull\n"
     "cvr registry create team -o json | jq -r .id"},
    {"registry list", "By id.", "cvr registry list --group acme --name team"},
    {"registry get", "One registry, with the path that clients pull from.",
     "cvr registry get 1"},
    {"registry update",
     "With --etag it fails if somebody else has changed the registry since "
     "the\n"
     "etag was read.",
     "cvr registry update 1 --no-anonymous-pull\n"
     "cvr registry update 1 --name team2 --etag W1"},
    {"registry delete",
     "Upstreams that other registries use too are only detached. Deleting "
     "what\n"
     "is not there succeeds. Access tokens that are restricted to registries\n"
     "lose this one; those that name no other are revoked.",
     "cvr registry delete 1"},
};

constexpr HelpText kUpstreams[] = {
    {"upstream",
     "An upstream is a registry elsewhere. It may be attached to several\n"
     "registries of its group, which then share its cache.",
     ""},
    {"upstream create",
     "Passwords are never given on the command line, which other users can "
     "see:\n"
     "they come from a file, standard input or CVR_UPSTREAM_PASSWORD. They "
     "have\n"
     "up to 16 KiB of any bytes but NUL; one line break at the end is not "
     "part\n"
     "of them.\n"
     "\n"
     "A 401 or 403 to a token that was granted says that the upstream has\n"
     "nothing there for us: its cached copy is dropped, and the next upstream "
     "is\n"
     "asked; --on-hidden changes that.\n"
     "\n"
     "Patterns are wildcards, where `*` stands for any characters and `?` for\n"
     "one, or RE2 after `re:`.",
     "cvr upstream create hub --url https://registry-1.docker.io --registry 1\n"
     "cvr upstream create hub --url https://registry-1.docker.io "
     "--username bot --password-file hub.txt\n"
     "cvr upstream create ours --url https://registry.example "
     "--allow-repository 'team/*' --tag-validity 'v*=0' "
     "--on-unavailable tag=next"},
    {"upstream list", "By id; of a registry, by position.",
     "cvr upstream list --registry 1"},
    {"upstream get", "One upstream, without its password.",
     "cvr upstream get 1 -o json"},
    {"upstream update",
     "Rules, tag validities and lists are replaced as a whole.",
     "cvr upstream update 1 --cache-validity 7d\n"
     "cvr upstream update 1 --username bot --password-file hub.txt\n"
     "cvr upstream update 1 --on-hidden tag=stop --on-hidden cached=stop\n"
     "cvr upstream update 1 --no-rules --disabled"},
    {"upstream attach", "Both must belong to the same group.",
     "cvr upstream attach --registry 1 --upstream 2"},
    {"upstream detach",
     "The upstream and its cache stay. Detaching what is not attached "
     "succeeds.",
     "cvr upstream detach --registry 1 --upstream 2"},
    {"upstream move", "The others close up.",
     "cvr upstream move --registry 1 --upstream 2 --position 1"},
    {"upstream place",
     "Which upstream stands where in which registry, by the id of the place.",
     "cvr upstream place 1"},
    {"upstream states",
     "Whether the circuit of an upstream is open, its last failure, what is\n"
     "running and what is left of the requests that it grants. Those that "
     "were\n"
     "asked in the last day are known.",
     "cvr upstream states\ncvr upstream states 2"},
    {"upstream test",
     "Tries DNS, TCP, TLS, the token service and a manifest, one after the "
     "other,\n"
     "past caches and circuits and without storing anything. The exit status "
     "is\n"
     "0 when the upstream answered, with the manifest or with 404, else 1.\n"
     "\n"
     "Of an upstream that there is, options stand in place of what is stored.",
     "cvr upstream test 1\n"
     "cvr upstream test 1 --username bot --password-stdin\n"
     "cvr upstream test --url https://registry.example --image team/app:1.2"},
    {"upstream delete", "Deleting what is not there succeeds.",
     "cvr upstream delete 2"},
};

constexpr HelpText kEntries[] = {
    {"entry",
     "A cache entry says that a path of an upstream has a digest. Pulls write\n"
     "them by themselves.",
     ""},
    {"entry create",
     "The bytes are fetched by the next pull if they are not stored.",
     "cvr entry create --upstream 1 --path /library/alpine/manifests/3.20 "
     "--digest sha256:4bcf --media-type "
     "application/vnd.oci.image.manifest.v1+json --size 528"},
    {"entry list", "By id, so in the order of first caching.",
     "cvr entry list --upstream 1 --path library/alpine"},
    {"entry get", "One cache entry.", "cvr entry get 12"},
    {"entry update",
     "An old --checked makes the next pull of a tag ask the upstream.",
     "cvr entry update 12 --checked 365d"},
    {"entry delete", "Deleting what is not there succeeds.",
     "cvr entry delete 12 13"},
    {"explain",
     "Shows how each upstream of the registry, by position, stands to the\n"
     "image: what is cached and fresh, what rules exclude, what was denied a\n"
     "moment ago. No upstream is asked and nothing is counted.",
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
     "With -o json the field `token` holds the secret. A token with the scope\n"
     "write_virtual_registry alone cannot pull.",
     "cvr token create --name ci --scope read_virtual_registry --group acme "
     "--expires 720h\n"
     "cvr token create --name ci --scope read_virtual_registry --registry 1 "
     "-o json | jq -r .token | docker login -u ci --password-stdin HOST"},
    {"token list", "By id; those that have expired too.",
     "cvr token list --group acme"},
    {"token revoke",
     "What was issued for it is good for nothing either, within seconds.\n"
     "Revoking what is not there succeeds.",
     "cvr token revoke 4"},
};

constexpr HelpText kCache[] = {
    {"purge",
     "What is purged is served no more as soon as the command is done; the "
     "space\n"
     "returns in the background.",
     ""},
    {"purge upstream", "In all registries that it is attached to.",
     "cvr purge upstream 1"},
    {"purge registry",
     "Upstreams that other registries use too keep their caches, unless\n"
     "--include-shared is given.",
     "cvr purge registry 1\ncvr purge registry 1 --include-shared"},
    {"purge entry", "Deleting what is not there succeeds.",
     "cvr purge entry 12 13"},
    {"refresh",
     "Asks in the order of a pull, past what upstreams have denied a moment "
     "ago,\n"
     "and records the answer. When one cannot answer, what is cached stays.",
     "cvr refresh 1 library/alpine:3.20"},
    {"stats",
     "Cache entries, bytes and downloads of each upstream, and what the store\n"
     "holds. Bytes of entries count once for each path, stored bytes once.\n"
     "With -o json: an object with `cache` and `storage`.",
     "cvr stats --group acme\ncvr stats -o json | jq .storage.bytes"},
    {"downloads",
     "With --watch on a terminal: a bar for each download. Elsewhere: a line\n"
     "whenever something changes; with -o json an object per line. Ctrl-C "
     "ends\n"
     "it, with exit status 0.",
     "cvr downloads\ncvr downloads --watch\n"
     "cvr downloads --watch --interval 5s -o json"},
    {"downloads cancel",
     "Ids are those that `cvr downloads` shows. Whoever pulls what is ended "
     "gets "
     "an\n"
     "error; the next pull of it goes on from the bytes that had come.",
     "cvr downloads cancel 17"},
    {"cleanup",
     "A group's policy makes it forget, at every run, the cache entries that\n"
     "nobody has downloaded for some days.",
     ""},
    {"cleanup set",
     "Makes the policy when there is none; what is not given keeps its value.",
     "cvr cleanup set acme --keep-days 14 --cadence-days 1\n"
     "cvr cleanup set acme --disable"},
    {"cleanup get", "With the figures of the last run.",
     "cvr cleanup get acme"},
    {"cleanup run",
     "Makes it due now, also when it is not enabled; it runs in the "
     "background.",
     "cvr cleanup run acme"},
    {"cleanup delete", "Deleting what is not there succeeds.",
     "cvr cleanup delete acme"},
};

constexpr HelpText kRest[] = {
    {"secret",
     "Credentials of upstreams and signing keys are sealed with a key in a "
     "file\n"
     "of its own.",
     ""},
    {"secret rotate-key",
     "Seals all anew with a new key, which replaces the one in the key file.\n"
     "Interrupting it does no harm.",
     "cvr secret rotate-key"},
    {"audit",
     "The log of administrative changes. Pulls are in the gateway's audit "
     "file\n"
     "only.",
     ""},
    {"audit list",
     "With -o json each event has the request too, without secrets.",
     "cvr audit list --since 24h\n"
     "cvr audit list --group acme --max 0 -o json"},
    {"apply",
     R"(The file says what there shall be; what differs is shown, a line for
each object (+ new, ~ changed, - deleted) and each field (old -> new), and
done. A second run finds nothing to do. Objects are known by their group and
name.

What the file does not mention is left alone: objects, and fields of objects;
a field that is `null` gets its default. With --prune the file is the whole
truth about the groups in it: what it does not mention is deleted or gets its
default. Lists, a registry's upstreams among them, are always whole.

Passwords never stand in the file: password_env names a variable,
password_file a file. What is stored cannot be compared, so they are sent when
the upstream is new, when its url or username changes, or with
--set-passwords. The same holds for tls.client_key_env and
tls.client_key_file.

A new registry gets the `id` that the file has for it, since clients pull by
it; only administrators may choose one. Where the registry has another id
already, or another registry has that one, nothing is done.

Everything is checked before anything is changed, and errors name file:line.
What somebody else changes meanwhile is not overwritten: the command fails,
and can be run again.

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
# The file is the whole truth:
cvr apply -f registries.yaml --prune --dry-run
# To another server, which has ids of its own:
cvr export --no-ids | cvr --server other:8081 apply -f -)"},
    {"export",
     "Writes what there is as a file that `cvr apply` takes; fields with "
     "their\n"
     "default are left out. Registries keep their ids on an empty server; "
     "with\n"
     "--no-ids they get others. Passwords are not known: password_env names "
     "the\n"
     "variable, CVR_PASSWORD_<NAME>, that apply is to find them in.",
     "cvr export -f registries.yaml\ncvr export --group acme"},
    {"completion",
     "Prints a script that makes the shell complete commands, options and "
     "some\n"
     "of their values.",
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
