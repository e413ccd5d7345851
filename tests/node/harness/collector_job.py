"""The typical job for sidecar-shim: main writes an access log, and a collector sidecar ships every line.

The collector (images/collect, which runs a real rsyslogd) has the higher launch priority and is stopped after main. It needs time
to drain after SIGTERM, or it loses lines. So 100 of 100 lines in the sink show that it was started first, stopped last and not
killed early.
"""

import os
import re

from harness import images, namespaces, pods, wait

LINES = 100
MAIN_FIRST = ("main", "collector")
SIDECAR_FIRST = ("collector", "main")


class CollectorJob:
    """The pod manifest of the job, and the lines that its collector has shipped."""

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
            # main mounts the sink, too, so that a test can signal a running main.
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
        """The numbers of the shipped lines, in order of arrival."""
        try:
            with open(os.path.join(self.sink_dir, "collected.log"), encoding="utf-8") as file:
                return [int(re.fullmatch(r".* line=(\d+)\n", line).group(1)) for line in file]
        except FileNotFoundError:
            return []

    def signal(self, name):
        """Creates /sink/<name> in the containers."""
        with open(os.path.join(self.sink_dir, name), "w", encoding="utf-8"):
            pass

    def wait_signal(self, name, seconds=30):
        """Waits until a container has created /sink/<name>."""
        wait.until(lambda: os.path.exists(os.path.join(self.sink_dir, name)), f"{self.name}: /sink/{name} exists", seconds)

    def check_lines(self, test):
        test.assertEqual(list(range(1, LINES + 1)), self.lines(), f"{self.name}: the lines in the collector's sink")
