"""Many small blobs in a system: put into the upstream's storage as files, since
a hundred thousand pushes would take longer than all measurements."""

import functools
import hashlib
import subprocess

from tests.bench.child import environment
from tests.bench.content import REPOSITORY
from tests.bench.errors import Failed

_BYTES = 1024


def _bytes_of(number):
    return f"small blob {number}\n".encode().ljust(_BYTES, b".")


@functools.lru_cache(maxsize=None)
def digest_of(number):
    return "sha256:" + hashlib.sha256(_bytes_of(number)).hexdigest()


def _put_into_storage(root, count):
    """In the registry's own layout: the bytes, and a link that says that they
    belong to the repository."""
    base = root / "docker/registry/v2"
    for number in range(count):
        digest = digest_of(number)
        value = digest.partition(":")[2]
        data = base / "blobs/sha256" / value[:2] / value / "data"
        if data.exists():
            continue
        link = base / "repositories" / REPOSITORY / "_layers/sha256" / value
        data.parent.mkdir(parents=True)
        link.mkdir(parents=True)
        data.write_bytes(_bytes_of(number))
        (link / "link").write_text(digest)


def fill(bench, system, count):
    """Pulls `count` small blobs through the system, once. Raises Failed."""
    if system in bench.filled:
        return
    _put_into_storage(bench.upstream.root, count)
    urls = (system.blob_url(digest_of(number)) for number in range(count))
    config = "".join(f'url = "{url}"\noutput = /dev/null\n' for url in urls)
    command = ["curl", "-sS", "--fail", "--noproxy", "*", "--parallel"]
    result = subprocess.run(
        command + ["--parallel-max", "32", "--config", "-"],
        input=config,
        capture_output=True,
        text=True,
        env=environment("/nonexistent"),
    )
    if result.returncode:
        raise Failed(f"filling: {result.stderr.strip()[:200]}")
    bench.filled.add(system)
