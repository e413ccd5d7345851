#!/usr/bin/env python3
"""h2spec, the conformance test suite of HTTP/2, on a grpc-go server directly and through the shim: what that server does right, for
which kubelet's client is made, the shim does right too.
"""

import unittest
from concurrent.futures import ThreadPoolExecutor

from harness import h2spec, session
from harness.interop import Pair


class ThroughTheShim(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pair = Pair(session.log_dir(), "h2spec")
        cls.addClassCleanup(cls.pair.stop)
        cls.pair.start()

    def test_no_test_fails_only_through_the_shim(self):
        # At the same time, because most of it is waiting.
        with ThreadPoolExecutor() as executor:
            runs = [executor.submit(self.run_suite, name, getattr(self.pair, name)) for name in ("direct", "through")]
        direct, through = (run.result() for run in runs)
        self.assertGreater(list(direct.values()).count("passed"), 100, "most tests have run")
        self.assertEqual(set(direct), set(through), "the same tests have run")

        for test, outcome in through.items():
            if outcome != direct[test]:
                print(f"  {': '.join(test)}: {direct[test]} directly, {outcome} through the shim", flush=True)
        worse = {test for test, outcome in direct.items() if outcome == "passed" and through[test] != "passed"}
        self.assertEqual(set(), self.still_failing(worse), "tests that pass directly")

    def run_suite(self, name, socket_path):
        outcomes = h2spec.run(socket_path, session.log_dir(), name)
        counts = {outcome: list(outcomes.values()).count(outcome) for outcome in ("passed", "failed", "skipped")}
        print(f"{name}: {counts}", flush=True)
        return outcomes

    def still_failing(self, tests):
        """Those of the tests that fail a second time: on a busy machine an answer can be later than h2spec waits for it."""
        if not tests:
            return tests
        again = h2spec.run(self.pair.through, session.log_dir(), "again", sorted({section for section, _ in tests}))
        return {test for test in tests if again[test] != "passed"}


if __name__ == "__main__":
    session.main(needs=("interop", "h2spec"), shim=True)
