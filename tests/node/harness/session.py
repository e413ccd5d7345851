"""The main program of a node test file: checks what it needs or skips with a reason, enters namespaces, runs unittest.

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

SKIPPED = 77  # The exit status that CTest and automake treat as "skipped".
ALL = ("pause", "cri-tools", "containerd", "kubelet")
_LOG_DIR = "SIDECAR_SHIM_NODE_LOGS"


def enter(needs=ALL, shim=False, needs_built=()):
    """Continues inside new namespaces, or prints what is missing and exits as skipped.

    needs: families of programs, which are built if necessary; needs_built: families that must have been built; shim: whether the
    program under test is needed.
    """
    if os.environ.get(namespaces.MARK) is None:
        try:
            if shim:
                shim_binary()
            for family in needs_built:
                tools.require_built(family)
            tools.require(needs)  # Before entering the namespaces, where there is no network for downloads.
        except tools.Missing as missing:
            print(f"skipped: {os.path.basename(sys.argv[0])}: {missing}")
            sys.exit(SKIPPED)
    namespaces.enter()


def main(needs=ALL, shim=False, needs_built=()):
    """Runs the tests of the calling file. Arguments: see enter()."""
    enter(needs, shim, needs_built)
    program = unittest.main(verbosity=2, exit=False)
    _report_log_dir(program.result.wasSuccessful())
    sys.stdout.flush()
    sys.exit(0 if program.result.wasSuccessful() else 1)


def log_dir():
    """The folder of the daemons' logs: SIDECAR_SHIM_NODE_LOGS, or a temporary one that is kept if a test fails."""
    path = os.environ.get(_LOG_DIR)
    if path is None:
        path = tempfile.mkdtemp(prefix="sidecar-shim-node-")
        os.environ[_LOG_DIR] = path
        log_dir.temporary = path
    os.makedirs(path, exist_ok=True)
    return path


log_dir.temporary = None


def _report_log_dir(successful):
    if log_dir.temporary is None:
        return
    if successful:
        atexit.register(shutil.rmtree, log_dir.temporary, ignore_errors=True)
    else:
        print(f"the daemons' logs are in {log_dir.temporary}")
