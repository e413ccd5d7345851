#!/usr/bin/env python3
"""crictl on a real containerd through sidecar-shim: a user creates and starts containers in any order.

Without kubelet a refused call is not retried. So the shim holds a StartContainer until the containers with higher priority have
been started, or fails it at the caller's deadline.
"""

import re
import unittest

from harness import crictl, namespaces, pods, session, wait
from harness.crictl import Crictl
from harness.with_containerd import WithShim

FOREVER = "trap 'exit 0' TERM; while :; do sleep 0.1; done"
PRIORITIES = {"low": -5, "plain": None, "middle": 5, "high": 10}
IN_ORDER = ("high", "middle", "plain", "low")


class Containers(WithShim):
    """The tests for each version of containerd; each test has its own sandbox."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.direct = Crictl(cls.containerd.endpoint)
        cls.crictl = Crictl(cls.shim.endpoint, timeout="20s")

    def setUp(self):
        self.folder = namespaces.work_dir("crictl")
        self.pod_config = crictl.write_config(
            self.folder, "pod", pods.sandbox_config(self.id().rpartition(".")[2], log_directory=self.folder + "/logs")
        )
        self.sandbox = self.crictl.run_pod(self.pod_config)
        self.addCleanup(self.direct.remove_everything)

    def create(self, name, command=FOREVER, env=None):
        config = crictl.write_config(self.folder, name, pods.container_config(name, command, env))
        return self.crictl.create(self.sandbox, config, self.pod_config)

    def create_all(self, names):
        """{name: id}, created in the given order."""
        created = {}
        for name in names:
            priority = PRIORITIES[name]
            created[name] = self.create(name, env=None if priority is None else {pods.PRIORITY: priority})
        return created

    def state(self, container):
        return self.direct.status(container)["state"]

    def check_started_in_order(self, containers):
        times = [self.direct.status(containers[name])["startedAtNs"] for name in IN_ORDER if name in containers]
        self.assertEqual(sorted(times), times)
        self.assertEqual(len(times), len(set(times)))

    def start_in_background(self, container, timeout="30s"):
        starting = self.crictl.start_in_background("start", container, timeout=timeout)
        self.addCleanup(starting.communicate)
        self.addCleanup(starting.kill)
        return starting

    def check_waits(self, starting, container, seconds=1.0):
        wait.holds(lambda: starting.poll() is None, "crictl start waits", seconds)
        self.assertEqual("CONTAINER_CREATED", self.state(container))

    def check_done(self, starting):
        wait.until(lambda: starting.poll() is not None, "crictl start returns", 10)
        self.assertEqual(0, starting.returncode, starting.stdout.read())

    # ---- order ----

    def test_starts_in_priority_order_succeed(self):
        containers = self.create_all(("plain", "low", "high", "middle"))
        for name in IN_ORDER:
            self.crictl.start(containers[name], timeout="5s")
        self.check_started_in_order(containers)

    def test_starts_in_reverse_order_wait_for_their_turn(self):
        """Starts are sent in reverse order; each waits for its turn, so that all start in the right order."""
        containers = self.create_all(("low", "middle", "plain", "high"))
        starting = {}
        for name in reversed(IN_ORDER[1:]):
            starting[name] = self.start_in_background(containers[name])
        for name, process in starting.items():
            self.check_waits(process, containers[name], 0.5)
        self.crictl.start(containers["high"])
        for process in starting.values():
            self.check_done(process)
        self.check_started_in_order(containers)

    def test_held_start_fails_with_a_reason_at_the_deadline(self):
        containers = self.create_all(("low", "high"))
        with self.assertRaises(crictl.Failed) as failed:
            self.crictl.start(containers["low"], timeout="2s")
        self.assertRegex(_unquoted(failed.exception), 'FailedPrecondition.*"low".*waits for "high"')
        self.assertEqual("CONTAINER_CREATED", self.state(containers["low"]))
        for name in ("high", "low"):
            self.crictl.start(containers[name])
        self.check_started_in_order(containers)

    def test_start_does_not_wait_for_a_removed_container(self):
        containers = self.create_all(("low", "high"))
        starting = self.start_in_background(containers["low"])
        self.check_waits(starting, containers["low"])
        self.crictl.run("rm", containers["high"])
        self.check_done(starting)

    def test_start_does_not_wait_for_an_exited_container(self):
        high = self.create("high", "exit 0", {pods.PRIORITY: 10})
        low = self.create("low")
        self.crictl.start(high)
        wait.until(lambda: self.state(high) == "CONTAINER_EXITED", "high has exited")
        self.crictl.start(low, timeout="5s")

    def test_stopping_the_pod_ends_a_held_start(self):
        containers = self.create_all(("low", "high"))
        starting = self.start_in_background(containers["low"])
        self.check_waits(starting, containers["low"])
        self.crictl.run("stopp", self.sandbox)
        wait.until(lambda: starting.poll() is not None, "crictl start returns", 10)
        self.assertNotEqual("CONTAINER_RUNNING", self.state(containers["low"]))

    def test_equal_priorities_start_in_any_order(self):
        names = ("c", "a", "b")
        containers = {name: self.create(name) for name in names}
        for name in sorted(names):
            self.crictl.start(containers[name], timeout="5s")

    def test_malformed_priority_is_refused_with_its_value(self):
        for value in ("high", " 5", "1.5", "99999999999"):
            with self.subTest(value):
                with self.assertRaises(crictl.Failed) as failed:
                    self.create("bad", env={pods.PRIORITY: value})
                self.assertIn(pods.PRIORITY, str(failed.exception))
                self.assertIn(f'"{value}"', _unquoted(failed.exception))
        self.assertEqual([], self.direct.containers(), "nothing was created")

    # ---- restarts ----

    def test_shim_crash_while_a_start_is_held(self):
        containers = self.create_all(("low", "high"))
        starting = self.start_in_background(containers["low"])
        self.check_waits(starting, containers["low"])
        self.shim.kill_and_start()
        wait.until(lambda: starting.poll() is not None, "the held call has failed with the crash", 10)
        self.assertNotEqual(0, starting.returncode)

        again = self.start_in_background(containers["low"])
        self.check_waits(again, containers["low"])
        self.crictl.start(containers["high"])
        self.check_done(again)
        self.check_started_in_order(containers)

    def test_containerd_restart_between_create_and_start(self):
        containers = self.create_all(("low", "high"))
        self.containerd.restart()
        wait.until(lambda: self.crictl.result("ps", timeout="1s").returncode == 0, "the shim has reconnected", 3)
        starting = self.start_in_background(containers["low"])
        self.check_waits(starting, containers["low"])
        self.crictl.start(containers["high"])
        self.check_done(starting)
        self.check_started_in_order(containers)

    def test_calls_fail_while_containerd_is_down(self):
        self.containerd.daemon.terminate()
        self.addCleanup(lambda: self.containerd.daemon.alive() or self.containerd.start())
        result = self.crictl.result("ps", timeout="5s")
        self.assertNotEqual(0, result.returncode)
        self.assertIn(b"Unavailable", result.stderr)
        self.containerd.start()
        wait.until(lambda: self.crictl.result("ps", timeout="1s").returncode == 0, "the shim has reconnected", 3)

    # ---- transparency ----

    def test_crictl_output_is_the_same_through_the_shim(self):
        """Compares standard output, standard error and exit status."""
        script = "echo to-stdout; echo to-stderr >&2; " + FOREVER
        running = self.create("running", script, {"WORD": "a b", "BINARY": "ünïcode"})
        created = self.create("created")
        exited = self.create("exited", "exit 5")
        self.crictl.start(running)
        self.crictl.start(exited)
        wait.until(lambda: self.state(exited) == "CONTAINER_EXITED", "the container has exited")
        wait.until(lambda: "to-stderr" in self.crictl.logs(running), "the container has written its lines")
        busybox = self.direct.status(running)["image"]["image"]
        absent = "0" * 64
        commands = [
            ("version",),
            ("info",),
            ("ps", "--all", "--output=json"),
            ("ps", "--all", "--quiet"),
            ("ps", "--state=Exited", "--output=yaml"),
            ("pods", "--output=json"),
            ("pods", "--verbose"),
            ("inspect", running),
            ("inspect", created),
            ("inspect", exited),
            ("inspect", "--output=yaml", exited),
            ("inspectp", self.sandbox),
            ("images", "--output=json"),
            ("inspecti", busybox),
            ("imagefsinfo",),
            ("logs", running),
            ("exec", "--sync", running, "/bin/sh", "-c", "echo out; echo err >&2; exit 3"),
            ("exec", running, "/bin/sh", "-c", "echo streamed"),
            ("port-forward", self.sandbox, "not-a-port"),
            ("stats", "--id", absent),
            ("statsp",),
            ("inspect", absent),
            ("inspectp", absent),
            ("inspecti", "localhost/absent:1"),
            ("start", absent),
            ("start", exited),
            ("rm", running),
            ("exec", "--sync", exited, "/bin/true"),
            ("pull", "localhost:1/absent:1"),
        ]
        for command in commands:
            with self.subTest(" ".join(command)):
                self.check_same(command)

    def check_same(self, command):
        """Some output changes over time (disk usage), so the shim's is taken between two direct runs that are equal."""

        def same_twice():
            before = _printed(self.direct.result(*command))
            through = _printed(self.crictl.result(*command))
            after = _printed(self.direct.result(*command))
            return (before, through) if before == after else None

        direct, through = wait.until(same_twice, "containerd's own output stays the same", 20)
        self.assertEqual(direct, through)

    def test_stats_have_the_same_shape_through_the_shim(self):
        """The figures change all the time, so only their structure is compared."""
        container = self.create("main")
        self.crictl.start(container)
        wait.until(lambda: self.crictl.json("stats")["stats"], "the runtime reports figures")
        self.assertEqual(_shape(self.direct.json("stats")), _shape(self.crictl.json("stats")))

    def test_updates_reach_the_container(self):
        container = self.create("main")
        self.crictl.start(container)
        self.crictl.run("update", "--cpu-share=512", container)
        resources = self.direct.json("inspect", container)["info"]["runtimeSpec"]["linux"]["resources"]
        self.assertEqual(512, resources["cpu"]["shares"])


def _printed(result):
    """Exit status and output, without the time of day and the process id in crictl's error lines."""
    stderr = re.sub(rb'time="[^"]*"|^[EWI]\d{4} \S+ +\d+ ', b"", result.stderr, flags=re.MULTILINE)
    return result.returncode, result.stdout.decode(), stderr.decode()


def _unquoted(error):
    """crictl logs a message as a quoted string."""
    return str(error).replace('\\"', '"')


def _shape(value):
    if isinstance(value, dict):
        return {key: _shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_shape(inner) for inner in value]
    return type(value).__name__


class Containerd16(Containers, unittest.TestCase):
    version = "1.6"


class Containerd24(Containers, unittest.TestCase):
    version = "2.4"


if __name__ == "__main__":
    session.main(needs=("pause", "cri-tools", "containerd"), shim=True)
