#!/bin/bash
exec python3 -B -m unittest -v tests.bench.figures_test
