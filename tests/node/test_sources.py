#!/usr/bin/env python3
"""Kubelets without PodsAPI: the shim learns of pods from one other source alone, or from the only one that talks sense."""

import contextlib
import http.server
import os
import re
import socket
import threading

from harness import namespaces, pods, session, wait
from harness.article import SIDECAR_FIRST, Article
from harness.certificates import Authority
from harness.cluster import Cluster
from harness.kubelet import NODE_NAME, Kubelet
from harness.log_lines import time_in_containerds_log
from harness.node import REFUSAL, UNTIL_TOLD, Node
from names_only import NamesOnly

WITHOUT_PODS_API = {"PodsAPI": False}


class ApiServer(Cluster):
    """As kubelet: its kubeconfig, its certificate, what the node authorizer lets a node do."""

    containerd_version = "2.4"
    feature_gates = WITHOUT_PODS_API

    @classmethod
    def shim_arguments(cls):
        return ("--sources", "api-server", "--kubeconfig", cls.control_plane.kubeconfig(NODE_NAME))

    @contextlib.contextmanager
    def without_api_server(self):
        self.control_plane.stop_apiserver()
        try:
            yield
        finally:
            self.control_plane.start_apiserver()

    def wait_both_ended(self, name):
        def ended():
            statuses = self.in_runtime(name).values()
            return len(statuses) == 2 and all(status["state"] == "CONTAINER_EXITED" for status in statuses)

        wait.until(ended, "main and collector have ended", 60)

    def test_a_job_is_ordered_and_completes(self):
        job = Article("from-the-api-server")
        self.add_job(job.name, job.pod)
        self.wait_job(job.name, "Complete")
        name = self.only_pod_of_job(job.name)
        self.check_ended(name, "Succeeded", {"main": 0, "collector": 0})
        self.check_started_in_order(name, "collector", "main")
        job.check_lines(self)

    def test_a_pod_is_ordered_though_the_api_server_is_away_since_it_was_bound(self):
        image = "localhost/late-collector:1"
        job = Article("api-server-away", "OnFailure", main=UNTIL_TOLD, collector_image=image)
        self.add_job(job.name, job.pod)
        name = wait.until(lambda: self.pods_of_job(job.name), "the job's pod is there")[0]["metadata"]["name"]
        self.wait_refused(name, blocker="collector")
        with self.without_api_server():
            self.provide_image(image, like="localhost/collector:1")
            job.wait_signal("main-runs", 90)
            self.check_started_in_order(name, "collector", "main")
            job.signal("main-may-end")
            self.wait_both_ended(name)
        self.wait_job(job.name, "Complete")
        job.check_lines(self)
        # The shim finds its way back too.
        after = Article("api-server-back")
        self.add_job(after.name, after.pod)
        self.wait_job(after.name, "Complete")
        self.check_started_in_order(self.only_pod_of_job(after.name), "collector", "main")


class KubeletsPods(Node):
    """The read-only port, where a node has it."""

    containerd_version = "2.4"
    feature_gates = WITHOUT_PODS_API

    @classmethod
    def shim_arguments(cls):
        return ("--sources", "kubelet-pods")

    def test_a_job_is_ordered_and_completes(self):
        job = Article("from-kubelets-pods")
        self.add(job.pod)
        self.check_ended(job.name, "Succeeded", {"main": 0, "collector": 0})
        self.check_started_in_order(job.name, "collector", "main")
        job.check_lines(self)


class KubeletsPodsWithCertificate(KubeletsPods):
    """The port that every node has, where kubelet knows the certificate of whoever asks."""

    @classmethod
    def make_kubelet(cls):
        cls.authority = Authority(namespaces.work_dir("authority"))
        authentication = {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": False},
            "x509": {"clientCAFile": cls.authority.certificate},
        }
        config = {"authentication": authentication}
        return Kubelet(session.log_dir(), cls.kubelet_version, feature_gates=cls.feature_gates, config=config)

    @classmethod
    def shim_arguments(cls):
        certificate, key = cls.authority.issue("shim", "/CN=sidecar-shim")
        return (
            *("--sources", "kubelet-pods", "--kubelet-pods-url", "https://127.0.0.1:10250/pods", "--node-name", NODE_NAME),
            *("--kubelet-cert-file", certificate, "--kubelet-key-file", key),
            *("--kubelet-ca-file", os.path.join(cls.kubelet.cert_dir, "kubelet.crt")),
        )


class ContainerNames(NamesOnly, Node):
    """Nothing but kubelet's podresources socket."""

    containerd_version = "2.4"
    feature_gates = WITHOUT_PODS_API


class Liar(http.server.BaseHTTPRequestHandler):
    """Says yes to everything, and nothing of use."""

    def do_GET(self):  # pylint: disable=invalid-name
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"kind": "PodList", "items": [{"metadata": {"na')

    def log_message(self, *_):
        pass


class Nonsense(Node):
    """All sources but the last are there and of no use: one is silent, two talk garbage. They cost their knowledge only."""

    containerd_version = "2.4"
    feature_gates = WITHOUT_PODS_API

    @classmethod
    def shim_arguments(cls):
        # kubelet's own socket, as it would be if kubelet hung: connected, never answered.
        os.makedirs(os.path.dirname(cls.kubelet.pods_api_socket))
        silent = socket.socket(socket.AF_UNIX)
        silent.bind(cls.kubelet.pods_api_socket)
        silent.listen(64)
        cls.addClassCleanup(silent.close)
        liar = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
        threading.Thread(target=liar.serve_forever, daemon=True).start()
        cls.addClassCleanup(liar.server_close)
        cls.addClassCleanup(liar.shutdown)
        url = f"http://127.0.0.1:{liar.server_port}"
        kubeconfig = os.path.join(namespaces.work_dir("nonsense"), "kubeconfig")
        with open(kubeconfig, "w", encoding="utf-8") as file:
            file.write(f"{{clusters: [{{name: c, cluster: {{server: '{url}'}}}}], users: [{{name: u, user: {{token: t}}}}], ")
            file.write("contexts: [{name: x, context: {cluster: c, user: u}}], current-context: x}")
        sources = "pods-api,api-server,kubelet-pods,annotation"
        return ("--sources", sources, "--kubeconfig", kubeconfig, "--kubelet-pods-url", url + "/pods")

    def test_the_next_source_is_asked(self):
        job = Article("annotated", "OnFailure")
        job.pod["metadata"]["annotations"]["sidecar-shim.io/plan"] = (
            '{"restartPolicy": "OnFailure", "containers": [{"name": "main", "postStart": false}, '
            '{"name": "collector", "priority": 100, "sidecar": true}]}'
        )
        self.add(job.pod)
        self.check_ended(job.name, "Succeeded", {"main": 0, "collector": 0})
        self.check_started_in_order(job.name, "collector", "main")

    def test_a_pod_that_asks_for_nothing_is_neither_held_nor_delayed(self):
        self.add(pods.pod("first", [pods.container("main", "exit 0")]))  # whoever meets the silence first waits for it, once
        self.check_ended("first", "Succeeded", {"main": 0})
        self.add(pods.pod("plain", [pods.container("one", "exit 0"), pods.container("two", "exit 0")]))
        self.check_ended("plain", "Succeeded", {"one": 0, "two": 0})
        (sandbox,) = self.runtime.sandboxes(f"--label=io.kubernetes.pod.name={self.runtime_name('plain')}")
        log = self.containerd.daemon.log()
        ready = time_in_containerds_log(log, rf'returns sandbox id \"{sandbox["id"]}\"')
        asked = time_in_containerds_log(log, rf'CreateContainer within sandbox \"{sandbox["id"]}\" for container name:\"one\"')
        self.assertLess((asked - ready) / 1e9, 1, "from the sandbox's start to the first create in the runtime")
        refusals = [line for line in self.shim.log().splitlines() if REFUSAL in line and "plain" in line]
        self.assertEqual([], refusals)

    def test_each_is_complained_of_once(self):
        job = Article("complaints", order=SIDECAR_FIRST)
        self.add(job.pod)
        self.check_ended(job.name, "Succeeded", {"main": 0, "collector": 0})
        warnings = [line for line in self.shim.log().splitlines() if re.search(r"\bwarn", line)]
        for source in ("pods-api", "api-server", "kubelet-pods"):
            about = [line for line in warnings if f"plan source {source} does not answer" in line]
            self.assertEqual(1, len(about), f"{source}: {warnings}")


if __name__ == "__main__":
    session.main(needs=session.ALL + ("control-plane",), shim=True)
