#!/usr/bin/env python3
"""Checks that what BUILD files say of C++ targets follows from the sources.

usage: build_deps.py [--write] [ROOT]

`deps` of a C++ target are the libraries whose headers its files include, and
those without headers (they register something where they are linked in), which
stay as they are written. With --write, lists that differ are written anew. A
file that no target has, or that two have, is reported.

A rule of a comprehension is not looked at.
"""

import ast
import collections
import os
import re
import sys

from source_tree import SourceTree, report

# Header, or folder of headers -> targets that offer it; any one of them does.
SYSTEM = {
    "CLI": ["cli11"],
    "absl": ["absl"],
    "benchmark": ["benchmark"],
    "curl": ["curl"],
    "gmock": ["gmock"],
    "google/protobuf": ["protobuf"],
    "grpc": ["grpc"],
    "grpcpp": ["grpc"],
    "grpcpp/ext/proto_server_reflection_plugin.h": ["grpc_reflection"],
    "gtest": ["gmock"],
    "httplib.h": ["cpp_httplib"],
    "jwt.h": ["jwt"],
    "nlohmann": ["nlohmann_json"],
    "openssl": ["crypto", "ssl"],
    "openssl/ssl.h": ["ssl"],
    "re2": ["re2"],
    "rocksdb": ["rocksdb"],
    "sodium.h": ["sodium"],
    "spdlog": ["spdlog"],
    "yaml-cpp": ["yaml_cpp"],
}

CPP_RULES = ("cvr_cc_library", "cvr_cc_binary", "cvr_cc_test", "cvr_fuzz_test")
TEST_RULES = ("cvr_cc_test", "cvr_fuzz_test")
# What the macros of //tools/bazel:cc.bzl add, to all targets and to tests.
OF_ALL = {"@system//:absl"}
OF_TESTS = {"@system//:gmock", "@system//:gmock_main"}
OWN_FOLDERS = ("cvr/", "gateway/", "protos/", "services/", "tests/", "tools/")
INCLUDE = re.compile(r'^ *#include [<"]([^">]+)[">]', re.MULTILINE)


class Rule:
    """One call in a BUILD file."""

    def __init__(self, package, call):
        self.package = package
        self.call = call
        self.kind = ast.unparse(call.func)
        self.keywords = {keyword.arg: keyword.value
                         for keyword in call.keywords}
        self.name = self.strings("name")[0]
        self.label = f"//{package}:{self.name}"

    def strings(self, key):
        """Every string below the attribute `key`."""
        if key not in self.keywords:
            return []
        return [node.value for node in ast.walk(self.keywords[key])
                if isinstance(node, ast.Constant)]

    def files(self, key):
        """The source files in `key`; no labels."""
        return [os.path.join(self.package, name) for name in self.strings(key)
                if not name.startswith((":", "//", "@"))]

    def sources(self):
        if self.kind == "cvr_fuzz_test":
            return [os.path.join(self.package, name) for name in
                    ("check.h", "replay_test.cc", self.name + "_fuzz.cc")]
        return self.files("srcs") + self.files("hdrs")

    def absolute(self, label):
        if label.startswith(":"):
            return f"//{self.package}{label}"
        folder, colon, name = label.partition(":")
        return f"{folder}:{name if colon else os.path.basename(folder)}"

    def relative(self, label):
        here = f"//{self.package}:"
        return ":" + label[len(here):] if label.startswith(here) else label

    def repeats(self):
        return len(self.strings("deps")) > len(self.deps())

    def deps(self):
        return {self.absolute(label) for label in self.strings("deps")}


def parse(package, text):
    calls = [statement.value for statement in ast.parse(text).body
             if isinstance(statement, ast.Expr)
             and isinstance(statement.value, ast.Call)]
    return [Rule(package, call) for call in calls
            if any(keyword.arg == "name" for keyword in call.keywords)]


class Targets:
    """All targets of the tree, and which of them offers which header."""

    def __init__(self, tree):
        self.tree = tree
        self.rules = []
        for name in tree.build_files():
            self.rules += parse(os.path.dirname(name), tree.text(name))
        self.owners = collections.defaultdict(set)
        self.without_headers = set()
        self.generated = {name for rule in self.rules
                          for name in rule.files("outs")}
        for rule in self.rules:
            self._note(rule)

    def _note(self, rule):
        headers = rule.files("hdrs")
        if rule.kind == "cvr_proto_library":
            stems = [name[:-len(".proto")].removeprefix("protos/")
                     for name in rule.files("srcs")]
            headers = [stem + end for stem in stems
                       for end in (".pb.h", ".grpc.pb.h")]
        if not headers:
            self.without_headers.add(rule.label)
        for header in headers:
            self.owners[header].add(rule.label)

    def wanted(self, rule):
        """The deps that the files of `rule` ask for, and problems."""
        deps, problems = set(), []
        for name in rule.sources():
            is_there = name in self.tree.names
            if not is_there and name not in self.generated:
                problems.append(f"{rule.label}: there is no {name}")
            text = self.tree.text(name) if is_there else None
            for header in INCLUDE.findall(text or ""):
                offers = self._offers(header, rule)
                if offers is None:
                    problems.append(f"{rule.label}: {name}: no target has "
                                    f"{header}")
                elif not offers & ({rule.label} | deps):
                    deps.add(min(offers, key=lambda label: (
                        label not in rule.deps(), label)))
        deps -= OF_ALL
        if rule.kind in TEST_RULES:
            deps -= OF_TESTS
        return deps, problems

    def _offers(self, header, rule):
        """Labels that offer `header`; empty when none is needed."""
        path = os.path.join(rule.package, header)
        if {path, header} & set(rule.sources()):
            return {rule.label}
        if header in self.owners:
            return self.owners[header]
        parts = header.split("/")
        for length in range(len(parts), 0, -1):
            known = SYSTEM.get("/".join(parts[:length]))
            if known:
                return {f"@system//:{name}" for name in known}
        return None if header.startswith(OWN_FOLDERS) else {rule.label}


def order(label):
    return (not label.startswith(":"), not label.startswith("//"), label)


def deps_text(rule, deps):
    labels = sorted(map(rule.relative, deps), key=order)
    if len(labels) == 1:
        return f'["{labels[0]}"]'
    lines = "".join(f'        "{label}",\n' for label in labels)
    return f"[\n{lines}    ]"


def rewritten(text, rule, deps):
    """`text` with `deps` in the place of those of `rule`."""
    lines = text.splitlines(keepends=True)
    call = next(other.call for other in parse(rule.package, text)
                if other.name == rule.name)
    node = next((k.value for k in call.keywords if k.arg == "deps"), None)
    if node is None:
        lines.insert(call.end_lineno - 1,
                     f"    deps = {deps_text(rule, deps)},\n")
        return "".join(lines)
    before = "".join(lines[:node.lineno - 1])
    before += lines[node.lineno - 1][:node.col_offset]
    after = lines[node.end_lineno - 1][node.end_col_offset:]
    after += "".join(lines[node.end_lineno:])
    if deps:
        return before + deps_text(rule, deps) + after
    return before[:before.rindex("\n") + 1] + after[after.index("\n") + 1:]


def is_plain(rule):
    """Whether deps are one list, not a select() or a sum."""
    return isinstance(rule.keywords.get("deps", ast.List()), ast.List)


def check(tree, write):
    targets = Targets(tree)
    problems = []
    for rule in targets.rules:
        if rule.kind not in CPP_RULES or not is_plain(rule):
            continue
        wanted, found = targets.wanted(rule)
        problems += found
        wanted |= rule.deps() & targets.without_headers
        if wanted == rule.deps() and not rule.repeats():
            continue
        if write:
            path = tree.root / rule.package / "BUILD.bazel"
            path.write_text(rewritten(path.read_text(), rule, wanted))
            continue
        if rule.repeats():
            problems.append(f"{rule.label}: names a dep twice")
        problems += [f"{rule.label}: lacks {label}"
                     for label in sorted(wanted - rule.deps())]
        problems += [f"{rule.label}: does not use {label}"
                     for label in sorted(rule.deps() - wanted)]
    return problems + misplaced(tree, targets)


def misplaced(tree, targets):
    """C++ files that no rule has, where rules are spelled out."""
    text = "\n".join(tree.text(name) for name in tree.build_files())
    known = {name for rule in targets.rules
             for name in rule.sources() + rule.files("data")}
    return [f"{name}: in no BUILD file" for name in tree.cpp_files()
            if name not in known
            and f'"{os.path.basename(name)}"' not in text
            and f'"{os.path.splitext(os.path.basename(name))[0]}"' not in text]


def main(arguments):
    write = "--write" in arguments
    roots = [word for word in arguments if word != "--write"]
    root = roots[0] if roots else os.path.join(
        os.path.dirname(os.path.abspath(__file__)), "..", "..")
    return report(check(SourceTree(root), write), "build_deps")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
