"""A private containerd: Debian's 1.6 or the 2.4 that build-tools.sh builds, with its own root, state, socket and network.

Unlike on a usual node restrict_oom_score_adj is set: otherwise runc cannot start a sandbox without CAP_SYS_RESOURCE, which most
build containers and sandboxed virtual machines do not have.
"""

import glob
import json
import os
import signal
import socket
import subprocess

from harness import images, namespaces, tools, wait
from harness.process import Daemon

VERSIONS = ("1.6", "2.4")

CONFIG_1 = """
version = 2
root = "{root}"
state = "{state}"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "{address}"
[plugins."io.containerd.internal.v1.opt"]
  path = "{root}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{cni}"
    conf_dir = "{conf}"
"""

CONFIG_2 = """
version = 3
root = "{root}"
state = "{state}"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.blockfile", "io.containerd.nri.v1.nri"]
[grpc]
  address = "{address}"
[plugins."io.containerd.internal.v1.opt"]
  path = "{root}/opt"
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "{pause}"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["{cni}"]
    conf_dir = "{conf}"
"""


class Containerd:
    """Call start(), use .endpoint, call stop(), which also removes runtime shims, containers and mounts."""

    def __init__(self, version, log_dir):
        assert version in VERSIONS, version
        self.version = version
        self.dir = namespaces.work_dir("containerd-" + version)
        self.root = os.path.join(self.dir, "root")
        self.state = os.path.join(self.dir, "state")
        self.address = os.path.join(self.dir, "containerd.sock")
        self.endpoint = "unix://" + self.address
        if version == "1.6":
            bin_dir, config = os.path.dirname(tools.distribution("containerd")), CONFIG_1
        else:
            bin_dir, config = tools.bin_dir("containerd"), CONFIG_2
        self._ctr = os.path.join(bin_dir, "ctr")
        config_path = self._write_config(config)
        # containerd looks up its runtime shim in PATH, where the one of the same version must be first.
        self.env = dict(os.environ, PATH=bin_dir + ":/usr/sbin:/usr/bin:/sbin:/bin")
        self.daemon = Daemon(
            "containerd " + version,
            [os.path.join(bin_dir, "containerd"), "--config", config_path, "--log-level", "info"],
            os.path.join(log_dir, f"containerd-{version}.log"),
            env=self.env,
        )
        self._imported = False

    def _write_config(self, config):
        conf_dir = os.path.join(self.dir, "cni")
        os.makedirs(conf_dir)
        subnet = "10.90.0.0/16" if self.version == "1.6" else "10.91.0.0/16"
        network = {
            "cniVersion": "0.4.0",
            "name": "node-" + self.version.replace(".", "-"),
            "plugins": [
                {
                    "type": "ptp",
                    "ipam": {
                        "type": "host-local",
                        "subnet": subnet,
                        "dataDir": os.path.join(self.dir, "ipam"),
                        "routes": [{"dst": "0.0.0.0/0"}],
                    },
                },
                {"type": "portmap", "capabilities": {"portMappings": True}},
            ],
        }
        with open(os.path.join(conf_dir, "10-node.conflist"), "w", encoding="utf-8") as file:
            json.dump(network, file)
        path = os.path.join(self.dir, "config.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                config.format(
                    root=self.root,
                    state=self.state,
                    address=self.address,
                    pause=images.PAUSE,
                    cni=tools.CNI_PLUGINS,
                    conf=conf_dir,
                )
            )
        return path

    def start(self):
        """Starts it, also after kill() or terminate(), during which its containers keep running."""
        self.daemon.start()
        self.daemon.wait_ready(self._is_ready)
        if not self._imported:
            for archive in images.archives():
                self.ctr("images", "import", archive)
            self._imported = True
        return self

    def _is_ready(self):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(self.address)
        # The CRI plugin, which depends on most of the others, is loaded later than the socket is opened.
        plugins = self.ctr("plugins", "list", namespace=None)
        return any(line.split()[1:2] == ["cri"] and line.rstrip().endswith("ok") for line in plugins.splitlines())

    def ctr(self, *arguments, namespace="k8s.io"):
        argv = [self._ctr, "--address", self.address]
        if namespace:
            argv += ["--namespace", namespace]
        result = subprocess.run(argv + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.env)
        if result.returncode != 0:
            raise RuntimeError(f"ctr {' '.join(arguments)}: {result.stdout}")
        return result.stdout

    def kill(self):
        """Like a crash: containers keep running."""
        self.daemon.kill()

    def restart(self):
        """Like an upgrade: stops it and starts it on the same root; containers keep running."""
        self.daemon.terminate()
        self.start()

    def stop(self):
        """Stops it and everything that it has started."""
        try:
            self.daemon.terminate()
        finally:
            for task in self._task_ids():
                subprocess.run(
                    ["runc", "--root", "/run/containerd/runc/k8s.io", "delete", "--force", task],
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=self.env,
                )
            self._kill_runtime_shims()
            namespaces.unmount_below(self.dir)

    def _task_ids(self):
        return [os.path.basename(path) for path in glob.glob(self.state + "/io.containerd.runtime.v2.task/k8s.io/*")]

    def _kill_runtime_shims(self):
        """They outlive containerd by design. Each has the address of containerd's socket in its command line."""
        for pid in self._runtime_shims():
            os.kill(pid, signal.SIGKILL)
        wait.until(lambda: not self._runtime_shims(), "the runtime shims have exited", 10)

    def _runtime_shims(self):
        found = []
        for path in glob.glob("/proc/[0-9]*/cmdline"):
            try:
                with open(path, "rb") as file:
                    arguments = file.read().split(b"\0")
            except OSError:
                continue  # The process has exited.
            if arguments[0].endswith(b"containerd-shim-runc-v2") and self.address.encode() in arguments:
                found.append(int(path.split("/")[2]))
        return found
