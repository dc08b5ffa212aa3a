"""Servers of ours, run from their binaries by tests in Python."""

import json
import os
import signal
import subprocess
import time

# From the runfiles, or where tests are run by hand.
BINARIES = os.environ.get("CVR_BINARIES") or (
    os.getcwd() if "TEST_SRCDIR" in os.environ else "bazel-bin")

DEADLINE_S = 60


def eventually(condition, event):
    """Polls until `condition` is true; calls it at least twice."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        is_last = time.monotonic() > deadline
        time.sleep(0.02)
        if is_last and not condition():
            raise AssertionError(f"waited {DEADLINE_S} s until {event}")


class Server:
    """A process of ours, once it is ready.

    `ready` is what its ready file says: `http` and `grpc`.
    """

    def __init__(self, directory, binary, *flags):
        self._log = os.path.join(directory, "log")
        ready = os.path.join(directory, "ready")
        if os.path.exists(ready):
            os.remove(ready)
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(
                [os.path.join(BINARIES, binary), "--ready_file=" + ready,
                 *flags], stdout=log, stderr=log)
        deadline = time.monotonic() + DEADLINE_S
        while not os.path.exists(ready):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(binary + " does not serve: " + self.said())
            time.sleep(0.02)
        with open(ready, encoding="utf-8") as file:
            self.ready = json.load(file)

    def said(self):
        with open(self._log, encoding="utf-8") as log:
            return log.read()

    def stop(self):
        """Ends it, which must succeed; nothing when it has ended."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            assert self._process.wait(DEADLINE_S) == 0, self.said()

    def kill(self):
        """Ends it as a crash does."""
        self._process.kill()
        self._process.wait()
