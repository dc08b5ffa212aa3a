# shellcheck shell=bash
# What `run` starts inside the namespaces: runs cases, one after the other, and
# reports. A case is a function `case_NAME`; it fails when a command in it does.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE
for part in lib upstream hub images cvr clients cases mirrors logins names tls \
  outages readme; do
  # shellcheck source=/dev/null
  . "$HERE/$part.sh"
done

all_cases() {
  declare -F | sed -n 's/^declare -f case_//p'
}

isolate() {
  ip link set lo up
  # Container engines keep sockets and locks there, whatever they are told.
  mount -t tmpfs tmpfs /run
  # Debian's programs, not what else may be installed on this machine.
  export PATH=/usr/sbin:/usr/bin:/sbin:/bin
  export HOME=$STATE/home TMPDIR=$STATE/tmp
  unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
  mkdir -p "$HOME" "$TMPDIR" "$STATE"/{log,pid}
}

# Runs FUNCTION in a shell of its own that ends at the first command that fails;
# leaves the outcome in $outcome. Not to be called in a condition: Bash would
# then ignore failures all the way down.
attempt() { # LOG FUNCTION
  set +e
  (
    set -e
    trap stop_all_but_upstream EXIT
    "$2"
  ) >"$1" 2>&1
  outcome=$?
  set -e
}

fails_in_the_middle() {
  false
  true
}

# A case that fails must be seen to fail.
check_attempt() {
  attempt /dev/null fails_in_the_middle
  [[ $outcome -ne 0 ]] || die "failures go unnoticed"
}

run_case() { # NAME
  local log=$STATE/log/case-$1.log start=$SECONDS
  echo "---- $1"
  # A case that failed may have left it stopped.
  running upstream || start_upstream
  attempt "$log" "case_$1"
  if [[ $outcome -eq 0 ]]; then
    passed=$((passed + 1))
    echo "PASS $1 ($((SECONDS - start)) s)"
  else
    failed=$((failed + 1))
    tail -n 60 "$log"
    show_logs
    echo "FAIL $1 ($((SECONDS - start)) s)"
  fi
}

main() {
  local cases=() name outcome passed=0 failed=0
  mapfile -t cases < <(all_cases)
  if [[ ${1:-} == --list ]]; then
    printf '%s\n' "${cases[@]}"
    return 0
  fi
  [[ $# -eq 0 ]] || cases=("$@")
  for name in "${cases[@]}"; do
    declare -F "case_$name" >/dev/null || die "no such case: $name"
  done
  isolate
  trap stop_all EXIT
  start_upstream
  attempt "$STATE/log/images.log" push_images
  [[ $outcome -eq 0 ]] ||
    die "cannot make the images: $(tail -n 20 "$STATE/log/images.log")"
  check_attempt
  for name in "${cases[@]}"; do
    run_case "$name"
  done
  echo "$passed passed, $failed failed"
  [[ $failed -eq 0 ]]
}

main "$@"
