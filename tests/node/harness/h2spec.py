"""Runs the real h2spec, the conformance test suite of HTTP/2, on a unix socket and returns the outcome of each test."""

import os
import subprocess
import xml.etree.ElementTree

from harness import namespaces, tools
from harness.forwarder import Forwarder

# Seconds that a test of the suite waits for what it expects. grpc-go closes a connection one second after its GOAWAY.
TIMEOUT = 2


def run(socket_path, log_dir, name, sections=(), seconds=600):
    """Returns {(section, description): "passed" | "failed" | "skipped"}. sections: only these, such as "http2/6.1"."""
    report = os.path.join(namespaces.work_dir("h2spec-" + name), "junit.xml")
    forwarder = Forwarder(socket_path)
    argv = [
        tools.built("h2spec", "h2spec"),
        "--host=127.0.0.1",
        f"--port={forwarder.port}",
        "--path=/interop.Test/Call",
        f"--timeout={TIMEOUT}",
        f"--junit-report={report}",
        *_outermost(sections),
    ]
    log_path = os.path.join(log_dir, f"h2spec-{name}.log")
    try:
        with open(log_path, "wb") as log:
            # Its status is 1 where one test fails, which the report tells better.
            subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=seconds, check=False)
    finally:
        forwarder.stop()
    if not os.path.exists(report):
        with open(log_path, encoding="utf-8", errors="replace") as log:
            raise AssertionError("h2spec wrote no report:\n" + log.read()[-3000:])
    return _read(report)


def _outermost(sections):
    """Without the parts of other sections: given both, h2spec would run only the part."""
    return [one for one in sections if not any(one.startswith(other + ".") for other in sections)]


def _read(report):
    outcomes = {}
    for suite in xml.etree.ElementTree.parse(report).iter("testsuite"):
        for case in suite.iter("testcase"):
            outcomes[case.get("package"), case.get("classname")] = _outcome(case)
    return outcomes


def _outcome(case):
    if case.find("skipped") is not None:
        return "skipped"
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "passed"
