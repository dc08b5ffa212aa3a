# shellcheck shell=bash
# The upstream: CNCF distribution without authentication. Its log has a line per
# request, which tells what was asked of it.

readonly UPSTREAM=127.0.0.1:5000

start_upstream() {
  cat >"$STATE/upstream.yml" <<YML
version: 0.1
log: {level: info, accesslog: {disabled: false}}
storage:
  filesystem: {rootdirectory: $STATE/upstream}
  maintenance: {uploadpurging: {enabled: false}}
http: {addr: $UPSTREAM}
YML
  OTEL_TRACES_EXPORTER=none start upstream \
    docker-registry serve "$STATE/upstream.yml"
  wait_until_up upstream curl -fs "http://$UPSTREAM/v2/"
}

stop_upstream() {
  stop upstream
}

# Remembers how much the upstream was asked so far. A line is written when a
# request is done, so one of our own makes sure that those before it are there.
mark_upstream() {
  local path="/v2/?mark=$RANDOM$RANDOM" log=$STATE/log/upstream.log line
  curl -fs "http://$UPSTREAM$path" >/dev/null
  line="\"GET $path HTTP"
  wait_until grep -qF "$line" "$log"
  grep -nF "$line" "$log" | cut -d: -f1 >"$STATE/upstream-mark"
}

# `METHOD PATH` of every request since mark_upstream.
upstream_requests() {
  tail -n +"$(($(cat "$STATE/upstream-mark") + 1))" "$STATE/log/upstream.log" |
    sed -nE 's/^[0-9.]+ - [^"]*"([A-Z]+) ([^ ]+) HTTP[^"]*".*/\1 \2/p'
}

expect_no_upstream_requests() { # WHEN
  local asked
  asked=$(upstream_requests)
  [[ -z $asked ]] || fail "$1 the upstream was asked: $asked"
}
