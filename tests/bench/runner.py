"""Runs cases on systems: each repetition asks all systems in turn, in an order
that rotates, so that what the machine does meanwhile hits all alike."""

import sys
import time

from tests.bench.errors import Failed
from tests.bench.figures import Results


class Runner:
    def __init__(self, bench, cases, systems, state):
        self._bench = bench
        self._cases = cases
        self._systems = systems
        self._state = state
        self._broken = {}  # Systems that do not start: the reason.
        self.results = Results()
        self.repeats = 0  # Complete ones.
        self._begin = time.monotonic()

    def run(self):
        budget_s = self._bench.scale.budget_s
        deadline = self._begin + budget_s if budget_s else float("inf")
        started = self._begin
        for number in range(self._bench.scale.repeats):
            previous, started = started, time.monotonic()
            # A repetition takes about as long as the one before it.
            if number and started + (started - previous) > deadline:
                print(f"time for {number} repetitions", file=sys.stderr)
                break
            self._bench.round = number
            self._repeat(number, deadline)
            self.repeats += 1
        return self.results

    def _repeat(self, number, deadline):
        for index, case in enumerate(self._cases):
            able = [s for s in self._systems if case.role in s.roles]
            shift = (number + index) % max(1, len(able))
            for system in able[shift:] + able[:shift]:
                self._measure(number, case, system, deadline)

    def _measure(self, number, case, system, deadline):
        record = self.results.record(case.name, system.name)
        if record.failure:
            return
        if time.monotonic() > deadline:
            if not record.samples:
                record.failure = "out of time"
            return
        try:
            self._make_run(system)
            sample = case.measure(self._bench, system)
        except Failed as failure:
            record.failure = str(failure)
            if fault := system.fault():
                record.failure += f" ({fault})"
            self._say(number, case, system, f"FAILED: {failure}")
            return
        record.samples.append(sample)
        self._say(number, case, system, f"{sample.value:.4g} {case.unit}")

    def _say(self, number, case, system, text):
        elapsed = time.monotonic() - self._begin
        print(
            f"{elapsed:6.1f} s  {number + 1}/{self._bench.scale.repeats} "
            f"{case.name} {system.name}: {text}",
            file=sys.stderr,
            flush=True,
        )

    def _make_run(self, system):
        if system.name in self._broken:
            raise Failed(self._broken[system.name])
        if not system.fault():
            return
        system.stop()
        try:
            system.start(self._state, self._bench.upstream)
        except Failed as failure:
            self._broken[system.name] = str(failure)
            raise
