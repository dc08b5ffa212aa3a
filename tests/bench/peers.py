"""The peers: CNCF distribution and nginx, and the upstream that all share."""

import os
import pathlib
import socket

from tests.bench import proc
from tests.bench.child import Child
from tests.bench.content import REPOSITORY, TAG
from tests.bench.system import Role, System

_CONFIGS = pathlib.Path(__file__).parent / "conf"


def _write_config(template, directory, **values):
    text = (_CONFIGS / template).read_text()
    for key, value in values.items():
        text = text.replace(f"@{key.upper()}@", str(value))
    path = directory / template
    path.write_text(text)
    return path


def _launch_registry(name, template, directory, **values):
    config = _write_config(template, directory, **values)
    child = Child(name, ["docker-registry", "serve", config], directory)
    return child


class Upstream:
    """The registry that holds everything; its access log counts requests."""

    def __init__(self, state):
        directory = state / "upstream"
        directory.mkdir()
        self.root = directory / "data"
        self._child = _launch_registry(
            "upstream", "upstream.yml", directory, root=self.root
        )
        self.port = self._child.wait_until(
            lambda: proc.listening_port(self._child.pid)
        )
        self.url = f"http://127.0.0.1:{self.port}"
        self.manifest = b""  # Set once it is pushed.

    def pids(self):
        return [self._child.pid]

    def stop(self):
        self._child.stop()

    def mark(self):
        """A place in the access log, for requests_since()."""
        return self._child.log_path.stat().st_size

    def requests_since(self, mark, method, part):
        """How many requests whose target holds `part` have ended since."""
        with open(self._child.log_path, "rb") as log:
            log.seek(mark)
            lines = log.read().decode(errors="replace").splitlines()
        start = f'"{method} /v2/'
        # Access lines begin with the client; others repeat the same request.
        return sum(
            line.startswith("127.") and start in line and part in line
            for line in lines
        )


class Distribution(System):
    name = "distribution"
    title = "CNCF distribution, its own storage"
    roles = frozenset({Role.HIT, Role.COLD})

    def _launch(self, data, upstream):
        child = self._add(
            _launch_registry(
                self.name, "distribution.yml", data, root=upstream.root
            )
        )
        return child.wait_until(lambda: proc.listening_port(child.pid))


class DistributionCache(System):
    name = "distribution-cache"
    title = "CNCF distribution, pull-through cache"
    roles = frozenset({Role.HIT, Role.COLD, Role.STORE})

    def _launch(self, data, upstream):
        child = self._add(
            _launch_registry(
                self.name,
                "distribution-cache.yml",
                data,
                root=data / "data",
                upstream=upstream.url,
            )
        )
        return child.wait_until(lambda: proc.listening_port(child.pid))


class _Nginx(System):
    """nginx takes no port 0, so it is handed a socket that is bound already,
    the way its own binary upgrade does it."""

    template = ""

    def _launch(self, data, upstream):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(511)
            port = listener.getsockname()[1]
            config = _write_config(
                self.template,
                data,
                data=data,
                port=port,
                root=upstream.root,
                upstream=f"127.0.0.1:{upstream.port}",
                user="user root;" if os.geteuid() == 0 else "",
            )
            fd = listener.fileno()
            self._add(
                Child(
                    self.name,
                    ["nginx", "-p", data, "-c", config],
                    data,
                    pass_fds=(fd,),
                    env={"NGINX": f"{fd};"},
                )
            ).wait_until(lambda: (data / "nginx.pid").exists())
        return port

    def stop(self):
        super().stop()
        if self._data:
            (self._data / "nginx.pid").unlink(missing_ok=True)


class NginxStatic(_Nginx):
    name = "nginx-static"
    title = "nginx, sendfile of the blob's file"
    roles = frozenset({Role.HIT})
    template = "nginx-static.conf"

    def _launch(self, data, upstream):
        tags = data / "manifests" / REPOSITORY
        tags.mkdir(parents=True, exist_ok=True)
        (tags / TAG).write_bytes(upstream.manifest)
        return super()._launch(data, upstream)


class NginxCache(_Nginx):
    name = "nginx-cache"
    title = "nginx, proxy_cache"
    roles = frozenset({Role.HIT, Role.COLD, Role.STORE})
    template = "nginx-cache.conf"
