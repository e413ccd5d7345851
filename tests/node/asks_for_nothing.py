"""What must hold whatever tells the shim of pods, and where nothing does; mixed into a Node by the test files."""

from harness import pods
from harness.log_lines import time_in_containerds_log
from harness.node import REFUSAL


class AsksForNothing:
    def test_a_pod_that_asks_for_nothing_is_neither_held_nor_delayed(self):
        # Whoever is the first to meet a source that is silent waits for it, once.
        self.add(pods.pod("first", [pods.container("main", "exit 0")]))
        self.check_ended("first", "Succeeded", {"main": 0})
        self.add(pods.pod("plain", [pods.container("one", "exit 0"), pods.container("two", "exit 0")]))
        self.check_ended("plain", "Succeeded", {"one": 0, "two": 0})
        (sandbox,) = self.runtime.sandboxes(f"--label=io.kubernetes.pod.name={self.runtime_name('plain')}")
        log = self.containerd.daemon.log()
        ready = time_in_containerds_log(log, rf'returns sandbox id \"{sandbox["id"]}\"')
        asked = time_in_containerds_log(log, rf'CreateContainer within sandbox \"{sandbox["id"]}\" for container')
        self.assertLess((asked - ready) / 1e9, 1, "from the sandbox's start to the first create in the runtime")
        self.assertEqual([], [line for line in self.shim.log().splitlines() if REFUSAL in line and "plain" in line])
        for name, status in self.in_runtime("plain").items():
            foreign = [key for key in status["annotations"] if not key.startswith("io.kubernetes.")]
            self.assertEqual([], foreign, f"{name} carries nothing of the shim")
