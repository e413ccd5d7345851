#!/usr/bin/env python3
"""Python's gRPC client through the shim: each call of grpcio_calls.py is made to a server directly and through the shim, and must
show the same.
"""

import json
import os
import subprocess
import unittest

from harness import session, tools
from harness.interop import Pair
from interop_checks import check


class PythonClient(unittest.TestCase):
    def test_calls_are_the_same_through_the_shim(self):
        pair = Pair(session.log_dir(), "grpcio")
        self.addCleanup(pair.stop)
        pair.start()
        direct, through = self.calls(pair.direct, "direct"), self.calls(pair.through, "through")
        report = []
        for case, lines in direct.items():
            only = [f"direct: {line}" for line in lines if line not in through[case]]
            only += [f"through: {line}" for line in through[case] if line not in lines]
            if not only and lines != through[case]:
                only = [f"another order: {lines} / {through[case]}"]
            report.append({"Case": case, "Failures": [], "Only": only, "Notes": []})
        check(self, report, 17)

    def calls(self, socket_path, identity):
        argv = [tools.built("grpcio", "python3"), os.path.join(tools.HERE, "grpcio_calls.py"), socket_path, identity]
        result = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=300, check=True)
        return json.loads(result.stdout)


if __name__ == "__main__":
    session.main(needs=("interop", "grpcio"), shim=True)
