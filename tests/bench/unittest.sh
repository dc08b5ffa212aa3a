#!/bin/bash
# Runs the unit tests of one module.
exec python3 -B -m unittest -v "$@"
