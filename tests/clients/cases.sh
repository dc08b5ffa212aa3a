# shellcheck shell=bash
# What must be seen. PREFIX decides where from: see cvr.sh.

# Every kind of image, each into an empty storage.
pull_every_image() { # CLIENT
  local client=$1 alpine multi
  alpine=$STATE/digest-alpine multi=$STATE/digest-multi
  # Asked once, for the upstream may be stopped later.
  [[ -s $alpine ]] || digest_of library/alpine latest >"$alpine"
  [[ -s $multi ]] || digest_of library/multi latest >"$multi"
  pull_one "$client" library/alpine:latest
  pull_one "$client" "library/alpine@$(cat "$alpine")"
  pull_one "$client" library/alpine:zstd
  pull_one "$client" team/app/backend:v1
  pull_one "$client" library/multi:latest linux/amd64
  pull_one "$client" library/multi:latest linux/arm64
  pull_one "$client" "library/multi@$(cat "$multi")" linux/arm64
  pull_one "$client" library/large:latest
}

pull_one() { # CLIENT REFERENCE [PLATFORM]
  echo "$1: pull ${*:2}"
  "$1_forget"
  "$1_pull" "${@:2}"
}

# The image that was pulled is the image: it runs and says who it is.
expect_runs() { # CLIENT
  local said
  [[ $1 != skopeo ]] || return 0
  pull_one "$1" library/alpine:latest
  said=$("$1_run" library/alpine:latest cat /etc/os-release)
  grep -qF 'PRETTY_NAME="tiny amd64"' <<<"$said" || fail "run said: $said"
}

# A client may have its bytes a moment before they are recorded.
every_blob_is_recorded() {
  local fetched=$STATE/fetched recorded=$STATE/recorded
  upstream_requests | sed -n 's#^GET /v2\(/.*/blobs/.*\)#\1#p' | sort -u \
    >"$fetched"
  cvr entry list -o json | jq -r '.[].relative_path' | sort >"$recorded"
  [[ -s $fetched && -z $(comm -23 "$fetched" "$recorded") ]]
}

# The first pull fills the cache, the second needs nothing of the upstream, and
# a third not even its being there.
cold_warm_and_cut_off() { # CLIENT standalone|three
  start_cvr "$2"
  "$1_start"
  mark_upstream
  pull_every_image "$1"
  [[ -n $(upstream_requests) ]] || fail "the first pull asked nobody"
  wait_until every_blob_is_recorded
  expect_runs "$1"
  mark_upstream
  pull_every_image "$1"
  expect_no_upstream_requests "during the second pull"
  stop_upstream
  pull_every_image "$1"
  start_upstream
  "$1_forget"
  stop_cvr
}

case_skopeo_standalone() { cold_warm_and_cut_off skopeo standalone; }
case_skopeo_three() { cold_warm_and_cut_off skopeo three; }
case_podman_standalone() { cold_warm_and_cut_off podman standalone; }
case_podman_three() { cold_warm_and_cut_off podman three; }
case_docker_standalone() { cold_warm_and_cut_off docker standalone; }
case_docker_three() { cold_warm_and_cut_off docker three; }
case_containerd_standalone() { cold_warm_and_cut_off containerd standalone; }
case_containerd_three() { cold_warm_and_cut_off containerd three; }

# The cache entries are what the upstream has: as many, as large, of that type.
cached_is_what_upstream_has() { # standalone|three
  start_cvr "$1"
  skopeo_pull library/alpine:latest
  skopeo_pull library/large:latest
  skopeo_pull_all_platforms library/multi:latest
  "$HERE/expected_entries.py" "$UPSTREAM" library/alpine:latest \
    library/large:latest library/multi:latest | jq -S . >"$STATE/expected"
  wait_until entries_are_expected || {
    diff "$STATE/expected" "$STATE/entries"
    fail "< what the upstream has, > what the entries say"
  }
  skopeo_forget
  stop_cvr
}

entries_are_expected() {
  cvr entry list --upstream 1 -o json |
    jq -S 'map({relative_path, media_type, digest,
                size_bytes: (.size_bytes | tonumber)})
           | sort_by(.relative_path)' >"$STATE/entries"
  cmp "$STATE/expected" "$STATE/entries"
}

case_entries_standalone() { cached_is_what_upstream_has standalone; }
case_entries_three() { cached_is_what_upstream_has three; }

# The digest of a layer of 40 MiB.
large_layer() {
  curl -fs -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
    "http://$UPSTREAM/v2/library/large/manifests/latest" |
    jq -r '.layers[-1].digest'
}

larger_than() { # FILE BYTES
  [[ $(stat -c %s "$1") -gt $2 ]]
}

has_entry() { # PATH
  [[ $(cvr entry list --filter "relative_path = \"$1\"" -o json |
    jq length) -eq 1 ]]
}

# A client that is killed in the middle of a layer does not stop its download.
killed_client() { # standalone|three
  local layer url part=$STATE/part got
  start_cvr "$1"
  layer=$(large_layer)
  url=$BASE/library/large/blobs/$layer
  rm -f "$part"
  start slow-client curl -fsN --limit-rate 4M -o "$part" "$url"
  wait_until larger_than "$part" $((1 << 20))
  kill -9 "$(cat "$STATE/pid/slow-client")"
  if larger_than "$part" $(((40 << 20) - 1)); then
    fail "the client was not killed in mid-layer"
  fi
  wait_until has_entry "/library/large/blobs/$layer"
  stop_upstream
  got=$(curl -fs "$url" | sha256sum | cut -d' ' -f1)
  start_upstream
  expect_equal "$layer" "sha256:$got" "the stored layer"
}

case_killed_client_standalone() { killed_client standalone; }
case_killed_client_three() { killed_client three; }

# Ten clients at once get their image, and the upstream sends each blob once.
ten_at_once() { # standalone|three
  local i pids=() more_than_once
  start_cvr "$1"
  mark_upstream
  for i in {1..10}; do
    skopeo_pull library/large:latest &
    pids+=($!)
  done
  for i in "${pids[@]}"; do wait "$i"; done
  more_than_once=$(upstream_requests | grep '^GET .*/blobs/' | sort | uniq -d)
  expect_equal "" "$more_than_once" "blobs that were fetched more than once"
  skopeo_forget
}

case_ten_at_once_standalone() { ten_at_once standalone; }
case_ten_at_once_three() { ten_at_once three; }

# Clients try TLS first where plain HTTP is allowed, too. They must learn at
# once that it is not spoken here: curl tells an answer (35) from none (28).
case_tls_on_the_plain_port() {
  local status=0
  start_cvr standalone
  curl -sk --max-time 5 "https://${PREFIX%%/*}/v2/" || status=$?
  expect_equal 35 "$status" "the exit status of curl"
}

# The tests themselves: every client can pull and run every image without us.
case_clients_without_us() {
  local client
  start_direct
  mark_upstream
  skopeo_pull library/alpine:latest
  expect_equal 4 "$(upstream_requests | wc -l)" \
    "requests: the API's version, a manifest, a config and a layer"
  for client in skopeo podman docker containerd; do
    "${client}_start"
    pull_every_image "$client"
    expect_runs "$client"
    "${client}_forget"
  done
}
