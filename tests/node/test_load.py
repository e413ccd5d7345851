#!/usr/bin/env python3
"""Fifty Jobs at the same time on one node: each is ordered and completes while all compete for kubelet, runtime and shim."""

import datetime

from harness import api, session, wait
from harness.collector_job import MAIN_FIRST, SIDECAR_FIRST, CollectorJob
from harness.cluster import Cluster

JOBS = 50
SECONDS = 600


class Load(Cluster):
    containerd_version = "2.4"

    def test_fifty_jobs_complete_in_order(self):
        jobs = [
            CollectorJob(f"load-{number:02}", ("Never", "OnFailure")[number // 2 % 2], (MAIN_FIRST, SIDECAR_FIRST)[number % 2])
            for number in range(JOBS)
        ]
        for job in jobs:
            self.add_job(job.name, job.pod, backoffLimit=0)

        def ended():
            """Whether all have completed or failed. One LIST instead of fifty GETs, because the node is busy."""
            found = {job["metadata"]["name"]: job["status"] for job in self.api.items(api.JOBS)}
            return all(found[job.name].get("completionTime") or found[job.name].get("failed") for job in jobs)

        wait.until(ended, "all jobs have ended", SECONDS, every=0.5)
        for job in jobs:
            with self.subTest(job.name):
                self.assertEqual("Complete", self.job_condition(job.name))
                name = self.only_pod_of_job(job.name)
                self.check_ended(name, "Succeeded", {"main": 0, "collector": 0})
                self.check_started_in_order(name, "collector", "main")
                self.check_ended_after(name, "main", "collector")
                job.check_lines(self)
        status = [self.api.get(f"{api.JOBS}/{job.name}")["status"] for job in jobs]
        first, last = min(one["startTime"] for one in status), max(one["completionTime"] for one in status)
        took = datetime.datetime.fromisoformat(last) - datetime.datetime.fromisoformat(first)
        print(f"{JOBS} jobs took {took.total_seconds():.0f} s", flush=True)


if __name__ == "__main__":
    session.main(needs=session.ALL + ("control-plane",), shim=True)
