#!/usr/bin/python3
"""The command blocks of README.md, in order, for readme.sh.

readme_blocks.py split README.md DIRECTORY   one script per block
readme_blocks.py compare SHOWN GOT           0 when the shapes are the same
readme_blocks.py file README.md NAME         what the README writes into it

A block is fenced as `sh` (commands) or `console` (`$ command`, then what it
prints). What is fenced as `sh build` needs the sources and is left out.
"""

import pathlib
import re
import sys

_FENCE = re.compile(r"^```(\w*) *(\w*)\n(.*?)^```$", re.M | re.S)
# What differs from run to run, and is the same in shape.
_SHAPES = (
    (re.compile(r"sha256:[0-9a-f.]+"), "sha256:H"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "H"),
    (re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z"), "T"),
    (re.compile(r"(/[\w.-]+)+/\.local/share"), "~/.local/share"),
    (re.compile(r"(/[\w.-]+)+/\.cvr/bin"), ".cvr/bin"),
    (re.compile(r"application/[\w.+-]+"), "TYPE"),
    (re.compile(r"\d+(\.\d+)? (bytes|KiB|MiB|GiB)"), "N"),
    (re.compile(r"\b\d{2,}\b"), "N"),
    (re.compile(r"\s+"), " "),
)
_ANY = "..."


def shape(line):
    for pattern, word in _SHAPES:
        line = pattern.sub(word, line)
    return line.strip()


def matches(shown, got):
    """Whether lines are those that are shown; `...` is any number of them."""
    if not shown:
        return not got
    if shown[0] == _ANY:
        return any(
            matches(shown[1:], got[skip:]) for skip in range(len(got) + 1)
        )
    return bool(got) and shown[0] == got[0] and matches(shown[1:], got[1:])


def compare(shown_file, got_file):
    shown, got = (
        [shape(line) for line in pathlib.Path(name).read_text().splitlines()]
        for name in (shown_file, got_file)
    )
    if matches(shown, got):
        return 0
    print("README shows:", *shown, "and it prints:", *got, sep="\n  ")
    return 1


def commands(console):
    """(command, what it prints) of a `console` block."""
    found = []
    for line in console.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def split(readme, directory):
    directory = pathlib.Path(directory)
    number = 0
    for kind, word, text in _FENCE.findall(pathlib.Path(readme).read_text()):
        if kind == "sh" and word != "build":
            steps = [(text.rstrip("\n"), None)]
        elif kind == "console":
            steps = commands(text)
        elif kind == "sh":
            continue
        else:
            raise SystemExit(f"a block that nobody can run: {kind} {text}")
        for command, shown in steps:
            number += 1
            path = directory / f"{number:02}.sh"
            path.write_text(command + "\n")
            if shown:
                lines = "\n".join(shown) + "\n"
                path.with_suffix(".shown").write_text(lines)
    return 0


def file(readme, name):
    written = re.search(
        rf"^cat > {re.escape(name)} <<'END'\n(.*?)^END$",
        pathlib.Path(readme).read_text(),
        re.M | re.S,
    )
    print(written.group(1), end="")
    return 0


if __name__ == "__main__":
    steps = {"split": split, "compare": compare, "file": file}
    sys.exit(steps[sys.argv[1]](*sys.argv[2:]))
