#!/usr/bin/env python3
"""A real kubelet on a real containerd, with sidecar-shim between them: what a node's user gets to see."""

from essentials import Essentials
from harness import images, pods, session, wait
from harness.article import Article
from harness.node import REFUSAL, UNTIL_TOLD, Node, sidecar_exiting


class NodeWithContainerd16(Essentials, Node):
    containerd_version = "1.6"


class NodeWithContainerd24(Essentials, Node):
    containerd_version = "2.4"

    # Once is enough for these: they are about kubelet and the shim rather than about the runtime.

    def test_the_collectors_own_timing(self):
        """The article's numbers: a control script that looks every 3 s and drains for 10 s."""
        job = Article("own-timing", env={"DRAIN": 10, "LIVENESS": 3})
        self.add(job.pod)
        self.check_article(job)
        statuses = self.in_runtime(job.name)
        drained = (statuses["collector"]["finishedAtNs"] - statuses["main"]["finishedAtNs"]) / 1e9
        self.assertGreater(drained, 10)
        self.assertLess(drained, 17, "TERM comes soon after main's end, and the rest is the collector's own time")

    def test_ordered_annotation(self):
        """In the order of the spec, which kubelet itself keeps only where nothing comes in between."""
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

    def test_the_shim_crashes_while_a_container_is_held(self):
        """main waits for a sidecar whose image is not there yet, and it still does after the shim was killed."""
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

    def test_a_bad_priority_is_refused_in_words(self):
        self.add(
            pods.pod("bad-priority", [pods.container("main", "exit 0"), pods.container("other", "exit 0", {pods.PRIORITY: "high"})])
        )

        def message():
            return self.kubelet.waiting_reasons("bad-priority").get("other", ("", ""))[1]

        wait.until(lambda: pods.PRIORITY in message() and '"high"' in message(), "the refusal names env and value", 30)

    def test_a_pod_without_the_envs_sees_nothing_of_the_shim(self):
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
        for name, status in self.in_runtime("plain").items():
            foreign = [key for key in status["annotations"] if not key.startswith("io.kubernetes.")]
            self.assertEqual([], foreign, f"{name} carries nothing of the shim")

    def test_switching_a_live_node_over_and_back(self):
        """Installing or removing the shim needs a restart of kubelet and no drain: containers run on, untouched."""
        name = "switched"
        self.kubelet.restart(self.containerd.endpoint)
        self.addCleanup(lambda: self.kubelet.restart(self.shim.endpoint))
        self.add(pods.pod(name, [pods.container("main", "sleep 1000"), pods.container("other", "sleep 1000")]))
        self.kubelet.wait_phase(name, "Running")
        before = {container: status["id"] for container, status in self.in_runtime(name).items()}
        for endpoint in (self.shim.endpoint, self.containerd.endpoint):
            self.kubelet.restart(endpoint)
            self.kubelet.wait_phase(name, "Running")
            wait.holds(lambda: self.kubelet.phase(name) == "Running", "the pod runs on", 2)
            after = {container: status["id"] for container, status in self.in_runtime(name).items()}
            self.assertEqual(before, after)
        self.assertEqual(2, len(before))

    def test_containerd_restarts_while_main_runs(self):
        job = Article("containerd-restarts", main=UNTIL_TOLD)
        self.add(job.pod)
        self.wait_running(job)
        self.containerd.restart()
        job.signal("main-may-end")
        self.check_article(job)

    def test_the_sidecar_is_told_soon_after_mains_end(self):
        """The latency that a job's owner waits for: from main's end to the sidecar's, when it ends at once."""
        sidecar = pods.container("sidecar", "trap 'exit 0' TERM; while :; do sleep 0.01; done", {pods.TERMINATE: "true"})
        self.add(pods.pod("latency", [pods.container("main", "sleep 2"), sidecar]))
        self.check_ended("latency", "Succeeded", {"main": 0, "sidecar": 0})
        statuses = self.in_runtime("latency")
        seconds = (statuses["sidecar"]["finishedAtNs"] - statuses["main"]["finishedAtNs"]) / 1e9
        print(f"main's end to sidecar's end: {seconds * 1000:.0f} ms", flush=True)
        # Tens of milliseconds (launch_bench.py measures them), seconds where ten other nodes share two cores; a shim that had to
        # look by itself would find out half a minute later.
        self.assertLess(seconds, 10, "it hears of the end")


if __name__ == "__main__":
    session.main(shim=True)
