#!/usr/bin/env python3
"""An upstream with one image under many tags, on a loopback port.

usage: upstream.py ADDRESS_FILE

Writes host:port to the file once it serves, and serves until it is stopped.
"""

import hashlib
import http.server
import json
import os
import re
import sys
import threading

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


CONFIG = b'{"architecture":"amd64","os":"linux"}'
MANIFEST = json.dumps({
    "schemaVersion": 2,
    "mediaType": MANIFEST_TYPE,
    "config": {"mediaType": CONFIG_TYPE, "digest": digest_of(CONFIG),
               "size": len(CONFIG)},
    "layers": [],
}).encode()

PATH = re.compile(r"/v2/library/(?:alpine|nginx)/(manifests|blobs)/(\S+)")


def content_of(path):
    """(media type, bytes) of what a path names, or None."""
    match = PATH.fullmatch(path)
    if not match:
        return None
    kind, reference = match.groups()
    if kind == "blobs":
        known = reference == digest_of(CONFIG)
        return ("application/octet-stream", CONFIG) if known else None
    if ":" in reference and reference != digest_of(MANIFEST):
        return None
    return MANIFEST_TYPE, MANIFEST


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        content = content_of(self.path)
        if self.path == "/v2/":
            content = ("application/json", b"{}")
        if content is None:
            self.answer(404, "application/json", b'{"errors":[]}')
        else:
            self.answer(200, *content)

    do_HEAD = do_GET

    def answer(self, status, media_type, body):
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Docker-Content-Digest", digest_of(body))
        self.send_header("ETag", f'"{digest_of(body)}"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


def start():
    """(server, host:port); runs on a thread of its own until shut down."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, "127.0.0.1:%d" % server.server_address[1]


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    file = sys.argv[1]
    with open(file + ".new", "w", encoding="utf-8") as out:
        out.write("127.0.0.1:%d" % server.server_address[1])
    os.rename(file + ".new", file)
    server.serve_forever()


if __name__ == "__main__":
    main()
