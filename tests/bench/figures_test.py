"""The arithmetic and the tables of tools/bench, without any load."""

import pathlib
import tempfile
import unittest

from tests.bench import load, report, tables, targets
from tests.bench.bench import QUICK
from tests.bench.cases import CASES
from tests.bench.errors import Failed
from tests.bench.figures import Record, Results, Sample, ratio
from tests.bench.ours import Standalone
from tests.bench.peers import DistributionCache, NginxStatic
from tests.bench.targets import Figure, Target


def _sample(value, rss=10.0, threads=4, **extras):
    return Sample(value, extras, rss, threads, cpu_s=0.5)


def _results(**values):
    """`case_name={system: value}`, with `_` for `-`."""
    results = Results()
    for case, systems in values.items():
        for system, value in systems.items():
            record = results.record(case.replace("_", "-"), system)
            record.samples.append(_sample(value))
    return results


class RecordTest(unittest.TestCase):
    def test_the_middle_of_the_samples_counts(self):
        record = Record([_sample(v) for v in (900, 100, 110, 120, 1)])
        self.assertEqual(record.value(), 110)

    def test_of_an_even_number_the_two_in_the_middle_count(self):
        record = Record([_sample(v) for v in (4, 1, 2, 9)])
        self.assertEqual(record.value(), 3)

    def test_memory_and_threads_count_at_their_worst(self):
        record = Record([_sample(1, rss=5, threads=9), _sample(1, rss=7)])
        self.assertEqual(record.peak_rss_mib(), 7)
        self.assertEqual(record.threads(), 9)

    def test_one_excess_request_is_not_hidden_by_a_median(self):
        gets = [_sample(1, upstream_gets=n) for n in (1, 1, 50)]
        self.assertEqual(Record(gets).figure("upstream_gets"), 50)

    def test_other_further_figures_have_medians(self):
        walls = [_sample(1, wall_s=n) for n in (1, 2, 50)]
        self.assertEqual(Record(walls).figure("wall_s"), 2)

    def test_a_failure_voids_what_was_measured_before(self):
        record = Record([_sample(5)], failure="no answer")
        self.assertIsNone(record.value())
        self.assertIsNone(record.figure("threads"))
        self.assertEqual(record.as_json(), {"failed": "no answer"})

    def test_spread_is_relative_to_the_median(self):
        record = Record([_sample(v) for v in (8, 10, 12)])
        self.assertAlmostEqual(record.spread(), 0.4)


class RatioTest(unittest.TestCase):
    def test_is_above_one_when_ours_is_better(self):
        self.assertEqual(ratio(300, 100, higher_is_better=True), 3)
        self.assertEqual(ratio(5, 10, higher_is_better=False), 2)

    def test_is_unknown_when_one_side_is(self):
        self.assertIsNone(ratio(None, 100, True))
        self.assertIsNone(ratio(100, None, True))


class TargetTest(unittest.TestCase):
    TARGET = Target(
        "twice the peer", Figure("c", "us"), ">=", Figure("c", "them"), 2
    )

    def _judge(self, target, cores=2, **systems):
        return targets.judge(target, _results(c=systems), cores)

    def test_holds_at_its_bound(self):
        verdict = self._judge(self.TARGET, us=20, them=10)
        self.assertEqual((verdict.outcome, verdict.bound), ("holds", 20))

    def test_is_missed_below_its_bound(self):
        self.assertEqual(
            self._judge(self.TARGET, us=19.9, them=10).outcome, "missed"
        )

    def test_is_not_measured_without_either_side(self):
        for systems in ({"us": 20}, {"them": 10}, {}):
            self.assertEqual(
                self._judge(self.TARGET, **systems).outcome, "not measured"
            )

    def test_may_compare_to_a_constant(self):
        target = Target("one", Figure("c", "us"), "==", plus=1)
        self.assertEqual(self._judge(target, us=1).outcome, "holds")
        self.assertEqual(self._judge(target, us=2).outcome, "missed")

    def test_more_clients_than_cores_take_turns(self):
        target = Target(
            "", Figure("c", "us"), "<=", Figure("c", "them"), 1.5, clients=50
        )
        self.assertEqual(self._judge(target, 2, us=1, them=1).bound, 37.5)
        self.assertEqual(self._judge(target, 100, us=1, them=1).bound, 1.5)

    def test_every_target_names_a_case_and_a_system(self):
        cases = {case.name for case in CASES}
        for target in targets.TARGETS:
            self.assertIn(target.figure.case, cases)
            self.assertIn(target.comparison, (">=", "<=", "=="))
            if target.base:
                self.assertIn(target.base.case, cases)


class TableTest(unittest.TestCase):
    def setUp(self):
        self.cases = [case for case in CASES if case.name == "blob-hit-1"]
        self.systems = [Standalone("no binaries"), NginxStatic()]

    def _figures(self, results):
        return tables.figures(results, self.cases, self.systems)

    def test_numbers_have_three_digits(self):
        shown = [tables.number(v) for v in (3012.4, 41.26, 1.234, 2.0, None)]
        self.assertEqual(shown, ["3012", "41.3", "1.23", "2", "-"])

    def test_columns_line_up(self):
        lines = tables.render(["a", "b"], [["long name", 1], ["x", 22]])
        self.assertEqual(len({len(line) for line in lines.split("\n")}), 1)

    def test_figures_show_what_failed_and_what_was_not_asked(self):
        results = _results()
        results.record("blob-hit-1", "cvr-standalone").failure = "too slow"
        row = self._figures(results).split("\n")[2]
        self.assertIn("failed", row)
        self.assertEqual(row.split("|")[3].strip(), "")
        self.assertEqual(
            tables.failures(results, self.cases, self.systems),
            ["blob-hit-1, cvr-standalone: too slow"],
        )

    def test_ratios_pair_ours_with_each_peer(self):
        systems = self.systems + [DistributionCache()]
        results = _results(
            blob_hit_1={"cvr-standalone": 30, "nginx-static": 20}
        )
        row = tables.ratios(results, self.cases, systems).split("\n")[2]
        cells = [cell.strip() for cell in row.split("|")[2:4]]
        self.assertEqual(cells, ["1.50", "-"])


class WrkTest(unittest.TestCase):
    GOOD = """
  Latency Distribution
     50%  310.00us
     99%    1.20ms
  2000 requests in 1.00s, 1.00MB read
Requests/sec:   1999.50
"""

    def test_rate_and_latencies_are_read(self):
        rate, latencies = load.parse_wrk(self.GOOD)
        self.assertEqual(rate, 1999.5)
        self.assertAlmostEqual(latencies["p50_ms"], 0.31)
        self.assertAlmostEqual(latencies["p99_ms"], 1.2)

    def test_error_answers_fail(self):
        with self.assertRaises(Failed):
            load.parse_wrk(self.GOOD + "  Non-2xx or 3xx responses: 3\n")

    def test_many_broken_connections_fail_and_few_do_not(self):
        line = "  Socket errors: connect 0, read {}, write 0, timeout 0\n"
        load.parse_wrk(self.GOOD + line.format(20))
        with self.assertRaises(Failed):
            load.parse_wrk(self.GOOD + line.format(21))

    def test_no_answer_fails(self):
        with self.assertRaises(Failed):
            load.parse_wrk("  0 requests in 1.00s, 0.00B read\n")


class ReportTest(unittest.TestCase):
    def test_a_rewrite_keeps_the_remarks(self):
        made = report.Report(
            machine={"cores": 2},
            scale=QUICK,
            repeats=1,
            cases=list(CASES),
            systems=[Standalone(""), NginxStatic()],
            results=_results(blob_hit_1={"cvr-standalone": 1}),
            micro={},
        )
        with tempfile.TemporaryDirectory() as name:
            path = pathlib.Path(name) / "RESULTS.md"
            made.write_results(path)
            self.assertIn("None yet.", path.read_text())
            by_hand = "We lose at X\n\n## because\n\nof Y.\n"
            path.write_text(path.read_text().replace("None yet.\n", by_hand))
            made.write_results(path)
            text = path.read_text()
            self.assertTrue(text.endswith("## Remarks\n\n" + by_hand))
            made.write_results(path)
            self.assertEqual(path.read_text(), text)


if __name__ == "__main__":
    unittest.main()
