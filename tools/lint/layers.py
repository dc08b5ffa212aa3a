#!/usr/bin/env python3
"""Checks that no layer reaches the wrong way.

usage: layers.py [ROOT]

The arrows are those of ARCHITECTURE.md. A layer may use of another either
everything or the interfaces listed here; only what assembles a process may use
more. What is checked are the #include lines of C++ files and the labels in
BUILD files, where a target is named like its header.
"""

import ast
import dataclasses
import os
import re
import sys

from source_tree import SourceTree, report

ALL = "all"

# Layer -> what it may use of others. Itself is always allowed.
LAYERS = {
    "protos": {},
    "services/common": {"protos": ALL},
    "services/upstream": {"protos": ALL, "services/common": ALL},
    "services/metadata": {"protos": ALL, "services/common": ALL},
    "services/blob": {
        "protos": ALL,
        "services/common": ALL,
        "services/upstream": ["upstream_client"],
        "services/metadata": ["metadata_client", "resolver",
                              "resolution_wire"],
    },
    "gateway": {
        "protos": ALL,
        "services/common": ALL,
        "services/metadata": ["resolver"],
        "services/blob": ["content_source"],
    },
    "services/standalone": {
        "protos": ALL,
        "services/common": ALL,
    },
    "tools/cvr": {"protos": ALL, "services/common": ALL},
    # Black boxes: they know the system by its wire only.
    "tests/conformance": {"protos": ALL, "tests/support": ALL},
    "tests/clients": {},
}

# What assembles a process names concrete classes: the arrows that are open to
# it besides its layer's.
ASSEMBLY = {
    "services/blob": ["services/upstream", "services/metadata"],
    "gateway": ["services/metadata", "services/blob"],
    "services/standalone": ["services/metadata", "services/blob",
                            "services/upstream", "gateway"],
}
ASSEMBLY_NAME = re.compile(r"(^build_.*|_main|_stack)$")

# Classes that stand for one choice among several: within a layer, too, only
# what assembles it, tests and the class itself name them.
CONCRETE_NAME = re.compile(r"^(rocksdb|in_memory|curl|grpc|http)_")

# Test doubles are compiled into tests only (`testonly`).
TEST_NAME = re.compile(r"(_test|_contract|_fixture|^fake_.*|^faulty_.*|"
                       r"^in_memory_.*)$")

INCLUDE = re.compile(r'^\s*#include "([^"]+)"', re.MULTILINE)


@dataclasses.dataclass
class Use:
    """`source` needs `target`: both are (layer, name without suffix)."""

    source: tuple
    target: tuple
    where: str
    text: str


def layer_of(path):
    """The layer that a path belongs to, or None."""
    for layer in LAYERS:
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
    if TEST_NAME.search(name) and other.startswith("tests/"):
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
    if name.startswith(kind.group(0)) or TEST_NAME.search(name):
        return None
    if ASSEMBLY_NAME.search(name):
        return None
    return (f"only {layer}'s main and stack files name {wanted}; others use "
            f"{wanted[kind.end():]}")


def include_uses(tree):
    for path in tree.cpp_files():
        source = (layer_of(os.path.dirname(path)), stem(path))
        for match in INCLUDE.finditer(tree.text(path)):
            target = match.group(1)
            if "/" not in target or not is_ours(target):
                continue
            yield Use(source, (layer_of(os.path.dirname(target)),
                               stem(target)), path, f'"{target}"')


def is_ours(path):
    return path.split("/")[0] in ("gateway", "protos", "services", "tests",
                                  "tools")


def labels_in(node):
    for child in ast.walk(node):
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value


def rule_uses(package, call):
    """Uses of one rule of a BUILD file."""
    arguments = {keyword.arg: keyword.value for keyword in call.keywords}
    name = getattr(arguments.get("name"), "value", "")
    rule = getattr(call.func, "id", "")
    if rule.endswith("_test") or is_true(arguments.get("testonly")):
        name = name if name.endswith("_test") else name + "_test"
    elif rule.endswith("_binary"):
        name += "_main"
    # Not `data`: tests may run the binaries of every layer.
    for key in ("srcs", "deps"):
        for label in labels_in(arguments.get(key, ast.Constant(""))):
            if not label.startswith("//"):
                continue
            path, _, target = label[2:].partition(":")
            target = target or os.path.basename(path)
            yield Use((layer_of(package), name), (layer_of(path), target),
                      f"{package}/BUILD.bazel", label)


def is_true(node):
    return isinstance(node, ast.Constant) and node.value is True


def build_uses(tree):
    for path in tree.build_files():
        package = os.path.dirname(path)
        for node in ast.walk(ast.parse(tree.text(path), path)):
            if isinstance(node, ast.Call) and layer_of(package) in LAYERS:
                yield from rule_uses(package, node)


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
    for use in build_uses(tree):
        wrong = allowed(use)
        if wrong:
            problems.append(f"{use.where}: {use.text}: {wrong}")
    return problems


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    return report(problems_of(SourceTree(root)), "layers")


if __name__ == "__main__":
    sys.exit(main())
