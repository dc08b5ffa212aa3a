#!/bin/bash
# Runs a Python script beside this file, or below tools/, in the source tree
# that this test was built from, with Debian's python3-protobuf.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
exec /usr/bin/python3 -B "$here/$1"
