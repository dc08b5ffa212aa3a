#!/usr/bin/env python3
"""Whoever repeats a call with its request_id changes nothing a second time."""

import concurrent.futures
import os
import sys
import tempfile
import unittest
import uuid

import grpc

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from installation import Installation  # noqa: E402
from reflected_api import ApiError  # noqa: E402

CALLERS = 8


class LostAnswersTest(unittest.TestCase):

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="cvr-lost.")
        self.addCleanup(directory.cleanup)
        self.cvr = Installation(directory.name, 1)
        self.addCleanup(self.cvr.stop)

    def call(self, method, request, **more):
        return self.cvr.api.call(method, request, **more)

    def requests(self):
        """(method, request, how many of what it makes there are) of every kind
        of call that may be repeated and needs no upstream that answers."""

        def count(method, field, group="default"):
            return lambda: len(self.call(method, {"group": group}).get(
                field, []))

        groups = lambda: len(self.call(  # noqa: E731
            "GroupService/ListGroups", {})["groups"])
        registries = count("RegistryService/ListRegistries", "registries")
        upstreams = count("UpstreamService/ListUpstreams", "upstreams")
        tokens = count("AccessTokenService/ListAccessTokens", "access_tokens")
        operations = count("OperationService/ListOperations", "operations")
        made = self.call("RegistryService/CreateRegistry", {"registry": {
            "group": "default", "name": "other"}})
        attachments = lambda: len(self.call(  # noqa: E731
            "AttachmentService/ListAttachments",
            {"registry_id": made["id"]}).get("attachments", []))
        return [
            ("GroupService/CreateGroup", {"group": {"name": "acme"}}, groups),
            ("RegistryService/CreateRegistry",
             {"registry": {"group": "default", "name": "once"}}, registries),
            ("UpstreamService/CreateUpstream",
             {"upstream": {"group": "default", "name": "once",
                           "url": "http://127.0.0.1:1"}}, upstreams),
            ("AttachmentService/CreateAttachment",
             {"registry_id": made["id"], "upstream_id": "1"}, attachments),
            ("AccessTokenService/CreateAccessToken",
             {"access_token": {"group": "default", "name": "once",
                               "scopes": ["SCOPE_READ"]}}, tokens),
            ("CacheService/PurgeUpstreamCache", {"upstream_id": "1"},
             operations),
            ("CacheService/PurgeRegistryCache", {"registry_id": made["id"]},
             operations),
            ("CleanupPolicyService/RunCleanup", {"group": "default"},
             operations),
        ]

    @staticmethod
    def id_of(answer):
        """What does not change about an answer while an operation goes on."""
        if "method" in answer:
            return answer["id"]
        return answer

    def test_the_same_answer_is_given_also_after_a_crash(self):
        answers = []
        for method, request, count in self.requests():
            with self.subTest(method):
                before = count()
                request["request_id"] = str(uuid.uuid4())
                first = self.call(method, request)
                again = self.call(method, request)
                self.assertEqual(self.id_of(again), self.id_of(first))
                self.assertEqual(count(), before + 1)
                answers.append((method, request, first, count))
        self.cvr.kill()
        self.cvr.start()
        for method, request, first, count in answers:
            with self.subTest(method):
                before = count()
                again = self.call(method, request)
                self.assertEqual(self.id_of(again), self.id_of(first))
                self.assertEqual(count(), before)
        # The secret that was answered again is the token's.
        secret = next(first["secret"] for _, _, first, _ in answers
                      if "secret" in first)
        who = self.cvr.client(secret).call("AccessTokenService/GetCaller")
        self.assertEqual(who["access_token"]["name"], "once")

    def test_callers_at_the_same_time_are_one(self):
        for method, request, count in self.requests():
            with self.subTest(method):
                before = count()
                request["request_id"] = str(uuid.uuid4())
                with concurrent.futures.ThreadPoolExecutor(CALLERS) as pool:
                    answers = list(pool.map(
                        lambda _, m=method, r=request: self.call(m, r),
                        range(CALLERS)))
                for answer in answers:
                    self.assertEqual(self.id_of(answer),
                                     self.id_of(answers[0]))
                self.assertEqual(count(), before + 1)

    def test_an_answer_that_never_came_is_made_up_for(self):
        """The caller goes away at some moment or other, and the server too."""
        self.call("GroupService/CreateGroup", {"group": {"name": "lost"}})
        for number in range(5):
            request = {
                "request_id": str(uuid.uuid4()),
                "registry": {"group": "lost", "name": f"lost-{number}"}}
            try:
                self.call("RegistryService/CreateRegistry", request,
                          timeout=0.001 * number)
            except ApiError as error:
                self.assertEqual(error.code,
                                 grpc.StatusCode.DEADLINE_EXCEEDED)
            self.cvr.kill()
            self.cvr.start()
            made = self.call("RegistryService/CreateRegistry", request)
            self.assertEqual(
                self.call("RegistryService/GetRegistry", {"id": made["id"]}),
                made)
            names = [r["name"] for r in self.call(
                "RegistryService/ListRegistries",
                {"group": "lost"})["registries"]]
            self.assertEqual(names.count(f"lost-{number}"), 1)

    def test_another_request_with_the_same_id_is_refused(self):
        for method, request, count in self.requests():
            with self.subTest(method):
                request["request_id"] = str(uuid.uuid4())
                self.call(method, request)
                before = count()
                kind = next(k for k in request if k != "request_id")
                other = dict(request)
                if isinstance(other[kind], dict):
                    other[kind] = dict(other[kind], name="another")
                elif kind == "group":
                    other[kind] = "acme"
                else:
                    # The same registry, by its name.
                    self.change_reference(other, kind)
                with self.assertRaises(ApiError) as caught:
                    self.call(method, other)
                self.assertEqual(
                    (caught.exception.code, caught.exception.reason),
                    (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED"))
                self.assertEqual(count(), before)

    @staticmethod
    def change_reference(request, kind):
        """Names another object of the kind."""
        del request[kind]
        key = kind.replace("_id", "_key")
        name = {"registry_key": "once", "upstream_key": "once"}[key]
        request[key] = {"group": "default", "name": name}

    def test_who_else_uses_the_id_makes_another(self):
        """Ids are a caller's own, for each method."""
        same = str(uuid.uuid4())
        secret = self.call("AccessTokenService/CreateAccessToken", {
            "access_token": {"name": "other admin", "all_groups": True,
                             "scopes": ["SCOPE_ADMIN"]}})["secret"]
        mine = self.call("RegistryService/CreateRegistry", {
            "request_id": same,
            "registry": {"group": "default", "name": "mine"}})
        theirs = self.cvr.client(secret).call(
            "RegistryService/CreateRegistry", {
                "request_id": same,
                "registry": {"group": "default", "name": "theirs"}})
        self.assertNotEqual(mine["id"], theirs["id"])
        group = self.call("GroupService/CreateGroup", {
            "request_id": same, "group": {"name": "mine"}})
        self.assertEqual(group["name"], "mine")


if __name__ == "__main__":
    unittest.main()
