#!/usr/bin/env python3
"""The test node without sidecar-shim. While a test here fails, failures of other node tests say nothing about the shim."""

import os
import unittest

from harness import crictl, pods, session, wait
from harness.crictl import Crictl
from harness.kubelet import Kubelet
from harness.with_containerd import WithContainerd


class ContainerdAlone(WithContainerd):
    """The tests for each version of containerd."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.crictl = Crictl(cls.containerd.endpoint)

    def test_runs_the_expected_version(self):
        self.assertIn(self.version, self.crictl.run("version"))

    def test_containers_survive_a_restart_of_containerd(self):
        folder = self.containerd.dir
        logs = os.path.join(folder, "pod-logs")
        pod_config = crictl.write_config(folder, "pod", pods.sandbox_config("alone", log_directory=logs))
        script = "trap 'exit 7' TERM; echo \"$WORD\"; while :; do sleep 0.1; done"
        container_config = crictl.write_config(folder, "main", pods.container_config("main", script, {"WORD": "hello"}))

        sandbox = self.crictl.run_pod(pod_config)
        container = self.crictl.create(sandbox, container_config, pod_config)
        self.assertEqual("CONTAINER_CREATED", self.crictl.status(container)["state"])
        self.crictl.start(container)
        wait.until(lambda: self.crictl.logs(container) == "hello\n", "the container has written its line")

        self.containerd.restart()
        self.crictl.wait_available()
        self.assertEqual("CONTAINER_RUNNING", self.crictl.status(container)["state"])
        self.containerd.kill()
        self.containerd.start()
        self.crictl.wait_available()
        self.assertEqual("CONTAINER_RUNNING", self.crictl.status(container)["state"])

        self.crictl.run("stop", "--timeout=10", container)
        status = self.crictl.status(container)
        self.assertEqual(("CONTAINER_EXITED", 7), (status["state"], status["exitCode"]))
        self.assertLess(status["startedAtNs"], status["finishedAtNs"])
        self.crictl.remove_everything()
        self.assertEqual([], self.crictl.sandboxes())

    def test_pod_gets_an_address_from_cni(self):
        config = pods.sandbox_config("networked")
        del config["linux"]
        sandbox = self.crictl.run_pod(crictl.write_config(self.containerd.dir, "networked", config))
        address = self.crictl.json("inspectp", sandbox)["status"]["network"]["ip"]
        self.assertRegex(address, r"^10\.9[01]\.")
        self.crictl.remove_everything()


class Containerd16(ContainerdAlone, unittest.TestCase):
    version = "1.6"


class Containerd24(ContainerdAlone, unittest.TestCase):
    version = "2.4"


class KubeletAlone(WithContainerd, unittest.TestCase):
    version = "2.4"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kubelet = Kubelet(session.log_dir())
        cls.addClassCleanup(cls.kubelet.stop)
        cls.kubelet.start(cls.containerd.endpoint)

    def test_static_pod_completes_and_is_deleted(self):
        self.kubelet.add(pods.pod("simple", [pods.container("main", "exit 0"), pods.container("other", "sleep 1")]))
        self.kubelet.wait_phase("simple", "Succeeded")
        statuses = self.kubelet.container_statuses("simple")
        self.assertEqual({"main": 0, "other": 0}, {name: status["restartCount"] for name, status in statuses.items()})
        self.assertEqual(0, statuses["main"]["state"]["terminated"]["exitCode"])
        self.kubelet.remove("simple")

    def test_without_the_shim_a_sidecar_keeps_the_pod_running(self):
        """The problem that sidecar-shim solves. If this fails, the other tests do not prove anything."""
        sidecar = pods.container("sidecar", "trap 'exit 0' TERM; while :; do sleep 0.1; done", {pods.TERMINATE: "true"})
        self.kubelet.add(pods.pod("stuck", [pods.container("main", "exit 0"), sidecar]))
        wait.until(
            lambda: "terminated" in self.kubelet.container_statuses("stuck")["main"]["state"], "main has finished", every=0.2
        )
        wait.holds(lambda: self.kubelet.phase("stuck") == "Running", "the pod stays Running", 4)
        self.kubelet.remove("stuck")

    def test_kubelet_restarts_after_a_crash(self):
        self.kubelet.add(pods.pod("steady", [pods.container("main", "sleep 1000")]))
        self.kubelet.wait_phase("steady", "Running")
        self.kubelet.kill()
        self.kubelet.start()
        self.kubelet.wait_phase("steady", "Running")
        self.assertEqual(0, self.kubelet.container_statuses("steady")["main"]["restartCount"])
        self.kubelet.remove("steady")

    def test_kubelet_serves_the_pods_api(self):
        wait.until(lambda: os.path.exists(self.kubelet.pods_api_socket), "kubelet serves its PodsAPI socket", 10)


class KubeletWithoutPodsApi(WithContainerd, unittest.TestCase):
    """Like kubelet before 1.37, so that the other spec sources can be tested with the newest kubelet."""

    version = "2.4"

    def test_feature_gate_disables_the_pods_api(self):
        kubelet = Kubelet(session.log_dir(), feature_gates={"PodsAPI": False})
        self.addCleanup(kubelet.stop)
        kubelet.start(self.containerd.endpoint)
        kubelet.add(pods.pod("simple", [pods.container("main", "exit 0")]))
        kubelet.wait_phase("simple", "Succeeded")
        self.assertFalse(os.path.exists(kubelet.pods_api_socket))
        kubelet.remove("simple")


if __name__ == "__main__":
    session.main()
