#!/usr/bin/env python3
"""Checks that no layer reaches the wrong way.

usage: layers.py [ROOT]

The arrows are those of ARCHITECTURE.md. Which package may use which is said by
Bazel's visibility; here stands what that cannot say: that a layer uses nothing
but these, whatever others offer, that only what assembles a process names
concrete classes, and that products use no tests. What is checked are the
#include lines of C++ files.
"""

import ast
import dataclasses
import os
import re
import sys

from source_tree import SourceTree, report

ALL = "all"

# What every layer may use.
WORDS = {
    "protos": ALL,
    "services/common": ALL,
    "services/network": ALL,
    "services/policy": ALL,
    "services/concurrency": ALL,
}
PROCESS = {
    **WORDS,
    "services/process": ALL,
    "services/rpc": ALL,
    "services/access": ALL,
}

# Layer -> what it may use of others: everything, or these headers. Itself is
# always allowed. The longest path that a file is under is its layer.
LAYERS = {
    "protos": {},
    "services/common": {"protos": ALL},
    "services/network": {},
    "services/policy": {"protos": ALL, "services/common": ALL,
                        "services/network": ALL},
    "services/concurrency": {"services/common": ALL},
    "services/process": WORDS,
    "services/access": {**WORDS, "services/process": ALL},
    "services/rpc": {**WORDS, "services/process": ALL, "services/access": ALL},
    "services/upstream": {**WORDS, "services/upstream/api": ALL,
                          "services/process": ALL},
    "services/upstream/api": WORDS,
    "services/metadata": {**PROCESS, "services/metadata/api": ALL},
    "services/metadata/api": {**PROCESS, "services/metadata": [
        "policy_wire", "upstream_url", "upstream_wire", "validation"]},
    "services/blob": {
        **PROCESS,
        "services/blob/api": ALL,
        "services/upstream": ["upstream_prober"],
        "services/upstream/api": ALL,
        "services/metadata/api": ALL,
    },
    "services/blob/api": {**PROCESS, "services/metadata/api": ALL},
    # Before what it is in.
    "gateway/rest": {**PROCESS, "gateway": [
        "administration", "authorization_field", "form", "http_message",
        "query", "url_text"]},
    "gateway/native_rest": {**PROCESS, "gateway": [
        "administration", "authorization_field", "form", "http_message",
        "url_text"], "gateway/rest": ["running_calls"]},
    "gateway": {
        **PROCESS,
        "services/metadata/api": ["resolver", "token_authority"],
        "services/blob/api": ["content_source"],
    },
    "services/standalone": {**PROCESS, "services/metadata": [
        "metadata_stack", "upstream_url"]},
    "tools/cvr": PROCESS,
    # Black boxes: they know the system by its wire only.
    "tests/conformance": {"protos": ALL, "tests/support": ALL},
    "tests/clients": {},
    "tests/isolation": {"protos": ALL, "tests/support": ALL,
                        "tests/integration": ["system"]},
}

# What assembles a process names concrete classes: the arrows that are open to
# it besides its layer's.
ASSEMBLY = {
    "services/blob": ["services/upstream", "services/metadata"],
    "gateway": ["services/metadata", "services/metadata/api", "services/blob",
                "services/blob/api", "gateway/rest", "gateway/native_rest"],
    "gateway/rest": ["gateway", "services/metadata"],
    "services/standalone": ["services/metadata", "services/metadata/api",
                            "services/blob", "services/blob/api",
                            "services/upstream", "gateway", "gateway/rest",
                            "gateway/native_rest"],
}
ASSEMBLY_NAME = re.compile(r"(^build_.*|_main|_stack|_process)$")

# Classes that stand for one choice among several: within a layer, too, only
# what assembles it, tests and the class itself name them.
CONCRETE_NAME = re.compile(r"^(rocksdb|in_memory|curl|grpc|http)_")

TEST_NAME = re.compile(r"_test$")

INCLUDE = re.compile(r'^\s*#include "([^"]+)"', re.MULTILINE)


@dataclasses.dataclass
class Use:
    """`source` needs `target`: both are (layer, name without suffix)."""

    source: tuple
    target: tuple
    where: str
    text: str
    # Whether the source is part of tests only.
    in_test: bool


def layer_of(path):
    """The layer that a path belongs to, or None."""
    for layer in sorted(LAYERS, key=len, reverse=True):
        if path == layer or path.startswith(layer + "/"):
            return layer
    parts = path.split("/")
    if parts[0] in ("services", "tests", "tools") and len(parts) > 1:
        return "/".join(parts[:2])
    return parts[0]


def stem(path):
    return os.path.splitext(os.path.basename(path))[0]


def allowed(use):
    """Why a use is wrong, or None."""
    (layer, name), (other, wanted) = use.source, use.target
    if other.startswith("services") and other not in LAYERS:
        return f"{other} is no layer"
    if layer not in LAYERS or layer == other:
        return None
    if use.in_test and other.startswith("tests/"):
        return None
    may_use = LAYERS[layer].get(other)
    if may_use == ALL or (may_use and wanted in may_use):
        return None
    if ASSEMBLY_NAME.search(name) and other in ASSEMBLY.get(layer, []):
        return None
    if may_use:
        return f"{layer} may use {', '.join(may_use)} of {other}"
    return f"{layer} must not use {other}"


def names_too_much(use):
    """Why a use names a concrete class that it should not, or None."""
    (layer, name), (other, wanted) = use.source, use.target
    kind = CONCRETE_NAME.match(wanted)
    if layer != other or layer not in LAYERS or not kind:
        return None
    if use.in_test or ASSEMBLY_NAME.search(name):
        return None
    if name.startswith(kind.group(0)):
        return None
    return (f"only {layer}'s main and stack files name {wanted}; others use "
            f"{wanted[kind.end():]}")


def include_uses(tree):
    tests = test_files(tree)
    for path in tree.cpp_files():
        source = (layer_of(os.path.dirname(path)), stem(path))
        in_test = path in tests or bool(TEST_NAME.search(stem(path)))
        for match in INCLUDE.finditer(tree.text(path)):
            target = in_tree(match.group(1))
            if "/" not in target or not is_ours(target):
                continue
            yield Use(source, (layer_of(os.path.dirname(target)),
                               stem(target)), path, f'"{target}"', in_test)


def in_tree(header):
    """Where the source of a header is that is included by this name."""
    is_proto = header.startswith(("cvr/", "google/api/", "google/rpc/"))
    return "protos/" + header if is_proto else header


def is_ours(path):
    return path.split("/")[0] in ("gateway", "protos", "services", "tests",
                                  "tools")


def strings_in(node):
    for child in ast.walk(node or ast.Constant("")):
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value


class Rule:
    """One call in a BUILD file."""

    def __init__(self, call):
        self.kind = getattr(call.func, "id", "")
        self.arguments = {k.arg: k.value for k in call.keywords}
        self.name = getattr(self.arguments.get("name"), "value", "")

    def is_test(self):
        flag = self.arguments.get("testonly")
        return self.kind.endswith("_test") or getattr(flag, "value", False)

    def strings(self, *arguments):
        for argument in arguments:
            yield from strings_in(self.arguments.get(argument))


def rules(tree):
    """(package, rule) of every BUILD file of a layer."""
    for path in tree.build_files():
        package = os.path.dirname(path)
        if layer_of(package) not in LAYERS:
            continue
        for node in ast.walk(ast.parse(tree.text(path), path)):
            if isinstance(node, ast.Call):
                yield package, Rule(node)


def test_files(tree):
    """The sources that are compiled into tests only."""
    return {f"{package}/{name}" for package, rule in rules(tree)
            if rule.is_test() for name in rule.strings("srcs", "hdrs")}


def with_interface(tree):
    """(layer, name) of every header: what may stand for an interface."""
    return {(layer_of(os.path.dirname(path)), stem(path))
            for path in tree.cpp_files() if path.endswith(".h")}


def problems_of(tree):
    headers = with_interface(tree)
    problems = []
    for use in include_uses(tree):
        wrong = allowed(use)
        if wrong is None:
            # `http_error` is no choice among several; `http_x` is when there
            # is an interface x.
            other, wanted = use.target
            interface = CONCRETE_NAME.sub("", wanted)
            if (other, interface) in headers:
                wrong = names_too_much(use)
        if wrong:
            problems.append(f"{use.where}: {use.text}: {wrong}")
    return problems


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    return report(problems_of(SourceTree(root)), "layers")


if __name__ == "__main__":
    sys.exit(main())
