#!/usr/bin/env python3
"""gRPC through the shim: a Go client makes each call twice, to a server directly and through the shim, and both ends must see the
same. The server says what it has seen; tools/interop has the cases.
"""

import threading
import unittest

from harness import session
from harness.interop import Pair
from interop_checks import check


class WithServer:
    """One server and shim for all tests of a class."""

    arguments = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pair = Pair(session.log_dir(), cls.__name__.lower(), cls.arguments)
        cls.addClassCleanup(cls.pair.stop)
        cls.pair.start()

    def check(self, prefix, at_least=1):
        check(self, self.pair.compare(prefix), at_least)


class Calls(WithServer, unittest.TestCase):
    def test_metadata(self):
        self.check("metadata/", 22)

    def test_status(self):
        self.check("status/", 40)

    def test_messages(self):
        self.check("messages/", 43)

    def test_compression(self):
        self.check("compression/", 6)

    def test_streams(self):
        self.check("stream/", 8)

    def test_deadlines_and_cancellation(self):
        self.check("end/", 9)

    def test_slow_readers_hold_the_other_side_back(self):
        self.check("pressure/", 3)


class Load(WithServer, unittest.TestCase):
    def test_many_calls_and_cancellations(self):
        self.check("load/", 3)

    def test_oversized_error_texts_hurt_no_other_call(self):
        self.check("oversized/", 4)


class AgingConnections(WithServer, unittest.TestCase):
    arguments = ("--max-connection-age=300ms",)

    def test_calls_outlive_connections(self):
        self.check("aging/")


class FewStreams(WithServer, unittest.TestCase):
    arguments = ("--max-streams=4",)

    def test_calls_wait_for_their_turn(self):
        self.check("narrow/")


class Restart(WithServer, unittest.TestCase):
    def test_server_is_killed_with_calls_in_flight(self):
        """The client has the server die, once for each target."""
        ended = threading.Event()

        def keep_running():
            while not ended.is_set():
                if not self.pair.server.daemon.alive():
                    self.pair.server.start()
                ended.wait(0.02)

        thread = threading.Thread(target=keep_running)
        thread.start()
        try:
            self.check("restart/")
        finally:
            ended.set()
            thread.join()


if __name__ == "__main__":
    session.main(needs=("interop",), shim=True)
