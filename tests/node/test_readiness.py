#!/usr/bin/env python3
"""Readiness on a real kubelet: the main container, listed first, is held until the sidecar's probe passes.

When a probe could first pass is read from the sidecar's log, whose lines the runtime stamps with nanoseconds.
"""

from essentials import FOREVER
from harness import pods, session, tools, wait
from harness.log_lines import time_of_line
from harness.node import Node
from harness.pods import PRIORITY

# kubelet would look every ten seconds.
SLOW_PERIOD = {"periodSeconds": 10, "failureThreshold": 30}
CAT_OK = {"exec": {"command": ["cat", "/tmp/ok"]}}
# What has to happen in between is one try of the probe and a create in the runtime, tens of milliseconds (kubelet_bench.py
# measures them); on a machine that does ten other things, less than kubelet's own period all the same.
LONGEST_WAY_TO_MAIN = 8.0
# Seconds until a sidecar is ready: quick (yet longer than a start in the runtime takes), and past what kubelet's first looks
# would find.
DELAYS = {"quick": 0.3, "soon": 2, "slow": 13}


def main(**more):
    return pods.container("main", "exit 0", **more)


def proxy(command, probe, kind="readinessProbe", **more):
    return pods.container("proxy", command, env={PRIORITY: 10}, **{kind: {**SLOW_PERIOD, **probe}}, **more)


def ok_after(seconds):
    # Said first: on a busy machine the probe may pass before the next command has begun.
    return f"sleep {seconds}; echo ready; touch /tmp/ok; {FOREVER}"


def served_on(port, after):
    return f"mkdir -p /tmp/www; echo ok >/tmp/www/ok; sleep {after}; echo ready; exec httpd -f -p {port} -h /tmp/www"


class Readiness(Node):
    containerd_version = "2.4"

    def ready_at_ns(self, name):
        """When the sidecar said so, as the runtime dates its log line."""
        return time_of_line(self.in_runtime(name)["proxy"]["logPath"], "ready")

    def launched_after_ready(self, name):
        """Seconds from the moment at which the probe could first pass to the main's creation."""
        wait.until(lambda: "main" in self.in_runtime(name), f"{name}: main is there")
        created = self.in_runtime(name)["main"]["createdAtNs"]
        return (created - self.ready_at_ns(name)) / 10**9

    def check_held_until_ready(self, *ready_pods):
        for pod in ready_pods:
            self.add(pod)
        for pod in ready_pods:
            name = pod["metadata"]["name"]
            with self.subTest(name):
                after = self.launched_after_ready(name)
                print(f"{name}: main is created {after * 1000:.0f} ms after the probe could pass", flush=True)
                self.assertGreater(after, 0, "main waits")
                self.assertLess(after, LONGEST_WAY_TO_MAIN, "main does not wait for kubelet's next look")
                wait.until(lambda: "terminated" in self.statuses(name)["main"]["state"], f"{name}: main has ended")
                status = self.statuses(name)["main"]
                self.assertEqual((0, 0), (status["state"]["terminated"]["exitCode"], status["restartCount"]))

    def test_an_exec_probe_is_waited_for(self):
        self.check_held_until_ready(
            *(pods.pod(f"ready-exec-{how}", [main(), proxy(ok_after(delay), CAT_OK)]) for how, delay in DELAYS.items())
        )

    def test_a_startup_probe_is_waited_for(self):
        self.check_held_until_ready(pods.pod("ready-startup", [main(), proxy(ok_after(2), CAT_OK, kind="startupProbe")]))

    def test_an_initial_delay_is_kept(self):
        """The probe could pass at once, but nobody may ask before its delay is over."""
        self.add(pods.pod("ready-delay", [main(), proxy(ok_after(0), {**CAT_OK, "initialDelaySeconds": 4})]))
        wait.until(lambda: "main" in self.in_runtime("ready-delay"), "main is there")
        statuses = self.in_runtime("ready-delay")
        self.assertGreaterEqual(statuses["main"]["createdAtNs"] - statuses["proxy"]["startedAtNs"], 4 * 10**9)

    def test_an_http_probe_is_waited_for(self):
        """At a named port, in the node's network and in the pod's own."""
        probe = {"httpGet": {"path": "/ok", "port": "web"}}
        ports = [{"name": "web", "containerPort": 18081}]

        def served(name, delay, host_network):
            return pods.pod(name, [main(), proxy(served_on(18081, delay), probe, ports=ports)], hostNetwork=host_network)

        self.check_held_until_ready(
            served("ready-http-in-the-nodes-network", 2, host_network=True),
            *(served(f"ready-http-{how}", delay, host_network=False) for how, delay in DELAYS.items()),
        )

    def test_a_tcp_probe_is_waited_for(self):
        probe = {"tcpSocket": {"port": 18082}}
        self.check_held_until_ready(
            *(
                pods.pod(f"ready-tcp-{how}", [main(), proxy(served_on(18082, delay), probe)], hostNetwork=False)
                for how, delay in DELAYS.items()
            )
        )

    def test_a_grpc_probe_is_waited_for(self):
        """A real gRPC server, up from the beginning, whose service reports SERVING only later."""
        command = "exec /tools/grpc-health --listen :18083 --service collector --serving-after"
        mount = {"volumeMounts": [{"name": "tools", "mountPath": "/tools", "readOnly": True}]}
        probe = {"grpc": {"port": 18083, "service": "collector"}}
        volumes = [{"name": "tools", "hostPath": {"path": tools.bin_dir("grpc-health")}}]
        self.check_held_until_ready(
            *(
                pods.pod(
                    f"ready-grpc-{how}", [main(), proxy(f"{command} {delay}s", probe, **mount)], volumes=volumes, hostNetwork=False
                )
                for how, delay in DELAYS.items()
            )
        )

    def test_a_blockers_hook_is_waited_for(self):
        hook = {"postStart": {"exec": {"command": ["sh", "-c", "sleep 2; echo ready >/proc/1/fd/1"]}}}
        blocker = pods.container("proxy", FOREVER, env={PRIORITY: 10}, lifecycle=hook)
        self.check_held_until_ready(pods.pod("hook-over", [main(), blocker]))

    def test_a_pod_may_be_content_with_running(self):
        probe = {"exec": {"command": ["cat", "/tmp/never"]}}
        annotations = {"sidecar-shim.io/launch-gate": "running"}
        self.add(pods.pod("content", [main(), proxy(FOREVER, probe)], annotations=annotations))
        wait.until(lambda: self.in_runtime("content").get("main", {}).get("startedAtNs", 0) > 0, "main has started")
        self.check_started_in_order("content", "proxy", "main")

    def test_a_held_pod_that_is_deleted_starts_nothing_more(self):
        """Its sidecar runs, not ready; told to end it ends, or lingers and becomes ready then."""
        ends = {"leaves": "exit 0", "lingers": "touch /tmp/ok; sleep 3; exit 0"}
        for name, on_term in ends.items():
            command = f"trap '{on_term}' TERM; while :; do sleep 0.1; done"
            self.add(pods.pod(name, [main(), proxy(command, {**CAT_OK, "periodSeconds": 1})]))
        for name in ends:
            self.wait_refused(name, blocker="proxy")
            wait.until(lambda: "running" in self.statuses(name)["proxy"]["state"], f"{name}: kubelet knows that the proxy runs")
            self.kubelet.remove(name)
            label = f"--label=io.kubernetes.pod.name={self.runtime_name(name)}"
            wait.until(lambda: not self.runtime.sandboxes(label, "--state=ready"), f"{name}: its sandbox has been stopped")
            launched = [line for line in self.shim.log().splitlines() if "launched ahead" in line and f"/{name}-" in line]
            self.assertEqual([], launched)

    def test_what_the_application_team_reads(self):
        self.add(pods.pod("told", [main(), proxy(FOREVER, {"exec": {"command": ["cat", "/tmp/never"]}})]))

        def message():
            waiting = self.kubelet.container_statuses("told").get("main", {}).get("state", {}).get("waiting", {})
            return waiting.get("message", "")

        text = '"main" (priority 0) waits for "proxy" (priority 10) to be ready'
        wait.until(lambda: text in message(), "the refusal is in the pod's status")


if __name__ == "__main__":
    session.main(needs=session.ALL + ("grpc-health",), shim=True)
