#!/bin/bash
# usage: openapi_golden_test.sh GOLDEN BUILT
#
# Fails when the OpenAPI document in the repository is not what the protos say.
set -euo pipefail

if ! diff -u "$1" "$2"; then
  echo "$1 is not what the protos say. If the change of the API is meant:" >&2
  echo "  bazel build //gateway/native_rest:openapi_built" >&2
  echo "  cp bazel-bin/gateway/native_rest/built/openapi.json $1" >&2
  exit 1
fi
