#!/usr/bin/env python3
"""A node in a real control plane: what a Job's owner gets to see of its jobs, through the API server."""

from harness import api, images, pod_status, pods, session, wait
from harness.article import MAIN_FIRST, SIDECAR_FIRST, Article
from harness.cluster import Cluster
from harness.kubelet import NODE_NAME
from harness.node import REFUSAL, UNTIL_TOLD, sidecar_exiting

CRON_JOB = "every-minute"


class Jobs(Cluster):
    containerd_version = "2.4"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # First of all, because its minutes pass while the other tests do their work.
        sidecar = pods.container("sidecar", sidecar_exiting(143), {pods.PRIORITY: 1, pods.TERMINATE: "true"})
        job = pods.job(CRON_JOB, pods.pod(CRON_JOB, [pods.container("main", "sleep 1"), sidecar], "OnFailure"), NODE_NAME)
        cls.api.create(
            api.CRON_JOBS,
            {
                "apiVersion": "batch/v1",
                "kind": "CronJob",
                "metadata": {"name": CRON_JOB},
                "spec": {
                    "schedule": "* * * * *",
                    "concurrencyPolicy": "Forbid",
                    "successfulJobsHistoryLimit": 10,
                    "jobTemplate": {"metadata": {"labels": {"made-by": CRON_JOB}}, "spec": job["spec"]},
                },
            },
        )

    def test_the_articles_job_completes(self):
        jobs = [
            Article(f"{policy.lower()}-{order[0]}-first", policy, order)
            for policy in ("Never", "OnFailure")
            for order in (MAIN_FIRST, SIDECAR_FIRST)
        ]
        for job in jobs:
            self.add_job(job.name, job.pod)
        for job in jobs:
            with self.subTest(job.name):
                self.wait_job(job.name, "Complete")
                name = self.only_pod_of_job(job.name)
                self.check_ended(name, "Succeeded", {"main": 0, "collector": 0})
                self.check_started_in_order(name, "collector", "main")
                self.check_ended_after(name, "main", "collector")
                job.check_lines(self)

    def test_a_job_whose_main_fails_is_failed_with_its_own_exit_code(self):
        sidecar = pods.container("sidecar", sidecar_exiting(143), {pods.PRIORITY: 1, pods.TERMINATE: "true"})
        self.add_job("fails", pods.pod("fails", [pods.container("main", "exit 3"), sidecar]), backoffLimit=1)
        self.wait_job("fails", "Failed")
        condition = self.api.get(f"{api.JOBS}/fails")["status"]["conditions"][-1]
        self.assertEqual("BackoffLimitExceeded", condition["reason"])
        tries = self.pods_of_job("fails")
        self.assertEqual(2, len(tries), "the first try and one more")
        for pod in tries:
            self.check_ended(pod["metadata"]["name"], "Failed", {"main": 3, "sidecar": 0})

    def test_under_on_failure_main_is_tried_again_beside_its_sidecar(self):
        """Until the job's backoffLimit: then the controller takes the pod away."""
        sidecar = pods.container("sidecar", sidecar_exiting(0), {pods.PRIORITY: 1, pods.TERMINATE: "true"})
        pod = pods.pod("retries", [pods.container("main", "exit 3"), sidecar], "OnFailure")
        seen = {}

        def failed():
            for pod in self.pods_of_job("retries"):
                for name, status in pod_status.containers(pod).items():
                    seen[name] = max(seen.get(name, 0), status["restartCount"])
            return self.job_condition("retries")

        self.add_job("retries", pod, backoffLimit=1)
        self.assertEqual("Failed", wait.until(failed, "job retries ends", 120))
        # Once; once more where the controller has not seen the first before kubelet's back-off is over.
        self.assertIn(seen.pop("main"), (1, 2), "main's restarts")
        self.assertEqual({"sidecar": 0}, seen, "restarts")

    def test_describe_tells_what_a_held_container_waits_for(self):
        """And the job completes once its sidecar's image is there, with the events of an ordinary pod."""
        late_image = "localhost/late-in-cluster:1"
        sidecar = pods.container("sidecar", sidecar_exiting(0), {pods.PRIORITY: 7, pods.TERMINATE: "true"}, image=late_image)
        self.add_job("held", pods.pod("held", [pods.container("main", "sleep 1"), sidecar]))
        name = wait.until(lambda: self.pods_of_job("held"), "the job's pod is there")[0]["metadata"]["name"]
        message = self.wait_refused(name)
        self.assertIn('"main" (priority 0) waits for "sidecar" (priority 7)', message)
        self.assertEqual("Pending", pod_status.phase(self.pod(name)))
        wait.until(
            lambda: any(
                (kind, reason) == ("Warning", "Failed") and message in text for kind, reason, text in self.events(name)
            ),
            "the refusal is among the pod's events",
        )
        self.provide_image(late_image)
        self.wait_job("held", "Complete")
        self.assertEqual(name, self.only_pod_of_job("held"))
        self.check_ended(name, "Succeeded", {"main": 0, "sidecar": 0})
        self.check_started_in_order(name, "sidecar", "main")
        refusals = [event for event in self.events(name) if REFUSAL in event[2]]
        self.assertEqual(1, len(refusals), f"repeated refusals are one event with a count: {refusals}")

    def test_a_deleted_pod_starts_nothing_while_its_sidecars_hook_runs(self):
        """kubelet stops a container only after its preStop hook, in which this one becomes ready after all."""
        sidecar = pods.container(
            "sidecar",
            "trap 'exit 0' TERM; while :; do sleep 0.1; done",
            {pods.PRIORITY: 1},
            readinessProbe={"exec": {"command": ["cat", "/tmp/ok"]}, "periodSeconds": 1},
            lifecycle={"preStop": {"exec": {"command": ["/bin/sh", "-c", "sleep 1; touch /tmp/ok; sleep 3"]}}},
        )
        self.add(pods.pod("deleted", [pods.container("main", "sleep 1"), sidecar]))
        self.wait_refused("deleted")
        wait.until(lambda: "running" in self.statuses("deleted")["sidecar"]["state"], "kubelet knows that the sidecar runs")
        self.delete_pod("deleted")
        launched = [line for line in self.shim.log().splitlines() if "launched ahead" in line and "/deleted" in line]
        self.assertEqual([], launched)

    def test_an_in_place_upgrade_of_the_sidecar_leaves_main_alone(self):
        """As OpenKruise upgrades a sidecar: the image in the pod object is patched, and kubelet restarts that container."""
        job, service = Article("upgrade-job", "OnFailure", main=UNTIL_TOLD), Article("upgrade-service", "Always", main=UNTIL_TOLD)
        for upgraded in (job, service):
            # Images differ by name only, so that what runs before and after is the same collector.
            newer = "localhost/newer-collector:" + upgraded.name
            self.provide_image(newer, images.COLLECTOR)
            self.add(upgraded.pod)
            self.wait_running(upgraded)
        for upgraded in (job, service):
            with self.subTest(upgraded.name):
                newer = "localhost/newer-collector:" + upgraded.name
                before = self.in_runtime(upgraded.name)
                self.api.patch(
                    f"{api.PODS}/{upgraded.name}", {"spec": {"containers": [{"name": "collector", "image": newer}]}}
                )

                def restarted():
                    status = self.statuses(upgraded.name)["collector"]
                    return status["restartCount"] == 1 and "running" in status["state"]

                wait.until(restarted, "the collector was restarted", 60)
                after = self.in_runtime(upgraded.name)
                self.assertNotEqual(before["collector"]["id"], after["collector"]["id"])
                self.assertEqual(before["main"]["id"], after["main"]["id"])
                self.assertEqual(before["main"]["startedAtNs"], after["main"]["startedAtNs"])
                self.assertEqual(0, self.statuses(upgraded.name)["main"]["restartCount"])
        job.signal("main-may-end")
        self.check_ended(job.name, "Succeeded", {"main": 0, "collector": 0}, restarts={"collector": 1})
        job.check_lines(self)
        self.assertEqual("CONTAINER_RUNNING", self.in_runtime(service.name)["collector"]["state"])

    def test_jobs_go_on_without_the_api_server(self):
        """A node is cut off: the sidecar is stopped all the same, and the job is Complete when the API server is back."""
        job = Article("cut-off", main=UNTIL_TOLD)
        self.add_job(job.name, job.pod)
        job.wait_signal("main-runs", 60)
        name = self.only_pod_of_job(job.name)
        self.wait_all_running(name, 2)
        self.control_plane.stop_apiserver()
        self.addCleanup(lambda: self.control_plane.apiserver.alive() or self.control_plane.start_apiserver())
        job.signal("main-may-end")

        def ended():
            return all(status["state"] == "CONTAINER_EXITED" for status in self.in_runtime(name).values())

        wait.until(ended, "main and collector have ended", 60)
        self.control_plane.start_apiserver()
        self.wait_job(job.name, "Complete")
        self.check_ended(name, "Succeeded", {"main": 0, "collector": 0})
        job.check_lines(self)

    def test_zz_the_cron_job_has_run_twice(self):
        """Last by its name: by now most of its minutes are over."""

        def runs():
            found = self.api.items(api.JOBS, labelSelector=f"made-by={CRON_JOB}")
            names = [job["metadata"]["name"] for job in found]
            return [name for name in names if self.job_condition(name) == "Complete"]

        complete = wait.until(lambda: len(runs()) >= 2 and runs(), "two runs are Complete", 180, every=0.5)
        for run in complete[:2]:
            name = self.only_pod_of_job(run)
            self.check_ended(name, "Succeeded", {"main": 0, "sidecar": 0})
            self.check_started_in_order(name, "sidecar", "main")


if __name__ == "__main__":
    session.main(needs=session.ALL + ("control-plane",), shim=True)
