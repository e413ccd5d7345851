#!/usr/bin/env python3
"""Runs the job of harness/collector_job.py on a private containerd, through the shim or (--without-shim) directly.

Everything runs in namespaces of its own, so that nothing is left when the program ends. Started by `tests/demo.sh`, which
installs and builds what it needs.
"""

import argparse
import json
import os
import subprocess
import sys

from harness import collector_job, namespaces, session, tools
from harness.collector_job import CollectorJob
from harness.containerd import Containerd
from harness.shim import Shim, binary


def main():
    parser = argparse.ArgumentParser(prog="tests/demo.sh", description="Run a job with a log collector beside it.")
    parser.add_argument("--without-shim", action="store_true", help="the same job on plain containerd")
    parser.add_argument("--sidecar-first", action="store_true", help="list the collector first (default: main first)")
    parser.add_argument("--svg", help="also write the timeline as a picture to this file")
    options = parser.parse_args()
    try:
        tools.require(["pause"])
        binary()
    except tools.Missing as missing:
        print(f"cannot run the demo: {missing}", file=sys.stderr)
        sys.exit(77)
    svg = os.path.abspath(options.svg) if options.svg else None
    namespaces.enter()
    sys.exit(run(options, svg))


def run(options, svg):
    containerd = Containerd("1.6", session.log_dir())
    shim = None
    try:
        containerd.start()
        endpoint = containerd.endpoint
        if not options.without_shim:
            shim = Shim(endpoint, session.log_dir(), name="shim")
            shim.start()
            endpoint = shim.endpoint
        # The collector's usual timing: it checks for SIGTERM every 3 s and reads for another 10 s after it.
        order = collector_job.SIDECAR_FIRST if options.sidecar_first else collector_job.MAIN_FIRST
        job = CollectorJob("collector-demo", order=order, env={"DRAIN": 10, "LIVENESS": 3})
        status = run_job(job, endpoint, options.without_shim, svg)
        print(f"\n{len(job.lines())} of {collector_job.LINES} lines arrived at the collector's sink")
        complete = status == 0 and job.lines() == list(range(1, collector_job.LINES + 1))
        if options.without_shim:
            print("without the shim nothing stops the collector: the pod was still running when the demo timed out"
                  if status == 3 else f"the pod ended with status {status}")
            return 0
        print("the job is complete" if complete else f"the job is NOT complete (`sidecar-shim run` ended with {status})")
        return 0 if complete else 1
    finally:
        if shim is not None:
            shim.stop()
        containerd.stop()


def run_job(job, endpoint, without_shim, svg):
    argv = [binary(), "run", "-f", "-", "--runtime-endpoint", endpoint, "--timeout", "12s" if without_shim else "90s"]
    if svg:
        argv += ["--svg", svg]
    return subprocess.run(argv, input=json.dumps(job.pod), text=True).returncode


if __name__ == "__main__":
    main()
