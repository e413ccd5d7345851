#!/usr/bin/env python3
"""A node in a cluster with a real control plane: what the owner of a Job sees through the API server."""

from harness import api, images, pod_status, pods, session, wait
from harness.collector_job import MAIN_FIRST, SIDECAR_FIRST, CollectorJob
from harness.cluster import Cluster
from harness.kubelet import NODE_NAME
from harness.node import REFUSAL, RUN_UNTIL_SIGNAL, sidecar_exiting

CRON_JOB = "every-minute"


class Jobs(Cluster):
    containerd_version = "2.4"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Created first, so that its two minutes pass while the other tests run.
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

    def test_jobs_with_a_collector_complete(self):
        jobs = [
            CollectorJob(f"{policy.lower()}-{order[0]}-first", policy, order)
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

    def test_job_fails_with_the_exit_code_of_main(self):
        sidecar = pods.container("sidecar", sidecar_exiting(143), {pods.PRIORITY: 1, pods.TERMINATE: "true"})
        self.add_job("fails", pods.pod("fails", [pods.container("main", "exit 3"), sidecar]), backoffLimit=1)
        self.wait_job("fails", "Failed")
        condition = self.api.get(f"{api.JOBS}/fails")["status"]["conditions"][-1]
        self.assertEqual("BackoffLimitExceeded", condition["reason"])
        attempts = self.pods_of_job("fails")
        self.assertEqual(2, len(attempts), "the first attempt and one retry")
        for pod in attempts:
            self.check_ended(pod["metadata"]["name"], "Failed", {"main": 3, "sidecar": 0})

    def test_main_restarts_under_on_failure_until_backoff_limit(self):
        """At backoffLimit the Job controller deletes the pod."""
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
        # Once, or twice if kubelet's back-off ends before the Job controller has seen the first restart.
        self.assertIn(seen.pop("main"), (1, 2), "main's restarts")
        self.assertEqual({"sidecar": 0}, seen, "restarts")

    def test_pod_events_name_the_blocking_container(self):
        """The job completes once the sidecar's image is available; repeated refusals are one event."""
        late_image = "localhost/late-in-cluster:1"
        sidecar = pods.container("sidecar", sidecar_exiting(0), {pods.PRIORITY: 7, pods.TERMINATE: "true"}, image=late_image)
        self.add_job("held", pods.pod("held", [pods.container("main", "sleep 1"), sidecar]))
        name = wait.until(lambda: self.pods_of_job("held"), "the job's pod exists")[0]["metadata"]["name"]
        message = self.wait_refused(name)
        self.assertIn('"main" (priority 0) waits for "sidecar" (priority 7)', message)
        self.assertEqual("Pending", pod_status.phase(self.pod(name)))
        wait.until(
            lambda: any(
                (kind, reason) == ("Warning", "Failed") and message in text for kind, reason, text in self.events(name)
            ),
            "the pod's events include the refusal",
        )
        self.provide_image(late_image)
        self.wait_job("held", "Complete")
        self.assertEqual(name, self.only_pod_of_job("held"))
        self.check_ended(name, "Succeeded", {"main": 0, "sidecar": 0})
        self.check_started_in_order(name, "sidecar", "main")
        refusals = [event for event in self.events(name) if REFUSAL in event[2]]
        self.assertEqual(1, len(refusals), f"repeated refusals are one event with a count: {refusals}")

    def test_deleted_pod_starts_nothing_during_pre_stop_hook(self):
        """kubelet stops a container only after its preStop hook; here the sidecar becomes ready during the hook."""
        sidecar = pods.container(
            "sidecar",
            "trap 'exit 0' TERM; while :; do sleep 0.1; done",
            {pods.PRIORITY: 1},
            readinessProbe={"exec": {"command": ["cat", "/tmp/ok"]}, "periodSeconds": 1},
            lifecycle={"preStop": {"exec": {"command": ["/bin/sh", "-c", "sleep 1; touch /tmp/ok; sleep 3"]}}},
        )
        self.add(pods.pod("deleted", [pods.container("main", "sleep 1"), sidecar]))
        self.wait_refused("deleted")
        wait.until(lambda: "running" in self.statuses("deleted")["sidecar"]["state"], "kubelet reports the sidecar as running")
        self.delete_pod("deleted")
        launched = [line for line in self.shim.log().splitlines() if "launched ahead" in line and "/deleted" in line]
        self.assertEqual([], launched)

    def test_in_place_upgrade_of_sidecar_does_not_touch_main(self):
        """As OpenKruise does it: the image in the Pod is patched, and kubelet restarts that container."""
        job = CollectorJob("upgrade-job", "OnFailure", main=RUN_UNTIL_SIGNAL)
        service = CollectorJob("upgrade-service", "Always", main=RUN_UNTIL_SIGNAL)
        for upgraded in (job, service):
            # The same image under another name, so that the same collector runs before and after.
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

    def test_job_completes_while_the_api_server_is_down(self):
        """The sidecar is stopped while the node has no connection; the Job is Complete once the API server is up again."""
        job = CollectorJob("cut-off", main=RUN_UNTIL_SIGNAL)
        self.add_job(job.name, job.pod)
        job.wait_signal("main-runs", 60)
        name = self.only_pod_of_job(job.name)
        self.wait_all_running(name, 2)
        self.control_plane.stop_apiserver()
        self.addCleanup(lambda: self.control_plane.apiserver.alive() or self.control_plane.start_apiserver())
        job.signal("main-may-end")

        def ended():
            return all(status["state"] == "CONTAINER_EXITED" for status in self.in_runtime(name).values())

        wait.until(ended, "main and collector have exited", 60)
        self.control_plane.start_apiserver()
        self.wait_job(job.name, "Complete")
        self.check_ended(name, "Succeeded", {"main": 0, "collector": 0})
        job.check_lines(self)

    def test_zz_cron_job_completes_twice(self):
        """Named to run last, when most of the two minutes have passed."""

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
