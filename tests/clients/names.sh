# shellcheck shell=bash
# A registry that is called by its group, which is in another, and its name: it
# is pulled as by its id, by who may. Nobody else can tell that it is there.

# As registry 2, in a group that only SECRET is for.
start_named_cvr() { # standalone|three
  start_cvr "$1"
  cvr group create acme/web
  cvr registry create hub --group acme/web
  cvr upstream create hub --group acme/web --url "http://$UPSTREAM" --registry 2
  SECRET=$(cvr token create --name ci --group acme/web \
    --scope read_virtual_registry -o json | jq -r .secret)
  NAMED=${PREFIX%/1}/acme/web
}

# What it may not have, and what is not there.
expect_not_there() { # COMMAND...
  PREFIX=$NAMED/hub expect_refused "$@" library/alpine:latest
  sed 's#web/hub#web/NAME#g' "$STATE/said" >"$STATE/said.hidden"
  PREFIX=$NAMED/bun expect_refused "$@" library/alpine:latest
  sed 's#web/bun#web/NAME#g' "$STATE/said" >"$STATE/said.missing"
}

pulls_by_name() { # CLIENT
  PREFIX=$NAMED/hub
  pull_one "$1" library/alpine:latest
  pull_one "$1" library/multi:latest linux/arm64
  expect_runs "$1"
  "$1_forget"
}

case_name_docker() {
  start_named_cvr standalone
  docker_start
  expect_not_there docker_pull
  expect_equal "$(<"$STATE/said.hidden")" "$(<"$STATE/said.missing")" \
    "what docker says of what is not there"
  docker_cli login -u a -p "$SECRET" "$(host)"
  pulls_by_name docker
  docker_cli logout "$(host)"
  stop_cvr
}

case_name_podman() {
  start_named_cvr three
  podman_start
  expect_not_there podman_pull
  podman_cli login --tls-verify=false -u a -p "$SECRET" "$(host)"
  pulls_by_name podman
  podman_cli logout "$(host)"
  stop_cvr
}

case_name_containerd() {
  start_named_cvr three
  containerd_start
  expect_not_there containerd_pull
  # shellcheck disable=SC2034 # containerd_pull does.
  CONTAINERD_PULL=(--plain-http --user "a:$SECRET")
  pulls_by_name containerd
  stop_cvr
}
