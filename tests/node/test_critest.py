#!/usr/bin/env python3
"""critest, the conformance test suite of CRI, run on containerd directly and through the shim.

Each spec must have the same outcome in both runs: passed or, if containerd reports that it lacks a feature, skipped. The classes
are independent of each other and can run in parallel.
"""

import unittest

from harness import critest, session
from harness.containerd import Containerd
from harness.shim import Shim


class ThroughTheShim:
    version = None

    def test_specs_have_the_same_outcome_through_the_shim(self):
        log_dir = session.log_dir()
        containerd = Containerd(self.version, log_dir)
        self.addCleanup(containerd.stop)
        containerd.start()
        shim = Shim(containerd.endpoint, log_dir, name="shim-critest-" + self.version)
        self.addCleanup(shim.stop)
        shim.start()

        direct = critest.run(containerd.endpoint, log_dir, f"direct-{self.version}")
        through = critest.run(shim.endpoint, log_dir, f"through-{self.version}")

        passed = [spec for spec, outcome in direct.items() if outcome == "passed"]
        print(f"containerd {self.version}: {len(passed)} specs pass directly", flush=True)
        self.assertGreater(len(passed), 55, "most specs have run")
        self.assertEqual([], [spec for spec, outcome in direct.items() if outcome == "failed"], "failed directly")
        differing = {
            spec: f"{outcome} directly, {through.get(spec)} through the shim"
            for spec, outcome in direct.items()
            if through.get(spec) != outcome
        }
        self.assertEqual({}, differing)


class Critest16(ThroughTheShim, unittest.TestCase):
    version = "1.6"


class Critest24(ThroughTheShim, unittest.TestCase):
    version = "2.4"


if __name__ == "__main__":
    session.main(needs=("pause", "cri-tools", "containerd"), shim=True)
