# shellcheck shell=bash
# A stand-in for Docker Hub with the upstream's images: the registry
# https://registry-1.docker.io, which wants tokens of https://auth.docker.io.
# Its certificate is signed by $HUB_CA, which only those trust who are told to.

# shellcheck disable=SC2034 # Used by the other parts.
readonly HUB_CA=$STATE/hub/ca.pem
readonly HUB_REGISTRY=127.0.0.3 HUB_AUTH=127.0.0.2

make_hub_certificates() {
  local dir=$STATE/hub
  mkdir -p "$dir"
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=hub CA' \
    -addext basicConstraints=critical,CA:TRUE \
    -addext keyUsage=critical,keyCertSign \
    -keyout "$dir/ca.key" -out "$HUB_CA"
  openssl req -newkey rsa:2048 -nodes -subj '/CN=registry-1.docker.io' \
    -keyout "$dir/tls.key" -out "$dir/tls.csr"
  printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' \
    DNS:registry-1.docker.io,DNS:auth.docker.io,DNS:quay.io >"$dir/tls.ext"
  openssl x509 -req -days 2 -in "$dir/tls.csr" -CA "$HUB_CA" \
    -CAkey "$dir/ca.key" -CAcreateserial -extfile "$dir/tls.ext" \
    -out "$dir/tls.pem"
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test-issuer \
    -keyout "$dir/signing.key" -out "$dir/signing.pem"
}

# The names are the hub's for everybody in these namespaces.
name_hub() {
  local hosts=$STATE/hub/hosts
  [[ ! -e $hosts ]] || return 0
  {
    cat /etc/hosts
    echo "$HUB_REGISTRY registry-1.docker.io docker.io index.docker.io quay.io"
    echo "$HUB_AUTH auth.docker.io"
  } >"$hosts"
  mount --bind "$hosts" /etc/hosts
}

start_hub() {
  local dir=$STATE/hub
  [[ -s $HUB_CA ]] || make_hub_certificates
  name_hub
  cat >"$dir/hub.yml" <<YML
version: 0.1
log: {level: info, accesslog: {disabled: false}}
storage:
  filesystem: {rootdirectory: $STATE/upstream}
  maintenance: {uploadpurging: {enabled: false}}
http:
  addr: $HUB_REGISTRY:443
  host: https://registry-1.docker.io
  tls: {certificate: $dir/tls.pem, key: $dir/tls.key}
auth:
  token:
    realm: https://auth.docker.io/token
    service: registry.docker.io
    issuer: test-issuer
    rootcertbundle: $dir/signing.pem
YML
  start hub-auth "$HERE/token_service.py" "$HUB_AUTH:443" "$dir/tls.pem" \
    "$dir/tls.key" "$dir/signing.pem" "$dir/signing.key"
  OTEL_TRACES_EXPORTER=none start hub \
    docker-registry serve "$dir/hub.yml"
  wait_until_up hub-auth curl -fs --cacert "$HUB_CA" \
    https://auth.docker.io/token
  wait_until_up hub curl -s --cacert "$HUB_CA" https://registry-1.docker.io/v2/
}

stop_hub() {
  stop hub
  stop hub-auth
}

# `METHOD PATH AGENT` of every request to the hub's registry but those of
# start_hub. Complete once the hub is stopped.
hub_requests() {
  local line='^[0-9.]+ - [^"]*"([A-Z]+) ([^ ]+) HTTP[^"]*" [0-9]+ [0-9]+'
  sed -nE "s#$line \"[^\"]*\" \"([^\"]*)\".*#\1 \2 \3#p" \
    "$STATE/log/hub.log" | grep -v ' curl/' || true
}
