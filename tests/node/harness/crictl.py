"""The real crictl against one endpoint: what a person at a node would type."""

import datetime
import json
import os
import re
import subprocess

from harness import tools, wait


class Failed(Exception):
    """crictl said no; the text of the exception is what it printed."""


class Crictl:
    def __init__(self, endpoint, timeout="10s"):
        self.endpoint = endpoint
        self.timeout = timeout

    def argv(self, *arguments, timeout=None):
        return [
            tools.built("cri-tools", "crictl"),
            "--config=/dev/null",
            f"--runtime-endpoint={self.endpoint}",
            f"--image-endpoint={self.endpoint}",
            f"--timeout={timeout or self.timeout}",
            *[str(argument) for argument in arguments],
        ]

    def result(self, *arguments, timeout=None):
        """Runs it and returns the finished process with stdout and stderr as bytes, however it ended."""
        return subprocess.run(
            self.argv(*arguments, timeout=timeout), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def start_in_background(self, *arguments, timeout=None):
        return subprocess.Popen(
            self.argv(*arguments, timeout=timeout), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self, *arguments, timeout=None):
        result = self.result(*arguments, timeout=timeout)
        if result.returncode != 0:
            raise Failed(f"crictl {' '.join(map(str, arguments))}: {result.stderr.decode(errors='replace').strip()}")
        return result.stdout.decode().strip()

    def json(self, *arguments):
        return json.loads(self.run(arguments[0], "--output=json", *arguments[1:]))

    # What the tests ask for by name.

    def wait_answers(self):
        """After a restart of containerd: its CRI part comes up later than its socket."""
        wait.until(lambda: self.run("version"), f"{self.endpoint} answers", 30)

    def run_pod(self, config_path):
        return self.run("runp", config_path)

    def create(self, sandbox, container_config_path, pod_config_path, timeout=None):
        return self.run("create", sandbox, container_config_path, pod_config_path, timeout=timeout)

    def start(self, container, timeout=None):
        return self.run("start", container, timeout=timeout)

    def containers(self, *filters):
        """All containers, also the finished ones."""
        return self.json("ps", "--all", *filters)["containers"]

    def sandboxes(self, *filters):
        return self.json("pods", *filters)["items"]

    def status(self, container):
        """The CRI ContainerStatus; times are in ns (startedAt, finishedAt)."""
        status = self.json("inspect", container)["status"]
        for key in ("createdAt", "startedAt", "finishedAt"):
            status[key + "Ns"] = _nanoseconds(status[key])
        return status

    def statuses(self, *filters):
        """{container name: its status} of the containers that match; the newest where one has been restarted."""
        newest = {}
        for container in self.containers(*filters):
            try:
                status = self.status(container["id"])
            except Failed as failure:
                if "NotFound" not in str(failure):
                    raise
                continue  # kubelet has removed it since: there is a newer one
            known = newest.get(status["metadata"]["name"])
            if known is None or known["createdAtNs"] < status["createdAtNs"]:
                newest[status["metadata"]["name"]] = status
        return newest

    def statuses_of_pod(self, name):
        return self.statuses(f"--label=io.kubernetes.pod.name={name}")

    def logs(self, container):
        result = self.result("logs", container)
        return result.stdout.decode() + result.stderr.decode()

    def remove_everything(self):
        for sandbox in self.sandboxes():
            self.run("stopp", sandbox["id"])
            self.run("rmp", "--force", sandbox["id"])


def _nanoseconds(text):
    """From RFC 3339 with up to nine decimals, of which datetime alone would drop three."""
    seconds, fraction, zone = re.fullmatch(r"([^.Z+]+)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", text).groups()
    moment = datetime.datetime.fromisoformat(seconds + zone.replace("Z", "+00:00"))
    return int(moment.timestamp()) * 10**9 + int((fraction or "").ljust(9, "0"))


def write_config(folder, name, config):
    """Writes a pod or container config where crictl can read it; returns its path."""
    path = os.path.join(folder, name + ".json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(config, file)
    return path
