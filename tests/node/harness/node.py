"""kubelet -> sidecar-shim -> containerd, and what tests assert of the pods on it.

Pods are asserted from both ends: what kubelet (or the API server) reports of them, and what the runtime itself knows (asked
directly, not through the shim), with its times in nanoseconds.
"""

import unittest

from harness import images, pod_status, session, wait
from harness.containerd import Containerd
from harness.crictl import Crictl
from harness.kubelet import NODE_NAME, Kubelet
from harness.shim import Shim

REFUSAL = "launch order"
UNTIL_TOLD = "touch /sink/main-runs; until [ -e /sink/main-may-end ]; do sleep 0.05; done; mock_log --total-count=100"


def sidecar_exiting(code):
    """Runs until it is told to end, and ends with that code: 0 or 1 as programs choose, 143 as the signal's default reports."""
    return f"trap 'exit {code}' TERM; while :; do sleep 0.1; done"


class Node(unittest.TestCase):
    """Once for all tests of a class. Pods are static manifests."""

    containerd_version = None
    kubelet_version = "1.37"
    feature_gates = None  # {"PodsAPI": False} leaves the shim without kubelet's own socket, as before 1.37

    @classmethod
    def setUpClass(cls):
        cls.containerd = Containerd(cls.containerd_version, session.log_dir())
        cls.addClassCleanup(cls.containerd.stop)
        cls.containerd.start()
        cls.kubelet = cls.make_kubelet()
        cls.shim = Shim(
            cls.containerd.endpoint, session.log_dir(), cls.kubelet, cls.shim_arguments(), "shim-" + cls.containerd_version
        )
        cls.addClassCleanup(cls.shim.stop)
        cls.shim.start()
        cls.addClassCleanup(cls.kubelet.stop)
        cls.kubelet.start(cls.shim.endpoint)
        cls.runtime = Crictl(cls.containerd.endpoint)
        cls.through_shim = Crictl(cls.shim.endpoint)

    @classmethod
    def make_kubelet(cls):
        return Kubelet(session.log_dir(), cls.kubelet_version, feature_gates=cls.feature_gates)

    @classmethod
    def shim_arguments(cls):
        """On top of those that every node's shim gets."""
        return ()

    # Where a pod's name leads; a node with a control plane has other answers.

    def add(self, pod):
        self.addCleanup(self.kubelet.remove_if_there, pod["metadata"]["name"])
        self.kubelet.add(pod)

    def pod(self, name):
        return self.kubelet.pod(name)

    def runtime_name(self, name):
        return f"{name}-{NODE_NAME}"

    def in_runtime(self, name):
        """{container name: the runtime's own status}; the newest attempt of each."""
        return self.runtime.statuses_of_pod(self.runtime_name(name))

    # Waiting and checking.

    def provide_image(self, image, like=images.BUSYBOX):
        """Makes an image appear that a container has been waiting for."""
        self.containerd.ctr("images", "tag", like, image)
        self.addCleanup(self.containerd.ctr, "images", "rm", image)

    def statuses(self, name):
        """{container name: its status as kubelet reports it}."""
        return pod_status.containers(self.pod(name))

    def waiting(self, name):
        return pod_status.waiting(self.pod(name))

    def wait_running(self, job):
        """Until kubelet itself knows that both containers of an article run: none of its calls is under way any more."""
        job.wait_signal("main-runs")
        self.wait_all_running(job.name, 2)

    def wait_all_running(self, name, count):
        def running():
            statuses = self.statuses(name)
            return len(statuses) == count and all("running" in status["state"] for status in statuses.values())

        wait.until(running, f"{name}: all containers run", 60)

    def wait_refused(self, name, container="main", blocker="sidecar"):
        """Until kubelet shows the container as held back; returns the message that `kubectl describe` would show."""

        def refused():
            # Any other reason (no image, no answer from a shim that is just being restarted) is passing.
            reason, message = self.waiting(name).get(container, ("", ""))
            return reason == "CreateContainerError" and REFUSAL in message and f'"{blocker}"' in message and message

        return wait.until(refused, f"{name}: {container} is refused for {blocker}", 60, every=0.1)

    def check_started_in_order(self, name, *containers):
        """Each was created only after the one before it had been started."""
        statuses = self.in_runtime(name)
        for first, then in zip(containers, containers[1:]):
            self.assertLess(
                statuses[first]["startedAtNs"], statuses[then]["createdAtNs"], f"{name}: {first} runs before {then} is made"
            )
            self.assertLess(statuses[first]["startedAtNs"], statuses[then]["startedAtNs"])

    def check_ended(self, name, phase, exit_codes, restarts=None, seconds=120):
        """The pod has this phase, and its containers, as kubelet reports them, these exit codes and restart counts."""
        statuses = pod_status.containers(pod_status.wait_phase(lambda: self.pod(name), name, phase, seconds))
        seen = {container: status["state"]["terminated"]["exitCode"] for container, status in statuses.items()}
        self.assertEqual(exit_codes, seen, f"{name}: exit codes")
        expected = {container: (restarts or {}).get(container, 0) for container in exit_codes}
        self.assertEqual(
            expected, {container: status["restartCount"] for container, status in statuses.items()}, f"{name}: restart counts"
        )

    def check_ended_after(self, name, first, then):
        statuses = self.in_runtime(name)
        self.assertLess(statuses[first]["finishedAtNs"], statuses[then]["finishedAtNs"], f"{name}: {first} ends before {then}")

    def check_article(self, job):
        self.check_ended(job.name, "Succeeded", {"main": 0, "collector": 0})
        self.check_started_in_order(job.name, "collector", "main")
        self.check_ended_after(job.name, "main", "collector")
        job.check_lines(self)
