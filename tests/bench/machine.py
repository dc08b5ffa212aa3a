"""The machine that was measured on, and the versions of what ran there."""

import os
import pathlib
import platform
import re
import subprocess

_VERSIONS = {
    "nginx": ["nginx", "-v"],
    "docker-registry": ["docker-registry", "--version"],
    "wrk": ["wrk", "-v"],
    "curl": ["curl", "--version"],
}


def _version(command):
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return "missing"
    found = re.search(r"\d+\.\d+[^\s]*", result.stdout + result.stderr)
    return found[0] if found else "unknown"


def _field(path, name):
    for line in pathlib.Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"


def _revision(root):
    command = ["git", "-C", root, "describe", "--always", "--dirty"]
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return "unknown"
    return result.stdout.strip() or "unknown"


def describe(root):
    """Name -> value. Says nothing that identifies the machine."""
    kib = int(_field("/proc/meminfo", "MemTotal").split()[0])
    return {
        "cpu": _field("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory": f"{kib / (1 << 20):.1f} GiB",
        "kernel": platform.release(),
        "load at the start": f"{os.getloadavg()[0]:.2f}",
        "revision": _revision(root),
        **{name: _version(command) for name, command in _VERSIONS.items()},
    }
