"""A registry of CNCF's distribution that wants a login, with an image in it."""

import base64
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import urllib.parse
import urllib.request

_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(_HERE, "../support"))

from server_process import eventually  # noqa: E402

USER = "robot"
PASSWORD = "the upstream's"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
_YAML = """version: 0.1
log: {level: info, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: "%(directory)s/content"}
  maintenance: {uploadpurging: {enabled: false}}
auth: {htpasswd: {realm: source, path: "%(directory)s/htpasswd"}}
http: {addr: "127.0.0.1:0"}
"""


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class SourceRegistry:
    """`url` is where it serves."""

    def __init__(self, directory):
        os.mkdir(directory)
        self._log = directory + "/log"
        with open(directory + "/htpasswd", "w", encoding="utf-8") as file:
            subprocess.run(["htpasswd", "-niB", "-C", "4", USER],
                           input=PASSWORD, text=True, stdout=file, check=True)
        with open(directory + "/yml", "w", encoding="utf-8") as file:
            file.write(_YAML % {"directory": directory})
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                ["docker-registry", "serve", directory + "/yml"], stdout=log,
                stderr=log, env=dict(os.environ, OTEL_TRACES_EXPORTER="none"))
        self.url = ""
        try:
            eventually(self._find_url, "the registry listens")
        except AssertionError:
            self.stop()
            raise

    def _find_url(self):
        with open(self._log, encoding="utf-8") as log:
            found = re.search(r"listening on (127\.0\.0\.1:\d+)", log.read())
        self.url = "http://" + found[1] if found else ""
        return bool(found)

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)

    def _ask(self, method, url, data=None, content_type=None):
        request = urllib.request.Request(url, method=method, data=data)
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        request.add_header("Authorization", "Basic " + login)
        if content_type:
            request.add_header("Content-Type", content_type)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.headers

    def _push_blob(self, repository, data):
        headers = self._ask(
            "POST", f"{self.url}/v2/{repository}/blobs/uploads/", data=b"")
        where = urllib.parse.urljoin(self.url, headers["Location"])
        self._ask("PUT", where + "&digest=" + digest_of(data), data,
                  "application/octet-stream")

    def push(self, repository, tag, layers):
        """Pushes an image of these layers. Answers what a client pulls: paths
        behind the registry's, with their bytes; the tag is the first."""
        config = json.dumps({"os": "linux", "tag": tag}).encode()
        for data in (config, *layers):
            self._push_blob(repository, data)

        def descriptor(media_type, data):
            return {"mediaType": media_type, "digest": digest_of(data),
                    "size": len(data)}

        manifest = json.dumps({
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": descriptor(_CONFIG_TYPE, config),
            "layers": [descriptor(_LAYER_TYPE, data) for data in layers],
        }).encode()
        self._ask("PUT", f"{self.url}/v2/{repository}/manifests/{tag}",
                  manifest, MANIFEST_TYPE)
        paths = {f"{repository}/manifests/{tag}": manifest}
        for data in (config, *layers):
            paths[f"{repository}/blobs/{digest_of(data)}"] = data
        return paths
