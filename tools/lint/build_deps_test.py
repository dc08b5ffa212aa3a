#!/usr/bin/env python3
"""Tests of build_deps.py: which deps follow from which includes."""

import pathlib
import tempfile
import unittest

import build_deps
from source_tree import SourceTree

WORD = {
    "services/word/BUILD.bazel": """
cvr_cc_library(
    name = "word",
    srcs = ["word.cc"],
    hdrs = ["word.h"],
)
""",
    "services/word/word.h": "",
    "services/word/word.cc": '#include "services/word/word.h"\n',
}


def user(deps, include="services/word/word.h", kind="cvr_cc_library"):
    """The tree of a target with one file, which includes `include`."""
    return {
        **WORD,
        "services/user/BUILD.bazel": f"""
{kind}(
    name = "user",
    srcs = ["user.cc"],
{deps})
""",
        "services/user/user.cc": f'#include "{include}"\n',
    }


class BuildDepsTest(unittest.TestCase):
    def run_on(self, files, write=False):
        """(problems, the BUILD file of //services/user afterwards)."""
        with tempfile.TemporaryDirectory() as root:
            for name, content in files.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)
            problems = build_deps.check(SourceTree(root), write)
            build = pathlib.Path(root, "services/user/BUILD.bazel")
            return problems, build.read_text() if build.exists() else ""

    def problems(self, files):
        return self.run_on(files)[0]

    def written(self, files):
        problems, text = self.run_on(files, write=True)
        self.assertEqual(problems, [])
        return text

    def test_what_is_included_is_a_dep(self):
        right = user('    deps = ["//services/word:word"],\n')
        self.assertEqual(self.problems(right), [])
        self.assertEqual(self.problems(user("")),
                         ["//services/user:user: lacks //services/word:word"])

    def test_the_short_form_of_a_label_is_known(self):
        self.assertEqual(
            self.problems(user('    deps = ["//services/word"],\n')), [])

    def test_what_is_not_included_is_no_dep(self):
        files = user('    deps = ["@system//:grpc", "//services/word:word"],\n')
        self.assertEqual(self.problems(files),
                         ["//services/user:user: does not use @system//:grpc"])

    def test_the_longest_folder_of_a_system_header_decides(self):
        files = user("", "openssl/ssl.h")
        self.assertEqual(self.problems(files),
                         ["//services/user:user: lacks @system//:ssl"])
        files = user('    deps = ["@system//:ssl"],\n', "openssl/evp.h")
        self.assertEqual(self.problems(files), [])

    def test_what_macros_add_is_not_named(self):
        self.assertEqual(self.problems(user("", "absl/time/time.h")), [])
        self.assertEqual(
            self.problems(user("", "gmock/gmock.h", "cvr_cc_test")), [])
        self.assertEqual(self.problems(user("", "gmock/gmock.h")),
                         ["//services/user:user: lacks @system//:gmock"])

    def test_libraries_without_headers_stay(self):
        files = user('    deps = ["//services/word:link", '
                     '"//services/word:word"],\n')
        files["services/word/BUILD.bazel"] += """
cvr_cc_library(
    name = "link",
    srcs = ["link.cc"],
    alwayslink = True,
)
"""
        files["services/word/link.cc"] = ""
        self.assertEqual(self.problems(files), [])

    def test_headers_of_protos_belong_to_the_proto_library(self):
        files = user("", "cvr/word.grpc.pb.h")
        files["protos/cvr/BUILD.bazel"] = """
cvr_proto_library(
    name = "word_proto",
    srcs = ["word.proto"],
)
"""
        self.assertEqual(
            self.problems(files),
            ["//services/user:user: lacks //protos/cvr:word_proto"])

    def test_a_header_of_no_target_is_a_problem(self):
        files = user("", "services/word/other.h")
        files["services/word/other.h"] = ""
        self.assertEqual(self.problems(files), [
            "//services/user:user: services/user/user.cc: no target has "
            "services/word/other.h",
            "services/word/other.h: in no BUILD file"])

    def test_a_file_that_is_gone_is_a_problem_unless_a_rule_makes_it(self):
        files = user("")
        del files["services/user/user.cc"]
        gone = "//services/user:user: there is no services/user/user.cc"
        self.assertEqual(self.problems(files), [gone])
        files["services/user/BUILD.bazel"] += """
genrule(
    name = "user_cc",
    outs = ["user.cc"],
)
"""
        self.assertEqual(self.problems(files), [])

    def test_writes_a_list_where_none_was(self):
        self.assertEqual(self.written(user("")), """
cvr_cc_library(
    name = "user",
    srcs = ["user.cc"],
    deps = ["//services/word:word"],
)
""")

    def test_writes_several_in_order_and_takes_the_last_away(self):
        files = user('    deps = ["@system//:curl"],\n')
        files["services/user/user.cc"] += '#include "grpcpp/grpcpp.h"\n'
        self.assertIn("""    deps = [
        "//services/word:word",
        "@system//:grpc",
    ],
""", self.written(files))
        files = user('    deps = ["@system//:curl"],\n', "vector")
        self.assertNotIn("deps", self.written(files))


if __name__ == "__main__":
    unittest.main()
