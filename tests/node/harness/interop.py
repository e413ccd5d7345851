"""The server that does as each call asks, a shim in front of it as its runtime, and the comparison of both (tools/interop)."""

import json
import os
import subprocess

from harness import namespaces, tools
from harness.process import Daemon
from harness.shim import Shim


class Server:
    """A runtime that has no containers. Arguments: the program's flags."""

    def __init__(self, log_dir, name, arguments=()):
        self.address = os.path.join(namespaces.work_dir("server-" + name), "server.sock")
        self.endpoint = "unix://" + self.address
        argv = [tools.built("interop", "interop"), "serve", "--socket", self.address, *arguments]
        self.daemon = Daemon("interop-" + name, argv, os.path.join(log_dir, f"interop-{name}.log"))

    def start(self):
        self.daemon.start()
        self.daemon.wait_listens(self.address)
        return self

    def stop(self):
        self.daemon.kill()


class Pair:
    """A server, and a shim in front of it: .direct and .through are their sockets' paths."""

    def __init__(self, log_dir, name, arguments=()):
        self._log_path = os.path.join(log_dir, f"compare-{name}.log")
        self.server = Server(log_dir, name, arguments)
        # Nothing on this node is a source of specs.
        self.shim = Shim(self.server.endpoint, log_dir, arguments=("--sources", "annotation"), name="shim-" + name)
        self.direct, self.through = self.server.address, self.shim.address

    def start(self):
        self.server.start()
        try:
            self.shim.start()
        except BaseException:
            self.server.stop()
            raise
        return self

    def stop(self):
        try:
            self.shim.stop()
        finally:
            self.server.stop()

    def compare(self, *prefixes, seconds=300):
        """Runs the Go client's cases whose names begin with these; returns its report (tools/interop/report.go)."""
        argv = [tools.built("interop", "interop"), "compare", "--direct", self.direct, "--through", self.through, *prefixes]
        with open(self._log_path, "ab") as log:
            output = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, timeout=seconds, check=True)
        return json.loads(output.stdout)
