# shellcheck shell=bash
# We as a mirror of Docker Hub: engines that pull `docker.io/library/alpine` ask
# us, by whatever their own configuration calls a mirror. They do not trust the
# hub's certificate, and we have to fetch tokens for it.

# Registry 1 is Docker Hub, and served at the root as well.
start_mirror_cvr() {
  rm -rf "$STATE/data"
  mkdir -p "$STATE/data"
  start_server cvr cvr-standalone --http_address=127.0.0.1:0 \
    --grpc_address=127.0.0.1:0 --data_dir="$STATE/data" --create \
    --allow_private_upstreams --root_registry=1 \
    --bootstrap_anonymous_pull=true \
    --bootstrap_upstream=https://registry-1.docker.io
  serving_at "$(jq -r .http "$STATE/cvr.ready")" \
    "$(jq -r .grpc "$STATE/cvr.ready")" "$STATE/data/admin-token"
  cvr upstream update 1 --ca-bundle-file "$HUB_CA" --source-namespace docker.io
  MIRROR=${PREFIX%%/*} MIRROR_PATH=${PREFIX#*/}
  PREFIX=docker.io
}

# That the hub was asked, with a token, and by nobody but us.
expect_hub_asked_by_us_alone() {
  local asked others
  asked=$(hub_requests)
  others=$(grep -v ' container-virtual-registry/' <<<"$asked" || true)
  expect_equal "" "$others" "requests to the hub that are not ours"
  grep -q '^GET /v2/library/alpine/blobs/' <<<"$asked" ||
    fail "the hub was not asked for a layer: $asked"
  grep -q '^token repository:library/alpine:pull container-virtual-registry/' \
    "$STATE/log/hub-auth.log" || fail "nobody asked for a token"
}

# Cold through us, then from our cache while the hub is gone.
pull_through_mirror() { # CLIENT
  pull_one "$1" library/alpine:latest
  wait_until every_blob_of_alpine_is_recorded
  stop_hub
  expect_hub_asked_by_us_alone
  expect_runs "$1"
  pull_one "$1" library/alpine:latest
  "$1_forget"
  stop_cvr
}

every_blob_of_alpine_is_recorded() {
  local blobs
  blobs=$(cvr entry list -o json | jq -r '.[].relative_path' | grep -c /blobs/)
  [[ $blobs -eq 2 ]]
}

case_docker_registry_mirror() {
  start_hub
  start_mirror_cvr
  docker_start "{\"registry-mirrors\": [\"http://$MIRROR\"]}"
  pull_through_mirror docker
  # Its next start, for another case, has no mirror.
  stop dockerd
}

# The hosts.toml of docker.io.
containerd_mirror() { # URL [LINE]
  local dir=$STATE/containerd/hosts
  mkdir -p "$dir/docker.io"
  cat >"$dir/docker.io/hosts.toml" <<TOML
server = "https://registry-1.docker.io"
[host."$1"]
  capabilities = ["pull", "resolve"]
  ${2:-}
TOML
  # shellcheck disable=SC2034 # Used by containerd_pull.
  CONTAINERD_PULL=(--hosts-dir "$dir")
}

case_containerd_mirror() {
  start_hub
  start_mirror_cvr
  containerd_start
  containerd_mirror "http://$MIRROR"
  pull_through_mirror containerd
}

case_containerd_override_path() {
  start_hub
  start_mirror_cvr
  containerd_start
  containerd_mirror "http://$MIRROR/v2/$MIRROR_PATH" "override_path = true"
  pull_through_mirror containerd
}

# containerd says which registry it means. We do not stand for quay.io, so we
# have nothing to do with it, and nobody is asked.
case_containerd_other_namespace() {
  local status code
  start_hub
  start_mirror_cvr
  status=$(curl -s -o "$STATE/other" -w '%{http_code}' \
    "http://$MIRROR/v2/library/alpine/manifests/latest?ns=quay.io")
  expect_equal 404 "$status" "the status for ns=quay.io"
  code=$(jq -r '.errors[0].code' "$STATE/other")
  expect_equal NAME_UNKNOWN "$code" "its code"
  stop_hub
  expect_equal "" "$(hub_requests)" "requests to the hub"
  stop_cvr
}

case_podman_mirror() {
  start_hub
  start_mirror_cvr
  podman_start
  cat >"$STATE/podman/registries.conf" <<TOML
[[registry]]
prefix = "docker.io"
location = "docker.io"
[[registry.mirror]]
location = "$MIRROR"
insecure = true
TOML
  pull_through_mirror podman
}

case_podman_prefix() {
  start_hub
  start_mirror_cvr
  podman_start
  cat >"$STATE/podman/registries.conf" <<TOML
[[registry]]
prefix = "docker.io"
location = "$MIRROR/$MIRROR_PATH"
insecure = true
TOML
  pull_through_mirror podman
}
