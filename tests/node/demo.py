#!/usr/bin/env python3
"""The article's job on a private containerd, through the shim or (--without-shim) without it.

Everything happens in namespaces of its own and is gone when this program ends. `tests/demo.sh` brings what it needs.
"""

import argparse
import json
import os
import subprocess
import sys

from harness import article, namespaces, session, tools
from harness.article import Article
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
        # The collector's own timing: it looks every 3 s and reads on for 10 s after SIGTERM.
        order = article.SIDECAR_FIRST if options.sidecar_first else article.MAIN_FIRST
        job = Article("article", order=order, env={"DRAIN": 10, "LIVENESS": 3})
        status = play(job, endpoint, options.without_shim, svg)
        print(f"\n{len(job.lines())} of {article.LINES} lines arrived at the collector's sink")
        complete = status == 0 and job.lines() == list(range(1, article.LINES + 1))
        if options.without_shim:
            print("without the shim the collector is never stopped: the pod was still running when the demo gave up"
                  if status == 3 else f"the pod ended with status {status}")
            return 0
        print("the job is complete" if complete else f"the job is NOT complete (`sidecar-shim run` ended with {status})")
        return 0 if complete else 1
    finally:
        if shim is not None:
            shim.stop()
        containerd.stop()


def play(job, endpoint, without_shim, svg):
    argv = [binary(), "run", "-f", "-", "--runtime-endpoint", endpoint, "--timeout", "12s" if without_shim else "90s"]
    if svg:
        argv += ["--svg", svg]
    return subprocess.run(argv, input=json.dumps(job.pod), text=True).returncode


if __name__ == "__main__":
    main()
