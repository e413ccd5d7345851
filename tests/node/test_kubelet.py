#!/usr/bin/env python3
"""A real kubelet on a real containerd with sidecar-shim between them: behaviour that users of a node see."""

from essentials import Essentials
from harness import images, pods, session, wait
from harness.collector_job import CollectorJob
from harness.node import REFUSAL, RUN_UNTIL_SIGNAL, Node, sidecar_exiting


class NodeWithContainerd16(Essentials, Node):
    containerd_version = "1.6"


class NodeWithContainerd24(Essentials, Node):
    containerd_version = "2.4"

    # On one version of containerd only: these depend on kubelet and the shim rather than on the runtime.

    def test_collector_gets_its_drain_time(self):
        """A collector whose control script checks for SIGTERM every 3 s and then drains for 10 s."""
        job = CollectorJob("own-timing", env={"DRAIN": 10, "LIVENESS": 3})
        self.add(job.pod)
        self.check_collector_job(job)
        statuses = self.in_runtime(job.name)
        drained = (statuses["collector"]["finishedAtNs"] - statuses["main"]["finishedAtNs"]) / 1e9
        self.assertGreater(drained, 10)
        self.assertLess(drained, 17, "SIGTERM follows main's exit closely; the rest is the collector's drain")

    def test_ordered_annotation_starts_in_spec_order(self):
        """The annotation orders containers as the spec lists them, here although the first one's image is missing."""
        image = "localhost/late-first:1"
        containers = [
            pods.container("first", "sleep 1", image=image),
            pods.container("second", "sleep 1", {pods.PRIORITY: 10}),
            pods.container("third", "sleep 1", {pods.PRIORITY: 20}),
        ]
        self.add(pods.pod("ordered", containers, annotations=pods.ORDERED))
        self.wait_refused("ordered", "second", blocker="first")
        self.wait_refused("ordered", "third", blocker="first")
        self.provide_image(image)
        self.check_ended("ordered", "Succeeded", {"first": 0, "second": 0, "third": 0})
        self.check_started_in_order("ordered", "first", "second", "third")

    def test_shim_crash_while_a_container_is_held(self):
        """main waits for a sidecar whose image is missing, and continues to wait after the shim was killed."""
        late_image = "localhost/late:1"
        sidecar = pods.container("sidecar", sidecar_exiting(0), {pods.PRIORITY: 1, pods.TERMINATE: "true"}, image=late_image)
        self.add(pods.pod("held", [pods.container("main", "sleep 1"), sidecar], "OnFailure"))

        def refused():
            return self.kubelet.waiting_reasons("held").get("main", ("", ""))[0] == "CreateContainerError"

        wait.until(refused, "main is refused", 30, every=0.2)
        _, message = self.kubelet.waiting_reasons("held")["main"]
        self.assertIn('"sidecar"', message)
        self.assertIn(REFUSAL, message)

        self.shim.kill_and_start()
        wait.holds(lambda: "main" not in self.in_runtime("held"), "main is not created", 12)
        self.containerd.ctr("images", "tag", images.BUSYBOX, late_image)
        self.check_ended("held", "Succeeded", {"main": 0, "sidecar": 0})
        self.check_started_in_order("held", "sidecar", "main")

    def test_malformed_priority_is_refused_with_its_value(self):
        self.add(
            pods.pod("bad-priority", [pods.container("main", "exit 0"), pods.container("other", "exit 0", {pods.PRIORITY: "high"})])
        )

        def message():
            return self.kubelet.waiting_reasons("bad-priority").get("other", ("", ""))[1]

        wait.until(lambda: pods.PRIORITY in message() and '"high"' in message(), "the refusal names the env and its value", 30)

    def test_pod_without_shim_envs_is_not_changed(self):
        log_before = len(self.shim.log())
        self.add(
            pods.pod(
                "plain",
                [
                    pods.container("one", "sleep 2"),
                    pods.container("two", sidecar_exiting(0) + " & sleep 2; kill $!; wait"),
                    pods.container("three", "sleep 1"),
                ],
            )
        )
        refused = []

        def ended():
            refused.extend(
                (name, reason) for name, reason in self.kubelet.waiting_reasons("plain").items() if reason[0] != "ContainerCreating"
            )
            return self.kubelet.phase("plain") == "Succeeded"

        wait.until(ended, "the pod has ended", 60)
        self.assertEqual([], refused)
        self.assertNotIn(REFUSAL, self.shim.log()[log_before:])
        self.check_started_in_order("plain", "one", "two", "three")
        self.check_no_shim_annotations("plain")

    def test_installing_and_removing_the_shim_on_a_live_node(self):
        """Installing or removing the shim requires a restart of kubelet and no drain: containers keep running."""
        name = "switched"
        self.kubelet.restart(self.containerd.endpoint)
        self.addCleanup(lambda: self.kubelet.restart(self.shim.endpoint))
        self.add(pods.pod(name, [pods.container("main", "sleep 1000"), pods.container("other", "sleep 1000")]))
        self.kubelet.wait_phase(name, "Running")
        before = {container: status["id"] for container, status in self.in_runtime(name).items()}
        for endpoint in (self.shim.endpoint, self.containerd.endpoint):
            self.kubelet.restart(endpoint)
            self.kubelet.wait_phase(name, "Running")
            wait.holds(lambda: self.kubelet.phase(name) == "Running", "the pod keeps running", 2)
            after = {container: status["id"] for container, status in self.in_runtime(name).items()}
            self.assertEqual(before, after)
        self.assertEqual(2, len(before))

    def test_containerd_restart_while_main_runs(self):
        job = CollectorJob("containerd-restarts", main=RUN_UNTIL_SIGNAL)
        self.add(job.pod)
        self.wait_running(job)
        self.containerd.restart()
        job.signal("main-may-end")
        self.check_collector_job(job)

    def test_sidecar_is_stopped_soon_after_main_exits(self):
        """The time from main's exit to the exit of a sidecar that handles SIGTERM at once, which delays each job's completion."""
        sidecar = pods.container("sidecar", "trap 'exit 0' TERM; while :; do sleep 0.01; done", {pods.TERMINATE: "true"})
        self.add(pods.pod("latency", [pods.container("main", "sleep 2"), sidecar]))
        self.check_ended("latency", "Succeeded", {"main": 0, "sidecar": 0})
        statuses = self.in_runtime("latency")
        seconds = (statuses["sidecar"]["finishedAtNs"] - statuses["main"]["finishedAtNs"]) / 1e9
        print(f"main's exit to sidecar's exit: {seconds * 1000:.0f} ms", flush=True)
        # Tens of milliseconds (launch_bench.py measures them), or seconds if ten other nodes share two cores. Without the
        # runtime's exit events the shim would poll and notice the exit half a minute later.
        self.assertLess(seconds, 10, "the shim receives the exit event")


if __name__ == "__main__":
    session.main(shim=True)
