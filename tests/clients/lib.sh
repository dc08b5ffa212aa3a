# shellcheck shell=bash
# Background processes, waiting for conditions, and expectations. State is below
# $STATE: pid/NAME is the process that was started as NAME, log/NAME.log what it
# prints.

die() {
  echo "tests/clients: $*" >&2
  exit 1
}

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

expect_equal() { # WANT GOT WHAT
  [[ $1 == "$2" ]] || fail "$3: want '$1', got '$2'"
}

# Until COMMAND succeeds; fails after 60 seconds.
wait_until() { # COMMAND...
  local deadline=$((SECONDS + 60))
  until "$@" >/dev/null 2>&1; do
    if [[ $SECONDS -ge $deadline ]]; then
      echo "waited in vain for: $*" >&2
      return 1
    fi
    sleep 0.05
  done
}

# As wait_until, but fails as soon as the process NAME has ended.
wait_until_up() { # NAME COMMAND...
  local name=$1 deadline=$((SECONDS + 60))
  shift
  until "$@" >/dev/null 2>&1; do
    running "$name" || fail "$name ended: $(tail -n 20 "$STATE/log/$name.log")"
    [[ $SECONDS -lt $deadline ]] || fail "$name does not answer: $*"
    sleep 0.05
  done
}

start() { # NAME COMMAND...
  local name=$1
  shift
  if running "$name"; then fail "$name is running already"; fi
  "$@" >"$STATE/log/$name.log" 2>&1 </dev/null &
  echo $! >"$STATE/pid/$name"
}

# A process that has ended and that nobody has waited for is not running.
running() { # NAME
  local pid
  pid=$(cat "$STATE/pid/$1" 2>/dev/null) || return 1
  [[ -e /proc/$pid/stat ]] && ! grep -qs '^State:.*Z' "/proc/$pid/status"
}

# Asks it to stop; insists after 20 seconds, which is a failure of the test.
stop() { # NAME
  local pid deadline=$((SECONDS + 20))
  running "$1" || { rm -f "$STATE/pid/$1"; return 0; }
  pid=$(cat "$STATE/pid/$1")
  kill "$pid" 2>/dev/null || true
  while running "$1"; do
    if [[ $SECONDS -ge $deadline ]]; then
      kill -9 "$pid" 2>/dev/null || true
      rm -f "$STATE/pid/$1"
      fail "$1 does not stop"
    fi
    sleep 0.05
  done
  rm -f "$STATE/pid/$1"
}

stop_all() {
  stop_all_but_upstream
  stop upstream
}

stop_all_but_upstream() {
  local file
  for file in "$STATE"/pid/*; do
    [[ -e $file && $file != */upstream ]] || continue
    (stop "$(basename "$file")") || true
  done
}

show_logs() {
  local file
  for file in "$STATE"/log/cvr*.log; do
    [[ -s $file ]] || continue
    echo "-- the end of $(basename "$file"):"
    tail -n 20 "$file"
  done
}
