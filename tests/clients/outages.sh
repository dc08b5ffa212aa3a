# shellcheck shell=bash
# Services that are away, and gateways that are restarted, as clients see it.

# The second registry wants a login; two tokens may pull from it.
outage_tokens() {
  local name
  cvr registry create private
  cvr upstream attach --registry 2 --upstream 1
  for name in carol dave; do
    cvr token create --name "$name" --scope read_virtual_registry -o json |
      jq -r .secret >"$STATE/$name"
  done
}

outage_copy() { # WHO REFERENCE
  skopeo --insecure-policy copy -q --src-cert-dir "$CERTS" \
    --src-creds "$1:$(cat "$STATE/$1")" \
    "docker://${PREFIX%/1}/2/$2" "dir:$(mktemp -d "$STATE/skopeo.XXXXXX")"
}

expect_unavailable() { # COMMAND...
  if "$@" >"$STATE/said" 2>&1; then fail "not refused: $*"; fi
  grep -qiE '503|is unavailable' "$STATE/said" ||
    fail "refused for another reason: $(cat "$STATE/said")"
}

# A whole image, by tag and by digest, for who has pulled it, and for nobody
# else, while the metadata service is stopped.
case_outage_skopeo() {
  local digest
  start_tls_three --outage_wait=1s
  outage_tokens
  # A hit only now, and so remembered.
  outage_copy carol library/alpine:latest
  wait_until every_blob_of_alpine_is_recorded
  outage_copy carol library/alpine:latest
  outage_copy dave library/multi:latest
  digest=$(skopeo inspect --cert-dir "$CERTS" \
    --creds "carol:$(cat "$STATE/carol")" --format '{{.Digest}}' \
    "docker://${PREFIX%/1}/2/library/alpine:latest")
  stop cvr-metadata
  outage_copy carol library/alpine:latest
  outage_copy carol "library/alpine@$digest"
  expect_unavailable outage_copy dave library/alpine:latest
  expect_unavailable outage_copy carol library/multi:latest
  skopeo_forget
  stop_cvr
}

# Two gateways behind a balancer, as the README has them.
start_two_gateways() {
  local i metadata=unix:$STATE/metadata.sock blob=unix:$STATE/blob.sock
  rm -rf "$STATE/data"
  mkdir -p "$STATE/data"
  start_cvr_three
  GATEWAY_FLAGS=(--metadata_address="$metadata" --blob_address="$blob"
    --trusted_proxies=127.0.0.1)
  stop cvr-gateway
  for i in one two; do
    start_server "gateway-$i" cvr-gateway --http_address=127.0.0.1:0 \
      "${GATEWAY_FLAGS[@]}"
  done
  BALANCER=127.0.0.1:$((20000 + RANDOM % 10000))
  "$HERE/readme_blocks.py" file "$HERE/../../README.md" haproxy.cfg |
    sed "s/127.0.0.1:8090/$BALANCER/
      s/127.0.0.1:8444/$(jq -r .http "$STATE/gateway-one.ready")/
      s/127.0.0.1:8445/$(jq -r .http "$STATE/gateway-two.ready")/" \
      >"$STATE/haproxy.cfg"
  start haproxy haproxy -f "$STATE/haproxy.cfg"
  wait_until_up haproxy curl -fs "http://$BALANCER/readyz"
  PREFIX=$BALANCER/virtual_registries/containers/1
}

restart_gateway() { # one|two
  local address
  address=$(jq -r .http "$STATE/gateway-$1.ready")
  stop "gateway-$1"
  start_server "gateway-$1" cvr-gateway --http_address="$address" \
    "${GATEWAY_FLAGS[@]}"
  wait_until curl -fs "http://$address/readyz"
}

# Pulls again and again until there is a file `enough`.
pull_all_the_time() { # NUMBER
  local number=$1 image
  while [[ ! -e $STATE/enough ]]; do
    image=$(mktemp -d "$STATE/pull-$number.XXXXXX")
    skopeo --insecure-policy copy -q --src-tls-verify=false \
      "docker://$PREFIX/library/alpine:latest" "dir:$image" \
      2>>"$STATE/pulls.failed" || echo "pull $number" >>"$STATE/pulls.failed"
    rm -rf "$image"
    echo . >>"$STATE/pulls"
  done
}

pulled() { # TIMES
  [[ $(wc -l <"$STATE/pulls") -ge $1 ]]
}

pulled_more() { # TIMES
  wait_until pulled "$(($(wc -l <"$STATE/pulls") + $1))"
}

# Each of them is restarted while clients pull, and nobody notices; neither does
# who pulls what is cached while the service behind both is away.
case_two_gateways() {
  local i name clients=()
  start_two_gateways
  : >"$STATE/pulls"
  skopeo_pull library/alpine:latest
  for i in 1 2 3; do
    pull_all_the_time "$i" &
    clients+=($!)
  done
  pulled_more 6
  for name in one two one two; do
    restart_gateway "$name"
    pulled_more 6
  done
  touch "$STATE/enough"
  wait "${clients[@]}"
  [[ ! -s $STATE/pulls.failed ]] || fail "$(cat "$STATE/pulls.failed")"
  stop cvr-metadata
  for i in 1 2 3 4; do skopeo_pull library/alpine:latest; done
  skopeo_forget
  for name in haproxy gateway-one gateway-two; do stop "$name"; done
  stop_cvr
}
