"""How tools/bench goes on when systems fail, with systems that only pretend."""

import contextlib
import io
import types
import unittest

from tests.bench.cases import Case
from tests.bench.errors import Failed
from tests.bench.figures import Sample
from tests.bench.runner import Runner
from tests.bench.system import Role


class FakeSystem:
    """Runs until it is told to die; can refuse to start."""

    def __init__(self, name, roles=frozenset(Role), starts=True):
        self.name = name
        self.roles = roles
        self.starts = 0
        self.running = False
        self._can_start = starts

    def start(self, _state, _upstream):
        if not self._can_start:
            raise Failed("no such program")
        self.starts += 1
        self.running = True

    def stop(self):
        self.running = False

    def fault(self):
        return None if self.running else "ended"


class RunnerTest(unittest.TestCase):
    def setUp(self):
        self.asked = []  # (case, system), in order.
        self.failing = set()
        self.deadly = set()

    def _case(self, name, role=Role.HIT):
        def measure(_bench, system):
            self.asked.append((name, system.name))
            if (name, system.name) in self.deadly:
                system.running = False
                raise Failed("connection reset")
            if (name, system.name) in self.failing:
                raise Failed("wrong bytes")
            return Sample(1.0, {}, 1.0, 1, 0.0)

        return Case(name, name, "x", True, role, measure)

    def _run(self, cases, systems, repeats=1, budget_s=None):
        scale = types.SimpleNamespace(repeats=repeats, budget_s=budget_s)
        bench = types.SimpleNamespace(scale=scale, upstream=None, round=0)
        runner = Runner(bench, cases, systems, None)
        with contextlib.redirect_stderr(io.StringIO()):
            return runner.run()

    def test_the_order_of_systems_rotates(self):
        systems = [FakeSystem("a"), FakeSystem("b")]
        self._run([self._case("c")], systems, repeats=3)
        self.assertEqual("".join(name for _, name in self.asked), "abbaab")

    def test_a_failure_stops_neither_the_system_nor_the_others(self):
        self.failing.add(("first", "a"))
        systems = [FakeSystem("a"), FakeSystem("b")]
        cases = [self._case("first"), self._case("second")]
        results = self._run(cases, systems, repeats=2)
        self.assertEqual(results.find("first", "a").failure, "wrong bytes")
        self.assertEqual(len(results.find("first", "b").samples), 2)
        self.assertEqual(len(results.find("second", "a").samples), 2)

    def test_a_failed_case_is_not_tried_again(self):
        self.failing.add(("first", "a"))
        self._run([self._case("first")], [FakeSystem("a")], repeats=3)
        self.assertEqual(len(self.asked), 1)

    def test_a_system_that_dies_is_started_for_the_next_case(self):
        self.deadly.add(("first", "a"))
        system = FakeSystem("a")
        cases = [self._case("first"), self._case("second")]
        results = self._run(cases, [system])
        self.assertEqual(
            results.find("first", "a").failure, "connection reset (ended)"
        )
        self.assertEqual(len(results.find("second", "a").samples), 1)
        self.assertEqual(system.starts, 2)

    def test_a_system_that_does_not_start_fails_every_case(self):
        cases = [self._case("first"), self._case("second")]
        results = self._run(cases, [FakeSystem("a", starts=False)])
        for case in cases:
            reason = results.find(case.name, "a").failure
            self.assertIn("no such program", reason)
        self.assertEqual(self.asked, [])

    def test_only_systems_with_the_role_are_asked(self):
        systems = [FakeSystem("a", {Role.HIT}), FakeSystem("b")]
        results = self._run([self._case("c", Role.STORE)], systems)
        self.assertEqual(self.asked, [("c", "b")])
        self.assertIsNone(results.find("c", "a"))

    def test_what_there_was_no_time_for_says_so(self):
        results = self._run(
            [self._case("c")], [FakeSystem("a")], budget_s=1e-9
        )
        self.assertEqual(results.find("c", "a").failure, "out of time")


if __name__ == "__main__":
    unittest.main()
