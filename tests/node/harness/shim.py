"""The program under test: `sidecar-shim serve` between kubelet (or crictl) and a containerd."""

import os

from harness import namespaces, tools
from harness.process import Daemon


def binary():
    """The path of the program under test: SIDECAR_SHIM_BIN or the release preset's. Raises tools.Missing if it does not exist."""
    path = os.environ.get("SIDECAR_SHIM_BIN") or os.path.join(tools.REPOSITORY, "build", "release", "sidecar-shim")
    path = os.path.abspath(path)
    if not os.access(path, os.X_OK):
        raise tools.Missing(f"no {os.path.relpath(path)} (build the release preset or set SIDECAR_SHIM_BIN)")
    return path


class Shim:
    def __init__(self, runtime_endpoint, log_dir, kubelet=None, arguments=(), name="sidecar-shim", log_level="debug"):
        self.dir = namespaces.work_dir(name)
        self.address = os.path.join(self.dir, "cri.sock")
        self.endpoint = "unix://" + self.address
        argv = [binary(), "serve", "--listen", self.endpoint, "--runtime", runtime_endpoint, "--log-level", log_level]
        if kubelet is not None:
            argv += ["--kubelet-root-dir", kubelet.root_dir, "--static-pod-path", kubelet.static_pod_path]
        self.daemon = Daemon(name, argv + list(arguments), os.path.join(log_dir, name + ".log"))

    def start(self):
        self.daemon.start()
        self.daemon.wait_listens(self.address)
        return self

    def kill(self):
        self.daemon.kill()

    def kill_and_start(self):
        """Like a crash and the restart by systemd."""
        self.kill()
        self.start()

    def stop(self):
        """Sends SIGTERM; the shim must exit with 0."""
        status = self.daemon.terminate()
        assert status in (0, None), f"sidecar-shim exited with {status} after SIGTERM\n{self.daemon.tail()}"

    def log(self):
        return self.daemon.log()
