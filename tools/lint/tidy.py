#!/usr/bin/env python3
"""Checks the style that a formatter cannot.

usage: tidy.py [--warn] [ROOT]

One line per problem, `file:line: what`. With --warn also what is legal but
longer than it should be.
"""

import os
import re
import sys

from source_tree import CPP_SUFFIXES, SourceTree, report

LINE_CHARS_MAX = 80
FILE_LINES_MAX = 500
FILE_LINES_AIM = 250
FUNCTION_LINES_MAX = 100
FUNCTION_LINES_AIM = 70

# In pieces, so that this file does not hold them.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")

LINE_COMMENT = re.compile(r"//.*")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def in_folders(*folders):
    return lambda name: name.startswith(tuple(f + "/" for f in folders))


def is_test(name):
    return name.startswith("tests/") or re.search(r"_test\.(cc|h)$", name)


def everywhere(_):
    return True


# (what is banned, where, except in these files, why)
BANNED = [
    (r"\bstd::(jthread|thread|async)\b", everywhere, r"services/concurrency/.*",
     "use services/concurrency/thread.h"),
    (r"\bstd::(mutex|shared_mutex|recursive_mutex|condition_variable\w*|"
     r"lock_guard|unique_lock|scoped_lock)\b|\babsl::(Mutex\w*|CondVar)\b",
     everywhere, r"services/concurrency/mutex\.h",
     "use services/concurrency/mutex.h"),
    (r"\b(sleep_for|sleep_until|usleep|nanosleep)\b|(?<![\w.:>])sleep\(",
     everywhere, r"services/concurrency/clock\.cc",
     "wait for a condition, or use services/concurrency/clock.h"),
    (r"(?<!\w)printf\(|\b(puts|putchar)\(|\bstd::cout\b|\babsl::PrintF\b",
     in_folders("services", "gateway"), r".*_(main|test)\.cc",
     "log with spdlog"),
    (r"\busing namespace\b", everywhere, None, "name what is used"),
    (r"\b(strcpy|strcat|sprintf|gets|strtok)\(", everywhere, None,
     "use absl/strings"),
]
BANNED = [(re.compile(pattern), where, except_in and re.compile(except_in), why)
          for pattern, where, except_in, why in BANNED]

# A test may look again after a moment, but must not wait for time alone.
SLEEP = re.compile(r"\bSleepFor\(")
LOOP = re.compile(r"\b(while|for|do)\b")
LOOP_LINES = 12


def code_only(line):
    return LINE_COMMENT.sub("", STRING.sub('""', line))


def check_text(name, lines):
    """What holds for every kind of text."""
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
            yield number, "space at the end of the line"
        if "\t" in line:
            yield number, "tab"
        if UNFINISHED.search(line):
            yield number, "unfinished: do it, or open an issue"
    if lines and not lines[-1].strip():
        yield len(lines), "empty line at the end"


def check_line_lengths(name, lines):
    for number, line in enumerate(lines, 1):
        if len(line) <= LINE_CHARS_MAX:
            continue
        # What cannot be broken.
        if "#include" in line or "://" in line or is_guard(line):
            continue
        yield number, f"{len(line)} columns, at most {LINE_CHARS_MAX}"


def is_guard(line):
    return re.match(r"#(ifndef|define|endif)\b.*_H_$", line)


def check_banned(name, lines):
    for number, line in enumerate(lines, 1):
        code = code_only(line)
        for pattern, where, except_in, why in BANNED:
            if not where(name) or (except_in and except_in.fullmatch(name)):
                continue
            found = pattern.search(code)
            if found:
                yield number, f"{found.group(0).strip('(')}: {why}"


def check_sleeps(name, lines):
    if not is_test(name):
        return
    for number, line in enumerate(lines, 1):
        if not SLEEP.search(code_only(line)):
            continue
        before = lines[max(0, number - LOOP_LINES):number]
        if not any(LOOP.search(code_only(other)) for other in before):
            yield number, "a test must not wait for time to pass"


def check_guard(name, lines):
    if not name.endswith(".h"):
        return
    guard = re.sub(r"\W", "_", name).upper() + "_"
    directives = [line for line in lines if line.startswith("#")]
    if directives[:2] != [f"#ifndef {guard}", f"#define {guard}"]:
        yield 1, f"the guard must be {guard}"


# What begins at the margin and is no function.
NO_FUNCTION = re.compile(r"(namespace|class|struct|enum|union|extern|using|"
                         r"typedef|public|private|protected)\b")


def functions(lines):
    """(first line, number of lines) of the functions at the margin, which is
    where the formatter puts what is not inside of a class."""
    start = None
    has_body = False
    for number, line in enumerate(lines, 1):
        if start is None and re.match(r"[A-Za-z]", line):
            if not NO_FUNCTION.match(line):
                start, has_body = number, False
        if start is None:
            continue
        has_body = has_body or "{" in line
        if not has_body and line.endswith(";"):  # Declared only.
            start = None
            continue
        if line.startswith("}") or (not line.startswith(" ") and
                                    line.endswith(("}", ";"))):
            yield start, number - start + 1
            start = None


def check_functions(name, lines):
    for start, length in functions(lines):
        if length > FUNCTION_LINES_MAX:
            yield start, (f"a function of {length} lines, at most "
                          f"{FUNCTION_LINES_MAX}")


def check_file_length(name, lines):
    if len(lines) > FILE_LINES_MAX:
        yield 1, f"{len(lines)} lines, at most {FILE_LINES_MAX}"


def warn_lengths(name, lines):
    if FILE_LINES_AIM < len(lines) <= FILE_LINES_MAX:
        yield 1, f"warning: {len(lines)} lines, the aim is {FILE_LINES_AIM}"
    for start, length in functions(lines):
        if FUNCTION_LINES_AIM < length <= FUNCTION_LINES_MAX:
            yield start, (f"warning: a function of {length} lines, the aim is "
                          f"{FUNCTION_LINES_AIM}")


CPP_CHECKS = (check_line_lengths, check_banned, check_sleeps, check_guard,
              check_functions, check_file_length)
SCRIPT_CHECKS = (check_line_lengths,)


def is_script(name, text):
    return name.endswith((".py", ".sh")) or text.startswith("#!")


def spellings(path):
    """The ways in which a BUILD file can name a source: each is a list of
    strings that it must hold. A macro may add a part behind `_`, or the
    suffix."""
    yield [path]
    yield [path.rpartition(".")[0]]
    for i, char in enumerate(path):
        if char == "_":
            yield [path[:i], path[i:]]


def dead_files(tree):
    """Sources that no BUILD file of their folder, or of one above, names."""
    builds = {os.path.dirname(n): tree.text(n) for n in tree.build_files()}
    for name in tree.names:
        if name.endswith(".bzl") and os.path.dirname(name) in builds:
            builds[os.path.dirname(name)] += tree.text(name)
    for name in tree.cpp_files():
        folder = os.path.dirname(name)
        while folder and folder not in builds:
            folder = os.path.dirname(folder)
        build = builds.get(folder, "")
        path = os.path.relpath(name, folder or ".")
        if not any(all(f'"{word}"' in build for word in words)
                   for words in spellings(path)):
            yield f"{name}:1: no BUILD file names it"


# Which tables there are, and the document that says what their keys are.
TABLES = "services/metadata/store/metadata_store.cc"
TABLES_DOCUMENT = "services/metadata/DESIGN.md"
TABLES_HEAD = "| table | key | value |"


def undocumented_tables(tree):
    """Tables without a row in the document, and rows without a table."""
    if TABLES not in tree.names or TABLES_DOCUMENT not in tree.names:
        return
    tables = re.findall(r'return "(\w+)";', tree.text(TABLES))
    _, _, rows = tree.text(TABLES_DOCUMENT).partition(TABLES_HEAD)
    rows = rows.split("\n\n")[0]
    documented = re.findall(r"^\| `(\w+)` \|", rows, re.MULTILINE)
    for name in sorted(set(tables) - set(documented)):
        yield f"{TABLES_DOCUMENT}:1: no key grammar of table {name}"
    for name in sorted(set(documented) - set(tables)):
        yield f"{TABLES_DOCUMENT}:1: there is no table {name}"


# Inputs of fuzzers and the like: bytes, whatever they look like.
DATA_FOLDER = re.compile(r"(^|/)(corpus|testdata)/")


def problems_of(tree):
    for name in tree.names:
        text = None if DATA_FOLDER.search(name) else tree.text(name)
        if text is None:
            continue
        lines = text.splitlines()
        checks = [check_text]
        if name.endswith(CPP_SUFFIXES):
            checks += CPP_CHECKS
        elif is_script(name, text):
            checks += SCRIPT_CHECKS
        for check in checks:
            for number, problem in check(name, lines):
                yield f"{name}:{number}: {problem}"
        if text and not text.endswith("\n"):
            yield f"{name}:{len(lines)}: no line break at the end"
    yield from dead_files(tree)
    yield from undocumented_tables(tree)


def warnings_of(tree):
    for name in tree.cpp_files():
        for number, warning in warn_lengths(name,
                                            tree.text(name).splitlines()):
            yield f"{name}:{number}: {warning}"


def main():
    arguments = sys.argv[1:]
    warn = "--warn" in arguments
    arguments = [a for a in arguments if a != "--warn"]
    tree = SourceTree(arguments[0] if arguments else ".")
    if warn:
        print("\n".join(warnings_of(tree)))
    return report(list(problems_of(tree)), "tidy")


if __name__ == "__main__":
    sys.exit(main())
