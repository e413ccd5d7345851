#!/usr/bin/env python3
"""What ordering costs on a real containerd 1.6: launches, whole pods, and the end of a job. Prints numbers beside their bars.

    launch_bench.py [--quick]

All times are the runtime's own (created, started, finished in ns), read from the timeline of `sidecar-shim run --json`.
"""

import argparse
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "node"))

from figures import quantile, show  # pylint: disable=wrong-import-position
from harness import namespaces, pods, session  # pylint: disable=wrong-import-position
from harness.containerd import Containerd  # pylint: disable=wrong-import-position
from harness.shim import Shim, binary  # pylint: disable=wrong-import-position

LEVELS = 5
POD_RATIO_BAR = 1.2
STAY = "trap 'exit 0' TERM; while :; do sleep 0.02; done"


def main():
    parser = argparse.ArgumentParser(description="Measure launches in order and the end of jobs on a real containerd.")
    parser.add_argument("--quick", action="store_true", help="fewer pods")
    options = parser.parse_args()
    session.enter(["pause"], shim=True)
    containerd = Containerd("1.6", session.log_dir())
    shim = None
    try:
        containerd.start()
        shim = Shim(containerd.endpoint, session.log_dir(), name="shim")
        shim.start()
        measure(containerd.endpoint, shim.endpoint, 3 if options.quick else 10)
    finally:
        if shim is not None:
            shim.stop()
        containerd.stop()


def measure(direct, through, pairs):
    """Pods listed in reverse through the shim, each followed by the same pod listed in order without it."""
    steps, steps_direct, durations, durations_direct, containers, containers_direct, ends = [], [], [], [], [], [], []
    for number in range(pairs):
        attempts = run(ordered_pod(f"reverse-{number}", reverse=True), through)
        names = [f"level{level}" for level in range(LEVELS - 1)] + ["main"]
        check_order(names, attempts)
        steps += launches(names, attempts)
        ends.append(1e3 * (attempts[names[-2]]["finished"] - attempts["main"]["finished"]))
        durations.append(duration(attempts))
        containers.append(duration(attempts, since_sandbox=True))
        attempts = run(ordered_pod(f"plain-{number}", reverse=False, end=False), direct)
        steps_direct += launches(names, attempts)
        durations_direct.append(duration(attempts))
        containers_direct.append(duration(attempts, since_sandbox=True))
    show("started before it -> created, through the shim", steps)
    show("the same, listed in order on containerd alone", steps_direct)
    show(f"pod of {LEVELS} levels listed in reverse, through the shim", durations)
    show("the same pod listed in order, on containerd alone", durations_direct)
    show_ratio("counted from the pod's start, with its sandbox", durations, durations_direct)
    show_ratio("counted from the first create", containers, containers_direct)
    show("last main finished -> sidecar finished after SIGTERM (its trap waits up to 20 ms)", ends)


def ordered_pod(name, reverse, end=True):
    """Levels of falling priority above a main container that exits; listed from the last to the first, or as they launch."""
    containers = []
    for level in range(LEVELS - 1):
        env = {pods.PRIORITY: 100 - level}
        if end:
            env[pods.TERMINATE] = "true"
        containers.append(pods.container(f"level{level}", STAY if end else "sleep 1.5", env))
    containers.append(pods.container("main", "sleep 0.3"))
    if reverse:
        containers.reverse()
    return pods.pod("bench-" + name, containers)


def run(pod, endpoint):
    """{container name: its only attempt} of the pod's timeline."""
    folder = namespaces.work_dir("bench")
    manifest, timeline = os.path.join(folder, "pod.json"), os.path.join(folder, "timeline.json")
    with open(manifest, "w", encoding="utf-8") as file:
        json.dump(pod, file)
    argv = [binary(), "run", "-f", manifest, "--runtime-endpoint", endpoint, "--timeout", "60s", "--json", timeline]
    result = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        sys.exit(f"a pod ended with {result.returncode}:\n{result.stdout}")
    with open(timeline, encoding="utf-8") as file:
        return {container["name"]: container["attempts"][0] for container in json.load(file)["containers"]}


def check_order(names, attempts):
    for before, after in zip(names, names[1:]):
        if attempts[after]["created"] < attempts[before]["started"]:
            sys.exit(f"{after} was created before {before} had started: {attempts}")


def launches(names, attempts):
    """ms from the start of each container to the creation of the next."""
    return [1e3 * (attempts[after]["created"] - attempts[before]["started"]) for before, after in zip(names, names[1:])]


def duration(attempts, since_sandbox=False):
    """ms until the last container has started: from the pod's start, or from the first create (the sandbox is there then)."""
    began = min(attempt["created"] for attempt in attempts.values()) if since_sandbox else 0
    return 1e3 * (max(attempt["started"] for attempt in attempts.values()) - began)


def show_ratio(what, values, values_direct):
    ratio = quantile(values, 0.5) / quantile(values_direct, 0.5)
    print(f"  {what}: ratio of the medians {ratio:.2f} (bar: at most {POD_RATIO_BAR})", flush=True)


if __name__ == "__main__":
    main()
