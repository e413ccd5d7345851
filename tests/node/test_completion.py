#!/usr/bin/env python3
"""Pod completion with a real kubelet: every way in which sidecars and main containers can exit."""

from harness import pods, session, wait
from harness.node import Node, sidecar_exiting

IGNORES_TERM = "trap '' TERM; while :; do sleep 0.1; done"
FLAG = {pods.TERMINATE: "true"}


class Completion(Node):
    containerd_version = "2.4"

    def test_sidecar_exit_codes_do_not_fail_the_job(self):
        """The sidecar exits with 143 or 1 on SIGTERM, or is killed: under both policies main alone decides the result."""
        commands = {143: sidecar_exiting(143), 1: sidecar_exiting(1), 137: IGNORES_TERM}
        cases = [(f"ends-{code}-{policy.lower()}", code, policy) for code in commands for policy in ("Never", "OnFailure")]
        for name, code, policy in cases:
            containers = [pods.container("main", "sleep 1"), pods.container("sidecar", commands[code], FLAG)]
            self.add(pods.pod(name, containers, policy, terminationGracePeriodSeconds=3 if code == 137 else 30))
        for name, code, _ in cases:
            with self.subTest(name):
                self.check_ended(name, "Succeeded", {"main": 0, "sidecar": 0})
                terminated = self.statuses(name)["sidecar"]["state"]["terminated"]
                self.assertEqual("Completed", terminated["reason"])
                sidecar = self.in_runtime(name)["sidecar"]
                self.assertEqual(code, sidecar["exitCode"], "the runtime keeps the real exit code")
                self.assertEqual(0, self.through_shim.status(sidecar["id"])["exitCode"])
                self.check_ended_after(name, "main", "sidecar")

    def test_sidecar_is_not_stopped_before_it_handles_sigterm(self):
        """main exits before the sidecar handles SIGTERM, which as process 1 it would ignore until the end of the grace period."""
        late = "sleep 0.5; " + sidecar_exiting(7)
        never = "exec sleep 1000"
        self.add(pods.pod("late", [pods.container("main", "exit 0"), pods.container("sidecar", late, FLAG)]))
        containers = [pods.container("main", "exit 0"), pods.container("sidecar", never, FLAG)]
        self.add(pods.pod("never", containers, terminationGracePeriodSeconds=2))
        for name, code in (("late", 7), ("never", 137)):
            self.check_ended(name, "Succeeded", {"main": 0, "sidecar": 0})
            self.assertEqual(code, self.in_runtime(name)["sidecar"]["exitCode"])

    def test_failed_main_fails_the_pod_with_its_exit_code(self):
        """Under Never one failed main container fails the pod, although another succeeds; the sidecar is stopped after both."""
        containers = [
            pods.container("main", "exit 42"),
            pods.container("second", "sleep 2"),
            pods.container("sidecar", sidecar_exiting(143), FLAG),
        ]
        self.add(pods.pod("forty-two", containers))
        self.check_ended("forty-two", "Failed", {"main": 42, "second": 0, "sidecar": 0})
        self.check_ended_after("forty-two", "second", "sidecar")

    def test_sidecar_runs_until_main_succeeds_under_on_failure(self):
        """main fails twice. During kubelet's back-off before the third attempt the sidecar must keep running."""
        script = "n=$(cat /tries/n 2>/dev/null || echo 0); echo $((n + 1)) >/tries/n; exit $((n < 2))"
        mount = [{"name": "tries", "mountPath": "/tries"}]
        containers = [
            pods.container("main", script, volumeMounts=mount),
            pods.container("sidecar", sidecar_exiting(143), {**FLAG, pods.PRIORITY: 1}),
        ]
        self.add(pods.pod("third-time", containers, "OnFailure", volumes=[{"name": "tries", "emptyDir": {}}]))
        self.check_ended("third-time", "Succeeded", {"main": 0, "sidecar": 0}, restarts={"main": 2}, seconds=120)
        self.check_ended_after("third-time", "main", "sidecar")

    def test_container_restart_rules_decide_when_main_completes(self):
        """Under Never a restart rule (KEP-5307) makes kubelet restart main after exit code 7, but not after 0."""
        script = "if [ -e /tries/again ]; then exit 0; fi; touch /tries/again; exit 7"
        rule = {"action": "Restart", "exitCodes": {"operator": "In", "values": [7]}}
        main = pods.container(
            *("main", script), restartPolicy="Never", restartPolicyRules=[rule], volumeMounts=[{"name": "tries", "mountPath": "/tries"}]
        )
        sidecar = pods.container("sidecar", sidecar_exiting(143), {**FLAG, pods.PRIORITY: 1})
        self.add(pods.pod("ruled", [main, sidecar], volumes=[{"name": "tries", "emptyDir": {}}]))
        self.check_ended("ruled", "Succeeded", {"main": 0, "sidecar": 0}, restarts={"main": 1})
        self.check_ended_after("ruled", "main", "sidecar")

    def test_restart_all_containers_is_ordered_again(self):
        """By a rule of main, kubelet stops and removes all containers and runs them again in the same sandbox (KEP-5532)."""
        # Long enough for kubelet to see it running: otherwise kubelet restarts this container alone.
        script = "if [ -e /tries/again ]; then exit 0; fi; touch /tries/again; sleep 3; exit 7"
        rule = {"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [7]}}
        mount = {"volumeMounts": [{"name": "tries", "mountPath": "/tries"}]}
        main = pods.container("main", script, restartPolicy="Never", restartPolicyRules=[rule], **mount)
        sidecar = pods.container("sidecar", sidecar_exiting(143), {**FLAG, pods.PRIORITY: 1})
        self.add(pods.pod("whole", [main, sidecar], volumes=[{"name": "tries", "emptyDir": {}}]))
        self.check_ended("whole", "Succeeded", {"main": 0, "sidecar": 0}, restarts={"main": 1, "sidecar": 1})
        self.check_started_in_order("whole", "sidecar", "main")
        self.check_ended_after("whole", "main", "sidecar")

    def test_sidecar_failure_before_completion_is_not_masked(self):
        """The shim did not stop it, so under Never its failure fails the pod, as without the shim."""
        containers = [pods.container("main", "sleep 3"), pods.container("sidecar", "exit 9", FLAG)]
        self.add(pods.pod("own-failure", containers))
        self.check_ended("own-failure", "Failed", {"main": 0, "sidecar": 9})

    def test_pod_with_restart_policy_always_is_not_stopped(self):
        """main exits with 0 repeatedly; under Always a pod never completes, so that the shim must not stop its sidecars."""
        containers = [
            pods.container("main", "sleep 1"),
            pods.container("sidecar", sidecar_exiting(0), {**FLAG, pods.PRIORITY: 1}),
        ]
        self.add(pods.pod("deployment", containers, "Always"))

        def restarted():
            return self.statuses("deployment").get("main", {}).get("restartCount", 0) >= 2

        wait.until(restarted, "main was restarted twice", 90, every=0.2)
        self.assertEqual("CONTAINER_RUNNING", self.in_runtime("deployment")["sidecar"]["state"])
        self.assertEqual(0, self.statuses("deployment")["sidecar"]["restartCount"])


if __name__ == "__main__":
    session.main(shim=True)
