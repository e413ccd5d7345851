#!/usr/bin/env python3
"""`sidecar-shim run`: a pod manifest on a real containerd through the shim, without kubelet.

The command simulates kubelet, so its timeline must show what test_kubelet.py asserts with a real kubelet.
"""

import json
import os
import subprocess
import unittest

from harness import collector_job, namespaces, pods, session
from harness.collector_job import CollectorJob
from harness.shim import binary
from harness.with_containerd import WithShim


class Run(WithShim):
    """The tests for each version of containerd."""

    def run_pod(self, pod, status, endpoint=None):
        """Runs the pod; returns {container name: its attempts} and the phase from the JSON timeline."""
        folder = namespaces.work_dir("run")
        manifest, timeline = os.path.join(folder, "pod.json"), os.path.join(folder, "timeline.json")
        with open(manifest, "w", encoding="utf-8") as file:
            json.dump(pod, file)
        argv = [binary(), "run", "-f", manifest, "--runtime-endpoint", endpoint or self.shim.endpoint]
        argv += ["--timeout", "60s", "--json", timeline]
        result = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        self.assertEqual(status, result.returncode, result.stdout)
        with open(timeline, encoding="utf-8") as file:
            shown = json.load(file)
        return {container["name"]: container["attempts"] for container in shown["containers"]}, shown["phase"]

    def test_job_with_a_collector_completes(self):
        for policy in ("Never", "OnFailure"):
            for order in (collector_job.MAIN_FIRST, collector_job.SIDECAR_FIRST):
                with self.subTest(policy, first=order[0]):
                    job = CollectorJob(f"run-{policy.lower()}-{order[0]}", policy, order)
                    containers, phase = self.run_pod(job.pod, 0)
                    self.assertEqual("Succeeded", phase)
                    (main,), (collector,) = containers["main"], containers["collector"]
                    self.assertLess(collector["started"], main["created"])
                    self.assertLess(main["finished"], collector["finished"])
                    self.assertEqual((0, 0), (main["exitCode"], collector["reportedExitCode"]))
                    job.check_lines(self)

    def test_without_the_shim_the_pod_keeps_running(self):
        job = CollectorJob("run-direct")
        job.pod["spec"]["terminationGracePeriodSeconds"] = 1
        argv = [binary(), "run", "-f", "-", "--runtime-endpoint", self.containerd.endpoint, "--timeout", "6s"]
        result = subprocess.run(
            argv, input=json.dumps(job.pod), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60
        )
        self.assertEqual(3, result.returncode, result.stdout)

    def test_timeline_shows_a_masked_exit_code(self):
        sidecar = pods.container("sidecar", "trap 'exit 143' TERM; while :; do sleep 0.1; done", {pods.TERMINATE: "true"})
        containers, phase = self.run_pod(pods.pod("run-143", [pods.container("main", "sleep 1"), sidecar], "OnFailure"), 0)
        self.assertEqual("Succeeded", phase)
        (sidecar,) = containers["sidecar"]
        self.assertEqual((143, 0, True), (sidecar["exitCode"], sidecar["reportedExitCode"], sidecar["masked"]))

    def test_timeline_shows_a_failed_main(self):
        sidecar = pods.container("sidecar", "trap 'exit 0' TERM; while :; do sleep 0.1; done", {pods.TERMINATE: "true"})
        containers, phase = self.run_pod(pods.pod("run-fails", [pods.container("main", "exit 3"), sidecar]), 1)
        self.assertEqual("Failed", phase)
        self.assertEqual(3, containers["main"][0]["exitCode"])


class Run16(Run, unittest.TestCase):
    version = "1.6"


class Run24(Run, unittest.TestCase):
    version = "2.4"


if __name__ == "__main__":
    session.main(needs=("pause", "cri-tools", "containerd"), shim=True)
