"""Finds the real programs: those that build-tools.sh builds, and those of the distribution.

Raises Missing if a program is not available on this machine; the test is then skipped with that reason.
"""

import functools
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REPOSITORY = os.path.dirname(os.path.dirname(HERE))
CANNOT_BUILD = 77

# program -> the Debian package that contains it, for the message of Missing.
DISTRIBUTION = {
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "busybox": "busybox-static",
    "rsyslogd": "rsyslog",
    "ip": "iproute2",
    "ipcs": "util-linux-extra",
    "unshare": "util-linux",
}
# The same for programs that only a control plane needs.
CLUSTER = {
    "etcd": "etcd-server",
    "openssl": "openssl",
}
CNI_PLUGINS = "/usr/lib/cni"


class Missing(Exception):
    """A program that a test needs is not available on this machine."""


@functools.cache
def bin_dir(family):
    """The folder with the programs of one family of build-tools.sh (kubelet, cri-tools, ...), built if necessary."""
    script = os.path.join(HERE, "build-tools.sh")
    result = subprocess.run([script, "--print-path", family], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if result.returncode == CANNOT_BUILD:
        raise Missing(result.stderr.strip())
    if result.returncode != 0:
        raise RuntimeError(f"{script} {family} failed:\n{result.stderr}")
    return result.stdout.strip()


def require_built(family):
    """Raises Missing unless the family has been built."""
    script = os.path.join(HERE, "build-tools.sh")
    if subprocess.run([script, "--is-built", family], check=False).returncode != 0:
        raise Missing(f"{family} is not built yet (tests/node/build-tools.sh {family})")


def built(family, program):
    return os.path.join(bin_dir(family), program)


def cache_dir():
    """The folder that keeps built programs and images between runs; the same as in build-tools.sh."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.environ.get("SIDECAR_SHIM_TOOLS_DIR") or os.path.join(home, "sidecar-shim-tools")


def distribution(program):
    """The path of a program of the distribution."""
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        package = {**DISTRIBUTION, **CLUSTER}.get(program, program)
        raise Missing(f"no {program} (Debian package {package})")
    return path


def require(families):
    """Builds the families if necessary; raises Missing if they or another requirement of a node are not available."""
    if os.geteuid() != 0:
        raise Missing("a private node needs root")
    for program in [*DISTRIBUTION, *(CLUSTER if "control-plane" in families else ())]:
        distribution(program)
    if not os.path.exists(os.path.join(CNI_PLUGINS, "ptp")):
        raise Missing(f"no {CNI_PLUGINS}/ptp (Debian package containernetworking-plugins)")
    for family in families:
        bin_dir(family)
