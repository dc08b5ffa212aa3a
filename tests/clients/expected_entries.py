#!/usr/bin/env python3
"""Prints the cache entries that pulling whole images leaves behind, as JSON.

usage: expected_entries.py HOST:PORT REPOSITORY:TAG...

Asks the registry at HOST:PORT, over plain HTTP, for each image's manifest, the
manifests below it and what these name.
"""

import hashlib
import json
import sys
import urllib.request

MANIFEST_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


class Upstream:
    def __init__(self, address):
        self.base = f"http://{address}/v2"
        self.entries = {}

    def ask(self, method, path):
        request = urllib.request.Request(
            self.base + path,
            method=method,
            headers={"Accept": ", ".join(MANIFEST_TYPES)},
        )
        with urllib.request.urlopen(request) as response:
            return response.headers, response.read()

    def add(self, path, media_type, digest, size):
        self.entries[path] = {
            "relative_path": path,
            "media_type": media_type,
            "digest": digest,
            "size_bytes": size,
        }

    def add_manifest(self, repository, reference):
        path = f"/{repository}/manifests/{reference}"
        headers, body = self.ask("GET", path)
        digest = "sha256:" + hashlib.sha256(body).hexdigest()
        self.add(path, headers["Content-Type"], digest, len(body))
        manifest = json.loads(body)
        for child in manifest.get("manifests", []):
            self.add_manifest(repository, child["digest"])
        blobs = manifest.get("layers", [])
        if "config" in manifest:
            blobs = blobs + [manifest["config"]]
        for blob in blobs:
            self.add_blob(repository, blob["digest"])

    def add_blob(self, repository, digest):
        path = f"/{repository}/blobs/{digest}"
        headers, _ = self.ask("HEAD", path)
        size = int(headers["Content-Length"])
        self.add(path, headers["Content-Type"], digest, size)


def main():
    upstream = Upstream(sys.argv[1])
    for image in sys.argv[2:]:
        repository, _, tag = image.rpartition(":")
        upstream.add_manifest(repository, tag)
    entries = sorted(
        upstream.entries.values(), key=lambda entry: entry["relative_path"]
    )
    json.dump(entries, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
