"""Sets up the machine and builds what is measured."""

import json
import shutil
import subprocess
import sys

_BAZEL = ["bazel", "build", "--config=opt", "--noshow_progress"]
_BAZEL += ["--ui_event_filters=-info"]


def set_up(root):
    command = [root / "tools/setup", "bench"]
    subprocess.run(command, check=True, stdout=sys.stderr)


def _build(root, target):
    """Returns the program's path, or None."""
    result = subprocess.run(
        _BAZEL + [target], cwd=root, stdout=sys.stderr, check=False
    )
    if result.returncode:
        return None
    package, _, name = target.removeprefix("//").partition(":")
    return root / "bazel-bin" / package / name


def binaries(root, targets, directory):
    """Builds the programs and copies them to `directory`, where no later build
    replaces them. Returns it, or why there are none, as text."""
    directory.mkdir()
    for target in targets:
        program = _build(root, target)
        if program is None:
            return f"{target} does not build"
        shutil.copy2(program, directory)
    return directory


def micro_benchmarks(root):
    """Builds and runs the micro-benchmarks. Name -> ns and MB/s."""
    query = 'kind(cc_binary, attr(tags, "benchmark", //tests/bench:all))'
    listed = subprocess.run(
        ["bazel", "query", "--noshow_progress", query],
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found = {}
    for target in listed.stdout.split():
        program = _build(root, target)
        if program:
            found |= _run_micro(program)
    return found


def _run_micro(program):
    result = subprocess.run(
        [program, "--benchmark_format=json", "--benchmark_repetitions=3"]
        + ["--benchmark_report_aggregates_only=true"],
        stdout=subprocess.PIPE,
        check=True,
    )
    return {
        entry["run_name"]: {
            "ns": entry["real_time"],
            "mb_per_s": entry["bytes_per_second"] / 1e6
            if "bytes_per_second" in entry
            else None,
        }
        for entry in json.loads(result.stdout)["benchmarks"]
        if entry.get("aggregate_name") == "median"
    }
