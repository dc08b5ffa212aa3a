#!/usr/bin/env python3
"""A data directory of an earlier revision, served by the present binary."""

import base64
import hashlib
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))

from server_process import BINARIES, Server, eventually  # noqa: E402

ARCHIVE = os.path.join(HERE, "data-3975fa8.tar.zst")
MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
FOREVER = "315576000000s"
# What the stored upstream logs in with.
LOGIN = "Basic " + base64.b64encode(b"robot:sesame").decode()
# Where the blob store of the archive has what its images are made of: pieces of
# (file, offset, length). Their digests are checked.
PIECES = (
    (("000004.log", 155, 611),),
    (("000004.log", 1281, 611),),
    (("000004.log", 975, 112),),
    (("000044.sst", 51, 70000),),
    (("000045.sst", 58, 262144), ("000045.sst", 262273, 37856)),
    (("000046.sst", 58, 70000),),
    (("000047.sst", 58, 262144), ("000047.sst", 262273, 37856)),
)


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def stored_content(data):
    """Digest -> bytes of all that the archive's blob store holds."""
    found = {}
    for pieces in PIECES:
        content = b""
        for name, offset, length in pieces:
            with open(f"{data}/blobs/db/{name}", "rb") as file:
                file.seek(offset)
                content += file.read(length)
        found[digest_of(content)] = content
    return found


class Upstream(http.server.BaseHTTPRequestHandler):
    """`library/...` is for everybody, `private/...` for LOGIN."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        server.requests.append(
            (self.command, self.path, self.headers["Authorization"]))
        private = self.path.startswith("/v2/private/")
        if server.gone:
            self.answer(503, b"")
        elif private and self.headers["Authorization"] != LOGIN:
            self.answer(401, b"")
        else:
            content = server.content.get(self.path)
            self.answer(404 if content is None else 200, content or b"")

    do_HEAD = do_GET

    def answer(self, status, body):
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="private"')
        if "/manifests/" in self.path:
            self.send_header("Content-Type", MANIFEST_TYPE)
            self.send_header("Docker-Content-Digest", digest_of(body))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


def start_upstream(port):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Upstream)
    server.daemon_threads = True
    server.content = {}
    server.requests = []
    server.gone = False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class UpgradeTest(unittest.TestCase):

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="cvr-upgrade.")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        subprocess.run(["tar", "--zstd", "--no-same-owner", "-xf", ARCHIVE,
                        "-C", self.directory], check=True)
        with open(self.directory + "/EXPECTED.json", encoding="utf-8") as file:
            self.expected = json.load(file)
        self.data = self.directory + "/data"
        with open(self.data + "/admin-token", encoding="utf-8") as file:
            self.admin_token = file.read().strip()
        self.content = stored_content(self.data)
        self.upstream = start_upstream(self.expected["upstream_port"])
        self.addCleanup(self.upstream.server_close)
        self.addCleanup(self.upstream.shutdown)
        self.fill_upstream()
        self.start()

    def fill_upstream(self):
        """The images of the archive, and one that needs the login."""
        for image in self.expected["images"]:
            base = "/v2/" + image["repository"]
            manifest = self.content[image["manifest"]]
            self.upstream.content[f"{base}/manifests/{image['tag']}"] = manifest
            self.upstream.content[f"{base}/manifests/{image['manifest']}"] = (
                manifest)
            for digest in [image["config"], *image["layers"]]:
                self.upstream.content[f"{base}/blobs/{digest}"] = (
                    self.content[digest])
        secret = self.content[self.expected["images"][0]["manifest"]]
        for tag in ("1.0", "1.0-rc1"):
            self.upstream.content["/v2/private/app/manifests/" + tag] = secret

    def start(self):
        self.server = Server(
            self.directory, "services/standalone/cvr-standalone",
            "--http_address=127.0.0.1:0", "--grpc_address=127.0.0.1:0",
            "--data_dir=" + self.data, "--allow_private_upstreams")
        self.addCleanup(self.server.stop)

    def cvr(self, *words, token=None, stdin=""):
        environment = dict(os.environ, CVR_TOKEN=token or self.admin_token,
                           CVR_PASSWORD_SECOND="sesame")
        done = subprocess.run(
            [os.path.join(BINARIES, "tools/cvr/cvr"),
             "--server=" + self.server.ready["grpc"], *words],
            env=environment, input=stdin, capture_output=True, text=True,
            check=False)
        self.assertEqual(done.returncode, 0, (words, done.stderr))
        return done.stdout

    def json(self, *words, token=None):
        return json.loads(self.cvr(*words, "-o", "json", token=token))

    def pull(self, registry, path, token=None):
        """(status, bytes, Cache-Status)."""
        request = urllib.request.Request(
            f"http://{self.server.ready['http']}"
            f"/v2/virtual_registries/containers/{registry}/{path}")
        request.add_header("Accept", MANIFEST_TYPE)
        if token:
            request.add_header("Authorization", "Bearer " + token)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return (answer.status, answer.read(),
                        answer.headers["Cache-Status"])
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(), error.headers["Cache-Status"]

    def paths(self):
        """(path of a pull, digest) of all that the archive has cached."""
        for image in self.expected["images"]:
            repository = image["repository"]
            yield f"{repository}/manifests/{image['tag']}", image["manifest"]
            for digest in [image["config"], *image["layers"]]:
                yield f"{repository}/blobs/{digest}", digest

    # What was declared, by the names that its fields had then.
    def test_the_file_that_it_exported_changes_nothing(self):
        for more in ((), ("--prune",)):
            said = self.cvr("apply", "-f", "-", "--dry-run", *more,
                            stdin=self.expected["export"])
            self.assertEqual(
                said, "no changes: the server already matches the file\n")

    def test_registries_and_their_attachments(self):
        found = {(r["group"], r["name"]): r
                 for r in self.json("registry", "list")}
        self.assertEqual(set(found),
                         {("default", "default"), ("acme", "team")})
        for key, number in ((("default", "default"), "1"),
                            (("acme", "team"), "2")):
            registry = found[key]
            self.assertEqual(registry["id"], number)
            self.assertTrue(registry["uid"])
            self.assertTrue(registry["create_time"])
            self.assertEqual(
                [(a["position"], a["upstream_id"])
                 for a in registry["attachments"]], [(1, number)])
        self.assertTrue(found["default", "default"]["anonymous_pull"])
        self.assertEqual(found["default", "default"]["description"],
                         "Made at the first start")
        self.assertFalse(found["acme", "team"]["anonymous_pull"])

    def test_upstreams_and_policies(self):
        url = f"http://127.0.0.1:{self.expected['upstream_port']}"
        plain = self.json("upstream", "get", "upstream")
        self.assertEqual((plain["id"], plain["url"]), ("1", url))
        self.assertEqual(plain["source_namespaces"], [url[len("http://"):]])
        self.assertFalse(plain["has_password"])
        second = self.json("upstream", "get", "acme/second")
        self.assertEqual((second["id"], second["url"]), ("2", url))
        self.assertEqual(second["username"], "robot")
        self.assertTrue(second["has_password"])
        # 0 meant for ever.
        self.assertEqual(second["cache_policy"]["tag_ttl_overrides"],
                         [{"tag": {"wildcard": "v*.*.*"}, "ttl": FOREVER}])
        self.assertEqual(second["rules"], [{
            "action": "RULE_ACTION_DENY", "target": "RULE_TARGET_TAG",
            "pattern": {"wildcard": "*-rc*"}}])
        policy = self.json("cleanup", "get", "acme")
        self.assertTrue(policy["enabled"])
        self.assertEqual(policy["keep_after_last_pull"], "2592000s")
        self.assertEqual(policy["run_interval"], "604800s")
        self.assertTrue(policy["next_run_time"])

    def test_tokens_and_credentials_work(self):
        token = self.expected["read_token"]
        caller = self.json("whoami", token=token)
        caller = caller.get("access_token", caller)
        self.assertEqual((caller["id"], caller["name"]), ("2", "ci"))
        self.assertEqual(caller["group"], "acme")
        self.assertEqual(caller["scopes"], ["SCOPE_READ"])
        caller = self.json("whoami")
        caller = caller.get("access_token", caller)
        self.assertEqual(caller["scopes"], ["SCOPE_ADMIN"])
        self.assertTrue(caller["all_groups"])

        path = "private/app/manifests/1.0"
        self.assertEqual(self.pull(2, path)[0], 401)
        status, body, _ = self.pull(2, path, token)
        self.assertEqual((status, body),
                         (200, self.upstream.content["/v2/" + path]))
        asked = [login for _, place, login in self.upstream.requests
                 if place == "/v2/" + path]
        self.assertEqual(asked[-1], LOGIN)
        # The rule, which the upstream never hears of.
        self.assertEqual(self.pull(2, path + "-rc1", token)[0], 403)
        self.assertNotIn("/v2/" + path + "-rc1",
                         [place for _, place, _ in self.upstream.requests])

    def test_what_is_cached_is_served_after_its_proof(self):
        entries = {e["relative_path"]: e
                   for e in self.json("entry", "list", "--upstream", "1")}
        self.assertEqual({path: e["digest"] for path, e in entries.items()},
                         {"/" + path: digest for path, digest in self.paths()})
        for path, digest in self.paths():
            entry = entries["/" + path]
            self.assertEqual(entry["size_bytes"],
                             str(len(self.content[digest])))
            self.assertEqual(entry["state"], "STATE_ACTIVE")
            self.assertGreaterEqual(int(entry["pull_count"]), 1)
        for path, digest in self.paths():
            status, body, _ = self.pull(1, path)
            self.assertEqual((status, body), (200, self.content[digest]), path)
            eventually(lambda path=path: self.pull(1, path)[2] == "cvr; hit",
                       path + " is a hit")
        self.upstream.gone = True
        self.expect_served()

        # And so it stays.
        exported = self.cvr("export")
        self.server.stop()
        self.start()
        self.assertEqual(self.cvr("export"), exported)
        self.expect_served()

    def expect_served(self):
        before = len(self.upstream.requests)
        for path, digest in self.paths():
            status, body, cache = self.pull(1, path)
            self.assertEqual((status, body), (200, self.content[digest]), path)
            self.assertEqual(cache, "cvr; hit", path)
        self.assertEqual(self.upstream.requests[before:], [])


if __name__ == "__main__":
    unittest.main()
