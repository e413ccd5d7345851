"""Where the real programs are: those that build-tools.sh makes, and those that the distribution ships.

Asking here for something that this machine cannot have raises Missing, which a test turns into a skip with the reason printed.
"""

import functools
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REPOSITORY = os.path.dirname(os.path.dirname(HERE))
CANNOT_BUILD = 77

# program -> the Debian package that brings it, for a message that helps.
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
# What only a control plane needs.
CLUSTER = {
    "etcd": "etcd-server",
    "openssl": "openssl",
}
CNI_PLUGINS = "/usr/lib/cni"


class Missing(Exception):
    """Something a test needs is not to be had on this machine."""


@functools.cache
def bin_dir(family):
    """The folder with the programs of one family (kubelet, cri-tools, ...: build-tools.sh), built if it is not there yet."""
    script = os.path.join(HERE, "build-tools.sh")
    result = subprocess.run([script, "--print-path", family], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if result.returncode == CANNOT_BUILD:
        raise Missing(result.stderr.strip())
    if result.returncode != 0:
        raise RuntimeError(f"{script} {family} failed:\n{result.stderr}")
    return result.stdout.strip()


def require_built(family):
    """Raises Missing unless the family is in the cache already."""
    script = os.path.join(HERE, "build-tools.sh")
    if subprocess.run([script, "--is-built", family], check=False).returncode != 0:
        raise Missing(f"{family} is not built yet (tests/node/build-tools.sh {family})")


def built(family, program):
    return os.path.join(bin_dir(family), program)


def cache_dir():
    """Where built things are kept between runs; the same folder that build-tools.sh uses."""
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
    """Raises Missing unless everything that a private node needs is there; builds what can be built."""
    if os.geteuid() != 0:
        raise Missing("a private node needs root")
    for program in [*DISTRIBUTION, *(CLUSTER if "control-plane" in families else ())]:
        distribution(program)
    if not os.path.exists(os.path.join(CNI_PLUGINS, "ptp")):
        raise Missing(f"no {CNI_PLUGINS}/ptp (Debian package containernetworking-plugins)")
    for family in families:
        bin_dir(family)
