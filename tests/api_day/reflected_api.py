"""A client that knows no message of ours beforehand: it asks the server."""

import os
import subprocess
import tempfile

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format
from google.protobuf import message_factory

_HERE = os.path.dirname(os.path.abspath(__file__))
_REFLECTION = os.path.join(_HERE, "../support/server_reflection.proto")
_REFLECT = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
DEADLINE_S = 120
# Longer than any test.
_WATCH_S = 900


class ApiError(Exception):
    """What a call failed with: `code` as grpc.StatusCode, `reason` of
    ErrorInfo, `fields` of BadRequest."""

    def __init__(self, method, code, message, details):
        super().__init__(f"{method}: {code.name} {details} {message}")
        self.code = code
        self.reason = ""
        self.fields = []
        for detail in details:
            if detail["@type"].endswith("google.rpc.ErrorInfo"):
                self.reason = detail["reason"]
            elif detail["@type"].endswith("google.rpc.BadRequest"):
                self.fields = [v["field"] for v in detail["field_violations"]]


def _reflection_classes():
    """(request, response) of the reflection protocol, made by protoc."""
    with tempfile.TemporaryDirectory(prefix="cvr-protoc.") as directory:
        out = os.path.join(directory, "set")
        subprocess.run(
            ["protoc", "-I" + os.path.dirname(_REFLECTION),
             "--descriptor_set_out=" + out, _REFLECTION], check=True)
        with open(out, "rb") as file:
            files = descriptor_pb2.FileDescriptorSet.FromString(file.read())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return [
        factory.GetPrototype(pool.FindMessageTypeByName(
            "grpc.reflection.v1alpha.ServerReflection" + kind))
        for kind in ("Request", "Response")]


class Schema:
    """What a server serves, and how its messages look."""

    _classes = None

    def __init__(self, channel):
        Schema._classes = Schema._classes or _reflection_classes()
        self._ask = channel.stream_stream(
            _REFLECT,
            request_serializer=self._classes[0].SerializeToString,
            response_deserializer=self._classes[1].FromString)
        self._files = {}
        self.pool = descriptor_pool.DescriptorPool()
        self._factory = message_factory.MessageFactory(self.pool)
        answer = self._answer(list_services="*")
        self.services = [s.name for s in answer.list_services_response.service]
        for name in self.services:
            if name.startswith("cvr.v1."):
                self._learn(name)
        for name in ("google.rpc.Status", "google.rpc.ErrorInfo",
                     "google.rpc.BadRequest"):
            self._learn(name)
        self._status = self._class_of(
            self.pool.FindMessageTypeByName("google.rpc.Status"))

    def _answer(self, **question):
        return next(self._ask(iter([self._classes[0](**question)]),
                              timeout=DEADLINE_S))

    def _learn(self, symbol):
        answer = self._answer(file_containing_symbol=symbol)
        known = answer.file_descriptor_response.file_descriptor_proto
        assert known, f"{symbol}: {answer.error_response}"
        # What a file imports is sent along with it.
        for serialized in known:
            file = descriptor_pb2.FileDescriptorProto.FromString(serialized)
            self._files.setdefault(file.name, file)
        for name in list(self._files):
            self._add(name)

    def _add(self, name):
        file = self._files[name]
        if file is None:
            return
        self._files[name] = None
        for imported in file.dependency:
            self._add(imported)
        self.pool.Add(file)

    def _class_of(self, descriptor):
        return self._factory.GetPrototype(descriptor)

    def method(self, path):
        """(path of the call, class of its request, that of its response)."""
        service, name = path.split("/")
        method = self.pool.FindServiceByName(
            "cvr.v1." + service).FindMethodByName(name)
        return (f"/cvr.v1.{service}/{name}",
                self._class_of(method.input_type),
                self._class_of(method.output_type))

    def as_dict(self, message):
        return json_format.MessageToDict(
            message, preserving_proto_field_name=True,
            descriptor_pool=self.pool)

    def details_of(self, error):
        """Of a failed call, those that are known."""
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                status = self._status.FromString(value)
                return self.as_dict(status).get("details", [])
        return []


class Api:
    """Calls with one access token. Requests and responses are dictionaries, as
    in the JSON of the protos."""

    def __init__(self, address, token, schema=None):
        self._channel = grpc.insecure_channel(address)
        self._metadata = [("authorization", "Bearer " + token)]
        self.schema = schema or Schema(self._channel)

    def close(self):
        self._channel.close()

    def call(self, method, request=None, timeout=DEADLINE_S):
        """Errors: ApiError."""
        path, request_class, response_class = self.schema.method(method)
        rpc = self._channel.unary_unary(
            path, request_serializer=request_class.SerializeToString,
            response_deserializer=response_class.FromString)
        message = json_format.ParseDict(
            request or {}, request_class(), descriptor_pool=self.schema.pool)
        try:
            response = rpc(message, metadata=self._metadata, timeout=timeout)
        except grpc.RpcError as error:
            raise ApiError(method, error.code(), error.details(),
                           self.schema.details_of(error)) from error
        return self.schema.as_dict(response)

    def wait(self, operation):
        """The operation once it has ended."""
        return self.call("OperationService/WaitOperation",
                         {"id": operation["id"], "timeout": "100s"})

    def watch(self, method, request):
        """The messages of a stream, until cancel() of what is returned."""
        path, request_class, response_class = self.schema.method(method)
        rpc = self._channel.unary_stream(
            path, request_serializer=request_class.SerializeToString,
            response_deserializer=response_class.FromString)
        return rpc(json_format.ParseDict(request, request_class()),
                   metadata=self._metadata, timeout=_WATCH_S)
