"""A private control plane on loopback: the distribution's etcd, a real kube-apiserver and kube-controller-manager.

There is no scheduler: pods set spec.nodeName. There is no service account controller: pods mount no token.
"""

import json
import os

from harness import namespaces, tools
from harness.api import Api
from harness.certificates import Authority
from harness.process import Daemon

SERVER = "https://127.0.0.1:6443"
ETCD = "http://127.0.0.1:2379"
CONTROLLERS = (
    "job-controller",
    "cronjob-controller",
    "garbage-collector-controller",
    "namespace-controller",
    "pod-garbage-collector-controller",
)


class ControlPlane:
    """Call start(), use .api (as an administrator), give kubeconfig(node_name) to a kubelet, call stop()."""

    def __init__(self, log_dir):
        self.dir = namespaces.work_dir("control-plane")
        self._authority = Authority(self.dir)
        names = "IP:127.0.0.1,DNS:localhost"
        self._server_pair = self._authority.issue("server", "/CN=kube-apiserver", names)
        admin = self._authority.issue("admin", "/O=system:masters/CN=admin")
        self.api = Api(SERVER, self._authority.certificate, *admin)
        bin_dir = tools.bin_dir("control-plane")
        self.etcd = Daemon("etcd", self._etcd_argv(), os.path.join(log_dir, "etcd.log"))
        self.apiserver = Daemon("kube-apiserver", self._apiserver_argv(bin_dir), os.path.join(log_dir, "kube-apiserver.log"))
        self.controllers = Daemon(
            "kube-controller-manager", self._controllers_argv(bin_dir, admin), os.path.join(log_dir, "kube-controller-manager.log")
        )

    def _etcd_argv(self):
        return [
            tools.distribution("etcd"),
            f"--data-dir={self.dir}/etcd",
            f"--listen-client-urls={ETCD}",
            f"--advertise-client-urls={ETCD}",
            "--listen-peer-urls=http://127.0.0.1:2380",
        ]

    def _apiserver_argv(self, bin_dir):
        certificate, key = self._server_pair
        return [
            os.path.join(bin_dir, "kube-apiserver"),
            f"--etcd-servers={ETCD}",
            "--bind-address=127.0.0.1",
            "--secure-port=6443",
            f"--advertise-address={namespaces.NODE_ADDRESS}",
            "--service-cluster-ip-range=10.96.0.0/16",
            f"--tls-cert-file={certificate}",
            f"--tls-private-key-file={key}",
            f"--client-ca-file={self._authority.certificate}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            # As kubeadm sets them, so that a node's certificate has the same rights as in a real cluster.
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            # The controllers of these two do not run: pods would wait for a service account, and the node would stay tainted.
            "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
            # There is no load balancer to wait for.
            "--shutdown-delay-duration=0s",
            "--v=1",
        ]

    def _controllers_argv(self, bin_dir, admin):
        return [
            os.path.join(bin_dir, "kube-controller-manager"),
            f"--kubeconfig={self._write_kubeconfig('controllers', admin)}",
            f"--controllers={','.join(CONTROLLERS)}",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
            f"--cert-dir={self.dir}/controllers-pki",
            "--v=1",
        ]

    def kubeconfig(self, node_name):
        """Writes a kubeconfig for a kubelet, with the user and group that kubeadm uses; returns its path."""
        pair = self._authority.issue(node_name, f"/O=system:nodes/CN=system:node:{node_name}")
        return self._write_kubeconfig(node_name, pair)

    def _write_kubeconfig(self, name, pair):
        certificate, key = pair
        path = os.path.join(self.dir, name + ".kubeconfig")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [
                        {"name": "node", "cluster": {"server": SERVER, "certificate-authority": self._authority.certificate}}
                    ],
                    "users": [{"name": "node", "user": {"client-certificate": certificate, "client-key": key}}],
                    "contexts": [{"name": "node", "context": {"cluster": "node", "user": "node"}}],
                    "current-context": "node",
                },
                file,
                indent=1,
            )
        return path

    def start(self):
        self.etcd.start()
        self.start_apiserver()
        self.controllers.start()
        return self

    def start_apiserver(self):
        self.apiserver.start()
        self.apiserver.wait_ready(lambda: self.api.get("/readyz") == b"ok", 120)

    def stop_apiserver(self):
        """Like an outage: kubelet and its pods keep running."""
        self.apiserver.kill()

    def stop(self):
        # SIGKILL, because on SIGTERM an API server waits for its watches to end.
        for daemon in (self.controllers, self.apiserver, self.etcd):
            daemon.kill()
