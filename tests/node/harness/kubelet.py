"""A real kubelet: pods are static manifests in a folder, and their status is read from /pods on the read-only port.

With a kubeconfig it joins that cluster; without one it runs standalone.
"""

import json
import os
import shutil
import urllib.request

from harness import namespaces, pod_status, tools, wait
from harness.process import Daemon

NODE_NAME = "node1"
READ_ONLY_PORT = 10255
# version -> the family of programs of build-tools.sh
VERSIONS = {"1.37": "kubelet", "1.34": "kubelet-1.34", "1.30": "kubelet-1.30"}


class Kubelet:
    def __init__(self, log_dir, version="1.37", kubeconfig=None, feature_gates=None, config=None):
        """config: fields of KubeletConfiguration that are added or override those of _config()."""
        self.version = version
        self.feature_gates = feature_gates or {}
        self.config = config or {}
        self.dir = namespaces.work_dir("kubelet")
        self.root_dir = os.path.join(self.dir, "root")
        self.static_pod_path = os.path.join(self.dir, "manifests")
        self.cert_dir = os.path.join(self.dir, "pki")
        self.pods_api_socket = os.path.join(self.root_dir, "pods-api", "pods-api.sock")
        os.makedirs(self.static_pod_path)
        # kubelet derives restart counts from existing log files, and the same manifest always gets the same pod UID.
        for path in ("/var/log/pods", "/var/log/containers"):
            shutil.rmtree(path)
            os.makedirs(path)
        self._config_path = os.path.join(self.dir, "config.json")
        self.daemon = Daemon(
            "kubelet",
            [
                tools.built(VERSIONS[version], "kubelet"),
                f"--config={self._config_path}",
                f"--root-dir={self.root_dir}",
                f"--cert-dir={self.cert_dir}",
                f"--hostname-override={NODE_NAME}",
                f"--node-ip={namespaces.NODE_ADDRESS}",
                "--v=2",
            ]
            + ([f"--kubeconfig={kubeconfig}"] if kubeconfig else []),
            os.path.join(log_dir, "kubelet.log"),
        )

    def _config(self, endpoint):
        config = {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "containerRuntimeEndpoint": endpoint,
            "staticPodPath": self.static_pod_path,
            "fileCheckFrequency": "1s",
            "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
            "authorization": {"mode": "AlwaysAllow"},
            "readOnlyPort": READ_ONLY_PORT,
            "cgroupDriver": "cgroupfs",
            "cgroupsPerQOS": False,
            "enforceNodeAllocatable": [],
            "failSwapOn": False,
            "makeIPTablesUtilChains": False,
            "volumePluginDir": os.path.join(self.dir, "volume-plugins"),
            # A nearly full disk must not prevent pods from starting.
            "evictionHard": {"memory.available": "1Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
            "imageGCHighThresholdPercent": 100,
            "featureGates": self.feature_gates,
        }
        if self.version != "1.30":  # 1.30 does not have the field and accepts cgroup v1.
            config["failCgroupV1"] = False
        return {**config, **self.config}

    def start(self, endpoint=None):
        """Starts kubelet with the runtime endpoint; None: the same as before."""
        if endpoint is not None:
            with open(self._config_path, "w", encoding="utf-8") as file:
                json.dump(self._config(endpoint), file, indent=1)
        self.daemon.start()
        self.daemon.wait_ready(lambda: _get("/healthz") == b"ok")
        return self

    def kill(self):
        """Like a crash; pods keep running."""
        self.daemon.kill()

    def restart(self, endpoint=None):
        self.daemon.terminate()
        self.start(endpoint)

    def stop(self):
        self.daemon.terminate()

    def add(self, pod):
        """Adds a static pod. The manifest is renamed into the folder, so that kubelet never reads a partial file."""
        name = pod["metadata"]["name"]
        temporary = os.path.join(self.dir, name + ".new")
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(pod, file)
        os.rename(temporary, self._manifest(name))

    def remove(self, name, seconds=60):
        """Removes the manifest and waits until kubelet has deleted the pod."""
        os.unlink(self._manifest(name))
        wait.until(lambda: self.pod(name) is None, f"kubelet has deleted pod {name}", seconds)

    def remove_if_exists(self, name):
        """The same for clean-up after a test."""
        if os.path.exists(self._manifest(name)):
            self.remove(name)

    def _manifest(self, name):
        return os.path.join(self.static_pod_path, name + ".json")

    def pods(self):
        return json.loads(_get("/pods"))["items"] or []

    def pod(self, name):
        """The Pod as kubelet reports it, or None. kubelet appends the node's name to a static pod's name."""
        for pod in self.pods():
            if pod["metadata"]["name"] == f"{name}-{NODE_NAME}":
                return pod
        return None

    def phase(self, name):
        return pod_status.phase(self.pod(name))

    def container_statuses(self, name):
        return pod_status.containers(self.pod(name))

    def waiting_reasons(self, name):
        return pod_status.waiting(self.pod(name))

    def wait_phase(self, name, phase, seconds=60):
        return pod_status.wait_phase(lambda: self.pod(name), name, phase, seconds)


def _get(path):
    with urllib.request.urlopen(f"http://127.0.0.1:{READ_ONLY_PORT}{path}", timeout=5) as response:
        return response.read()
