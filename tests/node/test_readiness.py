#!/usr/bin/env python3
"""Readiness with a real kubelet: the main container, listed first, is held until the sidecar's probe passes.

The sidecar logs a line when its probe can pass; the runtime stamps each log line with nanoseconds.
"""

from essentials import FOREVER
from harness import pods, session, tools, wait
from harness.log_lines import time_of_line
from harness.node import Node
from harness.pods import PRIORITY

# kubelet probes every ten seconds.
SLOW_PERIOD = {"periodSeconds": 10, "failureThreshold": 30}
CAT_OK = {"exec": {"command": ["cat", "/tmp/ok"]}}
# One probe by the shim and one CreateContainer, which takes tens of milliseconds (kubelet_bench.py measures them). Even on a busy
# machine it is less than kubelet's probe period.
MAX_SECONDS_TO_CREATION = 8.0
# Seconds until a sidecar is ready: longer than a start in the runtime takes, and later than kubelet's first probes.
DELAYS = {"quick": 0.3, "soon": 2, "slow": 13}


def main(**more):
    return pods.container("main", "exit 0", **more)


def proxy(command, probe, kind="readinessProbe", **more):
    return pods.container("proxy", command, env={PRIORITY: 10}, **{kind: {**SLOW_PERIOD, **probe}}, **more)


def ok_after(seconds):
    # Logged first: on a busy machine the probe can pass before the next command runs.
    return f"sleep {seconds}; echo ready; touch /tmp/ok; {FOREVER}"


def served_on(port, after):
    return f"mkdir -p /tmp/www; echo ok >/tmp/www/ok; sleep {after}; echo ready; exec httpd -f -p {port} -h /tmp/www"


class Readiness(Node):
    containerd_version = "2.4"

    def ready_at_ns(self, name):
        """The timestamp of the sidecar's log line "ready"."""
        return time_of_line(self.in_runtime(name)["proxy"]["logPath"], "ready")

    def seconds_from_ready_to_creation(self, name):
        """Seconds from the moment at which the probe could first pass to the creation of main."""
        wait.until(lambda: "main" in self.in_runtime(name), f"{name}: main is created")
        created = self.in_runtime(name)["main"]["createdAtNs"]
        return (created - self.ready_at_ns(name)) / 10**9

    def check_held_until_ready(self, *ready_pods):
        for pod in ready_pods:
            self.add(pod)
        for pod in ready_pods:
            name = pod["metadata"]["name"]
            with self.subTest(name):
                after = self.seconds_from_ready_to_creation(name)
                print(f"{name}: main was created {after * 1000:.0f} ms after the probe could pass", flush=True)
                self.assertGreater(after, 0, "main waits")
                self.assertLess(after, MAX_SECONDS_TO_CREATION, "main does not wait for kubelet's next probe")
                wait.until(lambda: "terminated" in self.statuses(name)["main"]["state"], f"{name}: main has exited")
                status = self.statuses(name)["main"]
                self.assertEqual((0, 0), (status["state"]["terminated"]["exitCode"], status["restartCount"]))

    def test_main_waits_for_an_exec_probe(self):
        self.check_held_until_ready(
            *(pods.pod(f"ready-exec-{how}", [main(), proxy(ok_after(delay), CAT_OK)]) for how, delay in DELAYS.items())
        )

    def test_main_waits_for_a_startup_probe(self):
        self.check_held_until_ready(pods.pod("ready-startup", [main(), proxy(ok_after(2), CAT_OK, kind="startupProbe")]))

    def test_initial_delay_is_respected(self):
        """The probe could pass at once, but must not run before initialDelaySeconds."""
        self.add(pods.pod("ready-delay", [main(), proxy(ok_after(0), {**CAT_OK, "initialDelaySeconds": 4})]))
        wait.until(lambda: "main" in self.in_runtime("ready-delay"), "main is created")
        statuses = self.in_runtime("ready-delay")
        self.assertGreaterEqual(statuses["main"]["createdAtNs"] - statuses["proxy"]["startedAtNs"], 4 * 10**9)

    def test_main_waits_for_an_http_probe(self):
        """At a named port, on the host network and in the pod's own network."""
        probe = {"httpGet": {"path": "/ok", "port": "web"}}
        ports = [{"name": "web", "containerPort": 18081}]

        def served(name, delay, host_network):
            return pods.pod(name, [main(), proxy(served_on(18081, delay), probe, ports=ports)], hostNetwork=host_network)

        self.check_held_until_ready(
            served("ready-http-in-the-nodes-network", 2, host_network=True),
            *(served(f"ready-http-{how}", delay, host_network=False) for how, delay in DELAYS.items()),
        )

    def test_main_waits_for_a_tcp_probe(self):
        probe = {"tcpSocket": {"port": 18082}}
        self.check_held_until_ready(
            *(
                pods.pod(f"ready-tcp-{how}", [main(), proxy(served_on(18082, delay), probe)], hostNetwork=False)
                for how, delay in DELAYS.items()
            )
        )

    def test_main_waits_for_a_grpc_probe(self):
        """A real gRPC server that listens from the beginning and reports SERVING later."""
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

    def test_main_waits_for_the_post_start_hook_of_a_blocker(self):
        hook = {"postStart": {"exec": {"command": ["sh", "-c", "sleep 2; echo ready >/proc/1/fd/1"]}}}
        blocker = pods.container("proxy", FOREVER, env={PRIORITY: 10}, lifecycle=hook)
        self.check_held_until_ready(pods.pod("hook-over", [main(), blocker]))

    def test_launch_gate_running_ignores_readiness(self):
        probe = {"exec": {"command": ["cat", "/tmp/never"]}}
        annotations = {"sidecar-shim.io/launch-gate": "running"}
        self.add(pods.pod("content", [main(), proxy(FOREVER, probe)], annotations=annotations))
        wait.until(lambda: self.in_runtime("content").get("main", {}).get("startedAtNs", 0) > 0, "main has started")
        self.check_started_in_order("content", "proxy", "main")

    def test_deleted_pod_starts_no_held_container(self):
        """The sidecar runs but is not ready; on SIGTERM it exits, or becomes ready and exits later."""
        ends = {"leaves": "exit 0", "lingers": "touch /tmp/ok; sleep 3; exit 0"}
        for name, on_term in ends.items():
            command = f"trap '{on_term}' TERM; while :; do sleep 0.1; done"
            self.add(pods.pod(name, [main(), proxy(command, {**CAT_OK, "periodSeconds": 1})]))
        for name in ends:
            self.wait_refused(name, blocker="proxy")
            wait.until(lambda: "running" in self.statuses(name)["proxy"]["state"], f"{name}: kubelet reports the proxy as running")
            self.kubelet.remove(name)
            label = f"--label=io.kubernetes.pod.name={self.runtime_name(name)}"
            wait.until(lambda: not self.runtime.sandboxes(label, "--state=ready"), f"{name}: its sandbox has been stopped")
            launched = [line for line in self.shim.log().splitlines() if "launched ahead" in line and f"/{name}-" in line]
            self.assertEqual([], launched)

    def test_pod_status_explains_the_refusal(self):
        self.add(pods.pod("explained", [main(), proxy(FOREVER, {"exec": {"command": ["cat", "/tmp/never"]}})]))

        def message():
            waiting = self.kubelet.container_statuses("explained").get("main", {}).get("state", {}).get("waiting", {})
            return waiting.get("message", "")

        text = '"main" (priority 0) waits for "proxy" (priority 10) to be ready'
        wait.until(lambda: text in message(), "the pod's status has the refusal")


if __name__ == "__main__":
    session.main(needs=session.ALL + ("grpc-health",), shim=True)
