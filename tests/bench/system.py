"""What is measured: a server that answers pulls."""

import enum
import time

from tests.bench import proc
from tests.bench.content import REPOSITORY


class Role(enum.Enum):
    """What a system can be asked to do."""

    HIT = "serve what it has"
    COLD = "serve what was never asked for"
    STORE = "keep what it fetched from the upstream"
    START = "start again with what it has stored"
    TENANTS = "have a second tenant with an upstream of the same URL"


class System:
    """Started with an own directory; owns its processes.

    Subclasses set `name`, `title`, `roles` and implement `_launch`.
    """

    name = ""
    title = ""
    roles = frozenset()
    prefixes = ("/v2/",)  # By the number of the tenant.

    def __init__(self):
        self._children = []
        self._data = None
        self._upstream = None
        self.port = 0

    def start(self, state, upstream):
        """Starts with what its directory under `state` holds. `upstream` is
        the Upstream to cache. Raises Failed."""
        self._upstream = upstream
        self._data = state / self.name
        self._data.mkdir(exist_ok=True)
        try:
            self.port = self._launch(self._data, upstream)
        except BaseException:
            self.stop()
            raise

    def _launch(self, data, upstream):
        """Starts the processes through `_add`; returns the HTTP port."""
        raise NotImplementedError

    def _add(self, child):
        self._children.append(child)
        return child

    def stop(self):
        for child in reversed(self._children):
            child.stop()
        self._children = []

    def restart(self):
        """Stops and starts with what is stored; returns the seconds that the
        start took. Raises Failed."""
        self.stop()
        begin = time.monotonic()
        self.start(self._data.parent, self._upstream)
        return time.monotonic() - begin

    def fault(self):
        """Why it does not run any more, or None."""
        for child in self._children:
            if not child.running():
                return child.obituary()
        return None if self._children else "not started"

    def pids(self):
        return proc.with_children([child.pid for child in self._children])

    def stored_bytes(self):
        """Disk space that its directory takes."""
        files = (path.lstat() for path in self._data.rglob("*"))
        return sum(entry.st_blocks * 512 for entry in files)

    def blob_url(self, digest, tenant=0):
        return self._url(f"blobs/{digest}", tenant)

    def manifest_url(self, reference, tenant=0):
        return self._url(f"manifests/{reference}", tenant)

    def _url(self, path, tenant):
        prefix = self.prefixes[tenant]
        return f"http://127.0.0.1:{self.port}{prefix}{REPOSITORY}/{path}"
