#!/usr/bin/env python3
"""Checks that names in protos/cvr are the words of the glossary.

usage: glossary.py [ROOT]

One line per problem, `file:line: what`. The words that are retired are the
third column of the table in docs/api/glossary.md: one or more of

    `word`; `two_words`; `*_ending`; `word` except `a_word`, `word_b`

A name is split at `_` and at capitals. A retired word stands for its plural,
too.
"""

import re
import sys

from source_tree import SourceTree, report

GLOSSARY = "docs/api/glossary.md"
HEAD = "| concept | name | not in names of the protos |"
FOLDER = "protos/cvr/"

STRING_OR_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/',
                               re.DOTALL)
NAMES = [(kind, re.compile(pattern)) for kind, pattern in (
    ("message", r"\bmessage\s+(\w+)\s*\{"),
    ("enum", r"\benum\s+(\w+)\s*\{"),
    ("oneof", r"\boneof\s+(\w+)\s*\{"),
    ("service", r"\bservice\s+(\w+)\s*\{"),
    ("method", r"\brpc\s+(\w+)\s*\("),
    # `type name = 1`, of a map as well; the number tells it from an option.
    ("field", r"(?<!\w)(?!option\b)(?:[\w.]+|map\s*<[^>]*>)\s+(\w+)"
              r"\s*=\s*\d+\s*[;\[]"),
    ("enum value", r"(?<=[;{}\]])\s*([A-Z]\w*)\s*=\s*-?\d+\s*[;\[]"),
)]


def words_of(name):
    return [word.lower()
            for part in name.split("_")
            for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", part)]


def is_word(word, retired):
    plurals = (retired, retired + "s", re.sub("y$", "ies", retired))
    return word in plurals


def places_of(sequence, words):
    """Where the words of `sequence` stand in `words`, as ranges."""
    for start in range(len(words) - len(sequence) + 1):
        window = words[start:start + len(sequence)]
        if all(is_word(a, b) for a, b in zip(window, sequence)):
            yield range(start, start + len(sequence))


class Retired:
    """One retired word, with what is allowed in spite of it."""

    def __init__(self, text, excepted, name):
        self.text = text
        self.name = name
        self.at_end = text.startswith("*_")
        self.words = words_of(text.removeprefix("*_"))
        self.excepted = [words_of(other) for other in excepted]

    def is_in(self, name):
        words = words_of(name)
        allowed = [place for other in self.excepted
                   for place in places_of(other, words)]
        for place in places_of(self.words, words):
            # A name that is the ending alone is another word.
            if self.at_end and (place.stop != len(words) or not place.start):
                continue
            if not any(set(place) <= set(other) for other in allowed):
                return True
        return False


def retired_of(text):
    """The table's retired words."""
    _, head, rest = text.partition(HEAD)
    for row in rest.split("\n\n")[0].splitlines()[2:] if head else []:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        for entry in cells[2].split(";"):
            word, _, excepted = entry.partition(" except ")
            for text_of in re.findall(r"`([^`]+)`", word):
                yield Retired(text_of, re.findall(r"`([^`]+)`", excepted),
                              cells[1].replace("`", ""))


def blanked(text):
    """The text without strings and comments; lines stay."""
    return STRING_OR_COMMENT.sub(
        lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def names_of(text):
    """(line, kind, name) of what a .proto file declares."""
    code = blanked(text)
    for kind, pattern in NAMES:
        for found in pattern.finditer(code):
            line = code.count("\n", 0, found.start(1)) + 1
            yield line, kind, found.group(1)


def problems_of(tree):
    if GLOSSARY not in tree.names:
        return [f"{GLOSSARY}:1: the file is missing"]
    retired = list(retired_of(tree.text(GLOSSARY)))
    if not retired:
        return [f"{GLOSSARY}:1: no table that begins with `{HEAD}`"]
    problems = []
    for file in tree.names:
        if not file.startswith(FOLDER) or not file.endswith(".proto"):
            continue
        for line, kind, name in sorted(names_of(tree.text(file))):
            problems += [f"{file}:{line}: {kind} {name}: `{word.text}` is "
                         f"retired; see {word.name} in {GLOSSARY}"
                         for word in retired if word.is_in(name)]
    return problems


if __name__ == "__main__":
    ROOT = sys.argv[1] if len(sys.argv) > 1 else "."
    sys.exit(report(problems_of(SourceTree(ROOT)), "glossary"))
