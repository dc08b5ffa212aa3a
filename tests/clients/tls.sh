# shellcheck shell=bash
# Everything by TLS, on an address that is not loopback, where clients insist
# on it: HTTPS for them, mutual TLS between the processes and for cvr.

readonly TLS_HOST=192.0.2.1

readonly KEY=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)

# An authority in $STATE/tls/NAME.ca.
make_authority() { # NAME
  local stem=$STATE/tls/$1
  mkdir -p "$STATE/tls"
  openssl req -x509 "${KEY[@]}" -keyout "$stem.ca.key" -out "$stem.ca" \
    -subj "/CN=authority of $1" -days 2
}

# A certificate of that authority for TLS_HOST in SUBJECT.crt and SUBJECT.key.
# The subject is what the other processes know this one by.
make_certificate() { # AUTHORITY SUBJECT
  local ca=$STATE/tls/$1.ca stem=$STATE/tls/$2
  openssl req "${KEY[@]}" -keyout "$stem.key" -out "$stem.csr" -subj "/CN=$2"
  echo "subjectAltName=IP:$TLS_HOST,IP:127.0.0.1" >"$stem.ext"
  openssl x509 -req -in "$stem.csr" -CA "$ca" -CAkey "$ca.key" \
    -CAcreateserial -days 2 -extfile "$stem.ext" -out "$stem.crt"
}

# What the process of this name is told about gRPC.
rpc_flags() { # NAME
  make_certificate rpc "$1"
  RPC_FLAGS=(--rpc_certificate_file="$STATE/tls/$1.crt"
    --rpc_key_file="$STATE/tls/$1.key" --rpc_ca_file="$STATE/tls/rpc.ca")
}

use_tls() {
  ip addr replace "$TLS_HOST/32" dev lo
  make_authority https
  make_certificate https https
  make_authority rpc
  HTTPS_FLAGS=(--http_address="$TLS_HOST:0"
    --tls_certificate_file="$STATE/tls/https.crt"
    --tls_key_file="$STATE/tls/https.key")
  export CVR_TLS_CA_FILE=$STATE/tls/rpc.ca
  rm -rf "$STATE/data"
  mkdir -p "$STATE/data"
}

# Its registry wants a login, as in logins.sh.
start_tls_cvr() {
  use_tls
  rpc_flags cvr-standalone
  start_server cvr cvr-standalone "${HTTPS_FLAGS[@]}" "${RPC_FLAGS[@]}" \
    --grpc_address="$TLS_HOST:0" --data_dir="$STATE/data" --create \
    --allow_private_upstreams --bootstrap_anonymous_pull=false \
    --bootstrap_upstream="http://$UPSTREAM"
  serving_at "$(jq -r .http "$STATE/cvr.ready")" \
    "$(jq -r .grpc "$STATE/cvr.ready")" "$STATE/data/admin-token"
  SECRET=$(cat "$STATE/data/admin-token")
  CERTS=$STATE/tls/certs.d
  mkdir -p "$CERTS"
  cp "$STATE/tls/https.ca" "$CERTS/ca.crt"
}

case_tls_skopeo() {
  local image copy=(skopeo --insecure-policy copy -q)
  start_tls_cvr
  image=docker://$PREFIX/library/alpine:latest
  if "${copy[@]}" --src-creds "a:$SECRET" "$image" "dir:$STATE/skopeo.x" \
    2>"$STATE/said"; then
    fail "a strange certificate was believed"
  fi
  grep -q 'certificate signed by unknown authority' "$STATE/said" ||
    fail "refused for another reason: $(cat "$STATE/said")"
  copy+=(--src-cert-dir "$CERTS")
  expect_refused "${copy[@]}" --src-no-creds "$image" "dir:$STATE/skopeo.none"
  "${copy[@]}" --src-creds "a:$SECRET" "$image" "dir:$STATE/skopeo.good"
  "${copy[@]}" --src-creds "a:$SECRET" "docker://$PREFIX/library/large:latest" \
    "dir:$STATE/skopeo.large"
  cvr entry list -o json | jq -e 'length > 0' >/dev/null
  skopeo_forget
  stop_cvr
}

case_tls_podman() {
  start_tls_cvr
  podman_start
  podman_cli login --cert-dir "$CERTS" -u a -p "$SECRET" "$(host)"
  podman_cli pull -q --cert-dir "$CERTS" "$PREFIX/library/alpine:latest"
  podman_cli logout "$(host)"
  podman_forget
  stop_cvr
}

case_tls_docker() {
  start_tls_cvr
  export SSL_CERT_FILE=$STATE/tls/https.ca
  docker_start
  docker_cli login -u a -p "$SECRET" "$(host)"
  docker_pull library/alpine:latest
  docker_pull library/large:latest
  docker_cli logout "$(host)"
  docker_forget
  stop_cvr
}

case_tls_containerd() {
  start_tls_cvr
  containerd_start
  containerd_cli images pull --tlscacert "$CERTS/ca.crt" --user "a:$SECRET" \
    "$PREFIX/library/alpine:latest" >/dev/null
  containerd_forget
  stop_cvr
}

# Three processes that know each other by their certificates.
# shellcheck disable=SC2120
start_tls_three() { # GATEWAY_FLAG...
  local metadata blob
  use_tls
  # Told to the metadata service before it is bound.
  blob=$TLS_HOST:$((20000 + RANDOM % 10000))
  rpc_flags cvr-metadata
  start_server cvr-metadata cvr-metadata "${RPC_FLAGS[@]}" \
    --grpc_address="$TLS_HOST:0" --blob_addresses="$blob" \
    --data_dir="$STATE/data/metadata"
  metadata=$(jq -r .grpc "$STATE/cvr-metadata.ready")
  rpc_flags cvr-blob
  start_server cvr-blob cvr-blob "${RPC_FLAGS[@]}" \
    --grpc_address="$blob" --metadata_address="$metadata" \
    --data_dir="$STATE/data/blob" --allow_private_upstreams
  rpc_flags cvr-gateway
  start_server cvr-gateway cvr-gateway "${HTTPS_FLAGS[@]}" "${RPC_FLAGS[@]}" \
    --metadata_address="$metadata" --blob_address="$blob" "$@"
  serving_at "$(jq -r .http "$STATE/cvr-gateway.ready")" "$metadata" \
    "$STATE/data/metadata/admin-token"
  cvr registry create clients --anonymous-pull
  cvr upstream create upstream --url "http://$UPSTREAM" --registry 1
  # The metadata service asks the blob service.
  cvr upstream states
  CERTS=$STATE/tls/certs.d
  mkdir -p "$CERTS"
  cp "$STATE/tls/https.ca" "$CERTS/ca.crt"
}

case_tls_three() {
  start_tls_three
  skopeo --insecure-policy copy -q --src-cert-dir "$CERTS" \
    "docker://$PREFIX/library/large:latest" "dir:$STATE/skopeo.large"
  skopeo_forget
  stop_cvr
}
