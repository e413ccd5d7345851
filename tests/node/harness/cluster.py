"""A node in a cluster: pods come from a real API server, and real controllers run the Jobs."""

from harness import api, pods, session, wait
from harness.control_plane import ControlPlane
from harness.kubelet import NODE_NAME, Kubelet
from harness.node import Node


class Cluster(Node):
    """A Node whose pods are created and read through the API server."""

    @classmethod
    def setUpClass(cls):
        cls.control_plane = ControlPlane(session.log_dir())
        cls.addClassCleanup(cls.control_plane.stop)
        cls.control_plane.start()
        cls.api = cls.control_plane.api
        super().setUpClass()
        wait.until(cls._node_is_ready, "the node is Ready", 60)

    @classmethod
    def make_kubelet(cls):
        kubeconfig = cls.control_plane.kubeconfig(NODE_NAME)
        return Kubelet(session.log_dir(), cls.kubelet_version, kubeconfig, cls.feature_gates)

    @classmethod
    def _node_is_ready(cls):
        conditions = cls.api.get(f"/api/v1/nodes/{NODE_NAME}")["status"]["conditions"]
        return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)

    def add(self, pod):
        """Creates the pod directly, bound to the node."""
        spec = {**pod["spec"], "nodeName": NODE_NAME, "automountServiceAccountToken": False}
        self.api.create(api.PODS, {**pod, "spec": spec})
        self.addCleanup(self.delete_pod, pod["metadata"]["name"])

    def add_job(self, name, pod, **spec):
        self.api.create(api.JOBS, pods.job(name, pod, NODE_NAME, **spec))
        self.addCleanup(self.delete_with_pods, f"{api.JOBS}/{name}", lambda: self.pods_of_job(name))

    def delete_pod(self, name):
        path = f"{api.PODS}/{name}"
        if self.api.get_if_exists(path) is not None:
            self.api.delete(path)
            wait.until(lambda: self.api.get_if_exists(path) is None, f"pod {name} is deleted", 90)

    def delete_with_pods(self, path, pods_of_it):
        if self.api.get_if_exists(path) is not None:
            self.api.delete(path)
        wait.until(lambda: self.api.get_if_exists(path) is None and not pods_of_it(), f"{path} and its pods are deleted", 90)

    def pod(self, name):
        return self.api.get_if_exists(f"{api.PODS}/{name}")

    def runtime_name(self, name):
        return name

    def pods_of_job(self, name):
        """The pods of the job, oldest first."""
        found = self.api.items(api.PODS, labelSelector=f"batch.kubernetes.io/job-name={name}")
        return sorted(found, key=lambda pod: (pod["metadata"]["creationTimestamp"], pod["metadata"]["name"]))

    def only_pod_of_job(self, name):
        """The name of the job's pod; fails if there has been more than one."""
        found = self.pods_of_job(name)
        self.assertEqual(1, len(found), f"pods of job {name}")
        return found[0]["metadata"]["name"]

    def job_condition(self, name):
        """Complete, Failed, or None while the job runs."""
        for condition in self.api.get(f"{api.JOBS}/{name}")["status"].get("conditions", []):
            if condition["type"] in ("Complete", "Failed") and condition["status"] == "True":
                return condition["type"]
        return None

    def wait_job(self, name, condition, seconds=120):
        wait.until(lambda: self.job_condition(name), f"job {name} ends", seconds, every=0.2)
        self.assertEqual(condition, self.job_condition(name), f"job {name}")

    def events(self, pod_name):
        """The pod's events as (type, reason, message), as `kubectl describe pod` shows them."""
        found = self.api.items(api.EVENTS, fieldSelector=f"involvedObject.name={pod_name}")
        return [(event["type"], event["reason"], event["message"]) for event in found]
