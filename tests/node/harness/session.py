"""How a node test file runs: everything it needs is there, or it says in one line why not; then namespaces, then unittest.

    if __name__ == "__main__":
        session.main(shim=True)
"""

import atexit
import os
import shutil
import sys
import tempfile
import unittest

from harness import namespaces, tools
from harness.shim import binary as shim_binary

SKIPPED = 77  # What CTest and automake take as "skipped".
ALL = ("pause", "cri-tools", "containerd", "kubelet")
_LOG_DIR = "SIDECAR_SHIM_NODE_LOGS"


def enter(needs=ALL, shim=False, needs_built=()):
    """Goes on inside namespaces of its own, or says what is missing and ends as skipped.

    needs: the families of programs that are built if need be; needs_built: those that must be there; shim: also the program
    under test."""
    if os.environ.get(namespaces.MARK) is None:
        try:
            if shim:
                shim_binary()
            for family in needs_built:
                tools.require_built(family)
            tools.require(needs)  # Here, because inside the namespaces there is no network to build with.
        except tools.Missing as missing:
            print(f"skipped: {os.path.basename(sys.argv[0])}: {missing}")
            sys.exit(SKIPPED)
    namespaces.enter()


def main(needs=ALL, shim=False, needs_built=()):
    """All of a test file's run; the arguments are enter's."""
    enter(needs, shim, needs_built)
    program = unittest.main(verbosity=2, exit=False)
    _say_where_logs_are(program.result.wasSuccessful())
    sys.stdout.flush()
    sys.exit(0 if program.result.wasSuccessful() else 1)


def log_dir():
    """Where the daemons' logs go: a folder that is kept when a test fails, or the one named by SIDECAR_SHIM_NODE_LOGS."""
    path = os.environ.get(_LOG_DIR)
    if path is None:
        path = tempfile.mkdtemp(prefix="sidecar-shim-node-")
        os.environ[_LOG_DIR] = path
        log_dir.ours = path
    os.makedirs(path, exist_ok=True)
    return path


log_dir.ours = None


def _say_where_logs_are(successful):
    if log_dir.ours is None:
        return
    if successful:
        atexit.register(shutil.rmtree, log_dir.ours, ignore_errors=True)
    else:
        print(f"the daemons' logs are in {log_dir.ours}")
