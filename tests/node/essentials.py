"""What must hold on every pairing of kubelet and containerd that is supported; mixed into a Node by the test files."""

from harness import article, pods, wait
from harness.article import Article
from harness.log_lines import time_of_line
from harness.node import UNTIL_TOLD, sidecar_exiting


FOREVER = "while :; do sleep 0.1; done"


class WaitsForReadiness:
    """Where kubelet itself would look every ten seconds only."""

    def test_main_waits_for_the_sidecars_readiness(self):
        probe = {"exec": {"command": ["cat", "/tmp/ok"]}, "periodSeconds": 10, "failureThreshold": 30}
        command = "sleep 2; touch /tmp/ok; " + sidecar_exiting(143)
        sidecar = pods.container("sidecar", command, {pods.PRIORITY: 1, pods.TERMINATE: "true"}, readinessProbe=probe)
        self.add(pods.pod("ready", [pods.container("main", "exit 0"), sidecar], "OnFailure"))
        self.check_ended("ready", "Succeeded", {"main": 0, "sidecar": 0})
        statuses = self.in_runtime("ready")
        held = (statuses["main"]["createdAtNs"] - statuses["sidecar"]["startedAtNs"]) / 1e9
        # The runtime dates a start when it is done with it; by then the program has run for a while where the machine is busy.
        self.assertGreater(held, 1, "main waits for more than the sidecar's start")
        self.assertLess(held, 9, "the shim looks more often than kubelet")


class Essentials(WaitsForReadiness):
    def test_the_articles_job(self):
        """Both restart policies a job may have, both orders a manifest may have."""
        jobs = [
            Article("never-main-first", "Never", article.MAIN_FIRST),
            Article("never-sidecar-first", "Never", article.SIDECAR_FIRST),
            Article("onfailure-main-first", "OnFailure", article.MAIN_FIRST),
            Article("onfailure-sidecar-first", "OnFailure", article.SIDECAR_FIRST),
        ]
        for job in jobs:  # At once: jobs must not be in each other's way either.
            self.add(job.pod)
        for job in jobs:
            with self.subTest(job.name):
                self.check_article(job)

    def test_a_sidecar_that_reports_the_signal_does_not_fail_the_pod(self):
        for policy in ("Never", "OnFailure"):
            name = "exit-143-" + policy.lower()
            self.add(
                pods.pod(
                    name,
                    [pods.container("main", "sleep 1"), pods.container("sidecar", sidecar_exiting(143), {pods.TERMINATE: "true"})],
                    policy,
                )
            )
        for policy in ("Never", "OnFailure"):
            name = "exit-143-" + policy.lower()
            with self.subTest(policy):
                self.check_ended(name, "Succeeded", {"main": 0, "sidecar": 0})
                terminated = self.kubelet.container_statuses(name)["sidecar"]["state"]["terminated"]
                self.assertEqual("Completed", terminated["reason"])
                sidecar = self.in_runtime(name)["sidecar"]
                self.assertEqual(143, sidecar["exitCode"], "the runtime itself is not deceived")
                self.assertEqual(0, self.through_shim.status(sidecar["id"])["exitCode"])
                self.check_ended_after(name, "main", "sidecar")
        # It must stay so: a mask that slips later would restart the sidecar under OnFailure.
        self.kubelet.restart()
        # It shows a pod of whose containers it has read nothing yet as Pending.
        stays = (None, "Pending", "Succeeded")
        wait.holds(lambda: self.kubelet.phase("exit-143-onfailure") in stays, "the pod stays Succeeded", 3)
        self.check_ended("exit-143-onfailure", "Succeeded", {"main": 0, "sidecar": 0})

    def test_three_levels_in_reverse_order(self):
        self.add(
            pods.pod(
                "levels",
                [
                    pods.container("low", "sleep 1", {pods.PRIORITY: -1}),
                    pods.container("none", "sleep 1"),
                    pods.container("middle", "sleep 1", {pods.PRIORITY: 5}),
                    pods.container("high", "sleep 1", {pods.PRIORITY: 10}),
                ],
            )
        )
        self.check_ended("levels", "Succeeded", {"low": 0, "none": 0, "middle": 0, "high": 0})
        self.check_started_in_order("levels", "high", "middle", "none", "low")

    def test_a_main_with_a_hook_is_left_to_kubelet(self):
        """It cannot be launched ahead, so the refusal asks kubelet to come back every two seconds. It would after ten, and the probe
        that could tell it something has a period of a minute."""
        hook = {"postStart": {"exec": {"command": ["true"]}}}
        probe = {"exec": {"command": ["cat", "/tmp/ok"]}, "periodSeconds": 60, "failureThreshold": 30}
        command = f"sleep 1; echo ready; touch /tmp/ok; {FOREVER}"
        sidecar = pods.container("sidecar", command, {pods.PRIORITY: 10}, readinessProbe=probe)
        self.add(pods.pod("hooked", [pods.container("main", "sleep 3", lifecycle=hook), sidecar]))
        self.assertIn("network is not ready", self.wait_refused("hooked"))
        wait.until(lambda: "main" in self.in_runtime("hooked"), "main is there")
        statuses = self.in_runtime("hooked")
        after = statuses["main"]["createdAtNs"] - time_of_line(statuses["sidecar"]["logPath"], "ready")
        self.assertGreater(after, 0, "main waits")
        self.assertLess(after / 1e9, 8, "and not for kubelet's longest pause")

    def test_the_shim_crashes_while_main_runs(self):
        job = Article("crash-while-main-runs", "OnFailure", main=UNTIL_TOLD)
        self.add(job.pod)
        self.wait_running(job)
        self.shim.kill_and_start()
        job.signal("main-may-end")
        self.check_article(job)

    def test_main_ends_while_the_shim_is_down(self):
        job = Article("end-while-down", "OnFailure", main=UNTIL_TOLD)
        self.add(job.pod)
        self.wait_running(job)
        self.shim.kill()
        job.signal("main-may-end")
        wait.until(
            lambda: self.in_runtime(job.name)["main"]["state"] == "CONTAINER_EXITED", "main has ended unseen by the shim"
        )
        self.shim.start()
        self.check_article(job)

    def test_a_held_pod_is_deleted_at_once(self):
        never = pods.container("never", "exit 0", {pods.PRIORITY: 1}, image="localhost/never:1")
        self.add(pods.pod("deleted", [pods.container("main", "sleep 1000"), never]))
        self.wait_refused("deleted", blocker="never")
        self.kubelet.remove("deleted", seconds=10)
        self.assertEqual({}, self.in_runtime("deleted"), "nothing was ever started")

    def test_a_main_that_fails_first_is_restarted_beside_its_sidecar(self):
        script = "if [ -e /sink/again ]; then exit 0; fi; touch /sink/again; exit 1"
        job = Article("fails-first", "OnFailure", main=script)
        self.add(job.pod)
        self.check_ended(job.name, "Succeeded", {"main": 0, "collector": 0}, restarts={"main": 1})
        self.check_ended_after(job.name, "main", "collector")

    def test_a_main_that_fails_for_good_fails_the_pod(self):
        sidecar = pods.container("sidecar", sidecar_exiting(143), {pods.TERMINATE: "true"})
        self.add(pods.pod("fails", [pods.container("main", "exit 3"), sidecar]))
        self.check_ended("fails", "Failed", {"main": 3, "sidecar": 0})
