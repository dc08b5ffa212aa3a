"""What is pulled: random bytes that are the same in every run, and the HTTP
pushes that put them into an upstream registry."""

import dataclasses
import hashlib
import http.client
import json
import random

REPOSITORY = "bench/image"
TAG = "latest"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"

_SEED = 20240501
_BLOCK_BYTES = 1 << 20


@dataclasses.dataclass(frozen=True)
class Blob:
    digest: str
    size: int


def blocks(name, size):
    """The bytes of the blob called `name`, in blocks."""
    source = random.Random(f"{_SEED}/{name}")
    for offset in range(0, size, _BLOCK_BYTES):
        yield source.randbytes(min(_BLOCK_BYTES, size - offset))


class Pusher:
    """Pushes to one repository of a registry at `port` on this machine."""

    def __init__(self, port):
        self._port = port

    def push_blob(self, name, size):
        hasher = hashlib.sha256()

        def hashed():
            for block in blocks(name, size):
                hasher.update(block)
                yield block

        start = self._call("POST", f"/v2/{REPOSITORY}/blobs/uploads/", 202)
        headers = {
            "Content-Length": str(size),
            "Content-Type": "application/octet-stream",
        }
        sent = self._call("PATCH", _target(start), 202, hashed(), headers)
        digest = "sha256:" + hasher.hexdigest()
        end = _target(sent)
        end += ("&" if "?" in end else "?") + "digest=" + digest
        self._call("PUT", end, 201, b"")
        return Blob(digest, size)

    def push_manifest(self, config, layers, tag=TAG):
        body = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST_TYPE,
                "config": _descriptor(_CONFIG_TYPE, config),
                "layers": [_descriptor(_LAYER_TYPE, layer) for layer in layers],
            }
        ).encode()
        target = f"/v2/{REPOSITORY}/manifests/{tag}"
        headers = {"Content-Type": MANIFEST_TYPE}
        self._call("PUT", target, 201, body, headers)
        digest = "sha256:" + hashlib.sha256(body).hexdigest()
        return Blob(digest, len(body)), body

    def _call(self, method, target, wanted, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, 600)
        try:
            connection.request(method, target, body, headers or {})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status != wanted:
            raise RuntimeError(f"{method} {target}: {answer.status} {text!r}")
        return answer


def _target(answer):
    """The path and query of the answer's Location."""
    location = answer.headers["Location"]
    return location[location.index("/v2/") :]


def _descriptor(media_type, blob):
    return {"mediaType": media_type, "digest": blob.digest, "size": blob.size}
