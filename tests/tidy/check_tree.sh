#!/bin/bash
# Runs a check of tools/lint on the source tree that this test was built from.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
root=$(cd "$here/../.." && pwd)
exec python3 -B "$root/tools/lint/$1" "$root"
