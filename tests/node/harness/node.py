"""A node (kubelet -> sidecar-shim -> containerd) and the assertions on its pods.

Pods are checked from both ends: the status that kubelet or the API server reports, and the runtime's own status (queried directly,
not through the shim), whose times have nanoseconds.
"""

import unittest

from harness import images, pod_status, session, wait
from harness.containerd import Containerd
from harness.crictl import Crictl
from harness.kubelet import NODE_NAME, Kubelet
from harness.shim import Shim

# Part of each message with which the shim refuses a CreateContainer.
REFUSAL = "launch order"
# The script of a main container that signals that it runs and exits when the test signals it to.
RUN_UNTIL_SIGNAL = "touch /sink/main-runs; until [ -e /sink/main-may-end ]; do sleep 0.05; done; mock_log --total-count=100"


def sidecar_exiting(code):
    """Runs until SIGTERM and exits with that code; 143 is the code of a process that SIGTERM terminates."""
    return f"trap 'exit {code}' TERM; while :; do sleep 0.1; done"


class Node(unittest.TestCase):
    """One node for all tests of a class. Pods are static manifests."""

    containerd_version = None
    kubelet_version = "1.37"
    feature_gates = None  # {"PodsAPI": False} disables kubelet's PodsAPI, as before 1.37
    shim_log_level = "debug"

    @classmethod
    def setUpClass(cls):
        cls.containerd = Containerd(cls.containerd_version, session.log_dir())
        cls.addClassCleanup(cls.containerd.stop)
        cls.containerd.start()
        cls.kubelet = cls.make_kubelet()
        name = "shim-" + cls.containerd_version
        cls.shim = Shim(
            cls.containerd.endpoint, session.log_dir(), cls.kubelet, cls.shim_arguments(), name, log_level=cls.shim_log_level
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
        """Arguments in addition to those of every node's shim."""
        return ()

    # How a pod is created and found; Cluster overrides these.

    def add(self, pod):
        self.addCleanup(self.kubelet.remove_if_exists, pod["metadata"]["name"])
        self.kubelet.add(pod)

    def pod(self, name):
        return self.kubelet.pod(name)

    def runtime_name(self, name):
        return f"{name}-{NODE_NAME}"

    def in_runtime(self, name):
        """{container name: the runtime's own status} of each container's newest attempt."""
        return self.runtime.statuses_of_pod(self.runtime_name(name))

    # Waiting and checking.

    def provide_image(self, image, like=images.BUSYBOX):
        """Adds an image that was missing."""
        self.containerd.ctr("images", "tag", like, image)
        self.addCleanup(self.containerd.ctr, "images", "rm", image)

    def statuses(self, name):
        """{container name: status}, as kubelet reports them."""
        return pod_status.containers(self.pod(name))

    def waiting(self, name):
        return pod_status.waiting(self.pod(name))

    def wait_running(self, job):
        """Waits until kubelet reports both containers as running, so that none of its calls is pending."""
        job.wait_signal("main-runs")
        self.wait_all_running(job.name, 2)

    def wait_all_running(self, name, count):
        def running():
            statuses = self.statuses(name)
            return len(statuses) == count and all("running" in status["state"] for status in statuses.values())

        wait.until(running, f"{name}: all containers run", 60)

    def wait_refused(self, name, container="main", blocker="sidecar"):
        """Waits until kubelet reports that the container is held; returns the message that `kubectl describe` shows."""

        def refused():
            # Other reasons are temporary, for example that the shim is being restarted.
            reason, message = self.waiting(name).get(container, ("", ""))
            return reason == "CreateContainerError" and REFUSAL in message and f'"{blocker}"' in message and message

        return wait.until(refused, f"{name}: {container} is refused for {blocker}", 60, every=0.1)

    def check_started_in_order(self, name, *containers):
        """Each container was created after the one before it had been started."""
        statuses = self.in_runtime(name)
        for first, then in zip(containers, containers[1:]):
            self.assertLess(
                statuses[first]["startedAtNs"], statuses[then]["createdAtNs"], f"{name}: {first} is started before {then} is created"
            )
            self.assertLess(statuses[first]["startedAtNs"], statuses[then]["startedAtNs"])

    def check_ended(self, name, phase, exit_codes, restarts=None, seconds=120):
        """kubelet reports this phase of the pod, and these exit codes and restart counts of its containers."""
        statuses = pod_status.containers(pod_status.wait_phase(lambda: self.pod(name), name, phase, seconds))
        seen = {container: status["state"]["terminated"]["exitCode"] for container, status in statuses.items()}
        self.assertEqual(exit_codes, seen, f"{name}: exit codes")
        expected = {container: (restarts or {}).get(container, 0) for container in exit_codes}
        self.assertEqual(
            expected, {container: status["restartCount"] for container, status in statuses.items()}, f"{name}: restart counts"
        )

    def check_no_shim_annotations(self, name):
        """The pod's containers carry only annotations of kubelet."""
        for container, status in self.in_runtime(name).items():
            others = [key for key in status["annotations"] if not key.startswith("io.kubernetes.")]
            self.assertEqual([], others, f"annotations of {container}")

    def check_ended_after(self, name, first, then):
        statuses = self.in_runtime(name)
        self.assertLess(statuses[first]["finishedAtNs"], statuses[then]["finishedAtNs"], f"{name}: {first} exits before {then}")

    def check_collector_job(self, job):
        self.check_ended(job.name, "Succeeded", {"main": 0, "collector": 0})
        self.check_started_in_order(job.name, "collector", "main")
        self.check_ended_after(job.name, "main", "collector")
        job.check_lines(self)
