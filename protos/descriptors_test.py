#!/usr/bin/env python3
"""Tests what clients of the .proto files rely on; needs /usr/bin/protoc.

* The declarations below google/ are the official ones: their descriptors, as
  protoc writes them without source info, have the official SHA-256. So a client
  that links ours and those of googleapis finds one file, not two that disagree.
* Every file compiles by itself, from protos/ as the only root, without a
  warning.
* The public API (cvr/v1) imports nothing of cvr/internal.
* Every file of ours has the options without which Go and Java have no packages
  for it, and its package is the folder that it is in.
"""

import functools
import hashlib
import pathlib
import re
import subprocess
import tempfile
import unittest

PROTOC = "/usr/bin/protoc"
# Where the sources are, also when a test runner links to this file.
ROOT = pathlib.Path(__file__).resolve().parent

# googleapis as in release 5 of google-proto-files.
OFFICIAL = {
    "google/api/annotations.proto":
        "07810be97ce45c6f1d7c4f484cf4100e563ec6caa091493b3acbcb9c1d3ef01e",
    "google/api/field_behavior.proto":
        "72fac854cbd095b3b2725c3cf3825d063eede55477830e46deed34f5e3d6d46c",
    "google/api/http.proto":
        "a34205b10796c2d2f04b0968755706e78c5f3d29891d770411d397aec8171cb1",
    "google/rpc/code.proto":
        "d31b4d4399378893773ee43b1e43e41185fbb115c9631140ae7904cd947a603c",
    "google/rpc/error_details.proto":
        "78a9624c79b558bd5c7c63d223b5650dd708eae506ca66b1478ea7776a059f7b",
    "google/rpc/status.proto":
        "f69c97c2012e384b01fe80a0eda8cbbc75e2535f1b7e7b6250bb90e88efb8c78",
}

COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
STRING_OR_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|' + COMMENT.pattern,
                               re.DOTALL)
IMPORT = re.compile(r'^\s*import\s+(?:public\s+|weak\s+)?"([^"]+)"\s*;',
                    re.MULTILINE)
PACKAGE = re.compile(r"^\s*package\s+([\w.]+)\s*;", re.MULTILINE)
OPTION = re.compile(r'^\s*option\s+(\w+)\s*=\s*"?([^";]*)"?\s*;', re.MULTILINE)

GO_PREFIX = "container-virtual-registry.dev/"
JAVA_PREFIX = "dev.container_virtual_registry."


def without_comments(text):
    return STRING_OR_COMMENT.sub(
        lambda found: found.group() if found.group().startswith('"') else "",
        text)


def problems_of(name, text):
    """What is wrong with the source `text` of our file `name`, as a list."""
    code = without_comments(text)
    options = dict(OPTION.findall(code))
    package = PACKAGE.search(code)
    problems = []
    if not package or package.group(1).replace(".", "/") != str(
            pathlib.PurePosixPath(name).parent):
        problems.append("its package is not its folder")
    if not options.get("go_package", "").startswith(GO_PREFIX):
        problems.append("no go_package of ours")
    if not options.get("java_package", "").startswith(JAVA_PREFIX):
        problems.append("no java_package of ours")
    if options.get("java_multiple_files") != "true":
        problems.append("java_multiple_files is not true")
    if name.startswith("cvr/v1/"):
        problems += [f"imports {other}" for other in IMPORT.findall(code)
                     if not other.startswith(("cvr/v1/", "google/"))]
    return problems


def names_below(folder):
    return sorted(str(path.relative_to(ROOT))
                  for path in (ROOT / folder).rglob("*.proto"))


@functools.lru_cache(maxsize=None)
def compile_alone(name):
    """(what protoc said, the descriptor set's bytes) for one file."""
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder, "descriptors")
        done = subprocess.run(
            [PROTOC, f"-I{ROOT}", "--fatal_warnings",
             f"--descriptor_set_out={output}", name],
            capture_output=True, check=False, text=True)
        if done.returncode != 0:
            return done.stderr or f"status {done.returncode}", b""
        return done.stderr, output.read_bytes()


class DescriptorsTest(unittest.TestCase):
    def test_google_declarations_are_the_official_ones(self):
        self.assertEqual(names_below("google"), sorted(OFFICIAL))
        for name, expected in OFFICIAL.items():
            with self.subTest(name):
                said, descriptors = compile_alone(name)
                self.assertEqual(said, "")
                self.assertEqual(hashlib.sha256(descriptors).hexdigest(),
                                 expected)

    def test_every_file_compiles_by_itself(self):
        names = names_below(".")
        self.assertGreater(len(names), len(OFFICIAL))
        for name in names:
            with self.subTest(name):
                self.assertEqual(compile_alone(name)[0], "")

    def test_our_files_have_packages_for_every_language(self):
        names = names_below("cvr")
        self.assertTrue([n for n in names if n.startswith("cvr/v1/")])
        for name in names:
            with self.subTest(name):
                self.assertEqual(problems_of(name, (ROOT / name).read_text()),
                                 [])


class ProblemsTest(unittest.TestCase):
    """What the check above finds."""

    GOOD = ('syntax = "proto3";\n'
            "package cvr.v1;\n"
            'import "cvr/v1/group.proto";\n'
            'import "google/protobuf/any.proto";\n'
            'option go_package = "container-virtual-registry.dev/a/v1;v1";\n'
            "option java_multiple_files = true;\n"
            'option java_package = "dev.container_virtual_registry.v1";\n')

    def problems(self, old, new, name="cvr/v1/a.proto"):
        self.assertIn(old, self.GOOD)
        return problems_of(name, self.GOOD.replace(old, new))

    def test_good_file(self):
        self.assertEqual(problems_of("cvr/v1/a.proto", self.GOOD), [])

    def test_internal_import(self):
        for statement in ('import "', 'import public "'):
            found = self.problems('import "cvr/v1/group',
                                  statement + "cvr/internal/v1/caller")
            self.assertEqual(found, ["imports cvr/internal/v1/caller.proto"])

    def test_internal_files_may_import_both(self):
        text = self.GOOD.replace("cvr.v1", "cvr.internal.v1").replace(
            "cvr/v1/group", "cvr/internal/v1/caller")
        self.assertEqual(problems_of("cvr/internal/v1/a.proto", text), [])

    def test_missing_options(self):
        for option in ("go_package", "java_package", "java_multiple_files"):
            with self.subTest(option):
                found = self.problems(f"option {option}",
                                      f"// option {option}")
                self.assertEqual(len(found), 1)
                self.assertIn(option, found[0])
        self.assertEqual(len(self.problems("= true", "= false")), 1)

    def test_foreign_packages(self):
        self.assertEqual(
            len(self.problems("container-virtual-registry.dev", "example.org")),
            1)
        self.assertEqual(len(self.problems("dev.container", "com.example")), 1)

    def test_package_of_another_folder(self):
        self.assertEqual(len(self.problems("package cvr.v1", "package cvr.v2")),
                         1)
        self.assertEqual(len(self.problems("package cvr.v1;", "")), 1)


if __name__ == "__main__":
    unittest.main()
