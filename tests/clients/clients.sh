# shellcheck shell=bash
# Whether layers can be stacked here, which a file system that is itself an
# overlay does not allow.
can_overlay() {
  local dir=$STATE/overlay
  mkdir -p "$dir"/{lower,upper,work,merged}
  mount -t overlay -o \
    "lowerdir=$dir/lower,upperdir=$dir/upper,workdir=$dir/work" \
    overlay "$dir/merged" 2>/dev/null || return 1
  umount "$dir/merged"
}

# The clients. Each CLIENT has
#   CLIENT_start                      what it needs running
#   CLIENT_pull REFERENCE [PLATFORM]  pull $PREFIX/REFERENCE into its storage
#   CLIENT_forget                     drop everything it has pulled
#   CLIENT_run REFERENCE COMMAND...   run what was pulled

# --- skopeo: a copy to a directory, whose files it verifies.

skopeo_start() { :; }

skopeo_pull() { # REFERENCE [PLATFORM]
  local arch=${2:-linux/amd64}
  skopeo --insecure-policy --override-os linux \
    --override-arch "${arch#linux/}" copy -q --src-tls-verify=false \
    "docker://$PREFIX/$1" "dir:$(mktemp -d "$STATE/skopeo.XXXXXX")"
}

skopeo_pull_all_platforms() { # REFERENCE
  skopeo --insecure-policy copy --all -q --src-tls-verify=false \
    "docker://$PREFIX/$1" "dir:$(mktemp -d "$STATE/skopeo.XXXXXX")"
}

skopeo_forget() { rm -rf "$STATE"/skopeo.*; }

# --- podman, without systemd, on a storage of its own.

podman_start() {
  mkdir -p "$STATE/podman"
  cat >"$STATE/podman/containers.conf" <<CONF
[containers]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
tmp_dir = "$STATE/podman/tmp"
CONF
  echo '{}' >"$STATE/podman/auth.json"
  : >"$STATE/podman/registries.conf"
}

podman_cli() {
  CONTAINERS_CONF=$STATE/podman/containers.conf \
    REGISTRY_AUTH_FILE=$STATE/podman/auth.json \
    CONTAINERS_REGISTRIES_CONF=$STATE/podman/registries.conf \
    podman --root "$STATE/podman/root" --runroot "$STATE/podman/run" \
    --storage-driver "$(podman_storage)" "$@"
}

podman_storage() {
  if can_overlay; then echo overlay; else echo vfs; fi
}

podman_pull() { # REFERENCE [PLATFORM]
  podman_cli pull -q --tls-verify=false --platform "${2:-linux/amd64}" \
    "$PREFIX/$1"
}

podman_forget() { podman_cli rmi --all --force >/dev/null; }

podman_run() { # REFERENCE COMMAND...
  podman_cli run --rm --pull=never --network=none \
    --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 \
    "$PREFIX/$1" "${@:2}"
}

# --- The docker engine.

docker_start() { # [DAEMON_JSON]
  mkdir -p "$STATE"/docker/{root,exec,config}
  echo "${1:-{\}}" >"$STATE/docker/daemon.json"
  start dockerd dockerd --config-file "$STATE/docker/daemon.json" \
    --host "unix://$STATE/docker/sock" --pidfile "$STATE/docker/daemon.pid" \
    --data-root "$STATE/docker/root" --exec-root "$STATE/docker/exec" \
    --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
    --bridge=none --exec-opt native.cgroupdriver=cgroupfs
  wait_until_up dockerd docker_cli version
}

docker_cli() {
  DOCKER_CONFIG=$STATE/docker/config docker --host "unix://$STATE/docker/sock" \
    "$@"
}

docker_pull() { # REFERENCE [PLATFORM]
  docker_cli pull -q --platform "${2:-linux/amd64}" "$PREFIX/$1"
}

docker_forget() { docker_cli image prune --all --force >/dev/null; }

docker_run() { # REFERENCE COMMAND...
  docker_cli run --rm --pull=never --network=none "$PREFIX/$1" "${@:2}"
}

# --- containerd, through ctr.

# How it finds a registry; cases may change it.
CONTAINERD_PULL=(--plain-http)

containerd_start() {
  mkdir -p "$STATE/containerd"
  cat >"$STATE/containerd/config.toml" <<TOML
version = 2
root = "$STATE/containerd/root"
state = "$STATE/containerd/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "$STATE/containerd/sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$STATE/containerd/opt"
TOML
  start containerd containerd --config "$STATE/containerd/config.toml"
  wait_until_up containerd containerd_cli version
}

containerd_cli() { ctr --address "$STATE/containerd/sock" "$@"; }

containerd_pull() { # REFERENCE [PLATFORM]
  containerd_cli images pull "${CONTAINERD_PULL[@]}" \
    --platform "${2:-linux/amd64}" "$PREFIX/$1" >/dev/null
}

containerd_forget() {
  local images=()
  mapfile -t images < <(containerd_cli images list -q)
  [[ ${#images[@]} -eq 0 ]] ||
    containerd_cli images rm --sync "${images[@]}" >/dev/null
}

containerd_run() { # REFERENCE COMMAND...
  containerd_cli run --rm "$PREFIX/$1" "case-$RANDOM" "${@:2}"
}
