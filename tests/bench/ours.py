"""This system, in one process and in three."""

import json
import subprocess

from tests.bench.child import Child, environment
from tests.bench.errors import Failed
from tests.bench.system import Role, System

STANDALONE = "//services/standalone:cvr-standalone"
CVR = "//tools/cvr:cvr"
SERVICES = (
    "//services/metadata:cvr-metadata",
    "//services/blob:cvr-blob",
    "//gateway:cvr-gateway",
    CVR,
)


class _Cvr(System):
    roles = frozenset(Role)
    # The registries that are made, one of each tenant.
    prefixes = tuple(
        f"/v2/virtual_registries/containers/{number}/" for number in (1, 2)
    )
    targets = ()

    def __init__(self, binaries):
        """`binaries`: where the built programs are, by their targets' names;
        or why there are none, as text."""
        super().__init__()
        self._binaries = binaries
        self._tenants = 0  # That were made.

    def _run(self, name, data, **flags):
        """Starts one program; returns the addresses that it serves."""
        if isinstance(self._binaries, str):
            raise Failed(self._binaries)
        ready = data / f"{name}.ready"
        ready.unlink(missing_ok=True)
        flags |= {"ready_file": ready, "log_level": "warn"}
        words = [f"--{key}={value}" for key, value in flags.items()]
        child = Child(name, [self._binaries / name, *words], data)
        self._add(child).wait_until(ready.exists)
        return json.loads(ready.read_text())


    def _add_tenant(self, data, server, token_file, upstream):
        """A group with a registry and an upstream that is the same for all."""
        if isinstance(self._binaries, str):
            raise Failed(self._binaries)
        cvr = [self._binaries / "cvr", "--server", server]
        cvr += ["--token-file", token_file]
        self._tenants += 1
        group = f"tenant-{self._tenants}"
        _call(data, *cvr, "group", "create", group)
        of = ["--group", group]
        _call(data, *cvr, "registry", "create", "b", "--anonymous-pull", *of)
        create = ["upstream", "create", "b", "--registry", str(self._tenants)]
        _call(data, *cvr, *create, "--url", upstream.url, *of)


class Standalone(_Cvr):
    name = "cvr-standalone"
    title = "this system, one process"
    targets = (STANDALONE, CVR)

    def _launch(self, data, upstream):
        is_new = not (data / "data").exists()
        ready = self._run(
            "cvr-standalone",
            data,
            data_dir=data / "data",
            http_address="127.0.0.1:0",
            grpc_address="127.0.0.1:0",
            allow_private_upstreams="true",
            bootstrap_upstream=upstream.url,
            bootstrap_anonymous_pull="true",
        )
        if is_new:
            self._tenants = 1
            token_file = data / "data" / "admin-token"
            self._add_tenant(data, ready["grpc"], token_file, upstream)
        return _port(ready["http"])


class Services(_Cvr):
    name = "cvr-services"
    title = "this system, three processes over Unix sockets"
    targets = SERVICES

    def _launch(self, data, upstream):
        # Relative to the working directory: paths of sockets must be short.
        metadata = "unix:metadata.sock"
        blob = "unix:blob.sock"
        is_new = not (data / "metadata").exists()
        self._run(
            "cvr-metadata",
            data,
            data_dir=data / "metadata",
            grpc_address=metadata,
            blob_addresses=blob,
        )
        if is_new:
            token_file = data / "metadata" / "admin-token"
            for _ in self.prefixes:
                self._add_tenant(data, metadata, token_file, upstream)
        self._run(
            "cvr-blob",
            data,
            data_dir=data / "blob",
            grpc_address=blob,
            metadata_address=metadata,
            allow_private_upstreams="true",
        )
        ready = self._run(
            "cvr-gateway",
            data,
            http_address="127.0.0.1:0",
            metadata_address=metadata,
            blob_address=blob,
        )
        return _port(ready["http"])


def _call(directory, *command):
    result = subprocess.run(
        command,
        cwd=directory,
        env=environment(directory),
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise Failed(f"cvr {command[5]}: {result.stderr.strip()[:200]}")


def _port(address):
    return int(str(address).rpartition(":")[2])
