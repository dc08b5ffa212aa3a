"""Server processes: started with a log of their own, stopped by pid."""

import os
import subprocess
import time

from tests.bench.errors import Failed

_STOP_TIMEOUT_S = 20


def environment(home):
    """For children: nothing of the caller's, so no proxies and no settings."""
    return {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "OTEL_TRACES_EXPORTER": "none",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    }


class Child:
    """One running server."""

    def __init__(self, name, command, state, pass_fds=(), env=None):
        self.name = name
        self.log_path = state / f"{name}.log"
        with open(self.log_path, "ab") as log:
            self._process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=state,
                env=environment(state) | (env or {}),
                pass_fds=pass_fds,
                start_new_session=True,
            )

    @property
    def pid(self):
        return self._process.pid

    def running(self):
        return self._process.poll() is None

    def wait_until(self, condition, timeout_s=30):
        """Returns the first true value of `condition`. Raises Failed when the
        process ends before, or time is up."""
        deadline = time.monotonic() + timeout_s
        while True:
            value = condition()
            if value:
                return value
            if not self.running():
                raise Failed(self.obituary())
            if time.monotonic() > deadline:
                raise Failed(f"{self.name} is not ready after {timeout_s} s")
            time.sleep(0.005)

    def obituary(self):
        lines = self.log_path.read_text(errors="replace").splitlines()
        last = lines[-1][:300] if lines else "no output"
        return f"{self.name} ended with {self._process.poll()}: {last}"

    def stop(self):
        if self.running():
            os.kill(self.pid, 15)
            try:
                self._process.wait(_STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
