#!/usr/bin/env python3
"""One part of the node fails at each step of a job's life: while main is held, runs, its sidecar is draining, and after the end."""

import os

from harness import pods, session, wait
from harness.article import Article
from harness.node import UNTIL_TOLD, Node, sidecar_exiting

# Says that it was told to stop, and takes as long as the test wants.
DRAINS_UNTIL_TOLD = (
    "stop() { touch /sink/stopping; until [ -e /sink/may-stop ]; do sleep 0.05; done; exit 143; }; trap stop TERM; "
    "while :; do sleep 0.1; done"
)
DRAINS_AT_ONCE = sidecar_exiting(143)
ENDS_WELL, ENDS_BADLY = "trap 'exit 0' TERM; ", "trap 'exit 1' TERM; "


class Faults(Node):
    containerd_version = "2.4"

    def walk(self, name, fault):
        """Takes a job through its life with the fault at each step; none of them may be seen in its result."""
        image = f"localhost/late-{name}:1"
        job = Article(name, "OnFailure", main=UNTIL_TOLD, collector=DRAINS_UNTIL_TOLD, collector_image=image)
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
        self.assertEqual(running, self.ids(name), "containers run on")

        job.signal("main-may-end")
        job.wait_signal("stopping")
        # A runtime that is ended before it has written an exit down makes one up later.
        wait.until(lambda: self.in_runtime(name)["main"]["state"] == "CONTAINER_EXITED", "the runtime has recorded main's end")
        fault()
        job.signal("may-stop")
        self.check_ended(name, "Succeeded", {"main": 0, "collector": 0})
        self.check_ended_after(name, "main", "collector")

        fault()
        # It must stay so when kubelet reads everything anew: a mask that slips would restart the sidecar under OnFailure.
        self.kubelet.restart()
        # It shows a pod of whose containers it has read nothing yet as Pending.
        wait.holds(lambda: self.kubelet.phase(name) in (None, "Pending", "Succeeded"), f"{name} stays Succeeded", 3)
        self.check_ended(name, "Succeeded", {"main": 0, "collector": 0})
        self.assertEqual(running, self.ids(name), "and nothing was started again")
        self.assertEqual(143, self.in_runtime(name)["collector"]["exitCode"], "what was masked")

    def ids(self, name):
        return {container: status["id"] for container, status in self.in_runtime(name).items()}

    def test_the_shim_is_killed_at_each_step(self):
        self.walk("shim-killed", self.shim.kill_and_start)

    def test_the_shim_is_restarted_at_each_step(self):
        """As an upgrade does it."""

        def restart():
            self.shim.stop()
            self.shim.start()

        self.walk("shim-restarted", restart)

    def test_kubelet_is_killed_at_each_step(self):
        def kill():
            self.kubelet.kill()
            self.kubelet.start()

        self.walk("kubelet-killed", kill)

    def test_kubelet_is_restarted_at_each_step(self):
        self.walk("kubelet-restarted", self.kubelet.restart)

    def test_containerd_is_restarted_at_each_step(self):
        def restart():
            self.containerd.restart()
            self.runtime.wait_answers()

        self.walk("containerd-restarted", restart)

    def kill_sandbox(self, job):
        os.unlink(os.path.join(job.sink_dir, "main-runs"))
        (sandbox,) = self.runtime.sandboxes(f"--label=io.kubernetes.pod.name={self.runtime_name(job.name)}")
        self.containerd.ctr("tasks", "kill", "--signal", "SIGKILL", sandbox["id"])

    def until_main_runs_in_a_new_sandbox(self, job):
        """Of a pod whose sandbox is lost while its containers run; returns what had run."""
        self.add(job.pod)
        self.wait_running(job)
        before = self.ids(job.name)
        self.kill_sandbox(job)
        job.wait_signal("main-runs", 90)
        self.assertNotEqual(before["main"], self.ids(job.name)["main"])
        return before

    def lose_the_sandbox(self, job):
        """As after a crash of the pause process or a reboot: what has run in the old sandbox counts for nothing in the new."""
        name = job.name
        before = self.until_main_runs_in_a_new_sandbox(job)
        wait.until(lambda: not set(before.values()) & set(self.ids(name).values()), "both containers are new", 60)
        self.check_started_in_order(name, "collector", "main")
        job.signal("main-may-end")
        self.check_ended(name, "Succeeded", {"main": 0, "collector": 0}, restarts={"main": 1, "collector": 1}, seconds=90)

    def test_a_sandbox_that_dies_is_ordered_anew(self):
        """Kubelet decides what to start in the new sandbox before it ends what runs in the old: exit code 0 then means nothing."""
        for collectors_exit_code in (143, 0):
            with self.subTest(collectors_exit_code):
                name, env = f"new-sandbox-{collectors_exit_code}", {"EXIT_CODE": collectors_exit_code}
                job = Article(name, "OnFailure", main=ENDS_BADLY + UNTIL_TOLD, env=env)
                self.lose_the_sandbox(job)
                job.check_lines(self)

    def test_a_main_that_ended_well_with_its_sandbox_is_waited_for(self):
        """In the new sandbox it is held for longer than the grace after which its end might count."""
        job = Article("new-sandbox-slow", "OnFailure", main=ENDS_WELL + UNTIL_TOLD, collector="sleep 9; touch /tmp/ok; " + DRAINS_AT_ONCE)
        job.pod["spec"]["terminationGracePeriodSeconds"] = 2
        collector = job.pod["spec"]["containers"][1]
        collector["readinessProbe"] = {"exec": {"command": ["cat", "/tmp/ok"]}, "failureThreshold": 30}
        self.lose_the_sandbox(job)

    def test_a_main_that_kubelet_asks_for_only_once_is_not_lost(self):
        """It ended well with its sandbox, and with its hook it can only be started by kubelet, which will not come back for it."""
        job = Article("new-sandbox-once", "OnFailure", main=ENDS_WELL + UNTIL_TOLD, collector=DRAINS_AT_ONCE)
        main = job.pod["spec"]["containers"][0]
        main["lifecycle"] = {"postStart": {"exec": {"command": ["true"]}}}
        self.until_main_runs_in_a_new_sandbox(job)
        self.wait_running(job)
        job.signal("main-may-end")
        self.check_ended(job.name, "Succeeded", {"main": 0, "collector": 0}, restarts={"main": 1, "collector": 1}, seconds=90)

    def test_a_collector_that_does_not_come_again_is_not_waited_for(self):
        """It ended well with its sandbox. After init containers kubelet decides anew what to run, and takes it for finished."""
        job = Article("new-sandbox-init", "OnFailure", main=ENDS_BADLY + UNTIL_TOLD, collector=sidecar_exiting(0))
        job.pod["spec"]["initContainers"] = [pods.container("init", "true")]
        before = self.until_main_runs_in_a_new_sandbox(job)
        job.signal("main-may-end")
        self.check_ended(job.name, "Succeeded", {"main": 0, "collector": 0}, restarts={"main": 1, "collector": 0}, seconds=90)
        self.assertEqual(before["collector"], self.ids(job.name)["collector"])


if __name__ == "__main__":
    session.main(shim=True)
