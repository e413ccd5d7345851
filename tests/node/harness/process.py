"""A daemon that a test starts, stops, kills and restarts, with one log file.

Signals are sent only to the process that was started here: the machine may run other processes of the same program.
"""

import os
import signal
import socket
import subprocess

from harness import wait


class Daemon:
    def __init__(self, name, argv, log_path, env=None):
        self.name = name
        self.argv = [str(argument) for argument in argv]
        self.log_path = log_path
        self._env = env
        self._process = None
        # A daemon of an earlier test may have written to the same file.
        self._log_from = os.path.getsize(log_path) if os.path.exists(log_path) else 0

    @property
    def pid(self):
        return self._process.pid

    def start(self):
        assert not self.alive(), f"{self.name} is already running"
        with open(self.log_path, "ab") as log:
            log.write(f"--- {' '.join(self.argv)}\n".encode())
            log.flush()
            self._process = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._env, start_new_session=True
            )

    def alive(self):
        return self._process is not None and self._process.poll() is None

    def wait_ready(self, ready, seconds=60):
        """Waits until ready() is true; fails at once, with the end of its log, if the daemon exits."""

        def check():
            return not self.alive() or ready()

        try:
            wait.until(check, f"{self.name} is ready", seconds)
        except wait.Timeout as error:
            raise wait.Timeout(f"{error}\n{self.tail()}") from None
        if not self.alive():
            raise AssertionError(f"{self.name} exited with {self._process.returncode}\n{self.tail()}")

    def wait_listens(self, path, seconds=20):
        """Waits until a process listens on the unix socket, as wait_ready()."""

        def listens():
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(path)
            return True

        self.wait_ready(listens, seconds)

    def terminate(self, seconds=20):
        """Sends SIGTERM and returns the exit status. If the daemon does not exit in time, kills it and fails."""
        if not self.alive():
            return self._process.returncode if self._process else None
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not exit within {seconds} s of SIGTERM\n{self.tail()}") from None

    def kill(self):
        """Sends SIGKILL, like a crash."""
        if self.alive():
            self._process.kill()
            self._process.wait()

    def log(self):
        try:
            with open(self.log_path, "rb") as log:
                log.seek(self._log_from)
                return log.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def tail(self, lines=25):
        return f"the end of {os.path.basename(self.log_path)}:\n" + "\n".join(self.log().splitlines()[-lines:])
