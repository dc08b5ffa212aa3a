#!/usr/bin/env python3
"""Tests of slowest_tests.py."""

import json
import unittest

import slowest_tests


def result(label, millis, **more):
    return json.dumps({
        "id": {"testResult": {"label": label, "run": 1, "attempt": 1}},
        "testResult": {"status": "PASSED",
                       "testAttemptDurationMillis": str(millis), **more}})


class SlowestTestsTest(unittest.TestCase):
    def labels(self, runs, **options):
        return [row[2] for row in slowest_tests.slowest(runs, **options)]

    def test_the_slowest_comes_first(self):
        self.assertEqual(
            self.labels({"plain": [result("//a:a", 10), result("//b:b", 30),
                                   result("//c:c", 20)]}),
            ["//b:b", "//c:c", "//a:a"])

    def test_shards_are_added_up(self):
        rows = slowest_tests.slowest(
            {"plain": [result("//a:a", 3000), result("//a:a", 5000)]})
        self.assertEqual(rows, [(8.0, "plain", "//a:a", 2, 5.0)])
        self.assertEqual(slowest_tests.text_of(rows[0]),
                         "     8.0 s  plain  //a:a, 2 runs, longest 5.0 s")

    def test_configurations_stay_apart(self):
        rows = slowest_tests.slowest({"plain": [result("//a:a", 1000)],
                                      "asan": [result("//a:a", 9000)]})
        self.assertEqual([row[:3] for row in rows],
                         [(9.0, "asan", "//a:a"), (1.0, "plain", "//a:a")])

    def test_what_comes_from_the_cache_took_no_time(self):
        self.assertEqual(
            self.labels({"plain": [
                result("//a:a", 10, cachedLocally=True),
                result("//b:b", 10, executionInfo={"cachedRemotely": True}),
                result("//c:c", 10)]}),
            ["//c:c"])

    def test_only_some_are_shown(self):
        many = [result(f"//a:{i}", i) for i in range(100, 150)]
        self.assertEqual(self.labels({"plain": many}, rows_max=2),
                         ["//a:149", "//a:148"])
        self.assertEqual(len(self.labels({"plain": many})), 10)

    def test_other_events_and_broken_lines_do_not_matter(self):
        self.assertEqual(
            self.labels({"plain": [json.dumps({"id": {"progress": {}}}),
                                   result("//a:a", 10), '{"id": {"te']}),
            ["//a:a"])


if __name__ == "__main__":
    unittest.main()
