"""The source files of the repository, for the checks beside this file."""

import os
import pathlib
import subprocess

CPP_SUFFIXES = (".cc", ".h")


class SourceTree:
    """The files below `root` that belong to the repository.

    In a git checkout these are the files that git tracks or would track;
    elsewhere (an unpacked archive, a test) all of them.
    """

    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        names = self._git_files() or self._all_files()
        self.names = sorted(n for n in names if (self.root / n).is_file())

    def _git_files(self):
        if not (self.root / ".git").exists():
            return []
        # Of whom the checkout belongs to does not matter for reading it.
        command = ["git", "-c", "safe.directory=*", "-C", str(self.root),
                   "ls-files", "-z", "--cached", "--others",
                   "--exclude-standard"]
        output = subprocess.run(command, check=True, capture_output=True)
        return [name for name in output.stdout.decode().split("\0") if name]

    def _all_files(self):
        for directory, _, names in os.walk(self.root):
            for name in names:
                path = pathlib.Path(directory, name)
                yield str(path.relative_to(self.root))

    def cpp_files(self):
        return [name for name in self.names if name.endswith(CPP_SUFFIXES)]

    def build_files(self):
        return [name for name in self.names
                if os.path.basename(name) == "BUILD.bazel"]

    def text(self, name):
        """The content; None for what is no text."""
        content = (self.root / name).read_bytes()
        try:
            return content.decode()
        except UnicodeDecodeError:
            return None


def report(problems, what):
    """Prints `problems`, a list of strings. Returns the exit status."""
    for problem in problems:
        print(problem)
    if problems:
        print(f"{what}: {len(problems)} problem(s)")
    return 1 if problems else 0
