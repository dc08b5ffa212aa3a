#!/usr/bin/python3 -B
"""Holds the .proto files against those of the last release.

usage: baseline.py           one line per problem; see compatibility.py
       baseline.py --take    at a release: what there is now is the baseline

See protos/baseline/README.md.
"""

import pathlib
import re
import sys

from google.protobuf import text_format

import compatibility
import descriptors

FOLDER = "protos/baseline"
BASELINE = f"{FOLDER}/descriptors.txtpb"
ACCEPTED = f"{FOLDER}/accepted.txt"
CHANGELOG = "CHANGELOG.md"

ACCEPTED_HEAD = """\
# Changes since the last release that break somebody, one a line, as
# tools/protos/baseline.py prints them. See README.md.
"""
TEXT_HEAD = """\
# proto-file: google/protobuf/descriptor.proto
# proto-message: google.protobuf.FileDescriptorSet
"""
KEPT_OPTIONS = ("deprecated",)
KEPT_EXTENSIONS = ("google.api.field_behavior", "google.api.http")


def keep_options(options, extensions):
    """Clears what no rule looks at."""
    for field, _ in options.ListFields():
        if field.is_extension:
            if field.full_name not in extensions:
                options.ClearExtension(field)
        elif field.name not in KEPT_OPTIONS:
            options.ClearField(field.name)


def each_declaration(message):
    """All parts of a descriptor that have options, itself among them."""
    yield message
    for field, value in message.ListFields():
        if field.name == "options" or field.message_type is None:
            continue
        if field.label == field.LABEL_REPEATED:
            for part in value:
                yield from each_declaration(part)


def our_files(descriptor_set):
    """A set of only what is ours, without comments and other options."""
    kept = type(descriptor_set)()
    for file in descriptor_set.file:
        if not file.package.startswith("cvr."):
            continue
        copy = kept.file.add()
        copy.CopyFrom(file)
        copy.ClearField("source_code_info")
        copy.ClearField("options")
        for part in each_declaration(copy):
            if "options" in part.DESCRIPTOR.fields_by_name and part.HasField(
                    "options"):
                keep_options(part.options, KEPT_EXTENSIONS)
                if not part.options.ByteSize():
                    part.ClearField("options")
    kept.file.sort(key=lambda file: file.name)
    return kept


def write_text(descriptor_set):
    return TEXT_HEAD + text_format.MessageToString(descriptor_set)


def read_text(text, pool):
    return text_format.Parse(text, descriptors.set_class(pool)(),
                             descriptor_pool=pool)


def lines_of(text):
    return [line for line in text.splitlines()
            if line.strip() and not line.startswith("#")]


def judge(problems, accepted, changelog):
    """What is to be mended: problems that are not accepted, lines of
    `accepted` that are none, and accepted breaks of the public API that the
    changelog does not tell of."""
    for problem in problems:
        if problem not in accepted:
            yield problem
    for line in accepted:
        element = line.split(":")[0]
        if line not in problems:
            yield f"{ACCEPTED}: no longer a problem: {line}"
        elif (element.startswith(descriptors.PUBLIC + ".") and
              not re.search(rf"(?<![\w.]){re.escape(element)}(?![\w.]*\w)",
                            changelog)):
            yield f"{ACCEPTED}: {CHANGELOG} does not name {element}"


def check(root):
    root = pathlib.Path(root)
    now, pool = descriptors.compile_set(root, descriptors.source_names(root))
    before = read_text((root / BASELINE).read_text(encoding="utf-8"), pool)
    if not before.file:
        return [f"{BASELINE}: it is empty"]
    problems = compatibility.problems_of(before, now,
                                         compatibility.Options(pool))
    accepted = lines_of((root / ACCEPTED).read_text(encoding="utf-8"))
    return list(judge(problems, accepted,
                      (root / CHANGELOG).read_text(encoding="utf-8")))


def take(root):
    root = pathlib.Path(root)
    now, _ = descriptors.compile_set(root, descriptors.source_names(root))
    (root / BASELINE).write_text(write_text(our_files(now)), encoding="utf-8")
    (root / ACCEPTED).write_text(ACCEPTED_HEAD, encoding="utf-8")


def main(arguments):
    root = descriptors.REPOSITORY
    if arguments == ["--take"]:
        take(root)
        return 0
    if arguments:
        print(__doc__)
        return 2
    problems = check(root)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
