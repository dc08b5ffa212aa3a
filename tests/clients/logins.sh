# shellcheck shell=bash
# A registry that is not for everybody: clients log in with a token, and do not
# get in with another.

readonly WRONG_SECRET=cvr_000000000000000000000000000000000000000000000000z

start_private_cvr() {
  rm -rf "$STATE/data"
  mkdir -p "$STATE/data"
  start_server cvr cvr-standalone --http_address=127.0.0.1:0 \
    --grpc_address=127.0.0.1:0 --data_dir="$STATE/data" --create \
    --allow_private_upstreams --bootstrap_anonymous_pull=false \
    --bootstrap_upstream="http://$UPSTREAM"
  serving_at "$(jq -r .http "$STATE/cvr.ready")" \
    "$(jq -r .grpc "$STATE/cvr.ready")" "$STATE/data/admin-token"
  SECRET=$(cat "$STATE/data/admin-token")
}

expect_refused() { # COMMAND...
  if "$@" >"$STATE/said" 2>&1; then fail "not refused: $*"; fi
  # Docker says "denied", containerd "insufficient_scope": whoever has no
  # credentials is given a token that opens nothing.
  grep -qiE -e 'unauthorized|invalid username/password|401' \
    -e 'docker login|insufficient_scope' "$STATE/said" ||
    fail "refused for another reason: $(cat "$STATE/said")"
}

host() { echo "${PREFIX%%/*}"; }

case_login_skopeo() {
  local image copy=(skopeo --insecure-policy copy -q --src-tls-verify=false)
  start_private_cvr
  image=docker://$PREFIX/library/alpine:latest
  expect_refused "${copy[@]}" --src-no-creds "$image" "dir:$STATE/skopeo.none"
  expect_refused "${copy[@]}" --src-creds "a:$WRONG_SECRET" "$image" \
    "dir:$STATE/skopeo.wrong"
  "${copy[@]}" --src-creds "a:$SECRET" "$image" "dir:$STATE/skopeo.good"
  skopeo_forget
  stop_cvr
}

case_login_podman() {
  start_private_cvr
  podman_start
  local login=(podman_cli login --tls-verify=false -u a)
  expect_refused podman_pull library/alpine:latest
  expect_refused "${login[@]}" -p "$WRONG_SECRET" "$(host)"
  "${login[@]}" -p "$SECRET" "$(host)"
  podman_pull library/alpine:latest
  podman_cli logout "$(host)"
  podman_forget
  stop_cvr
}

case_login_docker() {
  start_private_cvr
  docker_start
  expect_refused docker_pull library/alpine:latest
  expect_refused docker_cli login -u a -p "$WRONG_SECRET" "$(host)"
  docker_cli login -u a -p "$SECRET" "$(host)"
  docker_pull library/alpine:latest
  docker_cli logout "$(host)"
  docker_forget
  stop_cvr
}

case_login_containerd() {
  local image
  start_private_cvr
  image=$PREFIX/library/alpine:latest
  containerd_start
  expect_refused containerd_pull library/alpine:latest
  expect_refused containerd_cli images pull --plain-http \
    --user "a:$WRONG_SECRET" "$image"
  containerd_cli images pull --plain-http --user "a:$SECRET" "$image" \
    >/dev/null
  containerd_forget
  stop_cvr
}
