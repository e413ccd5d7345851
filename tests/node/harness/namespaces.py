"""Runs a test in namespaces of its own, so that a whole node fits beside whatever else the machine does.

A node mounts, makes network interfaces, binds well-known ports, insists on sysctls and leaves processes behind. In a mount, a
network and a pid namespace of the test's own all of that is the test's, and it is gone when the test is, even when the test is
killed: with the first process of a pid namespace every other one in it ends, and with the last process its mounts go.
"""

import os
import shutil
import signal
import subprocess
import sys

MARK = "SIDECAR_SHIM_NODE_NAMESPACE"
WORK_DIR = "/run/node"
NODE_ADDRESS = "10.88.0.1"

# What kubelet insists on finding (it would set them itself, on the host).
SYSCTLS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}

# Folders whose paths containerd, CNI or kubelet do not let anyone choose; on a tmpfs here, so that the host's stay as they are.
# /run first: the others' mount points may be symbolic links into it.
PRIVATE_DIRS = ("/run", "/var/log", "/var/lib/cni", "/var/lib/kubelet")


def enter():
    """Starts this very command again inside the namespaces; returns only in the process that shall run the tests."""
    if os.environ.get(MARK) is None:
        os.environ[MARK] = "1"
        again = [sys.executable] + sys.orig_argv[1:]
        os.execvp(
            "unshare",
            ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation=private"] + again,
        )
    _set_up_mounts()
    _set_up_network()
    os.makedirs(WORK_DIR)
    _leave_first_process_behind()


def work_dir(name):
    """A fresh, empty folder with a short path (unix sockets), on memory."""
    path = os.path.join(WORK_DIR, name)
    if os.path.exists(path):  # Of an earlier class of tests.
        unmount_below(path)
        shutil.rmtree(path)
    os.makedirs(path)
    return path


def unmount_below(path):
    """Detaches what a daemon left mounted there."""
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
    if not os.path.exists("/etc/resolv.conf"):  # It was a link into the host's /run.
        target = os.path.realpath("/etc/resolv.conf")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as file:
            file.write(resolv_conf)
    os.makedirs("/run/sysctls")
    for name, value in SYSCTLS.items():
        stand_in = os.path.join("/run/sysctls", name.replace("/", "."))
        with open(stand_in, "w", encoding="utf-8") as file:
            file.write(value + "\n")
        _run("mount", "--bind", stand_in, "/proc/sys/" + name)


def _set_up_network():
    """Loopback, and an address that is not loopback with a default route: kubelet wants one to call the node's."""
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "link", "add", "node0", "type", "veth", "peer", "name", "node1")
    _run("ip", "address", "add", NODE_ADDRESS + "/16", "dev", "node0")
    _run("ip", "link", "set", "node0", "up")
    _run("ip", "link", "set", "node1", "up")
    _run("ip", "route", "add", "default", "via", "10.88.0.2", "dev", "node0")


def _leave_first_process_behind():
    """The first process of a pid namespace inherits every orphan and must reap it; a test cannot do that beside its work.

    So the test runs in a child, and the first process waits for it, reaps, and ends with the child's status.
    """
    child = os.fork()
    if child == 0:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The terminal sends it to the child as well.
    signal.signal(signal.SIGTERM, lambda number, _: os.kill(child, number))
    while True:
        pid, status = os.wait()
        if pid == child:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
