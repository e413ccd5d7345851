#!/usr/bin/env python3
"""Kubelets without PodsAPI: the shim learns of pods from one other source alone, and orders main-first jobs at the first try."""

from harness import session, wait
from harness.article import Article
from harness.cluster import Cluster
from harness.kubelet import NODE_NAME, Kubelet
from harness.node import UNTIL_TOLD, Node

WITHOUT_PODS_API = {"PodsAPI": False}


class ApiServer(Cluster):
    """As kubelet: its kubeconfig, its certificate, what the node authorizer lets a node do."""

    containerd_version = "2.4"
    feature_gates = WITHOUT_PODS_API

    @classmethod
    def shim_arguments(cls):
        return ("--sources", "api-server", "--kubeconfig", cls.control_plane.kubeconfig(NODE_NAME))

    def test_a_job_is_ordered_and_completes(self):
        job = Article("from-the-api-server")
        self.add_job(job.name, job.pod)
        self.wait_job(job.name, "Complete")
        name = self.only_pod_of_job(job.name)
        self.check_ended(name, "Succeeded", {"main": 0, "collector": 0})
        self.check_started_in_order(name, "collector", "main")
        job.check_lines(self)

    def test_what_was_learnt_holds_while_the_api_server_is_away(self):
        job = Article("api-server-away", "OnFailure", main=UNTIL_TOLD)
        self.add_job(job.name, job.pod)
        job.wait_signal("main-runs", 60)
        name = self.only_pod_of_job(job.name)
        self.wait_all_running(name, 2)
        self.check_started_in_order(name, "collector", "main")
        self.control_plane.stop_apiserver()
        self.addCleanup(lambda: self.control_plane.apiserver.alive() or self.control_plane.start_apiserver())
        job.signal("main-may-end")

        def ended():
            return all(status["state"] == "CONTAINER_EXITED" for status in self.in_runtime(name).values())

        wait.until(ended, "main and collector have ended", 60)
        self.control_plane.start_apiserver()
        self.wait_job(job.name, "Complete")
        # The shim finds its way back too.
        after = Article("api-server-back")
        self.add_job(after.name, after.pod)
        self.wait_job(after.name, "Complete")
        self.check_started_in_order(self.only_pod_of_job(after.name), "collector", "main")


class KubeletsPods(Node):
    """The read-only port, where a node has it."""

    containerd_version = "2.4"

    @classmethod
    def make_kubelet(cls):
        return Kubelet(session.log_dir(), cls.kubelet_version, feature_gates=WITHOUT_PODS_API)

    @classmethod
    def shim_arguments(cls):
        return ("--sources", "kubelet-pods")

    def test_a_job_is_ordered_and_completes(self):
        job = Article("from-kubelets-pods")
        self.add(job.pod)
        self.check_ended(job.name, "Succeeded", {"main": 0, "collector": 0})
        self.check_started_in_order(job.name, "collector", "main")
        job.check_lines(self)


if __name__ == "__main__":
    session.main(needs=session.ALL + ("control-plane",), shim=True)
