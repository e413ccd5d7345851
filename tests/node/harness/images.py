"""Container images, built from programs of this machine so that no registry is needed.

  localhost/pause:1      the sandbox process (tools/pause)
  localhost/busybox:1    busybox with all its applets, and mock_log (images/)
  localhost/critest:1    busybox with what critest's specs run in their images: a web server as the command, ipcs, pgrep
  localhost/collector:1  busybox plus Debian's rsyslogd with the libraries and modules it needs, run by images/collect

Each is a docker-archive tar with one layer, reproducible, and kept in the cache of tools.cache_dir().
"""

import fcntl
import functools
import hashlib
import io
import json
import os
import re
import subprocess
import tarfile

from harness import tools

PAUSE = "localhost/pause:1"
BUSYBOX = "localhost/busybox:1"
COLLECTOR = "localhost/collector:1"
CRITEST = "localhost/critest:1"

SCRIPTS = os.path.join(tools.HERE, "images")
RSYSLOG_MODULES = ("imfile.so", "lmnet.so")  # rsyslogd loads lmnet at its start.


class Layer:
    """Collects the files of a root file system; tar() is reproducible: sorted and without times."""

    def __init__(self):
        self._entries = {}

    def directory(self, path, mode=0o755):
        self._entries[path] = (tarfile.DIRTYPE, mode, b"", "")

    def file(self, path, content, mode=0o644):
        self._entries[path] = (tarfile.REGTYPE, mode, content, "")

    def copy(self, source, path=None, mode=0o755):
        with open(source, "rb") as file:
            self.file((path or source).lstrip("/"), file.read(), mode)

    def hard_link(self, path, target):
        self._entries[path] = (tarfile.LNKTYPE, 0o755, b"", target)

    def tar(self):
        parents = {os.path.dirname(path) for path in self._entries}
        while parents:
            for path in parents - {""}:
                self._entries.setdefault(path, (tarfile.DIRTYPE, 0o755, b"", ""))
            parents = {os.path.dirname(path) for path in parents} - {""}
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
            # Hard links last: their targets must exist when they are unpacked.
            for path in sorted(self._entries, key=lambda path: (self._entries[path][0] == tarfile.LNKTYPE, path)):
                kind, mode, content, target = self._entries[path]
                entry = tarfile.TarInfo(path)
                entry.type, entry.mode, entry.size, entry.linkname = kind, mode, len(content), target
                archive.addfile(entry, io.BytesIO(content))
        return buffer.getvalue()


def _pause():
    layer = Layer()
    layer.copy(tools.built("pause", "pause"), "pause")
    return layer, ["/pause"]


def _busybox():
    layer = Layer()
    busybox = tools.distribution("busybox")
    layer.copy(busybox, "bin/busybox")
    applets = subprocess.run([busybox, "--list"], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    for applet in applets:
        if applet != "busybox":
            # Hard links, because a runtime that masks a symbolic link /bin/ls would mask all of busybox.
            layer.hard_link("bin/" + applet, "bin/busybox")
    layer.copy(os.path.join(SCRIPTS, "mock_log"), "bin/mock_log")
    for path in ("proc", "sys", "dev", "run", "var/log", "home"):
        layer.directory(path)
    layer.directory("tmp", 0o1777)
    layer.directory("root", 0o700)
    layer.file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n")
    layer.file("etc/group", b"root:x:0:\nnogroup:x:65534:\n")
    return layer, ["/bin/sh"]


def _collector():
    layer, _ = _busybox()
    rsyslogd = tools.distribution("rsyslogd")
    layer.copy(rsyslogd, "bin/rsyslogd")
    programs = [rsyslogd]
    for module in RSYSLOG_MODULES:
        programs.append(os.path.join(_rsyslog_module_dir(), module))
        layer.copy(programs[-1])
    for library in _libraries_of(programs):
        layer.copy(library)
    layer.copy(os.path.join(SCRIPTS, "collect"), "bin/collect")
    return layer, ["/bin/collect"]


def _critest():
    layer, _ = _busybox()
    ipcs = tools.distribution("ipcs")
    layer.copy(ipcs, "bin/ipcs")
    for library in _libraries_of([ipcs]):
        layer.copy(library)
    layer.copy(os.path.join(SCRIPTS, "pgrep"), "bin/pgrep")
    layer.file("www/index.html", b"critest\n")
    return layer, ["/bin/busybox", "httpd", "-f", "-p", "80", "-h", "/www"]


def _rsyslog_module_dir():
    listed = subprocess.run(["dpkg", "-L", "rsyslog"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return os.path.dirname(next(line for line in listed.splitlines() if line.endswith("/imfile.so")))


def _libraries_of(programs):
    """The paths of the shared libraries that the programs need, and of the loader."""
    found = set()
    for program in programs:
        listed = subprocess.run(["ldd", program], check=True, stdout=subprocess.PIPE, text=True).stdout
        found.update(re.findall(r"(/\S+) \(0x", listed))
    return sorted(found)


IMAGES = {PAUSE: _pause, BUSYBOX: _busybox, COLLECTOR: _collector, CRITEST: _critest}


def _archive(name, layer, command):
    """An image with one layer as a docker-archive."""
    layer_tar = layer.tar()
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Cmd": command, "Env": ["PATH=/bin:/sbin:/usr/bin:/usr/sbin"]},
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer_tar).hexdigest()]},
        },
        sort_keys=True,
    ).encode()
    config_name = hashlib.sha256(config).hexdigest() + ".json"
    archive = Layer()
    archive.file("layer.tar", layer_tar)
    archive.file(config_name, config)
    archive.file(
        "manifest.json",
        json.dumps([{"Config": config_name, "RepoTags": [name], "Layers": ["layer.tar"]}]).encode(),
    )
    return archive.tar()


def _fingerprint():
    """A hash of everything that goes into the images: this file, the scripts and the programs."""
    inputs = [os.path.abspath(__file__), tools.built("pause", "pause")]
    inputs += [os.path.join(SCRIPTS, name) for name in sorted(os.listdir(SCRIPTS))]
    inputs += [tools.distribution(program) for program in ("busybox", "rsyslogd", "ipcs")]
    digest = hashlib.sha256()
    for path in inputs:
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()[:12]


@functools.cache
def archives():
    """The paths of all image tars, built if they are not in the cache."""
    folder = os.path.join(tools.cache_dir(), "images-" + _fingerprint())
    paths = [os.path.join(folder, name.split("/")[1].replace(":", "-") + ".tar") for name in IMAGES]
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, ".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for (name, make), path in zip(IMAGES.items(), paths):
            if not os.path.exists(path):
                with open(path + ".new", "wb") as file:
                    file.write(_archive(name, *make()))
                os.rename(path + ".new", path)
    return paths
