#!/usr/bin/python3 -B
"""Writes the reference of the API, docs/api, from the protos' comments.

usage: reference.py           one line per page that differs; status 1 then
       reference.py --write   writes the pages

Needs /usr/bin/protoc and Debian's python3-protobuf. glossary.md is written by
hand.
"""

import pathlib
import sys

TOOLS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOOLS / "protos"))

# pylint: disable=wrong-import-position
import descriptors
import examples
import pages

FOLDER = "docs/api"
BY_HAND = {"glossary.md"}


def generate(root):
    """The name of each page -> its text."""
    root = pathlib.Path(root)
    source = root / examples.COMMAND_LINES
    commands = {}
    if source.exists():
        commands = examples.command_lines(source.read_text(encoding="utf-8"))
    return pages.Pages(descriptors.load(root), commands).files


def differences(wanted, folder):
    """What is to be done to `folder` so that it holds the pages."""
    there = {path.name: path.read_text(encoding="utf-8")
             for path in folder.glob("*.md") if path.name not in BY_HAND}
    for name in sorted(wanted.keys() | there.keys()):
        if name not in there:
            yield f"{FOLDER}/{name}: missing"
        elif name not in wanted:
            yield f"{FOLDER}/{name}: nothing generates it any more"
        elif wanted[name] != there[name]:
            yield f"{FOLDER}/{name}: not what the protos say"


def write(wanted, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        if path.name not in wanted and path.name not in BY_HAND:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


def main(arguments):
    folder = descriptors.REPOSITORY / FOLDER
    wanted = generate(descriptors.REPOSITORY)
    if arguments == ["--write"]:
        write(wanted, folder)
        return 0
    if arguments:
        print(__doc__)
        return 2
    found = list(differences(wanted, folder))
    for line in found:
        print(line)
    if found:
        print(f"renew them: {pages.COMMAND}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
