#!/usr/bin/env python3
"""A node in a real control plane: what a Job's owner gets to see of its jobs, through the API server."""

from harness import session
from harness.article import MAIN_FIRST, SIDECAR_FIRST, Article
from harness.cluster import Cluster


class Jobs(Cluster):
    containerd_version = "2.4"

    def test_the_articles_job_completes(self):
        for policy in ("Never", "OnFailure"):
            for order in (MAIN_FIRST, SIDECAR_FIRST):
                job = Article(f"{policy.lower()}-{order[0]}", policy, order)
                with self.subTest(job.name):
                    self.add_job(job.name, job.pod)
                    self.wait_job(job.name, "Complete")
                    name = self.only_pod_of_job(job.name)
                    self.check_ended(name, "Succeeded", {"main": 0, "collector": 0})
                    self.check_started_in_order(name, "collector", "main")
                    self.check_ended_after(name, "main", "collector")
                    job.check_lines(self)


if __name__ == "__main__":
    session.main(needs=session.ALL + ("control-plane",), shim=True)
