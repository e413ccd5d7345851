"""A pod without the shim's envs and annotations is not affected, whatever the spec source. Mixed into a Node by the test files."""

from harness import pods
from harness.log_lines import time_in_containerd_log
from harness.node import REFUSAL


class UnmanagedPod:
    def test_unmanaged_pod_is_neither_held_nor_delayed(self):
        # The first query to an unresponsive source waits for its timeout; later ones do not wait for it.
        self.add(pods.pod("first", [pods.container("main", "exit 0")]))
        self.check_ended("first", "Succeeded", {"main": 0})
        self.add(pods.pod("plain", [pods.container("one", "exit 0"), pods.container("two", "exit 0")]))
        self.check_ended("plain", "Succeeded", {"one": 0, "two": 0})
        (sandbox,) = self.runtime.sandboxes(f"--label=io.kubernetes.pod.name={self.runtime_name('plain')}")
        log = self.containerd.daemon.log()
        ready = time_in_containerd_log(log, rf'returns sandbox id \"{sandbox["id"]}\"')
        created = time_in_containerd_log(log, rf'CreateContainer within sandbox \"{sandbox["id"]}\" for container')
        self.assertLess((created - ready) / 1e9, 1, "seconds from the end of RunPodSandbox to the first CreateContainer")
        self.assertEqual([], [line for line in self.shim.log().splitlines() if REFUSAL in line and "plain" in line])
        self.check_no_shim_annotations("plain")
