#!/bin/sh
# Runs a Python script as a test.
exec python3 -B "$@"
