#!/usr/bin/env python3
"""Holds the API document against the real servers, in both directions.

Every operation, status and field that the document has is really answered, and
nothing is answered that it does not have: every answer of every operation is
checked against its schemas.
"""

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

import schema
import upstream

BINARIES = os.environ.get("CVR_BINARIES") or (
    os.getcwd() if "TEST_SRCDIR" in os.environ else "bazel-bin")
DOCUMENT_FILE = os.path.join(
    os.path.dirname(os.path.abspath(__file__)),
    "../../gateway/rest/openapi.json")
WRONG_TOKEN = "cvr_" + "0" * 50
OLD = "Tue, 02 Jan 2024 03:04:05 GMT"
MISSING = 999999

PURGES = ("purgeRegistryCache", "purgeUpstreamCache")


class Server:
    """A process of ours; `ready` is what it tells once it is ready, or with
    `listens` once it can be asked, which is all that a gateway without its
    services comes to."""

    def __init__(self, directory, binary, *flags, listens=False):
        ready = os.path.join(directory, os.path.basename(binary) + ".ready")
        self.log = os.path.join(directory, os.path.basename(binary) + ".log")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [os.path.join(BINARIES, binary), "--ready_file=" + ready,
                 *flags], stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not (self.told() if listens else os.path.exists(ready)):
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(self.log, encoding="utf-8") as log:
                    raise RuntimeError(binary + " does not serve: " +
                                       log.read())
            time.sleep(0.02)
        if listens:
            self.ready = {"http": self.told()}
            return
        with open(ready, encoding="utf-8") as file:
            self.ready = json.load(file)

    def told(self):
        """Where it listens, by its log."""
        with open(self.log, encoding="utf-8") as log:
            found = re.search(r"http listens on (\S+)\n", log.read())
        return found and found[1]

    def stop(self):
        self.process.terminate()
        assert self.process.wait(60) == 0, "it did not end well"


STANDALONE = ("services/standalone/cvr-standalone",
              "--http_address=127.0.0.1:0", "--grpc_address=127.0.0.1:0")
GATEWAY = ("gateway/cvr-gateway", "--http_address=127.0.0.1:0")


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body
        self.json = json.loads(body) if body else None


def send(host, method, path, token=None, body=None, headers=None):
    """One request; `body` is bytes, or what is sent as JSON."""
    request = urllib.request.Request("http://" + host + path, method=method)
    if token:
        request.add_header("PRIVATE-TOKEN", token)
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    if body is not None:
        request.data = body
        request.add_header("Content-Type", "application/json")
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())


class Api:
    """Calls operations by their ids, and checks and counts the answers."""

    def __init__(self, document):
        self.document = document
        self.checker = schema.Checker(document)
        self.operations = {}
        self.seen = set()
        for path, item in document["paths"].items():
            base = item.get("servers", document["servers"])[0]["url"]
            for method, operation in item.items():
                if method != "servers":
                    self.operations[operation["operationId"]] = (
                        method.upper(), base + path, operation)

    def has_body(self, operation):
        return "requestBody" in self.operations[operation][2]

    def documents(self, operation, status):
        return str(status) in self.operations[operation][2]["responses"]

    def call(self, operation, status, host, where="", query="", **request):
        """`where` stands for the path's parameter."""
        method, path, rules = self.operations[operation]
        answer = send(host, method, path.replace("{id}", str(where)) + query,
                      **request)
        context = f"{operation}: {answer.status} {answer.body!r}"
        assert answer.status == status, f"{context}, want {status}"
        responses = rules["responses"]
        assert str(status) in responses, f"{context} is not documented"
        self.check(responses[str(status)], answer, context)
        self.seen.add((operation, str(status)))
        return answer

    def check(self, response, answer, context):
        response, _ = self.checker.resolve(response)
        for name in response.get("headers", {}):
            assert name in answer.headers, f"{context}: no {name}"
        if "content" not in response:
            assert answer.body == b"", context
            return
        assert answer.headers["Content-Type"] == "application/json", context
        rule = response["content"]["application/json"]["schema"]
        problems = self.checker.problems(rule, answer.json)
        assert not problems, f"{context}: {problems}"

    def documented(self):
        """(operation, status), but for what stands for all others."""
        return {(name, status)
                for name, (_, _, rules) in self.operations.items()
                for status in rules["responses"]
                if status != "default"}

    def properties(self):
        """(schema, property) of all that is answered."""
        found = set()

        def walk(name, rule):
            for key, inner in rule.get("properties", {}).items():
                found.add((name, key))
                if "$ref" not in inner:
                    walk(f"{name}.{key}", inner)
            if "items" in rule and "$ref" not in rule["items"]:
                walk(f"{name}[]", rule["items"])

        for name, rule in self.document["components"]["schemas"].items():
            walk(name, rule)
        return found


def entry_id(group, number):
    text = f"{group} {number}".encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


class OpenApiTest(unittest.TestCase):

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="cvr-openapi.")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        server, address = upstream.start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.upstream = "http://" + address
        standalone = self.start(
            *STANDALONE, "--data_dir=" + self.data(),
            "--allow_private_upstreams", "--login_failures_per_minute=0",
            "--bootstrap_anonymous_pull=false",
            "--bootstrap_upstream=" + self.upstream)
        self.host = standalone.ready["http"]
        self.grpc = standalone.ready["grpc"]
        self.admin = self.admin_of(self.data())
        self.reader = self.rpc("AccessTokenService/CreateAccessToken", {
            "access_token": {"name": "reader", "group": "default",
                             "scopes": ["SCOPE_READ"]}})["secret"]
        document = send(self.host, "GET", "/api/openapi.json").json
        self.api = Api(document)

    def rpc(self, method, request):
        """What only gRPC can do."""
        return json.loads(subprocess.check_output(
            [os.path.join(BINARIES, "tests/rest/rpc"), self.grpc,
             self.data() + "/admin-token", "cvr.v1." + method,
             json.dumps(request)]))

    def data(self):
        return os.path.join(self.directory, "data")

    @staticmethod
    def admin_of(data):
        with open(data + "/admin-token", encoding="utf-8") as file:
            return file.read().strip()

    def start(self, *command, **options):
        server = Server(tempfile.mkdtemp(dir=self.directory), *command,
                        **options)
        self.addCleanup(server.stop)
        return server

    def good(self, operation, status, where="", query="", body=None):
        return self.api.call(operation, status, self.host, where, query,
                             token=self.admin, body=body).json

    def test_the_document_and_the_servers_agree(self):
        with open(DOCUMENT_FILE, encoding="utf-8") as file:
            self.assertEqual(json.load(file), self.api.document)
        self.api.call("getApiDocument", 200, self.host)
        self.walk_the_good_ways()
        self.refuse_all()
        self.answer_when_limits_are_reached()
        self.answer_when_services_are_gone()
        self.assertEqual(self.api.documented() - self.api.seen, set())
        self.assertEqual(self.api.properties() - self.api.checker.seen, set())

    def walk_the_good_ways(self):
        self.good("createRegistry", 201, "default",
                  body={"name": "r", "description": "d"})
        self.good("listRegistries", 200, "default")
        self.good("updateRegistry", 200, 2, body={"description": "e"})
        self.good("createUpstream", 201, 2, body={
            "name": "u", "url": self.upstream, "username": "u",
            "password": "p"})
        self.good("getRegistry", 200, 2)
        self.good("listRegistryUpstreams", 200, 2)
        self.good("listUpstreams", 200, "default", "?page=1&per_page=1")
        self.good("updateUpstream", 200, 2, body={"cache_validity_hours": 0})
        self.good("getUpstream", 200, 2)
        self.good("createRegistryUpstream", 201,
                  body={"registry_id": 1, "upstream_id": 2})
        self.good("updateRegistryUpstream", 200, 3, body={"position": 1})
        self.good("deleteRegistryUpstream", 204, 3)
        self.pull()
        entries = self.good("listCacheEntries", 200, 1)
        self.good("deleteCacheEntry", 204, entries[0]["id"])
        self.try_upstreams()
        self.purge()
        self.walk_policies()
        self.good("deleteUpstream", 204, 2)
        self.good("deleteRegistry", 204, 2)
        # What the refusals below are about.
        self.pull()
        self.entry = self.good("listCacheEntries", 200, 1)[0]["id"]

    def walk_policies(self):
        self.good("createCleanupPolicy", 201, "default", body={})
        self.good("updateCleanupPolicy", 200, "default",
                  body={"enabled": True, "cadence": 90})
        self.rpc("CleanupPolicyService/RunCleanup", {"group": "default"})
        self.await_run()
        self.good("deleteCleanupPolicy", 204, "default")
        self.good("createCleanupPolicy", 201, "default",
                  body={"enabled": True})

    def await_run(self):
        deadline = time.monotonic() + 60
        while True:
            policy = self.good("getCleanupPolicy", 200, "default")
            if policy["last_run_at"] and policy["status"] != "running":
                return
            self.assertLess(time.monotonic(), deadline, policy)
            time.sleep(0.05)

    def try_upstreams(self):
        self.good("testNewUpstream", 200, "default",
                  body={"url": self.upstream})
        failed = self.good("testUpstream", 200, 1,
                           body={"url": "http://127.0.0.1:1"})
        self.assertFalse(failed["success"])

    def purge(self):
        for operation in PURGES:
            self.pull()
            self.assertNotEqual(self.good("listCacheEntries", 200, 1), [])
            self.good(operation, 204, 1)
            self.assertEqual(self.good("listCacheEntries", 200, 1), [])

    def pull(self):
        answer = send(self.host, "GET", "/v2/virtual_registries/containers/1/"
                      "library/alpine/manifests/latest",
                      headers={"Authorization": "Bearer " + self.admin,
                               "Accept": upstream.MANIFEST_TYPE})
        self.assertEqual(answer.status, 200)

    def existing(self, operation):
        """What the path of an operation names that is there."""
        return {"GroupId": "default", "EntryId": self.entry}.get(
            self.parameter(operation), 1)

    def missing(self, operation):
        return {"GroupId": "nobody", "EntryId": entry_id("default", MISSING)
                }.get(self.parameter(operation), MISSING)

    def parameter(self, operation):
        rules = self.api.operations[operation][2]
        refs = [p.get("$ref", "") for p in rules.get("parameters", [])]
        return refs[0].split("/")[-1] if refs else ""

    def body(self, operation, of=1):
        """One that is good, about the objects with the number `of`."""
        if not self.api.has_body(operation):
            return None
        return {
            "createRegistry": {"name": "x"},
            "updateRegistry": {"name": "x"},
            "createUpstream": {"name": "x", "url": "https://x.example"},
            "updateUpstream": {"name": "x"},
            "testNewUpstream": {"url": self.upstream},
            "testUpstream": {"url": self.upstream},
            "createRegistryUpstream": {"registry_id": of, "upstream_id": of},
            "updateRegistryUpstream": {"position": 1},
            "createCleanupPolicy": {},
            "updateCleanupPolicy": {"cadence": 1},
        }[operation]

    def refuse_all(self):
        for operation in self.api.operations:
            if operation == "getApiDocument":
                continue
            for status in (400, 401, 403, 404, 412, 413, 415):
                if self.api.documents(operation, status):
                    getattr(self, f"refuse_{status}")(operation)

    def bad(self, operation, status, where=None, query="", token=None,
            body=None, headers=None):
        if where is None:
            where = self.existing(operation)
        if body is None:
            body = self.body(operation)
        return self.api.call(operation, status, self.host, where, query,
                             token=token or self.admin, body=body,
                             headers=headers)

    def refuse_400(self, operation):
        if operation == "listUpstreams":
            self.bad(operation, 400, query="?per_page=0")
        elif self.parameter(operation) in ("Id", "EntryId"):
            self.bad(operation, 400, where="*")
        if self.api.has_body(operation):
            self.bad(operation, 400, body=b"{")
        if operation == "createUpstream":
            self.bad(operation, 400, body={"name": "x", "url": "ftp://x"})

    def refuse_401(self, operation):
        self.bad(operation, 401, token=WRONG_TOKEN)
        self.api.call(operation, 401, self.host, self.existing(operation),
                      body=self.body(operation))

    def refuse_403(self, operation):
        self.bad(operation, 403, token=self.reader)

    def refuse_404(self, operation):
        if operation.endswith("CleanupPolicy") and operation[0] != "c":
            self.good("deleteCleanupPolicy", 204, "default")
            self.bad(operation, 404)
            self.good("createCleanupPolicy", 201, "default", body={})
        self.bad(operation, 404, where=self.missing(operation),
                 body=self.body(operation, MISSING))

    def refuse_412(self, operation):
        self.bad(operation, 412, headers={"If-Unmodified-Since": OLD})

    def refuse_413(self, operation):
        self.bad(operation, 413, body=b" " * (64 * 1024 + 1))

    def refuse_415(self, operation):
        self.bad(operation, 415, headers={"Content-Type": "text/plain"})

    def all_but_the_document(self, status, host, token):
        for operation in self.api.operations:
            if operation != "getApiDocument":
                self.api.call(operation, status, host,
                              self.existing(operation), token=token,
                              body=self.body(operation))

    def answer_when_limits_are_reached(self):
        host = self.start(*STANDALONE, "--data_dir=" + self.data() + "2",
                          "--login_failures_per_minute=1").ready["http"]
        url = "/api/v4/virtual_registries/container/registries/1"
        self.assertEqual(send(host, "GET", url, WRONG_TOKEN).status, 401)
        self.all_but_the_document(429, host, WRONG_TOKEN)

    def answer_when_services_are_gone(self):
        gateway = self.start(*GATEWAY, "--metadata_address=127.0.0.1:1",
                             "--blob_address=127.0.0.1:1",
                             "--peer_secrets_dir=" + self.directory,
                             listens=True)
        self.all_but_the_document(503, gateway.ready["http"], self.admin)

    def test_three_processes_answer_as_one(self):
        data = self.data() + "3"
        metadata = "unix:" + os.path.join(self.directory, "m")
        blob = "unix:" + os.path.join(self.directory, "b")
        self.start("services/metadata/cvr-metadata", "--data_dir=" + data,
                   "--grpc_address=" + metadata, "--blob_addresses=" + blob)
        self.start("services/blob/cvr-blob", "--grpc_address=" + blob,
                   "--data_dir=" + data + "-blobs",
                   "--metadata_address=" + metadata)
        gateway = self.start(*GATEWAY, "--metadata_address=" + metadata,
                             "--blob_address=" + blob)
        ask = {"token": self.admin_of(data)}
        self.api.call("createRegistry", 201, gateway.ready["http"], "default",
                      body={"name": "r"}, **ask)
        self.api.call("getRegistry", 200, gateway.ready["http"], 1, **ask)
        self.api.call("getRegistry", 401, gateway.ready["http"], 1,
                      token=WRONG_TOKEN)
        # The blob service talks to upstreams, and this one was not allowed to
        # talk to addresses like this.
        body = {"url": self.upstream}
        self.await_blob_service(gateway.ready["http"], ask["token"], body)
        tried = self.api.call("testNewUpstream", 200, gateway.ready["http"],
                              "default", body=body, **ask)
        self.assertEqual(tried.json["outcome"], "ADDRESS_FORBIDDEN")

    def await_blob_service(self, host, token, body):
        """Until the metadata service, which was there first, reaches it."""
        method, path, _ = self.api.operations["testNewUpstream"]
        path = path.replace("{id}", "default")
        deadline = time.monotonic() + 60
        while send(host, method, path, token, body).status == 503:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
