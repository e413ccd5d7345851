#!/usr/bin/env python3
"""What a real kubelet's pods wait for the shim: from the opening of a gate to the create. Prints numbers beside their bars.

    kubelet_bench.py [--quick]

Main is listed first, so that kubelet requests it before its sidecar and is refused. All times are the runtime's own: a
gate opens when it reports the sidecar's start, and the create has reached it when its log says so (a container is dated "created"
only once containerd has done most of the work).
"""

import argparse
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "node"))

from figures import show  # pylint: disable=wrong-import-position
from harness import pods, session, tools, wait  # pylint: disable=wrong-import-position
from harness.log_lines import time_in_containerd_log, time_of_line  # pylint: disable=wrong-import-position
from harness.node import Node  # pylint: disable=wrong-import-position

RUNNING_BAR_MS = 10
READY_BAR_MS = 300
PODS_AT_A_TIME = 10
FOREVER = "trap 'exit 0' TERM; while :; do sleep 0.02; done"
EXEC = {"exec": {"command": ["cat", "/tmp/ok"]}}


class Bench(Node):
    """A node for measurements; it has no tests of its own."""

    containerd_version = "2.4"


def main():
    parser = argparse.ArgumentParser(description="Measure launches under a real kubelet.")
    parser.add_argument("--quick", action="store_true", help="fewer pods")
    options = parser.parse_args()
    session.enter(session.ALL + ("grpc-health",), shim=True)
    try:
        Bench.setUpClass()
        measure(Bench(), 10 if options.quick else 100)
    finally:
        Bench.doClassCleanups()


def measure(node, count):
    what = "gate opened -> the shim's create of main in the runtime, main listed first"
    show(what, apart(node, range(count), running))
    print(f"  bar: p99 at most {RUNNING_BAR_MS} ms", flush=True)
    show("the same while pods are torn down, which fills both cores of a small node", beside_teardowns(node, range(count, 2 * count)))
    for kind, make in KINDS.items():
        delays = {f"{kind}-{number}": round(2 + number % 7 / 7, 2) for number in range(max(2, count // 10))}
        show(f"{kind} probe could first pass -> the same", apart(node, delays, lambda node, name: ready(node, name, make(delays[name]))))
    print(f"  bar: at most {READY_BAR_MS} ms", flush=True)


def apart(node, names, launch):
    """Launches the pods one after the other, none of them while others are being removed."""
    names = list(names)
    took = []
    for start in range(0, len(names), PODS_AT_A_TIME):
        batch = names[start : start + PODS_AT_A_TIME]
        took += [launch(node, name) for name in batch]
        for name in batch:
            node.kubelet.remove(pod_name(name))
        wait.until(lambda: not is_anything_up(node), "the pods are gone", 120)
    return took


def beside_teardowns(node, names):
    took = []
    for name in names:
        took.append(running(node, name))
        node.kubelet.remove(pod_name(name))
    return took


def is_anything_up(node):
    return any(sandbox["state"] == "SANDBOX_READY" for sandbox in node.runtime.sandboxes())


def sidecar(command, **more):
    return pods.container("sidecar", command, env={pods.PRIORITY: 10}, **more)


def exec_probed(after):
    return sidecar(f"sleep {after}; touch /tmp/ok; echo ready; {FOREVER}", readinessProbe={**EXEC, "periodSeconds": 10})


def http_probed(after):
    command = f"mkdir /tmp/www; touch /tmp/www/ok; sleep {after}; echo ready; exec httpd -f -p 18080 -h /tmp/www"
    return sidecar(command, readinessProbe={"httpGet": {"path": "/ok", "port": 18080}, "periodSeconds": 10})


def tcp_probed(after):
    command = f"sleep {after}; echo ready; exec httpd -f -p 18081"
    return sidecar(command, readinessProbe={"tcpSocket": {"port": 18081}, "periodSeconds": 10})


def grpc_probed(after):
    command = f"exec /tools/grpc-health --listen :18082 --serving-after {after}s"
    mount = {"name": "tools", "mountPath": "/tools"}
    return sidecar(command, readinessProbe={"grpc": {"port": 18082}, "periodSeconds": 10}, volumeMounts=[mount])


KINDS = {"exec": exec_probed, "httpGet": http_probed, "tcpSocket": tcp_probed, "grpc": grpc_probed}


def pod_name(name):
    return f"bench-{name}".lower()


def running(node, name):
    """ms from the runtime's report of the sidecar's start to the arrival of main's create."""
    return launched_after(
        node,
        name,
        sidecar(FOREVER),
        lambda status, log: time_in_containerd_log(log, rf'StartContainer for \"{status["id"]}\" returns successfully'),
    )


def ready(node, name, container):
    """ms from the time at which the sidecar's probe can succeed to the arrival of main's create."""
    return launched_after(node, name, container, lambda status, _: time_of_line(status["logPath"], "ready"))


def launched_after(node, name, container, moment):
    name = pod_name(name)
    volumes = [{"name": "tools", "hostPath": {"path": tools.bin_dir("grpc-health")}}]
    spec = {"volumes": volumes, "hostNetwork": False, "terminationGracePeriodSeconds": 1}
    node.kubelet.add(pods.pod(name, [pods.container("main", FOREVER), container], "Always", **spec))
    wait.until(lambda: "main" in node.in_runtime(name), f"{name}: main is there")
    statuses = node.in_runtime(name)
    log = node.containerd.daemon.log()
    sandbox = re.search(rf'within sandbox \\"(\w+)\\" for name:\\"main\\" returns container id \\"{statuses["main"]["id"]}', log).group(1)
    created = time_in_containerd_log(log, rf'CreateContainer within sandbox \"{sandbox}\" for container name:\"main\"')
    took = (created - moment(statuses["sidecar"], log)) / 1e6
    if took < 0:
        sys.exit(f"{name}: main was created too early: {took} ms")
    return took


if __name__ == "__main__":
    main()
