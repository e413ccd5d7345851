"""Runs a test in its own mount, network and pid namespaces, so that a whole node can run on any machine.

A node mounts file systems, creates network interfaces, binds well-known ports, requires sysctls and leaves processes behind. In
namespaces all of that is removed when the test ends, even if it is killed: the kernel kills all processes of a pid namespace when
its first process exits, and removes the mounts with the last process.
"""

import os
import shutil
import signal
import subprocess
import sys

MARK = "SIDECAR_SHIM_NODE_NAMESPACE"
WORK_DIR = "/run/node"
NODE_ADDRESS = "10.88.0.1"

# The values that kubelet requires; it would set them itself, on the host.
SYSCTLS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}

# Folders whose paths cannot be configured in containerd, CNI or kubelet. A tmpfs is mounted on each, so that the host's are not
# changed. /run is first, because the others can be symbolic links into it.
PRIVATE_DIRS = ("/run", "/var/log", "/var/lib/cni", "/var/lib/kubelet")


def enter():
    """Re-executes the current command inside new namespaces; returns only in the process that runs the tests."""
    if os.environ.get(MARK) is None:
        os.environ[MARK] = "1"
        command = [sys.executable] + sys.orig_argv[1:]
        os.execvp(
            "unshare",
            ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation=private"] + command,
        )
    _set_up_mounts()
    _set_up_network()
    os.makedirs(WORK_DIR)
    _fork_from_first_process()


def work_dir(name):
    """An empty folder on a tmpfs. Its path is short enough for unix sockets."""
    path = os.path.join(WORK_DIR, name)
    if os.path.exists(path):  # From an earlier test class.
        unmount_below(path)
        shutil.rmtree(path)
    os.makedirs(path)
    return path


def unmount_below(path):
    """Unmounts what a daemon has left mounted below `path`."""
    with open("/proc/self/mounts", encoding="utf-8") as file:
        points = [line.split()[1] for line in file]
    for point in reversed(points):
        if point.startswith(path + "/"):
            _run("umount", "--lazy", point)


def _run(*argv):
    subprocess.run(argv, check=True)


def _set_up_mounts():
    with open("/etc/resolv.conf", encoding="utf-8") as file:
        resolv_conf = file.read()
    for path in PRIVATE_DIRS:
        os.makedirs(path, exist_ok=True)
        _run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", path)
    for path in ("/var/log/pods", "/var/log/containers", "/run/lock"):
        os.makedirs(path)
    if not os.path.exists("/etc/resolv.conf"):  # It was a symbolic link into the host's /run.
        target = os.path.realpath("/etc/resolv.conf")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as file:
            file.write(resolv_conf)
    os.makedirs("/run/sysctls")
    for name, value in SYSCTLS.items():
        replacement = os.path.join("/run/sysctls", name.replace("/", "."))
        with open(replacement, "w", encoding="utf-8") as file:
            file.write(value + "\n")
        _run("mount", "--bind", replacement, "/proc/sys/" + name)


def _set_up_network():
    """Sets up loopback and an interface with a default route, whose address kubelet uses as the node's."""
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "link", "add", "node0", "type", "veth", "peer", "name", "node1")
    _run("ip", "address", "add", NODE_ADDRESS + "/16", "dev", "node0")
    _run("ip", "link", "set", "node0", "up")
    _run("ip", "link", "set", "node1", "up")
    _run("ip", "route", "add", "default", "via", "10.88.0.2", "dev", "node0")


def _fork_from_first_process():
    """Continues in a child process, which runs the tests.

    The first process of a pid namespace inherits and must reap all orphans. It does only that, and exits with the child's status.
    """
    child = os.fork()
    if child == 0:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The terminal sends SIGINT to the child, too.
    signal.signal(signal.SIGTERM, lambda number, _: os.kill(child, number))
    while True:
        pid, status = os.wait()
        if pid == child:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
