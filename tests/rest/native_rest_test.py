#!/usr/bin/env python3
"""The native REST API at real servers, as its own document tells of it."""

import json
import os
import re
import sys
import tempfile
import unittest
import urllib.error
import urllib.request
import uuid

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import upstream  # noqa: E402
from server_process import Server, eventually  # noqa: E402

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "../../gateway/native_rest/openapi.json")
BASE = "/api/cvr/v1"
WRONG_TOKEN = "cvr_" + "0" * 50
MISSING = "999999"
BODY_BYTES_MAX = 256 * 1024

STANDALONE = ("services/standalone/cvr-standalone",
              "--http_address=127.0.0.1:0", "--grpc_address=127.0.0.1:0",
              "--allow_private_upstreams", "--login_failures_per_minute=0")


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body
        self.json = json.loads(body) if body else None

    @property
    def error(self):
        return self.json["error"]

    def detail(self, kind):
        """The detail of a google.rpc type, or {}."""
        found = [d for d in self.error["details"]
                 if d["@type"] == "type.googleapis.com/google.rpc." + kind]
        return found[0] if found else {}


class Client:
    """Sends requests, and checks what holds for every answer."""

    def __init__(self, test, host, token):
        self.test = test
        self.host = host
        self.token = token

    def ask(self, method, path, body=None, headers=None, token=None):
        request = urllib.request.Request(f"http://{self.host}{BASE}{path}",
                                         method=method)
        token = self.token if token is None else token
        if token:
            request.add_header("Authorization", "Bearer " + token)
        if body is not None:
            request.data = (body if isinstance(body, bytes)
                            else json.dumps(body).encode())
            request.add_header("Content-Type", "application/json")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                found = Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                found = Answer(error.code, error.headers, error.read())
        self.check(f"{method} {path}", found)
        return found

    def check(self, what, answer):
        headers = answer.headers
        self.test.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        self.test.assertEqual(headers["Cache-Control"], "no-store", what)
        self.test.assertRegex(headers["X-Request-Id"], r"^[\w.-]+$", what)
        if answer.status >= 400:
            self.test.assertEqual(answer.error["code"], answer.status, what)
            self.test.assertTrue(answer.error["message"], what)
            self.test.assertTrue(answer.detail("ErrorInfo").get("reason"),
                                 f"{what}: {answer.body}")

    def good(self, method, path, body=None, headers=None, token=None):
        answer = self.ask(method, path, body, headers, token)
        self.test.assertEqual(answer.status, 200,
                              f"{method} {path}: {answer.body}")
        return answer


class NativeRestTest(unittest.TestCase):

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="cvr-native.")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        server, address = upstream.start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.upstream = "http://" + address

    def serve(self, binary, *flags):
        server = Server(tempfile.mkdtemp(dir=self.directory), binary, *flags)
        self.addCleanup(server.stop)
        return server

    def start(self):
        """A client of cvr-standalone, as its administrator."""
        data = os.path.join(self.directory, "data")
        self.server = self.serve(*STANDALONE, "--data_dir=" + data,
                                 "--bootstrap_upstream=" + self.upstream)
        return self.admin(self.server, data)

    def admin(self, server, data):
        with open(data + "/admin-token", encoding="utf-8") as file:
            return Client(self, server.ready["http"], file.read().strip())

    @staticmethod
    def operations(document):
        """(method, path, operation) of all that is documented."""
        for path, item in document["paths"].items():
            for method, operation in item.items():
                yield method.upper(), path.removeprefix(BASE), operation

    @staticmethod
    def filled(path):
        """A path whose variables name nothing that is there."""
        return re.sub(r"\{(\w+)\}", lambda m: (
            "no-body/no-team" if m[1] in ("name", "group") else MISSING), path)

    def test_the_document_is_that_of_the_repository(self):
        client = self.start()
        served = client.good("GET", "/openapi.json", token="").json
        with open(GOLDEN, encoding="utf-8") as file:
            self.assertEqual(served, json.load(file))

    def test_every_documented_path_answers(self):
        client = self.start()
        document = client.good("GET", "/openapi.json", token="").json
        count = 0
        for method, path, operation in self.operations(document):
            name = operation["operationId"]
            has_body = "requestBody" in operation
            answer = client.ask(method, self.filled(path),
                                {} if has_body else None)
            # Either way a service of ours has answered: it is there, it wants
            # more, or what the path names is not there.
            reason = "" if answer.status == 200 else (
                answer.detail("ErrorInfo")["reason"])
            self.assertIn(answer.status, (200, 400, 404),
                          f"{name}: {answer.body}")
            self.assertNotEqual(reason, "UNSUPPORTED", name)
            count += 1
        self.assertGreater(count, 50)

    def test_every_documented_path_needs_a_token(self):
        client = self.start()
        document = client.good("GET", "/openapi.json", token="").json
        for method, path, operation in self.operations(document):
            body = {} if "requestBody" in operation else None
            for token in ("", WRONG_TOKEN):
                answer = client.ask(method, self.filled(path), body,
                                    token=token)
                self.assertEqual(answer.status, 401, operation["operationId"])
                self.assertTrue(answer.headers["WWW-Authenticate"])
                self.assertEqual(answer.error["status"], "UNAUTHENTICATED")

    def test_wrong_requests_are_told(self):
        client = self.start()
        self.assertEqual(client.ask("GET", "/nothing").status, 404)
        self.assertEqual(client.ask("GET", "/fetches:watch").status, 404)
        wrong = client.ask("PUT", "/registries/1", {})
        self.assertEqual(wrong.status, 405)
        self.assertEqual(wrong.headers["Allow"], "DELETE, GET, PATCH, HEAD")
        text = client.ask("POST", "/registries", {},
                          headers={"Content-Type": "text/plain"})
        self.assertEqual(text.status, 415)
        large = client.ask("POST", "/registries", b" " * (BODY_BYTES_MAX + 1))
        self.assertEqual(large.status, 413)
        deep = client.ask("POST", "/registries", b"[" * 200_000)
        self.assertEqual(deep.status, 400)
        unknown = client.ask("POST", "/registries?nothing=1",
                             {"group": "default", "nothing": {}})
        self.assertEqual(unknown.status, 400)
        self.assertEqual(
            {v["field"] for v in
             unknown.detail("BadRequest")["field_violations"]},
            {"nothing", "registry.nothing"})

    def test_objects_live_from_creation_to_deletion(self):
        client = self.start()
        made = client.good("POST", "/groups",
                           {"name": "acme/team", "description": "d"})
        self.assertEqual(made.json["name"], "acme/team")
        for path in ("/groups/acme/team", "/groups/acme%2Fteam"):
            found = client.good("GET", path)
            self.assertEqual(found.json, made.json)
        registry = client.good("POST", "/registries", {
            "group": "acme/team", "name": "web"}).json
        source = client.good("POST", "/upstreams", {
            "group": "acme/team", "name": "hub", "url": self.upstream,
            "cache_policy": {"tag_ttl": "60s"}}).json
        self.assertEqual(source["cache_policy"]["tag_ttl"], "60s")
        where = f"/registries/{registry['id']}/attachments"
        client.good("PUT", where, {"upstream_ids": [source["id"]]})
        listed = client.good("GET", where).json["attachments"]
        self.assertEqual([a["upstream_id"] for a in listed], [source["id"]])
        page = client.good("GET", "/registries?group=acme/team&page_size=1")
        self.assertEqual([r["name"] for r in page.json["registries"]], ["web"])
        operation = client.good("POST", f"/upstreams/{source['id']}:purge").json
        ended = client.good("POST", f"/operations/{operation['id']}:wait",
                            {"timeout": "60s"}).json
        self.assertTrue(ended["done"])
        client.good("DELETE", "/groups/acme/team?force=true")
        self.assertEqual(client.ask("GET", "/groups/acme/team").status, 404)

    def test_what_is_hidden_is_answered_like_what_is_not_there(self):
        client = self.start()
        client.good("POST", "/groups", {"name": "acme"})
        client.good("POST", "/groups", {"name": "other"})
        registry = client.good("POST", "/registries", {
            "group": "other", "name": "web"}).json["id"]
        secret = client.good("POST", "/access_tokens", {
            "name": "t", "group": "acme", "scopes": ["SCOPE_MANAGE"]}
            ).json["secret"]
        for method, body in (("GET", None), ("PATCH", {"description": "x"}),
                             ("DELETE", None)):
            hidden, missing = (
                client.ask(method, f"/registries/{number}", body, token=secret)
                for number in (registry, MISSING))
            self.assertEqual(hidden.status, 404)
            self.assertEqual(missing.status, 404)
            self.assertEqual(
                json.loads(hidden.body.replace(registry.encode(), b"N")),
                json.loads(missing.body.replace(MISSING.encode(), b"N")))
        self.assertEqual(client.ask("GET", "/groups/other", token=secret
                                    ).status, 404)
        denied = client.ask("GET", "/audit_events?group=-", token=secret)
        self.assertEqual(denied.status, 403)
        client.good("GET", f"/registries/{registry}")

    def test_etags_prevent_lost_updates(self):
        client = self.start()
        first = client.good("GET", "/registries/1")
        tag = first.headers["ETag"]
        self.assertEqual(tag, f'"{first.json["etag"]}"')
        same = client.ask("GET", "/registries/1",
                          headers={"If-None-Match": tag})
        self.assertEqual((same.status, same.body), (304, b""))
        changed = client.good("PATCH", "/registries/1", {"description": "a"},
                              headers={"If-Match": tag})
        self.assertNotEqual(changed.headers["ETag"], tag)
        for method, body in (("PATCH", {"description": "b"}),
                             ("DELETE", None)):
            stale = client.ask(method, "/registries/1", body,
                               headers={"If-Match": tag})
            self.assertEqual(stale.status, 412)
            self.assertEqual(stale.error["status"], "ABORTED")
        now = client.good("GET", "/registries/1",
                          headers={"If-None-Match": tag})
        self.assertEqual(now.json["description"], "a")
        client.good("DELETE", "/registries/1",
                    headers={"If-Match": now.headers["ETag"]})

    def test_a_patch_changes_what_its_body_has(self):
        client = self.start()
        number = client.good("POST", "/upstreams", {
            "group": "default", "name": "hub", "url": self.upstream,
            "description": "d", "limits": {"concurrent_requests": 3},
            "credentials": {"basic": {"username": "u", "password": "p"}}}
            ).json["id"]
        path = f"/upstreams/{number}"
        changed = client.good("PATCH", path, {
            "description": "", "limits": {"open_ttl": "60s"}}).json
        self.assertEqual(changed["description"], "")
        self.assertEqual(changed["limits"],
                         {"concurrent_requests": 3, "open_ttl": "60s"})
        self.assertEqual(changed["username"], "u")
        self.assertNotIn("credentials", changed)
        # What was read can be sent back, and changes nothing.
        before = client.good("GET", path).json
        client.good("PATCH", path, before)
        after = client.good("GET", path).json
        for ignored in ("update_time", "etag"):
            self.assertTrue(before.pop(ignored) and after.pop(ignored))
        self.assertEqual(after, before)
        self.assertTrue(after["has_password"])
        # A mask that is given counts alone.
        masked = client.good("PATCH", path + "?update_mask=description", {
            "description": "e", "disabled": True}).json
        self.assertEqual((masked["description"], masked["disabled"]),
                         ("e", False))
        cleared = client.good("PATCH", path, {"credentials": None}).json
        self.assertEqual((cleared["username"], cleared["has_password"]),
                         ("", False))

    def test_a_lost_answer_can_be_asked_for_again(self):
        client = self.start()
        key = {"Idempotency-Key": str(uuid.uuid4())}
        body = {"group": "default", "name": "once"}
        first, again = (client.good("POST", "/registries", body, headers=key)
                        for _ in range(2))
        self.assertEqual(again.json, first.json)
        listed = client.good("GET", "/registries?group=default").json
        self.assertEqual([r["name"] for r in listed["registries"]
                          ].count("once"), 1)
        self.assertEqual(client.ask("POST", "/registries", body,
                                    headers={"Idempotency-Key": "once"}
                                    ).status, 400)
        self.assertEqual(client.ask("DELETE", "/registries/1", headers=key
                                    ).status, 400)

    def test_requests_can_be_found_in_the_log(self):
        client = self.start()
        name = "build-" + uuid.uuid4().hex
        answer = client.ask("GET", "/registries/1",
                            headers={"X-Request-Id": name})
        self.assertEqual(answer.headers["X-Request-Id"], name)
        eventually(lambda: f"request_id={name}" in self.server.said(),
                   "the log names the request")

    def test_three_processes_answer_as_one(self):
        data = os.path.join(self.directory, "metadata")
        metadata = "unix:" + os.path.join(self.directory, "m")
        blob = "unix:" + os.path.join(self.directory, "b")
        self.serve("services/metadata/cvr-metadata", "--data_dir=" + data,
                   "--grpc_address=" + metadata, "--blob_addresses=" + blob)
        self.serve("services/blob/cvr-blob", "--grpc_address=" + blob,
                   "--data_dir=" + data + "-blobs",
                   "--metadata_address=" + metadata)
        gateway = self.serve("gateway/cvr-gateway",
                             "--http_address=127.0.0.1:0",
                             "--metadata_address=" + metadata,
                             "--blob_address=" + blob)
        client = self.admin(gateway, data)
        client.good("POST", "/registries", {"group": "default", "name": "r"})
        client.good("GET", "/registries/1")
        # Forwarded to the blob service, which began to serve after the metadata
        # service had first tried to reach it.
        eventually(lambda: client.ask("GET", "/fetches").status != 503,
                   "the metadata service reaches the blob service")
        client.good("GET", "/fetches")
        self.assertEqual(
            client.ask("GET", "/registries/1", token=WRONG_TOKEN).status, 401)


if __name__ == "__main__":
    unittest.main()
