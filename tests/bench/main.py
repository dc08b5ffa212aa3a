"""The command line of tools/bench."""

import argparse
import contextlib
import dataclasses
import pathlib
import shutil
import signal
import sys
import tempfile

from tests.bench import build, machine, ours, peers, report
from tests.bench.bench import FULL, QUICK, Bench
from tests.bench.cases import CASES
from tests.bench.runner import Runner

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_RESULTS = _ROOT / "tests/bench/RESULTS.md"
_PEERS = (
    peers.Distribution,
    peers.DistributionCache,
    peers.NginxStatic,
    peers.NginxCache,
)
_OURS = (ours.Standalone, ours.Services)
_TOOLS = ("curl", "docker-registry", "nginx", "sha256sum", "wrk")
# As apt would need at least; the content is stored by every cache.
_COPIES = 6


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="tools/bench",
        description="Measures this system beside its peers on loopback: sets "
        "up, builds, runs, and prints figures, ratios and which of the "
        "design's targets hold.",
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="all cases in under 3 minutes")
    add("--only", metavar="CASE,..", help="these cases; see --list")
    add("--systems", metavar="NAME,..", help="these systems; see --list")
    add("--repeats", type=int, metavar="N", help="repetitions (default: 5)")
    add("--slow-bytes", type=int, metavar="N", help="size of the blob that "
        "slow clients read (default: that of the hits)")
    add("--list", action="store_true", help="lists cases and systems")
    add("--out", type=pathlib.Path, metavar="FILE", help="writes JSON there")
    add("--write-results", action="store_true", help="rewrites RESULTS.md")
    add("--micro", action="store_true", help="also the micro-benchmarks")
    add("--no-setup", action="store_true", help="does not run tools/setup")
    add("--state", type=pathlib.Path, metavar="DIR", help="a directory on a "
        "disk for what is stored meanwhile (default: a new one in $TMPDIR)")
    return parser, parser.parse_args(arguments)


def _chosen(parser, option, all_of, wanted):
    """Those of `all_of` whose names `wanted` lists; all when it is None."""
    if wanted is None:
        return list(all_of)
    names = wanted.split(",")
    known = [entry.name for entry in all_of]
    for name in names:
        if name not in known:
            parser.error(f"{option}: unknown '{name}'; there are "
                         + ", ".join(known))
    return [entry for entry in all_of if entry.name in names]


def _print_list():
    print("cases:")
    for case in CASES:
        print(f"  {case.name:20} {case.title}, {case.unit}")
    print("systems:")
    for system in _OURS + _PEERS:
        print(f"  {system.name:20} {system.title}")


def _needed_bytes(scale):
    cold = scale.repeats * 3 * scale.cold_bytes
    return _COPIES * (scale.hit_bytes + cold + (scale.slow_bytes or 0))


def _check_room(directory, scale):
    free = shutil.disk_usage(directory).free
    if free < _needed_bytes(scale):
        sys.exit(
            f"tools/bench: {directory} has {free >> 30} GiB free, "
            f"{_needed_bytes(scale) >> 30} GiB are needed (--state, --quick)"
        )


def _check_tools():
    missing = [tool for tool in _TOOLS if not shutil.which(tool)]
    if missing:
        sys.exit("tools/bench: not installed: " + ", ".join(missing))


def _run(scale, cases, classes, binaries, state):
    """Returns the systems and the runner, after the run."""
    with contextlib.ExitStack() as cleanup:
        upstream = peers.Upstream(state)
        cleanup.callback(upstream.stop)
        print("pushing the content", file=sys.stderr)
        bench = Bench(scale, upstream)
        systems = []
        for kind in classes:
            system = kind(binaries) if kind in _OURS else kind()
            cleanup.callback(system.stop)
            systems.append(system)
        runner = Runner(bench, cases, systems, state)
        runner.run()
        return systems, runner


def main(arguments):
    parser, options = _parse(arguments)
    if options.list:
        _print_list()
        return 0
    cases = _chosen(parser, "--only", CASES, options.only)
    classes = _chosen(parser, "--systems", _OURS + _PEERS, options.systems)
    scale = QUICK if options.quick else FULL
    if options.repeats:
        scale = dataclasses.replace(scale, repeats=options.repeats)
    if options.slow_bytes:
        scale = dataclasses.replace(scale, slow_bytes=options.slow_bytes)

    if not options.no_setup:
        build.set_up(_ROOT)
    _check_tools()
    # A signal unwinds the stack, so that what was started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(
        prefix="cvr-bench.", dir=options.state
    ) as name:
        state = pathlib.Path(name)
        _check_room(state, scale)
        targets = [t for kind in classes if kind in _OURS for t in kind.targets]
        binaries = build.binaries(_ROOT, targets, state / "bin")
        about = machine.describe(_ROOT)
        systems, runner = _run(scale, cases, classes, binaries, state)
        micro = build.micro_benchmarks(_ROOT) if options.micro else {}
    found = report.Report(
        about, scale, runner.repeats, cases, systems, runner.results, micro
    )
    print(found.text())
    if options.out:
        options.out.write_text(found.as_json() + "\n")
    if options.write_results:
        found.write_results(_RESULTS)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
