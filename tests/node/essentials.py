"""What must hold on each supported pair of kubelet and containerd versions. Mixed into a Node by the test files."""

from harness import collector_job, pods, wait
from harness.collector_job import CollectorJob
from harness.log_lines import time_of_line
from harness.node import RUN_UNTIL_SIGNAL, sidecar_exiting


FOREVER = "while :; do sleep 0.1; done"


class WaitsForReadiness:
    """With a probe period of ten seconds, so that a short wait shows that the shim runs the probe itself."""

    def test_main_waits_for_sidecar_readiness(self):
        probe = {"exec": {"command": ["cat", "/tmp/ok"]}, "periodSeconds": 10, "failureThreshold": 30}
        command = "sleep 2; touch /tmp/ok; " + sidecar_exiting(143)
        sidecar = pods.container("sidecar", command, {pods.PRIORITY: 1, pods.TERMINATE: "true"}, readinessProbe=probe)
        self.add(pods.pod("ready", [pods.container("main", "exit 0"), sidecar], "OnFailure"))
        self.check_ended("ready", "Succeeded", {"main": 0, "sidecar": 0})
        statuses = self.in_runtime("ready")
        held = (statuses["main"]["createdAtNs"] - statuses["sidecar"]["startedAtNs"]) / 1e9
        # startedAt is the end of StartContainer in the runtime; on a busy machine the process has run for a while by then.
        self.assertGreater(held, 1, "main waits for readiness, not only for the sidecar's start")
        self.assertLess(held, 9, "the shim probes more often than kubelet")


class Essentials(WaitsForReadiness):
    def test_job_with_a_collector_completes(self):
        """Both restart policies that a Job allows, each with main first and with the sidecar first."""
        jobs = [
            CollectorJob("never-main-first", "Never", collector_job.MAIN_FIRST),
            CollectorJob("never-sidecar-first", "Never", collector_job.SIDECAR_FIRST),
            CollectorJob("onfailure-main-first", "OnFailure", collector_job.MAIN_FIRST),
            CollectorJob("onfailure-sidecar-first", "OnFailure", collector_job.SIDECAR_FIRST),
        ]
        for job in jobs:  # All at the same time, so that they could disturb each other.
            self.add(job.pod)
        for job in jobs:
            with self.subTest(job.name):
                self.check_collector_job(job)

    def test_sidecar_exit_code_143_is_masked(self):
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
                self.assertEqual(143, sidecar["exitCode"], "the runtime keeps the real exit code")
                self.assertEqual(0, self.through_shim.status(sidecar["id"])["exitCode"])
                self.check_ended_after(name, "main", "sidecar")
        # The exit code must stay masked: otherwise kubelet would restart the sidecar under OnFailure.
        self.kubelet.restart()
        # After its start kubelet reports a pod as Pending until it has read the containers' status.
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

    def test_kubelet_creates_main_with_a_post_start_hook(self):
        """The shim does not launch a container with a postStart hook, so its refusal makes kubelet retry every two seconds. kubelet's
        own retry would come after ten seconds, its own probe of the sidecar after a minute."""
        hook = {"postStart": {"exec": {"command": ["true"]}}}
        probe = {"exec": {"command": ["cat", "/tmp/ok"]}, "periodSeconds": 60, "failureThreshold": 30}
        command = f"sleep 1; echo ready; touch /tmp/ok; {FOREVER}"
        sidecar = pods.container("sidecar", command, {pods.PRIORITY: 10}, readinessProbe=probe)
        self.add(pods.pod("hooked", [pods.container("main", "sleep 3", lifecycle=hook), sidecar]))
        self.assertIn("network is not ready", self.wait_refused("hooked"))
        wait.until(lambda: "main" in self.in_runtime("hooked"), "main is created")
        statuses = self.in_runtime("hooked")
        after = statuses["main"]["createdAtNs"] - time_of_line(statuses["sidecar"]["logPath"], "ready")
        self.assertGreater(after, 0, "main waits")
        self.assertLess(after / 1e9, 8, "kubelet retries before its own interval")

    def test_shim_crash_while_main_runs(self):
        job = CollectorJob("crash-while-main-runs", "OnFailure", main=RUN_UNTIL_SIGNAL)
        self.add(job.pod)
        self.wait_running(job)
        self.shim.kill_and_start()
        job.signal("main-may-end")
        self.check_collector_job(job)

    def test_main_exits_while_the_shim_is_down(self):
        job = CollectorJob("end-while-down", "OnFailure", main=RUN_UNTIL_SIGNAL)
        self.add(job.pod)
        self.wait_running(job)
        self.shim.kill()
        job.signal("main-may-end")
        wait.until(
            lambda: self.in_runtime(job.name)["main"]["state"] == "CONTAINER_EXITED", "main has exited while the shim is down"
        )
        self.shim.start()
        self.check_collector_job(job)

    def test_held_pod_is_deleted_without_delay(self):
        never = pods.container("never", "exit 0", {pods.PRIORITY: 1}, image="localhost/never:1")
        self.add(pods.pod("deleted", [pods.container("main", "sleep 1000"), never]))
        self.wait_refused("deleted", blocker="never")
        self.kubelet.remove("deleted", seconds=10)
        self.assertEqual({}, self.in_runtime("deleted"), "nothing was ever started")

    def test_failed_main_restarts_while_sidecar_runs(self):
        script = "if [ -e /sink/again ]; then exit 0; fi; touch /sink/again; exit 1"
        job = CollectorJob("fails-first", "OnFailure", main=script)
        self.add(job.pod)
        self.check_ended(job.name, "Succeeded", {"main": 0, "collector": 0}, restarts={"main": 1})
        self.check_ended_after(job.name, "main", "collector")

    def test_failed_main_fails_the_pod(self):
        sidecar = pods.container("sidecar", sidecar_exiting(143), {pods.TERMINATE: "true"})
        self.add(pods.pod("fails", [pods.container("main", "exit 3"), sidecar]))
        self.check_ended("fails", "Failed", {"main": 3, "sidecar": 0})
