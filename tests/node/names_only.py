"""What must hold if the only spec source is kubelet's podresources API, which gives container names alone. Mixed into a Node."""

from unmanaged_pod import UnmanagedPod
from harness import pods
from harness.collector_job import MAIN_FIRST, SIDECAR_FIRST, CollectorJob


class NamesOnly(UnmanagedPod):
    @classmethod
    def shim_arguments(cls):
        return ("--sources", "podresources")

    def test_job_with_the_sidecar_listed_first(self):
        job = CollectorJob("names-sidecar-first", "OnFailure", SIDECAR_FIRST)
        self.add(job.pod)
        self.check_collector_job(job)

    def test_job_with_main_first_and_a_shim_annotation(self):
        """kubelet creates main first, whose envs do not show that the pod is ordered; the annotation does."""
        job = CollectorJob("names-main-first", "Never", MAIN_FIRST)
        job.pod["metadata"]["annotations"]["sidecar-shim.io/launch-timeout"] = "2m"
        self.add(job.pod)
        self.check_collector_job(job)

    def test_three_levels_in_reverse_order(self):
        self.add(
            pods.pod(
                "names-levels",
                [
                    pods.container("low", "sleep 1", {pods.PRIORITY: -1}),
                    pods.container("none", "sleep 1"),
                    pods.container("high", "sleep 1", {pods.PRIORITY: 10}),
                ],
            )
        )
        self.check_ended("names-levels", "Succeeded", {"low": 0, "none": 0, "high": 0})
        self.check_started_in_order("names-levels", "high", "none", "low")

    def test_ordered_annotation_starts_in_spec_order(self):
        """The annotation takes precedence over the priority envs."""
        containers = [pods.container("first", "sleep 1"), pods.container("second", "sleep 1", {pods.PRIORITY: 10})]
        self.add(pods.pod("names-ordered", containers, annotations=pods.ORDERED))
        self.check_ended("names-ordered", "Succeeded", {"first": 0, "second": 0})
        self.check_started_in_order("names-ordered", "first", "second")

    def test_init_and_native_sidecar_containers_do_not_block(self):
        """Since kubelet 1.29 podresources also lists native sidecars (KEP-753)."""
        native = pods.container("native", "trap 'exit 0' TERM; while :; do sleep 0.1; done", restartPolicy="Always")
        containers = [pods.container("low", "sleep 1", {pods.PRIORITY: 1}), pods.container("high", "sleep 1", {pods.PRIORITY: 2})]
        self.add(pods.pod("names-mixed", containers, initContainers=[pods.container("prepare", "exit 0"), native]))
        self.check_ended("names-mixed", "Succeeded", {"low": 0, "high": 0})
        self.check_started_in_order("names-mixed", "prepare", "native", "high", "low")
