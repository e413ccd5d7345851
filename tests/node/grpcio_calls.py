"""Calls of Python's gRPC client, another implementation than the Go one of tools/interop, to the server of tools/interop.

Run by test_interop_grpcio.py with the Python that has grpcio: `grpcio_calls.py SOCKET ID` prints {case: lines of what was seen} as
JSON. ID begins the call-ids, by which the server says what it has seen.
"""

import base64
import hashlib
import json
import sys

import grpc

METHOD = "/interop.Test/Call"
STATUS = "/runtime.v1.RuntimeService/Status"
CONTAINER_STATUS = "/runtime.v1.RuntimeService/ContainerStatus"
VERSION = "/runtime.v1.RuntimeService/Version"
SEEN = "/interop.Control/Seen"
OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.max_metadata_size", 1 << 20),
    # By itself it would be the socket's path, which differs by intention.
    ("grpc.default_authority", "authority.invalid"),
]
PAIRS = (("x-one", "1"), ("x-two", "a b  c~"), ("x-one", "2"), ("x-all-bin", bytes(range(256))), ("x-empty", ""))
ECHO_ALL = {"Do": "echo", "Count": -1}
MIB = 1 << 20


def script(*steps):
    """The metadata that asks the server for these steps (tools/interop/script.go)."""
    return (("script-bin", json.dumps(steps).encode()),)


def step(do, pairs=(), text=None, **fields):
    """As JSON of Go has it: bytes are base64."""
    values = [{"Key": key, "Value": _base64(value if isinstance(value, bytes) else value.encode())} for key, value in pairs]
    return {"Do": do, "Pairs": values, **({} if text is None else {"Text": _base64(text.encode())}), **fields}


def _base64(value):
    return base64.b64encode(value).decode()


def show(value):
    return value.hex() if len(value) <= 300 else f"{len(value)} bytes, {hashlib.sha256(value).hexdigest()}"


class Client:
    def __init__(self, socket_path):
        self.channel = grpc.insecure_channel("unix:" + socket_path, options=OPTIONS)

    def call(self, kind, requests, steps=None, method=METHOD, metadata=(), **arguments):
        """Makes the call and returns what it has shown. kind: unary_unary, stream_stream, ..."""
        request = iter(requests) if kind.startswith("stream") else requests[0]
        asked = () if steps is None else script(*steps)
        lines = []
        answers = ()
        call = None
        try:
            stub = getattr(self.channel, kind)(method)
            if kind.endswith("unary"):
                answer, call = stub.with_call(request, timeout=60, metadata=asked + metadata, **arguments)
                answers = [answer]
            else:
                call = stub(request, timeout=60, metadata=asked + metadata, **arguments)
                answers = call
            for answer in answers:
                lines.append("message " + show(answer))
        except grpc.RpcError as error:
            call = error
        lines.append(f"status {call.code()} {show(call.details().encode())}")
        for what, found in (("header", call.initial_metadata()), ("trailer", call.trailing_metadata())):
            values = [(key, show(value if isinstance(value, bytes) else value.encode())) for key, value in found or ()]
            # Keys in any order; the values of one in theirs.
            lines += [f"{what} {key}: {value}" for key, value in sorted(values, key=lambda pair: pair[0])]
        return lines

    def with_what_the_server_saw(self, identity, *arguments, **keywords):
        lines = self.call(*arguments, metadata=(("call-id", identity), *PAIRS), **keywords)
        record = json.loads(self.channel.unary_unary(SEEN)(identity.encode(), timeout=60))
        return lines + ["server: " + line for line in record["Lines"]]


def cases(client, identity):
    """Yields (name, what was seen)."""
    failure = step("status", Code=13, text="50 %\né€ " + "x" * 1000)
    messages = [b"", b"1", b"2" * 70000]
    both = [step("header", PAIRS), ECHO_ALL, step("trailer", PAIRS)]
    yield "unary", client.call("unary_unary", [b"one"], [ECHO_ALL])
    yield "cri-version", client.call("unary_unary", [b""], method=VERSION)
    yield "cri-echo", client.call("unary_unary", [b"\n\x03\n\x01c"], [ECHO_ALL], method=CONTAINER_STATUS)
    yield "unknown", client.call("unary_unary", [b""], method="/some.other/Nonesuch")
    yield "8-MiB", client.call("unary_unary", [b"x" * 8 * MIB], [ECHO_ALL])
    yield "8-MiB-cri", client.call("unary_unary", [b"x" * 8 * MIB], [ECHO_ALL], method=STATUS)
    yield "8-MiB-streams", client.call("stream_stream", [b"x" * 8 * MIB] * 2, [ECHO_ALL])
    yield "client-stream", client.call("stream_unary", messages, [step("receive", Count=-1), step("send", Count=1, Size=10)])
    yield "server-stream", client.call("unary_stream", [b""], [step("send", Count=100, Size=1000)])
    yield "bidi", client.call("stream_stream", messages, [ECHO_ALL])
    yield "failure", client.call("unary_unary", [b""], [failure])
    yield "failure-cri", client.call("unary_unary", [b""], [failure], method=CONTAINER_STATUS)
    yield "failure-after-messages", client.call("unary_stream", [b""], [step("send", Count=3, Size=10), failure])
    yield "failure-while-sending", client.call("stream_stream", [b"x" * 1000] * 1000, [step("receive", Count=1), failure])
    yield "metadata", client.with_what_the_server_saw(identity + "-unary", "unary_unary", [b"one"], both)
    yield "metadata-streams", client.with_what_the_server_saw(identity + "-bidi", "stream_stream", messages, both)
    gzip = grpc.Compression.Gzip
    yield "gzip", client.with_what_the_server_saw(identity + "-gzip", "unary_unary", [b"z" * 10000], both, compression=gzip)


if __name__ == "__main__":
    json.dump(dict(cases(Client(sys.argv[1]), sys.argv[2])), sys.stdout)
