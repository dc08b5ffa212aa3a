"""An installation of ours, of one process or of three."""

import os
import sys
import urllib.error
import urllib.request

from reflected_api import Api

_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(_HERE, "../support"))

from server_process import Server  # noqa: E402


class Installation:
    """`api` is the administrator's."""

    def __init__(self, directory, processes):
        self._directory = directory
        self._processes = processes
        self._servers = []
        self._apis = []
        self._schema = None
        self.api = None
        for name in ("metadata", "blob", "gateway"):
            os.mkdir(os.path.join(directory, name))
        self.start()

    def start(self):
        """Starts it, the first time or again on the same data."""
        if self._processes == 1:
            server = self._serve(
                "metadata", "services/standalone/cvr-standalone",
                "--http_address=127.0.0.1:0",
                "--grpc_address=unix:" + self._path("m.sock"),
                "--data_dir=" + self._path("data"),
                "--allow_private_upstreams",
                # Where nobody listens.
                "--bootstrap_upstream=http://127.0.0.1:1")
            self._http = server.ready["http"]
        else:
            self._start_three()
        self.api = self.client(self.admin_token())

    def _start_three(self):
        metadata = "unix:" + self._path("m.sock")
        blob = "unix:" + self._path("b.sock")
        self._serve("metadata", "services/metadata/cvr-metadata",
                    "--grpc_address=" + metadata, "--blob_addresses=" + blob,
                    "--data_dir=" + self._path("data"))
        self._serve("blob", "services/blob/cvr-blob", "--grpc_address=" + blob,
                    "--metadata_address=" + metadata,
                    "--data_dir=" + self._path("blobs"),
                    "--allow_private_upstreams")
        gateway = self._serve("gateway", "gateway/cvr-gateway",
                              "--http_address=127.0.0.1:0",
                              "--metadata_address=" + metadata,
                              "--blob_address=" + blob)
        self._http = gateway.ready["http"]

    def _path(self, name):
        return os.path.join(self._directory, name)

    def _serve(self, name, binary, *flags):
        self._servers.append(Server(self._path(name), binary, *flags))
        return self._servers[-1]

    def _forget(self):
        for api in self._apis:
            api.close()
        self._apis.clear()
        self._servers.clear()

    def stop(self):
        for server in reversed(self._servers):
            server.stop()
        self._forget()

    def kill(self):
        """As a power cut does, but for the disk."""
        for server in self._servers:
            server.kill()
        self._forget()

    def said(self):
        return "\n".join(server.said() for server in self._servers)

    def admin_token(self):
        with open(self._path("data/admin-token"), encoding="utf-8") as file:
            return file.read().strip()

    def client(self, token):
        """An Api with that token, at the one endpoint of administration."""
        api = Api("unix:" + self._path("m.sock"), token, self._schema)
        self._schema = api.schema
        self._apis.append(api)
        return api

    def pull(self, registry_id, path, token=""):
        """(status, bytes) of a pull."""
        request = urllib.request.Request(
            f"http://{self._http}/v2/virtual_registries/containers/"
            f"{registry_id}/{path}")
        if token:
            request.add_header("Authorization", "Bearer " + token)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()
