"""What Linux tells about running processes."""

import dataclasses
import os
import pathlib
import threading
import time

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_LISTEN = "0A"  # State in /proc/net/tcp.


def _read(pid, name):
    try:
        return pathlib.Path(f"/proc/{pid}/{name}").read_text()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""


def _field(text, name):
    """The first number of the line `name: number`; 0 when there is none."""
    for line in text.splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return 0


def with_children(pids):
    """The processes and what their main threads have forked."""
    found = list(pids)
    for pid in found:
        children = _read(pid, f"task/{pid}/children").split()
        found += [int(child) for child in children if int(child) not in found]
    return found


def listening_port(pid):
    """The TCP port that the process listens on, or None."""
    inodes = set()
    try:
        for entry in os.scandir(f"/proc/{pid}/fd"):
            target = os.readlink(entry.path)
            if target.startswith("socket:["):
                inodes.add(target[len("socket:[") : -1])
    except OSError:
        return None
    for line in _read("self", "net/tcp").splitlines()[1:]:
        words = line.split()
        if words[3] == _LISTEN and words[9] in inodes:
            return int(words[1].split(":")[1], 16)
    return None


def cpu_seconds(pids):
    """User and system time that the processes have used so far."""
    ticks = 0
    for pid in pids:
        # Counted from behind the name, which may hold blanks.
        words = _read(pid, "stat").rpartition(")")[2].split()
        if words:
            ticks += int(words[11]) + int(words[12])
    return ticks / _TICKS_PER_SECOND


def written_bytes(pids):
    """What the processes caused to be sent to disks so far."""
    total = 0
    for pid in pids:
        text = _read(pid, "io")
        total += _field(text, "write_bytes")
        total -= _field(text, "cancelled_write_bytes")
    return total


def resident_bytes(pids):
    return 1024 * sum(_field(_read(pid, "status"), "VmRSS") for pid in pids)


def _peak_bytes(pids):
    return 1024 * sum(_field(_read(pid, "status"), "VmHWM") for pid in pids)


def _thread_count(pids):
    return sum(_field(_read(pid, "status"), "Threads") for pid in pids)


def _forget_peaks(pids):
    for pid in pids:
        try:
            pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")
        except OSError:
            pass  # The peak is then since the process began.


def settle(pids, quiet_s=0.3, timeout_s=60):
    """Waits until the processes neither compute nor write any more."""
    deadline = time.monotonic() + timeout_s
    last, since = None, time.monotonic()
    while time.monotonic() < deadline:
        now = (round(cpu_seconds(pids), 2), written_bytes(pids))
        # A timer that ticks is not work: two hundredths of a second are.
        busy = last is None or now[0] - last[0] > 0.02 or now[1] != last[1]
        if busy:
            last, since = now, time.monotonic()
        elif time.monotonic() - since >= quiet_s:
            return
        time.sleep(0.05)


@dataclasses.dataclass
class Usage:
    """What a system used while it was watched."""

    peak_rss_bytes: int = 0  # Summed over its processes.
    threads: int = 0
    cpu_s: float = 0.0


class Watch:
    """Watches processes between entering and leaving a `with` block."""

    _PERIOD_S = 0.05

    def __init__(self, pids):
        self._pids = pids
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self.usage = Usage()
        self.rss_samples_bytes = []

    def __enter__(self):
        _forget_peaks(self._pids)
        self.usage.cpu_s = -cpu_seconds(self._pids)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        self.usage.cpu_s += cpu_seconds(self._pids)
        self.usage.peak_rss_bytes = _peak_bytes(self._pids)

    def _sample(self):
        while True:
            threads = _thread_count(self._pids)
            self.usage.threads = max(self.usage.threads, threads)
            self.rss_samples_bytes.append(resident_bytes(self._pids))
            if self._stop.wait(self._PERIOD_S):
                return
