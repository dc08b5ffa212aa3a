# shellcheck shell=bash
# shellcheck disable=SC2034 # PREFIX and BASE are used by the other parts.
# The system under test. After start_cvr, in the same shell:
#   PREFIX  what stands before a repository in a pull: HOST:PORT/PATH
#   BASE    the same as a URL of the registry protocol, http://HOST:PORT/v2/PATH

binary() { # NAME
  local path
  for path in "$CVR_BINARIES"/{services/*,gateway,tools/cvr,.}/"$1"; do
    [[ -f $path && -x $path ]] && { echo "$path"; return 0; }
  done
  die "no $1 in $CVR_BINARIES (bazel build //...)"
}

start_server() { # NAME BINARY FLAG...
  local name=$1 program
  program=$(binary "$2")
  rm -f "$STATE/$name.ready"
  start "$name" "$program" --ready_file="$STATE/$name.ready" "${@:3}"
  wait_until_up "$name" test -s "$STATE/$name.ready"
}

# With an empty data directory, unless KEEP_DATA=1.
start_cvr() { # standalone|three
  [[ ${KEEP_DATA:-} == 1 ]] || rm -rf "$STATE/data"
  mkdir -p "$STATE/data"
  "start_cvr_$1"
}

start_cvr_standalone() {
  start_server cvr cvr-standalone --http_address=127.0.0.1:0 \
    --grpc_address=127.0.0.1:0 --data_dir="$STATE/data" --create \
    --allow_private_upstreams --bootstrap_upstream="http://$UPSTREAM" \
    --bootstrap_anonymous_pull=true
  serving_at "$(jq -r .http "$STATE/cvr.ready")" \
    "$(jq -r .grpc "$STATE/cvr.ready")" "$STATE/data/admin-token"
}

start_cvr_three() {
  local metadata=unix:$STATE/metadata.sock blob=unix:$STATE/blob.sock
  start_server cvr-metadata cvr-metadata --grpc_address="$metadata" \
    --blob_addresses="$blob" --data_dir="$STATE/data/metadata"
  start_server cvr-blob cvr-blob --grpc_address="$blob" \
    --metadata_address="$metadata" --data_dir="$STATE/data/blob" \
    --allow_private_upstreams
  start_server cvr-gateway cvr-gateway --http_address=127.0.0.1:0 \
    --metadata_address="$metadata" --blob_address="$blob"
  serving_at "$(jq -r .http "$STATE/cvr-gateway.ready")" "$metadata" \
    "$STATE/data/metadata/admin-token"
  [[ ${KEEP_DATA:-} == 1 ]] && return 0
  cvr registry create clients --anonymous-pull
  cvr upstream create upstream --url "http://$UPSTREAM" --registry 1
}

serving_at() { # HTTP_ADDRESS GRPC_ADDRESS TOKEN_FILE
  PREFIX=$1/virtual_registries/containers/1
  BASE=http://$1/v2/virtual_registries/containers/1
  export CVR_SERVER=$2 CVR_TOKEN_FILE=$3
}

stop_cvr() {
  local name
  for name in cvr-gateway cvr-blob cvr-metadata cvr; do stop "$name"; done
}

# Instead of start_cvr: the clients pull from the upstream itself.
start_direct() {
  PREFIX=$UPSTREAM
  BASE=http://$UPSTREAM/v2
}

cvr() {
  "$(binary cvr)" "$@"
}
