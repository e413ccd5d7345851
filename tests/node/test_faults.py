#!/usr/bin/env python3
"""One component of the node fails at each step of a job: main is held, main runs, the sidecar drains, the job is complete."""

import os

from harness import pods, session, wait
from harness.collector_job import CollectorJob
from harness.node import RUN_UNTIL_SIGNAL, Node, sidecar_exiting

# Signals that it has received SIGTERM, and exits when the test signals it to.
DRAIN_UNTIL_SIGNAL = (
    "stop() { touch /sink/stopping; until [ -e /sink/may-stop ]; do sleep 0.05; done; exit 143; }; trap stop TERM; "
    "while :; do sleep 0.1; done"
)
EXIT_143 = sidecar_exiting(143)
EXIT_0_ON_TERM, EXIT_1_ON_TERM = "trap 'exit 0' TERM; ", "trap 'exit 1' TERM; "


class Faults(Node):
    containerd_version = "2.4"

    def run_with_fault(self, name, fault):
        """Runs a job and injects the fault at each step; the result must be the same as without faults."""
        image = f"localhost/late-{name}:1"
        job = CollectorJob(name, "OnFailure", main=RUN_UNTIL_SIGNAL, collector=DRAIN_UNTIL_SIGNAL, collector_image=image)
        self.add(job.pod)

        message = self.wait_refused(name, blocker="collector")
        fault()
        self.assertEqual(message, self.wait_refused(name, blocker="collector"), "the refusal is the same, word for word")
        self.assertNotIn("main", self.in_runtime(name))

        self.provide_image(image)
        self.wait_running(job)
        self.check_started_in_order(name, "collector", "main")
        running = self.ids(name)
        fault()
        self.wait_all_running(name, 2)
        self.assertEqual(running, self.ids(name), "the same containers keep running")

        job.signal("main-may-end")
        job.wait_signal("stopping")
        # A runtime that stops before it has recorded an exit reports an invented one after its restart.
        wait.until(lambda: self.in_runtime(name)["main"]["state"] == "CONTAINER_EXITED", "the runtime has recorded main's exit")
        fault()
        job.signal("may-stop")
        self.check_ended(name, "Succeeded", {"main": 0, "collector": 0})
        self.check_ended_after(name, "main", "collector")

        fault()
        # The exit code must stay masked when kubelet reads it again: otherwise kubelet would restart the sidecar under OnFailure.
        self.kubelet.restart()
        # After its start kubelet reports a pod as Pending until it has read the containers' status.
        wait.holds(lambda: self.kubelet.phase(name) in (None, "Pending", "Succeeded"), f"{name} stays Succeeded", 3)
        self.check_ended(name, "Succeeded", {"main": 0, "collector": 0})
        self.assertEqual(running, self.ids(name), "no container was restarted")
        self.assertEqual(143, self.in_runtime(name)["collector"]["exitCode"], "the real exit code")

    def ids(self, name):
        return {container: status["id"] for container, status in self.in_runtime(name).items()}

    def test_shim_is_killed_at_each_step(self):
        self.run_with_fault("shim-killed", self.shim.kill_and_start)

    def test_shim_is_restarted_at_each_step(self):
        """Like an upgrade of the shim."""

        def restart():
            self.shim.stop()
            self.shim.start()

        self.run_with_fault("shim-restarted", restart)

    def test_kubelet_is_killed_at_each_step(self):
        def kill():
            self.kubelet.kill()
            self.kubelet.start()

        self.run_with_fault("kubelet-killed", kill)

    def test_kubelet_is_restarted_at_each_step(self):
        self.run_with_fault("kubelet-restarted", self.kubelet.restart)

    def test_containerd_is_restarted_at_each_step(self):
        def restart():
            self.containerd.restart()
            self.runtime.wait_available()

        self.run_with_fault("containerd-restarted", restart)

    def kill_sandbox(self, job):
        os.unlink(os.path.join(job.sink_dir, "main-runs"))
        (sandbox,) = self.runtime.sandboxes(f"--label=io.kubernetes.pod.name={self.runtime_name(job.name)}")
        self.containerd.ctr("tasks", "kill", "--signal", "SIGKILL", sandbox["id"])

    def run_until_recreated(self, job):
        """Kills the sandbox while both containers run, and waits until main runs in a new one; returns the old container ids."""
        self.add(job.pod)
        self.wait_running(job)
        before = self.ids(job.name)
        self.kill_sandbox(job)
        job.wait_signal("main-runs", 90)
        self.assertNotEqual(before["main"], self.ids(job.name)["main"])
        return before

    def check_sandbox_recreation(self, job):
        """As after a crash of the pause process or a reboot: containers are ordered again in the new sandbox."""
        name = job.name
        before = self.run_until_recreated(job)
        wait.until(lambda: not set(before.values()) & set(self.ids(name).values()), "both containers are new", 60)
        self.check_started_in_order(name, "collector", "main")
        job.signal("main-may-end")
        self.check_ended(name, "Succeeded", {"main": 0, "collector": 0}, restarts={"main": 1, "collector": 1}, seconds=90)

    def test_recreated_sandbox_is_ordered_again(self):
        """kubelet decides what to create in the new sandbox before it kills the old containers (computePodActions), so that
        their exit codes, even 0, do not count."""
        for exit_code in (143, 0):
            with self.subTest(exit_code):
                name, env = f"new-sandbox-{exit_code}", {"EXIT_CODE": exit_code}
                job = CollectorJob(name, "OnFailure", main=EXIT_1_ON_TERM + RUN_UNTIL_SIGNAL, env=env)
                self.check_sandbox_recreation(job)
                job.check_lines(self)

    def test_main_that_exited_0_with_its_sandbox_restarts(self):
        """In the new sandbox main is held for longer than the restart grace period, after which its exit could count as final."""
        script = "sleep 9; touch /tmp/ok; " + EXIT_143
        job = CollectorJob("new-sandbox-slow", "OnFailure", main=EXIT_0_ON_TERM + RUN_UNTIL_SIGNAL, collector=script)
        job.pod["spec"]["terminationGracePeriodSeconds"] = 2
        collector = job.pod["spec"]["containers"][1]
        collector["readinessProbe"] = {"exec": {"command": ["cat", "/tmp/ok"]}, "failureThreshold": 30}
        self.check_sandbox_recreation(job)

    def test_main_that_kubelet_creates_only_once_is_admitted(self):
        """main exited with 0 with its sandbox. Because of its postStart hook only kubelet can create it, and kubelet does not retry."""
        job = CollectorJob("new-sandbox-once", "OnFailure", main=EXIT_0_ON_TERM + RUN_UNTIL_SIGNAL, collector=EXIT_143)
        main = job.pod["spec"]["containers"][0]
        main["lifecycle"] = {"postStart": {"exec": {"command": ["true"]}}}
        self.run_until_recreated(job)
        self.wait_running(job)
        job.signal("main-may-end")
        self.check_ended(job.name, "Succeeded", {"main": 0, "collector": 0}, restarts={"main": 1, "collector": 1}, seconds=90)

    def test_sidecar_that_kubelet_does_not_restart_is_no_blocker(self):
        """The collector exits with 0 with its sandbox. After init containers kubelet decides again what to create, and then
        treats the collector as completed."""
        job = CollectorJob("new-sandbox-init", "OnFailure", main=EXIT_1_ON_TERM + RUN_UNTIL_SIGNAL, collector=sidecar_exiting(0))
        job.pod["spec"]["initContainers"] = [pods.container("init", "true")]
        before = self.run_until_recreated(job)
        job.signal("main-may-end")
        self.check_ended(job.name, "Succeeded", {"main": 0, "collector": 0}, restarts={"main": 1, "collector": 0}, seconds=90)
        self.assertEqual(before["collector"], self.ids(job.name)["collector"])


if __name__ == "__main__":
    session.main(shim=True)
