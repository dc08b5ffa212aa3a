"""The clients: curl for large content, wrk for small, sha256sum for truth."""

import http.client
import os
import re
import subprocess
import time
import urllib.parse

from tests.bench.child import environment
from tests.bench.errors import Failed

_CURL = ["curl", "-sS", "--fail", "--noproxy", "*", "-o", "/dev/null"]
_TIMEOUT_S = 180
# A server may end a few connections; more is no service.
_SOCKET_ERRORS_RATIO_MAX = 0.01


def _start(command, **kwargs):
    kwargs = {"stderr": subprocess.PIPE} | kwargs
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=environment("/nonexistent"),
        text=True,
        **kwargs,
    )


def _finish(processes, accepted=(0,)):
    """Waits for all; returns their outputs. Raises Failed."""
    try:
        results = [process.communicate() for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    for process, (_, error) in zip(processes, results):
        if process.returncode not in accepted:
            detail = (error or "").strip()[:200]
            raise Failed(f"{process.args[0]} {process.returncode}: {detail}")
    return [output for output, _ in results]


def download(url, clients, size):
    """`clients` curls at once. Returns the seconds from the first start to the
    last end. Raises Failed when one of them did not get `size` bytes."""
    options = ["--max-time", str(_TIMEOUT_S), "-w", "%{size_download}"]
    start = time.monotonic()
    processes = [_start(_CURL + options + [url]) for _ in range(clients)]
    outputs = _finish(processes)
    seconds = time.monotonic() - start
    for output in outputs:
        if int(output) != size:
            raise Failed(f"{output} bytes instead of {size}")
    return seconds


def download_slowly(url, clients, bytes_per_s, seconds):
    """`clients` curls that read slowly and leave after `seconds`."""
    options = ["--limit-rate", str(bytes_per_s), "--max-time", str(seconds)]
    timed_out = 28  # As wanted.
    _finish(
        [_start(_CURL + options + [url]) for _ in range(clients)],
        accepted=(0, timed_out),
    )


def digest(url, accept="*/*"):
    """Pulls once and hashes. Raises Failed."""
    curl = _start(
        ["curl", "-sS", "--fail", "--noproxy", "*", "-H", f"Accept: {accept}"]
        + ["--max-time", str(_TIMEOUT_S), url]
    )
    hasher = subprocess.Popen(
        ["sha256sum"], stdin=curl.stdout, stdout=subprocess.PIPE, text=True
    )
    curl.stdout.close()
    curl.stdout = None
    output, _ = hasher.communicate()
    _finish([curl])
    return "sha256:" + output.split()[0]


def first_byte_s(url, read_on):
    """Seconds until the first byte of the body, over a new connection. Then
    leaves, or reads the rest when `read_on`. Raises Failed."""
    parts = urllib.parse.urlsplit(url)
    start = time.monotonic()
    connection = http.client.HTTPConnection(parts.hostname, parts.port, 60)
    try:
        connection.request("GET", parts.path, headers={"Accept": "*/*"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise Failed(f"HTTP {answer.status}")
        answer.read(1)
        seconds = time.monotonic() - start
        while read_on and answer.read(1 << 20):
            pass
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()
    return seconds


def requests(url, connections, seconds, accept="*/*"):
    """wrk on one URL. Returns (requests per second, latencies in ms by
    percentile). Raises Failed on any answer that is not 2xx."""
    threads = min(connections, os.cpu_count())
    command = ["wrk", "--latency", "--timeout", "10s", f"-t{threads}"]
    command += [f"-c{connections}", f"-d{seconds}s", "-H", f"Accept: {accept}"]
    return parse_wrk(_finish([_start(command + [url])])[0])


def parse_wrk(output):
    """As requests(), from what wrk printed."""
    done = re.search(r"(\d+) requests in", output)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    if not done or not rate or int(done[1]) == 0:
        raise Failed("wrk: no request was answered")
    if bad := re.search(r"Non-2xx or 3xx responses: (\d+)", output):
        raise Failed(f"wrk: {bad[1]} of {done[1]} answers are errors")
    if errors := re.search(r"Socket errors: (.+)", output):
        count = sum(int(number) for number in re.findall(r"\d+", errors[1]))
        if count > _SOCKET_ERRORS_RATIO_MAX * int(done[1]):
            raise Failed(f"wrk: {errors[1]}, {done[1]} answers")
    found = re.findall(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s)$", output, re.M)
    scale = {"us": 0.001, "ms": 1, "s": 1000}
    latencies_ms = {f"p{p}_ms": float(n) * scale[u] for p, n, u in found}
    return float(rate[1]), latencies_ms
