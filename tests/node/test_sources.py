#!/usr/bin/env python3
"""The shim learns of pods from one source alone, or from the only one that talks sense, or from none."""

import contextlib
import http.server
import os
import re
import shutil
import socket
import threading

from asks_for_nothing import AsksForNothing
from essentials import WaitsForReadiness
from harness import api, namespaces, session, wait
from harness.article import SIDECAR_FIRST, Article
from harness.certificates import Authority
from harness.cluster import Cluster
from harness.kubelet import NODE_NAME, Kubelet
from harness.node import UNTIL_TOLD, Node, sidecar_exiting
from names_only import NamesOnly

WITHOUT_PODS_API = {"PodsAPI": False}
# Where nodes of a cloud have kubelet's kubeconfig, and where the shim finds it.
KUBECONFIG = "/var/lib/kubelet/kubeconfig"


class OrdersAJob:
    """Whose spec comes from cls.source."""

    @classmethod
    def shim_arguments(cls):
        return ("--sources", cls.source)

    def test_a_job_is_ordered_and_completes(self):
        job = Article("from-" + self.source)
        self.add(job.pod)
        self.check_article(job)
        self.assertIn(f"spec of pod default/{self.runtime_name(job.name)} from {self.source}", self.shim.log())


class PodsApi(OrdersAJob, WaitsForReadiness, AsksForNothing, Node):
    containerd_version = "2.4"
    source = "pods-api"


class StaticManifests(OrdersAJob, WaitsForReadiness, AsksForNothing, Node):
    containerd_version = "2.4"
    feature_gates = WITHOUT_PODS_API
    source = "static-pod"

    @classmethod
    def shim_arguments(cls):
        return (*super().shim_arguments(), "--node-name", NODE_NAME)


class NoSource(AsksForNothing, Node):
    containerd_version = "2.4"
    feature_gates = WITHOUT_PODS_API

    @classmethod
    def shim_arguments(cls):
        return ("--sources", "annotation")  # which no pod of the test has


class ApiServer(OrdersAJob, WaitsForReadiness, AsksForNothing, Cluster):
    """As kubelet: its kubeconfig, its certificate, what the node authorizer lets a node do."""

    containerd_version = "2.4"
    feature_gates = WITHOUT_PODS_API
    source = "api-server"

    @classmethod
    def shim_arguments(cls):
        shutil.copy(cls.control_plane.kubeconfig(NODE_NAME), KUBECONFIG)
        cls.addClassCleanup(os.unlink, KUBECONFIG)
        return super().shim_arguments()

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

    def test_a_crash_while_the_api_server_is_away_keeps_readiness_waits(self):
        """It reads what it knew of the pod out of what it has written into the sidecar's annotations."""
        collector = "until [ -e /sink/may-be-ready ]; do sleep 0.1; done; touch /tmp/ok; " + sidecar_exiting(143)
        job = Article("crash-without-api", "OnFailure", main=UNTIL_TOLD, collector=collector)
        probe = {"exec": {"command": ["cat", "/tmp/ok"]}, "periodSeconds": 10, "failureThreshold": 30}
        job.pod["spec"]["containers"][1]["readinessProbe"] = probe
        self.add_job(job.name, job.pod)
        name = wait.until(lambda: self.pods_of_job(job.name), "the job's pod is there")[0]["metadata"]["name"]
        self.wait_refused(name, blocker="collector")
        wait.until(lambda: self.in_runtime(name).get("collector", {}).get("startedAtNs", 0) > 0, "the collector runs")
        with self.without_api_server():
            log_before = len(self.shim.log())
            self.shim.kill_and_start()
            held = f"container held back: pod=default/{name}"
            wait.until(lambda: held in self.shim.log()[log_before:], "kubelet has asked for main again", 60)
            wait.holds(lambda: "main" not in self.in_runtime(name), "main is held", 2)
            job.signal("may-be-ready")
            job.wait_signal("main-runs", 90)
            job.signal("main-may-end")
            self.wait_both_ended(name)
        self.wait_job(job.name, "Complete")
        self.check_started_in_order(name, "collector", "main")

    def test_a_pod_is_ordered_though_the_api_server_left_after_binding(self):
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


class KubeletsPods(OrdersAJob, WaitsForReadiness, AsksForNothing, Node):
    """The read-only port, where a node has it."""

    containerd_version = "2.4"
    feature_gates = WITHOUT_PODS_API
    source = "kubelet-pods"


class EveryNodesPort(OrdersAJob):
    """kubelet's /pods on the port that is always there, for whom it knows and lets."""

    containerd_version = "2.4"
    feature_gates = WITHOUT_PODS_API
    source = "kubelet-pods"

    @classmethod
    def shim_arguments(cls):
        return (
            *super().shim_arguments(),
            *("--kubelet-pods-url", "https://127.0.0.1:10250/pods", "--node-name", NODE_NAME),
            *("--kubelet-ca-file", os.path.join(cls.kubelet.cert_dir, "kubelet.crt")),
            *cls.credential(),
        )


class KubeletsPodsWithCertificate(EveryNodesPort, Node):
    """Of an authority that kubelet trusts."""

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
    def credential(cls):
        certificate, key = cls.authority.issue("shim", "/CN=sidecar-shim")
        return ("--kubelet-cert-file", certificate, "--kubelet-key-file", key)


class KubeletsPodsWithToken(EveryNodesPort, Cluster):
    """Of a service account, which kubelet has checked by the API server."""

    @classmethod
    def make_kubelet(cls):
        config = {
            "authentication": {"anonymous": {"enabled": False}, "webhook": {"enabled": True}},
            "authorization": {"mode": "Webhook"},
        }
        kubeconfig = cls.control_plane.kubeconfig(NODE_NAME)
        return Kubelet(session.log_dir(), cls.kubelet_version, kubeconfig, cls.feature_gates, config)

    @classmethod
    def credential(cls):
        name = "sidecar-shim"
        cls.api.create(api.SERVICE_ACCOUNTS, {"metadata": {"name": name}})
        rule = {"apiGroups": [""], "resources": ["nodes/pods"], "verbs": ["get"]}
        cls.api.create(f"{api.RBAC}/clusterroles", {"metadata": {"name": name}, "rules": [rule]})
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
        subject = {"kind": "ServiceAccount", "namespace": "default", "name": name}
        cls.api.create(f"{api.RBAC}/clusterrolebindings", {"metadata": {"name": name}, "roleRef": role, "subjects": [subject]})
        token = cls.api.create(f"{api.SERVICE_ACCOUNTS}/{name}/token", {"spec": {}})["status"]["token"]
        path = os.path.join(namespaces.work_dir("token"), "token")
        with open(path, "w", encoding="utf-8") as file:
            file.write(token + "\n")
        return ("--kubelet-token-file", path)


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


class Nonsense(AsksForNothing, Node):
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
        job.pod["metadata"]["annotations"]["sidecar-shim.io/containers"] = (
            '{"restartPolicy": "OnFailure", "containers": [{"name": "main", "postStart": false}, '
            '{"name": "collector", "priority": 100, "sidecar": true}]}'
        )
        self.add(job.pod)
        self.check_ended(job.name, "Succeeded", {"main": 0, "collector": 0})
        self.check_started_in_order(job.name, "collector", "main")

    def test_each_is_complained_of_once(self):
        job = Article("complaints", order=SIDECAR_FIRST)
        self.add(job.pod)
        self.check_ended(job.name, "Succeeded", {"main": 0, "collector": 0})
        warnings = [line for line in self.shim.log().splitlines() if re.search(r"\bwarn", line)]
        for source in ("pods-api", "api-server", "kubelet-pods"):
            about = [line for line in warnings if f"spec source {source} does not answer" in line]
            self.assertEqual(1, len(about), f"{source}: {warnings}")


if __name__ == "__main__":
    session.main(needs=session.ALL + ("control-plane",), shim=True)
