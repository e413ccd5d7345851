"""The job that sidecar-shim is made for: an application writes an access log, and a collector beside it ships every line.

The collector (images/collect around a real rsyslogd) has the higher launch priority and is flagged to be stopped after the job.
Stopped at once, it would lose lines; its drain is what saves them. So 100 of 100 lines in the sink show at once that it was
up, that it was stopped, and that it was given its time.
"""

import os
import re

from harness import images, namespaces, pods, wait

LINES = 100
MAIN_FIRST = ("main", "collector")
SIDECAR_FIRST = ("collector", "main")


class Article:
    """The pod manifest, and what its collector has shipped."""

    def __init__(
        self,
        name,
        restart_policy="Never",
        order=MAIN_FIRST,
        main="mock_log --total-count=100",
        env=None,
        collector="exec /bin/collect",
        collector_image=images.COLLECTOR,
    ):
        self.name = name
        self.sink_dir = namespaces.work_dir("sink-" + name)
        sink = {"name": "sink", "hostPath": {"path": self.sink_dir}}
        logs = {"name": "logs", "emptyDir": {}}
        log_mount = {"name": "logs", "mountPath": "/var/log/nginx"}
        sink_mount = {"name": "sink", "mountPath": "/sink"}
        collector_env = {pods.PRIORITY: 100, pods.TERMINATE: "true", "DRAIN": 2, "LIVENESS": 1, **(env or {})}
        containers = {
            # The sink is mounted in main as well: that is how a test tells a running main something.
            "main": pods.container("main", main, volumeMounts=[log_mount, sink_mount]),
            "collector": pods.container(
                "collector",
                collector,
                collector_env,
                image=collector_image,
                volumeMounts=[log_mount, sink_mount],
            ),
        }
        self.pod = pods.pod(
            name, [containers[which] for which in order], restart_policy, labels={"job-name": name}, volumes=[logs, sink]
        )

    def lines(self):
        """The numbers of the lines that arrived, in their order."""
        try:
            with open(os.path.join(self.sink_dir, "collected.log"), encoding="utf-8") as file:
                return [int(re.fullmatch(r".* line=(\d+)\n", line).group(1)) for line in file]
        except FileNotFoundError:
            return []

    def signal(self, name):
        """Makes /sink/<name> appear in the containers."""
        with open(os.path.join(self.sink_dir, name), "w", encoding="utf-8"):
            pass

    def wait_signal(self, name, seconds=30):
        """Waits until a container has made /sink/<name>."""
        wait.until(lambda: os.path.exists(os.path.join(self.sink_dir, name)), f"{self.name}: /sink/{name} is there", seconds)

    def check_lines(self, test):
        test.assertEqual(list(range(1, LINES + 1)), self.lines(), f"{self.name}: the lines in the collector's sink")
