"""What must hold where the shim knows the names of a pod's containers and nothing else of it; mixed into a Node."""

from asks_for_nothing import AsksForNothing
from harness import pods
from harness.article import MAIN_FIRST, SIDECAR_FIRST, Article


class NamesOnly(AsksForNothing):
    @classmethod
    def shim_arguments(cls):
        return ("--sources", "podresources")

    def test_a_job_whose_sidecar_is_asked_for_first(self):
        job = Article("names-sidecar-first", "OnFailure", SIDECAR_FIRST)
        self.add(job.pod)
        self.check_article(job)

    def test_a_job_that_says_beforehand_that_it_wants_order(self):
        """Main is asked for first, and has no env that would tell; an annotation does."""
        job = Article("names-main-first", "Never", MAIN_FIRST)
        job.pod["metadata"]["annotations"]["sidecar-shim.io/launch-timeout"] = "2m"
        self.add(job.pod)
        self.check_article(job)

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

    def test_ordered_annotation(self):
        """It counts, and the envs do not."""
        containers = [pods.container("first", "sleep 1"), pods.container("second", "sleep 1", {pods.PRIORITY: 10})]
        self.add(pods.pod("names-ordered", containers, annotations=pods.ORDERED))
        self.check_ended("names-ordered", "Succeeded", {"first": 0, "second": 0})
        self.check_started_in_order("names-ordered", "first", "second")

    def test_init_containers_and_native_sidecars_are_not_waited_for(self):
        """Native sidecars are among the names, from kubelet 1.29 on."""
        native = pods.container("native", "trap 'exit 0' TERM; while :; do sleep 0.1; done", restartPolicy="Always")
        containers = [pods.container("low", "sleep 1", {pods.PRIORITY: 1}), pods.container("high", "sleep 1", {pods.PRIORITY: 2})]
        self.add(pods.pod("names-mixed", containers, initContainers=[pods.container("prepare", "exit 0"), native]))
        self.check_ended("names-mixed", "Succeeded", {"low": 0, "high": 0})
        self.check_started_in_order("names-mixed", "prepare", "native", "high", "low")
