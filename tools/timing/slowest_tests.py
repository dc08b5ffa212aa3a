#!/usr/bin/env python3
"""Prints the tests that took longest, from what Bazel has recorded.

usage: slowest_tests.py CONFIG=FILE...

FILE is what `bazel test --build_event_json_file=FILE` writes, CONFIG the name
to show for that run. Results from Bazel's cache, which took no time now, do not
count. The time of a target is that of all its shards and runs, and the last
column the longest of them: that is what a target's time-out is compared with.
"""

import collections
import json
import sys

ROWS_MAX = 10


def results_of(events):
    """(label, seconds) of each run of a shard, of the lines `events`."""
    for line in events:
        try:
            event = json.loads(line)
        except ValueError:  # The last line of a run that was broken off.
            continue
        label = event.get("id", {}).get("testResult", {}).get("label")
        result = event.get("testResult", {})
        if label is None or is_cached(result):
            continue
        # Numbers of 64 bits are strings in JSON.
        yield label, int(result.get("testAttemptDurationMillis", 0)) / 1000


def is_cached(result):
    return (result.get("cachedLocally", False) or
            result.get("executionInfo", {}).get("cachedRemotely", False))


def slowest(runs, rows_max=ROWS_MAX):
    """Rows (seconds, config, label, runs, longest), of `runs`: config -> the
    lines of its file."""
    seconds = collections.defaultdict(list)
    for config, events in runs.items():
        for label, duration in results_of(events):
            seconds[config, label].append(duration)
    rows = [(sum(taken), config, label, len(taken), max(taken))
            for (config, label), taken in seconds.items()]
    return sorted(rows, key=lambda row: (-row[0], row[1:]))[:rows_max]


def text_of(row):
    total, config, label, runs, longest = row
    shards = f", {runs} runs, longest {longest:.1f} s" if runs > 1 else ""
    return f"{total:8.1f} s  {config:5}  {label}{shards}"


def main(arguments):
    runs = {}
    for argument in arguments:
        config, _, path = argument.partition("=")
        with open(path, encoding="utf-8") as file:
            runs[config] = file.readlines()
    rows = slowest(runs)
    if rows:
        print("== slowest tests")
    for row in rows:
        print(text_of(row))


if __name__ == "__main__":
    main(sys.argv[1:])
