#!/usr/bin/env python3
"""Tests of documents.py: what documents must name, and what they may."""

import pathlib
import tempfile
import unittest

import documents
from source_tree import SourceTree

PLAN = """# Architecture

## Floor plan

| package | what it is |
| --- | --- |
| `gateway` | HTTP |
| `services/blob` | bytes |

## Other

| `gateway/missing` | not of the plan |
"""
PLAN_ALONE = PLAN.split("## Other")[0]


class DocumentsTest(unittest.TestCase):
    def problems(self, plan=PLAN_ALONE, design="", more=()):
        """What is wrong with a small tree with these documents."""
        files = {
            "ARCHITECTURE.md": plan,
            "BUILD.bazel": "",
            "gateway/BUILD.bazel": 'cc_library(name = "gateway")',
            "gateway/route.h": "",
            "gateway/route.cc": "",
            "services/blob/BUILD.bazel": "",
            "services/blob/DESIGN.md": design,
            "services/blob/engine/feed.h": "",
            **dict.fromkeys(more, ""),
        }
        with tempfile.TemporaryDirectory() as root:
            for name, content in files.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)
            return documents.problems_of(SourceTree(root))

    def assert_fine(self, text):
        self.assertEqual(self.problems(design=text), [], text)

    def assert_wrong(self, text, missing):
        found = self.problems(design=text)
        self.assertEqual(len(found), 1, text)
        self.assertTrue(found[0].startswith("services/blob/DESIGN.md:"), found)
        self.assertIn(missing, found[0])

    def test_every_package_has_a_row(self):
        self.assertEqual(self.problems(), [])
        found = self.problems(more=["tests/rest/BUILD.bazel"])
        self.assertEqual(len(found), 1)
        self.assertIn("no row for tests/rest", found[0])

    def test_a_mention_elsewhere_is_no_row(self):
        plan = PLAN_ALONE + "\n## Other\n\nSee `tests/rest`.\n"
        found = self.problems(plan, more=["tests/rest/BUILD.bazel"])
        self.assertEqual(len(found), 1)

    def test_every_row_is_a_package(self):
        # The folder is there, the package is not.
        plan = PLAN_ALONE + "| `services/blob/engine` | |\n"
        found = self.problems(plan)
        self.assertEqual(len(found), 1)
        self.assertIn("services/blob/engine is no package", found[0])

    def test_one_row_for_a_package(self):
        plan = PLAN_ALONE.rstrip() + "\n| `gateway` | again |\n"
        found = self.problems(plan)
        self.assertEqual(len(found), 1)
        self.assertIn("gateway has two rows", found[0])

    def test_rows_of_other_tables_are_paths_only(self):
        found = self.problems(PLAN)
        self.assertEqual(len(found), 1)
        self.assertIn("no such path: gateway/missing", found[0])

    def test_paths_exist_from_the_root_or_from_the_document(self):
        for text in ("`gateway/route.h`", "`gateway/`", "`services/blob`",
                     "`engine/feed.h`", "`../blob/engine`",
                     "`gateway/route.h --flag`"):
            self.assert_fine(text)
        for text in ("`gateway/path.h`", "`metadata/`", "`gateway/feed.h`",
                     "`gateway/route.h/`", "`gateway/old.py --write`"):
            self.assert_wrong(text, text.strip("`").split()[0])

    def test_two_files_in_braces(self):
        self.assert_fine("`gateway/route.{h,cc}`")
        self.assert_wrong("`services/blob/engine/feed.{h,cc}`", "feed.cc")

    def test_a_span_may_be_broken(self):
        self.assert_wrong("run `gateway/old\nhere`", "gateway/old")

    def test_the_line_is_named(self):
        found = self.problems(design="```\ncode\n```\n\n`gateway/path.h`\n")
        self.assertEqual(found, [
            "services/blob/DESIGN.md:5: no such path: gateway/path.h"])

    def test_source_files_by_their_names(self):
        for text in ("`feed.h`", "`route.{h,cc}`", "`feed.h:12`", "`key.pem`"):
            self.assert_fine(text)
        self.assert_wrong("`lost.h`", "lost.h")
        self.assert_wrong("`feed.{h,cc}`", "feed.cc")

    def test_labels(self):
        self.assert_fine("`//gateway:gateway`")
        self.assert_wrong("`//gateway:other`", "//gateway:other")
        self.assert_wrong("`//other:gateway`", "//other:gateway")

    def test_what_is_no_path(self):
        for text in ("`/v2/`", "`<data_dir>/admin-token`", "`text/html`",
                     "`application/vnd.oci.image.index.v1+json`",
                     "`cvr registry create team/hub`", "`bytes */N`",
                     "gateway/lost.h without backticks",
                     "```\n`gateway/lost.h`\n```"):
            self.assert_fine(text)

    def test_the_plan_is_needed(self):
        with tempfile.TemporaryDirectory() as root:
            pathlib.Path(root, "a.txt").write_text("")
            self.assertEqual(len(documents.problems_of(SourceTree(root))), 1)


if __name__ == "__main__":
    unittest.main()
