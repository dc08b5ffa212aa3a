#!/usr/bin/env python3
"""A day's work with the API, by a client that learns it from the server."""

import os
import queue
import sys
import tempfile
import threading
import unittest

import grpc

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from installation import Installation  # noqa: E402
from reflected_api import ApiError  # noqa: E402
from source_registry import PASSWORD, USER, SourceRegistry  # noqa: E402

sys.path.insert(0, os.path.join(HERE, "../support"))

from server_process import eventually  # noqa: E402

WAIT_S = 60


class Watch:
    """What WatchResources tells, by a thread of its own."""

    def __init__(self, api, request):
        self._stream = api.watch("WatchService/WatchResources", request)
        self._events = queue.Queue()
        self._schema = api.schema
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        try:
            for message in self._stream:
                self._events.put(self._schema.as_dict(message))
        except grpc.RpcError as error:
            self._events.put(error)

    def until(self, wanted):
        """The events up to and with the first that `wanted` is true for."""
        seen = []
        while not seen or not wanted(seen[-1]):
            event = self._events.get(timeout=WAIT_S)
            if isinstance(event, grpc.RpcError):
                raise AssertionError(f"{seen} and then {event}")
            if event["type"] != "TYPE_BOOKMARK":
                seen.append(event)
        return seen

    def cancel(self):
        self._stream.cancel()
        self._thread.join(WAIT_S)


def name_of(event):
    """`registry web`."""
    for kind in ("group", "registry", "upstream"):
        if kind in event:
            return f"{kind} {event[kind]['name']}"
    return "nothing"


class ApiDay:
    """The same for every shape of an installation."""

    processes = 1

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="cvr-day.")
        self.addCleanup(directory.cleanup)
        self.source = SourceRegistry(directory.name + "/source")
        self.addCleanup(self.source.stop)
        self.image = self.source.push(
            "library/app", "1", [os.urandom(100_000), os.urandom(1000)])
        self.cvr = Installation(directory.name, self.processes)
        self.addCleanup(self.cvr.stop)

    def call(self, method, **request):
        return self.cvr.api.call(method, request)

    def expect_error(self, code, reason, method, **request):
        with self.assertRaises(ApiError) as caught:
            self.call(method, **request)
        self.assertEqual((caught.exception.code, caught.exception.reason),
                         (code, reason))

    def make_upstream(self, name, **fields):
        return self.call("UpstreamService/CreateUpstream", upstream={
            "group": "acme/web", "name": name, "url": self.source.url,
            **fields})

    def order(self, registry, *upstreams, **more):
        return self.call(
            "AttachmentService/SetAttachments", registry_id=registry["id"],
            upstream_ids=[u["id"] for u in upstreams], **more)

    def test_a_day(self):
        info = self.call("ServerService/GetServerInfo")
        self.assertIn("cvr.v1", info["api_versions"])
        start = self.call("WatchService/GetRevision")["revision"]
        watch = Watch(self.cvr.api, {"group": "-", "after_revision": start})
        self.addCleanup(watch.cancel)

        self.call("GroupService/CreateGroup", group={"name": "acme/web"})
        registry = self.call("RegistryService/CreateRegistry", registry={
            "group": "acme/web", "name": "team"})
        hub, spare = self.make_two_upstreams()
        self.order_upstreams(registry, hub, spare)
        reader = self.make_token(registry)
        self.pull_everything(registry, reader)
        self.purge(registry, hub, reader)
        self.prefetch(registry)
        self.follow(watch, start, registry)

    def make_two_upstreams(self):
        login = {"basic": {"username": USER, "password": PASSWORD}}
        hub = self.make_upstream("hub", credentials=login,
                                 display_name="The hub")
        self.assertEqual(hub["username"], USER)
        self.assertTrue(hub["has_password"])
        self.assertNotIn("credentials", hub)
        # By its name as well as by its id.
        key = {"group": "acme/web", "name": "hub"}
        self.assertEqual(
            self.call("UpstreamService/GetUpstream", key=key), hub)
        tested = self.call("UpstreamTestService/TestUpstream",
                           upstream_id=hub["id"], repository="library/app",
                           reference="1")
        self.assertEqual(tested["outcome"], "OUTCOME_REACHABLE", tested)
        spare = self.make_upstream("spare", disabled=True)
        self.expect_error(grpc.StatusCode.ALREADY_EXISTS, "RESOURCE_EXISTS",
                          "UpstreamService/CreateUpstream", upstream={
                              "group": "acme/web", "name": "spare",
                              "url": "https://quay.io"})
        return hub, spare

    def order_upstreams(self, registry, hub, spare):
        first = self.order(registry, spare, hub)
        tried = self.order(registry, hub, validate_only=True)
        self.assertEqual(len(tried["attachments"]), 1)
        second = self.order(registry, hub, spare, etag=first["etag"])
        self.assertEqual(
            [(a["position"], a["upstream_id"]) for a in second["attachments"]],
            [(1, hub["id"]), (2, spare["id"])])
        # They are the same attachments, in another order.
        self.assertEqual({a["id"] for a in first["attachments"]},
                         {a["id"] for a in second["attachments"]})
        self.expect_error(
            grpc.StatusCode.ABORTED, "ETAG_MISMATCH",
            "AttachmentService/SetAttachments", registry_id=registry["id"],
            upstream_ids=[], etag=first["etag"])
        listed = self.call("AttachmentService/ListAttachments", registry_key={
            "group": "acme/web", "name": "team"})
        self.assertEqual(listed, second)

    def make_token(self, registry):
        made = self.call("AccessTokenService/CreateAccessToken", access_token={
            "name": "ci", "group": "acme/web", "scopes": ["SCOPE_READ"],
            "registry_ids": [registry["id"]]})
        reader = self.cvr.client(made["secret"])
        who = reader.call("AccessTokenService/GetCaller")["access_token"]
        for name in ("id", "name", "group", "scopes", "registry_ids"):
            self.assertEqual(who[name], made["access_token"][name])
        self.assertNotIn("secret", made["access_token"])
        with self.assertRaises(ApiError) as caught:
            reader.call("GroupService/CreateGroup", {"group": {"name": "no"}})
        self.assertEqual(caught.exception.code,
                         grpc.StatusCode.PERMISSION_DENIED)
        return made["secret"]

    def pull_everything(self, registry, secret):
        for path, content in self.image.items():
            self.assertEqual(self.cvr.pull(registry["id"], path)[0], 401)
            self.assertEqual(self.cvr.pull(registry["id"], path, secret),
                             (200, content), path)

    def entries(self, upstream):
        answer = self.call("CacheEntryService/ListCacheEntries",
                           upstream_id=upstream["id"])
        return {e["relative_path"] for e in answer.get("cache_entries", [])}

    def purge(self, registry, hub, secret):
        everything = {"/" + path for path in self.image}
        eventually(lambda: self.entries(hub) == everything,
                   "the pulls are recorded")
        operation = self.call("CacheService/PurgeRegistryCache",
                              registry_id=registry["id"])
        self.assertEqual(operation["method"],
                         "CacheService.PurgeRegistryCache")
        self.assertEqual(operation["group"], "acme/web")
        ended = self.cvr.api.wait(operation)
        self.assertTrue(ended["done"])
        self.assertEqual(int(ended["response"]["entry_count"]),
                         len(everything))
        self.assertEqual(int(ended["response"]["size_bytes"]),
                         sum(len(content) for content in self.image.values()))
        self.assertEqual(self.entries(hub), set())
        listed = self.call("OperationService/ListOperations", group="acme/web",
                           filter="done = true")["operations"]
        self.assertEqual(listed, [ended])
        # What was purged is fetched again.
        self.pull_everything(registry, secret)

    def prefetch(self, registry):
        fetched = self.cvr.api.wait(self.call(
            "RefreshService/PrefetchImage", registry_id=registry["id"],
            repository="library/app", reference="1"))
        self.assertEqual(fetched.get("error"), None)
        self.assertEqual(fetched["response"]["manifest_count"], "1")
        self.assertEqual(fetched["response"]["blob_count"], "3")

    def follow(self, watch, start, registry):
        """What the watch has told, and tells from the middle on again."""
        self.call("RegistryService/DeleteRegistry", id=registry["id"],
                  etag=self.call("RegistryService/GetRegistry",
                                 id=registry["id"])["etag"])

        def is_last(event):
            return (event["type"] == "TYPE_DELETED"
                    and event.get("registry", {}).get("id") == registry["id"])

        events = watch.until(is_last)
        revisions = [int(event["revision"]) for event in events]
        self.assertEqual(revisions, sorted(revisions))
        self.assertGreater(revisions[0], int(start))
        names = [name_of(event) for event in events]
        firsts = [names.index(name) for name in
                  ("group acme/web", "registry team", "upstream hub",
                   "upstream spare")]
        self.assertEqual(firsts, sorted(firsts), names)
        self.assertEqual(set(events[-1]["registry"]), {"id", "name", "group"})
        now = self.call("WatchService/GetRevision")["revision"]
        self.assertGreaterEqual(int(now), revisions[-1])

        middle = revisions[len(revisions) // 2]
        again = Watch(self.cvr.api, {"group": "acme/web",
                                     "after_revision": str(middle)})
        self.addCleanup(again.cancel)
        later = [int(e["revision"]) for e in again.until(
            lambda event: int(event["revision"]) >= revisions[-1])]
        self.assertEqual(later, sorted(later))
        self.assertEqual(later[0], min(r for r in revisions if r > middle))
        self.assertEqual(later[-1], revisions[-1])


class StandaloneTest(ApiDay, unittest.TestCase):
    processes = 1


class ThreeProcessesTest(ApiDay, unittest.TestCase):
    processes = 3


if __name__ == "__main__":
    unittest.main()
