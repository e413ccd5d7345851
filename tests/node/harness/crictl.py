"""The real crictl with one endpoint, as a user of a node runs it."""

import datetime
import json
import os
import re
import subprocess

from harness import tools, wait


class Failed(Exception):
    """crictl has failed; the exception's text is what it printed."""


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
        """Runs crictl and returns the finished process with stdout and stderr as bytes, whatever its exit status."""
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

    # Single commands.

    def wait_available(self):
        """For use after a restart of containerd, which opens its socket before it serves CRI."""
        wait.until(lambda: self.run("version"), f"{self.endpoint} serves CRI", 30)

    def run_pod(self, config_path):
        return self.run("runp", config_path)

    def create(self, sandbox, container_config_path, pod_config_path, timeout=None):
        return self.run("create", sandbox, container_config_path, pod_config_path, timeout=timeout)

    def start(self, container, timeout=None):
        return self.run("start", container, timeout=timeout)

    def containers(self, *filters):
        """All containers, including exited ones."""
        return self.json("ps", "--all", *filters)["containers"]

    def sandboxes(self, *filters):
        return self.json("pods", *filters)["items"]

    def status(self, container):
        """The CRI ContainerStatus, with createdAtNs, startedAtNs and finishedAtNs in nanoseconds."""
        status = self.json("inspect", container)["status"]
        for key in ("createdAt", "startedAt", "finishedAt"):
            status[key + "Ns"] = _nanoseconds(status[key])
        return status

    def statuses(self, *filters):
        """{container name: status} of the matching containers; of a restarted one the newest attempt."""
        newest = {}
        for container in self.containers(*filters):
            try:
                status = self.status(container["id"])
            except Failed as failure:
                if "NotFound" not in str(failure):
                    raise
                continue  # kubelet has removed it in the meantime, because there is a newer attempt
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
    """Parses RFC 3339 with up to nine decimals; datetime supports six."""
    seconds, fraction, zone = re.fullmatch(r"([^.Z+]+)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", text).groups()
    moment = datetime.datetime.fromisoformat(seconds + zone.replace("Z", "+00:00"))
    return int(moment.timestamp()) * 10**9 + int((fraction or "").ljust(9, "0"))


def write_config(folder, name, config):
    """Writes a pod or container config for crictl; returns its path."""
    path = os.path.join(folder, name + ".json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(config, file)
    return path
