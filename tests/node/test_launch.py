#!/usr/bin/env python3
"""Launch order with a real kubelet: priorities together with hooks, init containers, native sidecars and the launch timeout."""

import os

from harness import pods, session, wait
from harness.collector_job import CollectorJob
from harness.node import RUN_UNTIL_SIGNAL, Node, sidecar_exiting

FLAGGED = {pods.PRIORITY: 1, pods.TERMINATE: "true"}


class Launch(Node):
    containerd_version = "2.4"

    def test_held_container_runs_its_post_start_hook_once(self):
        """Only kubelet runs postStart hooks, so kubelet must start the container, not the shim."""
        image = "localhost/late-hook:1"
        job = CollectorJob("hook", main=RUN_UNTIL_SIGNAL, collector=sidecar_exiting(0), collector_image=image)
        main = job.pod["spec"]["containers"][0]
        main["lifecycle"] = {"postStart": {"exec": {"command": ["/bin/sh", "-c", "echo hook >>/sink/hooks"]}}}
        self.add(job.pod)
        self.wait_refused(job.name, blocker="collector")
        self.provide_image(image)
        self.wait_running(job)
        with open(os.path.join(job.sink_dir, "hooks"), encoding="utf-8") as file:
            self.assertEqual("hook\n", file.read(), "the hook has run once")
        job.signal("main-may-end")
        self.check_ended(job.name, "Succeeded", {"main": 0, "collector": 0})
        self.check_started_in_order(job.name, "collector", "main")

    def test_init_and_native_sidecar_containers_are_not_ordered(self):
        """Priorities order regular containers only; for the others kubelet's rules apply, whatever their envs."""
        native = pods.container("native", sidecar_exiting(0), {pods.PRIORITY: -5}, restartPolicy="Always")
        self.add(
            pods.pod(
                "mixed",
                [pods.container("main", "sleep 1"), pods.container("sidecar", sidecar_exiting(143), FLAGGED)],
                "OnFailure",
                initContainers=[pods.container("prepare", "sleep 0.2", {pods.PRIORITY: -7}), native],
            )
        )
        self.check_ended("mixed", "Succeeded", {"main": 0, "sidecar": 0})
        self.check_started_in_order("mixed", "prepare", "native", "sidecar", "main")
        statuses = self.in_runtime("mixed")
        self.assertLess(statuses["prepare"]["finishedAtNs"], statuses["native"]["createdAtNs"])
        self.check_ended_after("mixed", "sidecar", "native")
        kinds = self.pod("mixed")["status"]["initContainerStatuses"]
        self.assertEqual([("prepare", 0), ("native", 0)], [(status["name"], status["restartCount"]) for status in kinds])

    def test_priority_from_the_downward_api(self):
        """The spec has a fieldRef; the value arrives in the CreateContainer request, and main waits for it."""
        source = {"fieldRef": {"fieldPath": "metadata.annotations['level']"}}
        sidecar = pods.container("sidecar", sidecar_exiting(143), {pods.TERMINATE: "true"})
        sidecar["env"].append({"name": pods.PRIORITY, "valueFrom": source})
        self.add(pods.pod("resolved", [pods.container("main", "sleep 1"), sidecar], annotations={"level": "7"}))
        self.check_ended("resolved", "Succeeded", {"main": 0, "sidecar": 0})
        self.check_started_in_order("resolved", "sidecar", "main")

    def test_launch_timeout_admits_the_held_container(self):
        """main runs without its sidecar. The sidecar starts later and is still stopped at the end of the job."""
        image = "localhost/late-timeout:1"
        sidecar = pods.container("sidecar", sidecar_exiting(143), FLAGGED, image=image)
        annotations = {"sidecar-shim.io/launch-timeout": "6s"}
        self.add(pods.pod("timeout", [pods.container("main", "exit 0"), sidecar], annotations=annotations))
        self.wait_refused("timeout")
        wait.until(lambda: "main" in self.in_runtime("timeout"), "main was admitted", 60)
        (sandbox,) = self.runtime.sandboxes(f"--label=io.kubernetes.pod.name={self.runtime_name('timeout')}")
        held = (self.in_runtime("timeout")["main"]["createdAtNs"] - int(sandbox["createdAt"])) / 1e9
        self.assertGreater(held, 5, "main was held")
        self.assertLess(held, 30, "main was admitted at kubelet's next retry")
        self.provide_image(image)
        self.check_ended("timeout", "Succeeded", {"main": 0, "sidecar": 0}, seconds=120)

    def test_equal_priorities_start_after_the_higher_one(self):
        two = [pods.container(name, "sleep 1", {pods.PRIORITY: 1}) for name in ("left", "right")]
        self.add(pods.pod("equal", [*two, pods.container("high", "sleep 1", {pods.PRIORITY: 2})]))
        self.check_ended("equal", "Succeeded", {"left": 0, "right": 0, "high": 0})
        self.check_started_in_order("equal", "high", "left")
        self.check_started_in_order("equal", "high", "right")

    def test_two_sidecar_levels_start_before_main(self):
        """Two sidecars of different priorities, as a SidecarSet injects them: listed after main and, reversed, before it."""
        for name, reverse in (("levels-down", False), ("levels-up", True)):
            containers = [
                pods.container("main", "sleep 1"),
                pods.container("near", sidecar_exiting(0), {pods.PRIORITY: 1, pods.TERMINATE: "true"}),
                pods.container("far", sidecar_exiting(143), {pods.PRIORITY: 2, pods.TERMINATE: "true"}),
            ]
            self.add(pods.pod(name, containers[::-1] if reverse else containers, "OnFailure"))
        for name in ("levels-down", "levels-up"):
            with self.subTest(name):
                self.check_ended(name, "Succeeded", {"main": 0, "near": 0, "far": 0})
                self.check_started_in_order(name, "far", "near", "main")
                self.check_ended_after(name, "main", "near")
                self.check_ended_after(name, "near", "far")


if __name__ == "__main__":
    session.main(shim=True)
