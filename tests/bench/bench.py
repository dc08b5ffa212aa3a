"""One run: its sizes, its content and the helpers that every case uses."""

import dataclasses
import os

from tests.bench import content, load, proc
from tests.bench.errors import Failed
from tests.bench.system import Role

_SMALL_BYTES = 4096
_VERIFIED_LAYER_BYTES = 16 << 20


@dataclasses.dataclass(frozen=True)
class Scale:
    """How much is done."""

    name: str
    repeats: int
    hit_bytes: int
    cold_bytes: int
    first_byte_bytes: int
    first_byte_samples: int
    wrk_s: int
    slow_s: int
    start_blobs: int
    # The blob of the slow clients; absent = the one of the hits.
    slow_bytes: int = None
    # Measurements stop when this is used up; absent = never.
    budget_s: int = None


FULL = Scale("full", 5, 1 << 30, 200 << 20, 8 << 20, 5, 4, 10, 100_000)
QUICK = Scale(
    "quick", 3, 256 << 20, 32 << 20, 4 << 20, 3, 1, 2, 1000, budget_s=150
)


class Bench:
    """What cases need. `round` counts the repetitions from 0."""

    def __init__(self, scale, upstream):
        self.scale = scale
        self.upstream = upstream
        self.round = 0
        self.filled = set()  # Of systems: see fill.py.
        self._pusher = content.Pusher(upstream.port)
        self._blobs = {}
        self._verified = set()
        self.hit = self.blob("hit", scale.hit_bytes)
        self.small = self.blob("small", _SMALL_BYTES)
        self.manifest, upstream.manifest = self._pusher.push_manifest(
            self.small, [self.hit]
        )

    def slow(self):
        """The blob of the slow clients."""
        size = self.scale.slow_bytes
        return self.blob("slow", size) if size else self.hit

    def blob(self, name, size):
        """The blob of that name, in the upstream; made when it is new."""
        if name not in self._blobs:
            self._blobs[name] = self._pusher.push_blob(name, size)
        return self._blobs[name]

    def image(self, name, size):
        """The tag and the only layer of a new image in the upstream."""
        layer = self.blob(name, size)
        self._pusher.push_manifest(self.small, [layer], tag=name)
        return name, layer

    def verify(self, system, url, digest, accept="*/*"):
        """Once for each URL: pulls it, which warms a cache as well, and
        compares the digest of what came. Raises Failed."""
        if url in self._verified:
            return
        for temperature in ("first", "second"):
            got = load.digest(url, accept)
            if got != digest:
                raise Failed(f"wrong bytes at the {temperature} pull: {got}")
            if temperature == "first":
                self.settle(system)
        self._verified.add(url)

    def verify_cold(self, system):
        """Once for each system: a layer that it never saw has the right
        digest, cold and warm. Raises Failed."""
        blob = self.blob("verified", _VERIFIED_LAYER_BYTES)
        self.verify(system, system.blob_url(blob.digest), blob.digest)

    def settle(self, system):
        proc.settle(system.pids() + self.upstream.pids())

    def calm(self, system):
        """Before a pull whose storing is timed: no work or write is left."""
        self.settle(system)
        os.sync()

    def watch(self, system):
        return proc.Watch(system.pids())

    def expect_hit(self, system, mark, digest):
        """Raises Failed when the upstream was asked for the content."""
        if Role.STORE not in system.roles:
            return
        gets = self.upstream.requests_since(mark, "GET", digest)
        if gets:
            raise Failed(f"no hit: {gets} GETs at the upstream")
