#!/usr/bin/env python3
"""Checks that ARCHITECTURE.md and every DESIGN.md name what there is.

usage: documents.py [ROOT]

One line per problem, `file:line: what`:

* The table "Floor plan" of ARCHITECTURE.md has exactly one row for each
  package: each folder with a BUILD.bazel, besides the root.
* What is in backticks and has a `/` is a path of the repository, from its root
  or from the document's folder, and exists. `a.{h,cc}` stands for two files.
* What is in backticks and is called like a source file exists somewhere.
* A label, `//package:target`, names a package and a target of it.

Not meant are spans that cannot be paths (they begin with `/`, or have `<`), and
the few of OTHER_NAMES. Of a command its first word counts.
"""

import os
import re
import sys

from source_tree import SourceTree, report

PLAN = "ARCHITECTURE.md"
PLAN_HEADING = "## Floor plan"

FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`]+)`")
ROW = re.compile(r"^\| *`([^`|]+)`")
LABEL = re.compile(r"^//([\w./-]*):([\w./-]+)$")
BRACES = re.compile(r"\{([^{}]*)\}")
PATH = re.compile(r"^[\w.{},/-]+$")
SOURCE_FILE = re.compile(r"^[\w{},]+\.(h|cc|proto|py|sh|bzl|\{h,cc\})$")

# Names with a `/` that are no paths of the repository, and what they are.
OTHER_NAMES = [re.compile(pattern + "$") for pattern in (
    r"(application|multipart|text)/[\w.+-]+",  # media types
    r"http/1\.1",  # a protocol, as ALPN calls it
    r"library/\w*|a/b|acme/team",  # repositories and groups
    r"containers/",  # a part of URLs
    r"settings/key_check",  # a row of the metadata store
)]


def packages_of(tree):
    folders = {os.path.dirname(name) for name in tree.build_files()}
    return folders - {""}


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def without_fences(text):
    """The text with fenced blocks emptied; line numbers stay."""
    return FENCED.sub(lambda block: "\n" * block.group().count("\n"), text)


def expand(path):
    """`a.{h,cc}` as `a.h` and `a.cc`."""
    braces = BRACES.search(path)
    if not braces:
        return [path]
    return [path[:braces.start()] + choice + path[braces.end():]
            for choice in braces.group(1).split(",")]


class Documents:
    def __init__(self, tree):
        self.tree = tree
        self.files = set(tree.names)
        self.base_names = {os.path.basename(name) for name in tree.names}
        self.folders = set()
        for name in tree.names:
            while name := os.path.dirname(name):
                self.folders.add(name)

    def exists(self, path, document):
        here = os.path.dirname(document)
        for start in ("", here):
            found = os.path.normpath(os.path.join(start, path))
            if found in self.folders:
                return True
            if found in self.files and not path.endswith("/"):
                return True
        return False

    def has_target(self, package, target):
        build_file = os.path.join(package, "BUILD.bazel")
        return (build_file in self.files and
                f'"{target}"' in self.tree.text(build_file))

    def check_span(self, span, document):
        """What is wrong with a span in backticks, or None."""
        word = span.split()[0] if span.split() else ""
        label = LABEL.match(word)
        if label:
            return (None if self.has_target(*label.groups()) else
                    f"no target {word}")
        if SOURCE_FILE.match(word):
            missing = [name for name in expand(word)
                       if name not in self.base_names]
            return (f"no file is called {', '.join(missing)}" if missing
                    else None)
        if ("/" not in word or word.startswith("/") or not PATH.match(word) or
                any(pattern.match(word) for pattern in OTHER_NAMES)):
            return None
        missing = [path for path in expand(word)
                   if not self.exists(path, document)]
        return f"no such path: {', '.join(missing)}" if missing else None

    def check(self, document):
        text = without_fences(self.tree.text(document))
        for span in SPAN.finditer(text):
            problem = self.check_span(span.group(1), document)
            if problem:
                yield f"{document}:{line_of(text, span.start())}: {problem}"


def rows_of_plan(text):
    """(line, path) of each row of the table under PLAN_HEADING."""
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("#"):
            inside = line.strip() == PLAN_HEADING
        row = ROW.match(line)
        if inside and row:
            yield number, row.group(1)


def check_plan(tree):
    packages = packages_of(tree)
    named = set()
    for number, path in rows_of_plan(tree.text(PLAN)):
        if path not in packages:
            yield f"{PLAN}:{number}: {path} is no package"
        if path in named:
            yield f"{PLAN}:{number}: {path} has two rows"
        named.add(path)
    for package in sorted(packages - named):
        yield f"{PLAN}:1: the floor plan has no row for {package}"


def problems_of(tree):
    documents = Documents(tree)
    if PLAN not in documents.files:
        return [f"{PLAN}:1: the file is missing"]
    names = [PLAN] + [name for name in tree.names
                      if os.path.basename(name) == "DESIGN.md"]
    problems = list(check_plan(tree))
    for name in names:
        problems += documents.check(name)
    return problems


if __name__ == "__main__":
    ROOT = sys.argv[1] if len(sys.argv) > 1 else "."
    sys.exit(report(problems_of(SourceTree(ROOT)), "documents"))
