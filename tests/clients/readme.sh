# shellcheck shell=bash
# The README by the letter: every command block, in order, with real clients.
# Docker Hub is the stand-in of hub.sh, which everybody trusts here, quay.io as
# well; /etc of the engines is a copy; `tools/serve` finds its programs built.

readonly README_DIR=$STATE/readme README=$HERE/../../README.md

# NAME, and the script's lines on standard input.
readme_program() { # NAME
  { echo '#!/bin/bash'; cat; } >"$README_DIR/bin/$1"
  chmod +x "$README_DIR/bin/$1"
}

readme_programs() {
  mkdir -p "$README_DIR"/{bin,checkout/tools,checkout/.cvr/bin}
  readme_program docker <<SH
export DOCKER_CONFIG=$STATE/docker/config DOCKER_HOST=unix://$STATE/docker/sock
exec /usr/bin/docker "\$@"
SH
  readme_program podman <<SH
export CONTAINERS_CONF=$STATE/podman/containers.conf
export REGISTRY_AUTH_FILE=$STATE/podman/auth.json
exec /usr/bin/podman --root $STATE/podman/root --runroot $STATE/podman/run \
  --storage-driver $(podman_storage) "\$@"
SH
  readme_program ctr <<SH
CONTAINERD_ADDRESS=$STATE/containerd/sock exec /usr/bin/ctr "\$@"
SH
  # Docker is told to restart through a file that readme_restarts looks for.
  readme_program systemctl <<SH
touch $README_DIR/restart-docker
while [[ -e $README_DIR/restart-docker ]]; do sleep 0.05; done
SH
  local name
  for name in cvr cvr-metadata cvr-blob cvr-gateway; do
    ln -sf "$(realpath "$(binary "$name")")" "$README_DIR/bin/$name"
  done
  # Copies, as tools/serve makes them: the server looks for cvr beside itself.
  install -m 755 "$(binary cvr)" "$(binary cvr-standalone)" \
    "$README_DIR/checkout/.cvr/bin/"
  # The stand-in is on loopback, where upstreams are not without a flag.
  cat >"$README_DIR/checkout/tools/serve" <<SH
#!/bin/bash
exec .cvr/bin/cvr-standalone --allow_private_upstreams \
  --data_dir="\$HOME/.local/share/cvr" "\$@"
SH
  chmod +x "$README_DIR/checkout/tools/serve"
}

readme_etc() {
  local certificates=/etc/ssl/certs/ca-certificates.crt
  cat "$HUB_CA" "$certificates" >"$README_DIR/certificates"
  mount --bind "$README_DIR/certificates" "$certificates"
  mkdir -p /etc/docker /etc/containerd /var/lib/cvr
  mount -t tmpfs tmpfs /etc/docker
  mount -t tmpfs tmpfs /etc/containerd
  mount -t tmpfs tmpfs /var/lib/cvr
  cp -r /etc/containers "$README_DIR/containers"
  mount --bind "$README_DIR/containers" /etc/containers
}

readme_leave() {
  local jobs
  [[ ! -e $README_DIR/complained ]] || tail -n 20 "$README_DIR/complained"
  jobs=$(jobs -p)
  # shellcheck disable=SC2086 # One word each.
  [[ -z $jobs ]] || kill $jobs 2>/dev/null || true
  stop_all_but_upstream
  umount /etc/containers /var/lib/cvr /etc/containerd /etc/docker \
    /etc/ssl/certs/ca-certificates.crt || true
}

readme_serves() { curl -fs http://127.0.0.1:8080/readyz; }

# `tools/serve` goes on in the background; the one before it is stopped.
readme_serve() { # SCRIPT
  stop serve
  cd "$README_DIR/checkout" || return
  start serve bash -c "exec $(<"$1")"
  wait_until_up serve readme_serves
  wait_until_up serve grep -q Ctrl-C "$STATE/log/serve.log"
  # Logs have a time; what is for people has none.
  grep -vE '^[0-9]{4}-' "$STATE/log/serve.log" >"$README_DIR/printed"
  # It is typed as it stands there.
  bash -c "$(sed -n 's/^  entries: *//p' "$README_DIR/printed")" >/dev/null
}

readme_restarts() {
  while true; do
    if [[ -e $README_DIR/restart-docker ]]; then
      stop dockerd
      docker_start "$(cat /etc/docker/daemon.json)"
      rm "$README_DIR/restart-docker"
    fi
    sleep 0.05
  done
}

readme_run() { # SCRIPT
  local shown=${1%.sh}.shown
  echo "-- $(<"$1")"
  if [[ $(<"$1") == tools/serve* ]]; then
    readme_serve "$1"
  else
    # Variables and processes of a block are there for the next one.
    cd "$README_DIR/checkout" || return
    # shellcheck source=/dev/null
    . "$1" >"$README_DIR/printed" 2>"$README_DIR/complained"
  fi
  cat "$README_DIR/printed"
  [[ ! -e $shown ]] ||
    "$HERE/readme_blocks.py" compare "$shown" "$README_DIR/printed" ||
    fail "not what the README shows"
}

case_readme() {
  local script
  mkdir -p "$README_DIR/blocks"
  start_hub
  readme_programs
  readme_etc
  trap readme_leave EXIT
  export PATH=$README_DIR/bin:$PATH
  unset -f cvr
  unset CVR_SERVER CVR_TOKEN_FILE
  docker_start
  podman_start
  containerd_start
  readme_restarts &
  "$HERE/readme_blocks.py" split "$README" "$README_DIR/blocks"
  for script in "$README_DIR"/blocks/*.sh; do readme_run "$script"; done
}
