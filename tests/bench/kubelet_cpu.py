#!/usr/bin/env python3
"""What a shim costs on a node at rest: CPU time and memory under a real kubelet. Prints figures, and ratios to the first program.

    kubelet_cpu.py [--pods N] [--seconds S] [SHIM]...

Each SHIM is the path of a sidecar-shim; default: the one that the release preset builds. They run one after the other, each in a
node of its own (kubelet 1.37, containerd 2.4) with N pods of a sidecar and a main container, which only sleep.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "node"))

from harness import pods, session, wait  # pylint: disable=wrong-import-position
from harness.node import Node  # pylint: disable=wrong-import-position
from harness.shim import binary  # pylint: disable=wrong-import-position

# kubelet's and the shim's work of the launches is over by then.
SETTLE_SECONDS = 10


class Bench(Node):
    """A node for measurements; it has no tests of its own."""

    containerd_version = "2.4"
    shim_log_level = "warn"  # as on nodes at rest: what is written to the log is not what is measured


def main():
    parser = argparse.ArgumentParser(description="Measure what shims cost under a real kubelet.")
    parser.add_argument("--pods", type=int, default=20, help="pods of two containers")
    parser.add_argument("--seconds", type=float, default=60, help="how long each program is measured")
    parser.add_argument("--result", help=argparse.SUPPRESS)  # where a process that measures one program writes to
    parser.add_argument("programs", nargs="*", metavar="SHIM", help="path of a sidecar-shim")
    options = parser.parse_args()
    if options.result is not None:
        measure_here(options)
    else:
        show([measure(program, options) for program in options.programs or [binary()]])


def measure(program, options):
    """The same script in a process of its own, since a node leaves its namespaces only at the end."""
    with tempfile.TemporaryDirectory(prefix="kubelet_cpu-") as folder:
        result = os.path.join(folder, "result.json")
        argv = [sys.executable, __file__, f"--pods={options.pods}", f"--seconds={options.seconds}", f"--result={result}"]
        env = {"SIDECAR_SHIM_NODE_LOGS": folder, **os.environ, "SIDECAR_SHIM_BIN": os.path.abspath(program)}
        status = subprocess.run(argv, env=env, check=False).returncode
        if status != 0:
            sys.exit(status)
        with open(result, encoding="utf-8") as file:
            figures = json.load(file)
    print(
        f"{program}: CPU {figures['cpu_ms']:.1f} ms/min; RSS {figures['rss_start']:.1f} MiB -> {figures['rss_end']:.1f} MiB",
        flush=True,
    )
    return program, figures


def measure_here(options):
    session.enter(shim=True)
    try:
        Bench.setUpClass()
        launch(Bench(), options.pods)
        figures = watch(Bench.shim.daemon.pid, options.seconds)
    finally:
        Bench.doClassCleanups()
    with open(options.result, "w", encoding="utf-8") as file:
        json.dump(figures, file)


def launch(node, count):
    sleep = "exec sleep 1000000"
    sidecar = pods.container("sidecar", sleep, env={pods.PRIORITY: 10})
    names = [f"idle-{number}" for number in range(count)]
    for name in names:
        node.kubelet.add(pods.pod(name, [sidecar, pods.container("main", sleep)], "Always"))
    for name in names:
        wait.until(lambda name=name: all_run(node, name), f"{name} runs", 300, every=1)
    time.sleep(SETTLE_SECONDS)


def all_run(node, name):
    statuses = node.statuses(name)
    return len(statuses) == 2 and all("running" in status["state"] for status in statuses.values())


def watch(pid, seconds):
    """ms of CPU time per minute, and resident memory in MiB."""
    rss, cpu, began = resident(pid), cpu_ns(pid), time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    return {"cpu_ms": (cpu_ns(pid) - cpu) / 1e6 / took * 60, "rss_start": rss, "rss_end": resident(pid)}


def cpu_ns(pid):
    """User and system time of a process, its ended threads included: clock_getcpuclockid(3), which Python does not have."""
    return time.clock_gettime_ns((~pid << 3) | 2)


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:")) / 1024


def show(results):
    first, reference = results[0]
    for program, figures in results[1:]:
        ratios = [f"{what} {figures[key] / reference[key]:.2f}" for what, key in (("CPU", "cpu_ms"), ("RSS at the end", "rss_end"))]
        print(f"{program} to {first}: {', '.join(ratios)}", flush=True)


if __name__ == "__main__":
    main()
