#!/usr/bin/env python3
"""Tests of tidy.py: each check finds what it is for, and nothing else."""

import pathlib
import tempfile
import unittest

import tidy
from source_tree import SourceTree

CLEAN_HEADER = """\
#ifndef SERVICES_A_B_H_
#define SERVICES_A_B_H_

namespace cvr {

// A comment may say std::thread, printf( and sleep_for.
inline int B() { return 1; }

}  // namespace cvr

#endif  // SERVICES_A_B_H_
"""


class TidyTest(unittest.TestCase):
    def problems(self, files, build='srcs = glob(["*"])'):
        """What is wrong with a tree of `files`: path -> content."""
        with tempfile.TemporaryDirectory() as root:
            for name, content in files.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)
                named = "".join(f'"{n.name}"\n' for n in path.parent.iterdir())
                if build and name.endswith((".cc", ".h")):
                    path.with_name("BUILD.bazel").write_text(named)
            return list(tidy.problems_of(SourceTree(root)))

    def assert_found(self, problem, name, content):
        found = self.problems({name: content})
        self.assertEqual(len(found), 1, found)
        self.assertIn(problem, found[0])

    def assert_clean(self, name, content):
        self.assertEqual(self.problems({name: content}), [])

    def test_clean_file_has_no_problems(self):
        self.assert_clean("services/a/b.h", CLEAN_HEADER)

    def test_problem_names_file_and_line(self):
        found = self.problems({"services/a/b.cc": "int a;\nint b; \n"})
        self.assertEqual(found,
                         ["services/a/b.cc:2: space at the end of the line"])

    def test_every_text(self):
        self.assert_found("tab", "README.md", "a\tb\n")
        self.assert_found("space at the end", "README.md", "a \n")
        self.assert_found("unfinished", "README.md", "TO" "DO: more\n")
        self.assert_found("unfinished", "services/a/b.cc", "// FIX" "ME\n")
        self.assert_found("no line break", "README.md", "a")
        self.assert_found("empty line", "README.md", "a\n\n")

    def test_line_length(self):
        self.assert_clean("services/a/b.cc", "/" * 80 + "\n")
        self.assert_found("81 columns", "services/a/b.cc", "/" * 81 + "\n")
        self.assert_found("81 columns", "tools/x", "#!/bin/sh\n" + "#" * 81 +
                          "\n")
        self.assert_clean("README.md", "x" * 200 + "\n")
        self.assert_clean("services/a/b.cc", "// https://" + "x" * 80 + "\n")

    def test_file_length(self):
        self.assert_clean("services/a/b.cc", "int a;\n" * 500)
        self.assert_found("501 lines", "services/a/b.cc", "int a;\n" * 501)

    def test_function_length(self):
        def function(lines):
            return "int F() {\n" + "  f();\n" * (lines - 2) + "}\n"

        self.assert_clean("services/a/b.cc", function(100))
        self.assert_found("101 lines", "services/a/b.cc", function(101))
        # A test, and a definition over several lines.
        self.assert_found("101 lines", "services/a/b_test.cc",
                          function(101).replace("int F()", "TEST(A, B)"))
        split = function(101).replace("F()", "F(int a,\n      int b)")
        self.assert_found("102 lines", "services/a/b.cc", split)

    def test_functions_are_not_lumped_together(self):
        short = "int F() { return 1; }\n\n" + "int G() {\n  g();\n}\n\n"
        content = (short * 30).rstrip() + "\n"
        self.assert_clean("services/a/b.cc", content)

    def test_class_is_no_function(self):
        self.assert_clean("services/a/b.cc",
                          "class A {\n" + "  int a;\n" * 200 + "};\n")

    def test_guard(self):
        for wrong in ("SERVICES_A_C_H_", "A_B_H_"):
            self.assert_found("guard must be SERVICES_A_B_H_",
                              "services/a/b.h",
                              CLEAN_HEADER.replace("SERVICES_A_B_H_", wrong))
        self.assert_found("guard", "services/a/b.h", "int a;\n")

    def test_banned_calls(self):
        for code in ("std::thread t;", "std::jthread t;", "std::mutex m;",
                     "absl::Mutex m;", "std::unique_lock<M> l(m);",
                     "std::this_thread::sleep_for(x);", "usleep(1);",
                     "sleep(1);", 'printf("x");', 'std::printf("x");',
                     "std::cout << 1;", "using namespace std;",
                     "strcpy(a, b);"):
            self.assert_found("", "services/a/b.cc", code + "\n")

    def test_what_only_looks_banned(self):
        for code in ("snprintf(a, 1, b);", "fprintf(stderr, a);",
                     'Log("std::thread");', "// std::mutex",
                     "client.sleep(1);", "std::this_thread::get_id();"):
            self.assert_clean("services/a/b.cc", code + "\n")

    def test_banned_calls_have_their_place(self):
        self.assert_clean("services/concurrency/thread.cc", "std::thread t;\n")
        self.assert_found("mutex.h", "services/concurrency/thread.cc",
                          "std::mutex m;\n")
        self.assert_clean("tools/cvr/a.cc", "std::cout << 1;\n")
        for name in ("gateway/gateway_main.cc", "services/a/b_test.cc"):
            self.assert_clean(name, "std::cout << 1;\n")

    def test_sleeps_of_tests(self):
        sleep = "  absl::SleepFor(absl::Seconds(1));\n"
        problem = "must not wait for time"
        self.assert_found(problem, "services/a/b_test.cc", sleep)
        self.assert_found(problem, "tests/a/b.cc", sleep)
        self.assert_clean("tests/a/b.cc", "  while (!done()) {\n" + sleep +
                          "  }\n")
        self.assert_clean("services/a/b.cc", sleep)

    def test_dead_file(self):
        found = self.problems({
            "services/a/BUILD.bazel": 'srcs = ["b.cc", "sub/d.cc"]\n',
            "services/a/b.cc": "int b;\n",
            "services/a/c.cc": "int c;\n",
            "services/a/sub/d.cc": "int d;\n",
        }, build=None)
        self.assertEqual(found, ["services/a/c.cc:1: no BUILD file names it"])

    def test_files_that_macros_name(self):
        build = 'x("route")\ndef x(name): srcs = [name + "_fuzz.cc"]\n'
        files = {"tests/a/BUILD.bazel": build, "tests/a/route_fuzz.cc":
                 "int a;\n", "tests/a/route_other.cc": "int b;\n"}
        found = self.problems(files, build=None)
        self.assertEqual(found,
                         ["tests/a/route_other.cc:1: no BUILD file names it"])

    def test_tables_and_their_document_agree(self):
        document = ("# Keys\n\n| table | key | value |\n| --- | --- | --- |\n"
                    "| `a` | Int(id) | empty |\n| `b` | Int(id) | empty |\n"
                    "\n| `c` | is of another table | |\n")
        store = 'return "a";\nreturn "c";\n'
        found = self.problems({tidy.TABLES: store,
                               tidy.TABLES_DOCUMENT: document})
        self.assertEqual(found, [
            f"{tidy.TABLES_DOCUMENT}:1: no key grammar of table c",
            f"{tidy.TABLES_DOCUMENT}:1: there is no table b"])
        self.assertEqual(self.problems({
            tidy.TABLES: store.replace('"c"', '"b"'),
            tidy.TABLES_DOCUMENT: document}), [])

    def test_binary_files_are_passed_over(self):
        with tempfile.TemporaryDirectory() as root:
            pathlib.Path(root, "a.bin").write_bytes(b"\xff\x00\t \n\n")
            self.assertEqual(list(tidy.problems_of(SourceTree(root))), [])

    def test_data_is_passed_over(self):
        self.assert_clean("tests/fuzz/corpus/route/a", "a \t")

    def test_warnings(self):
        with tempfile.TemporaryDirectory() as root:
            pathlib.Path(root, "a.cc").write_text("int a;\n" * 251)
            tree = SourceTree(root)
            self.assertIn("251 lines", "".join(tidy.warnings_of(tree)))


if __name__ == "__main__":
    unittest.main()
