"""A daemon that a test starts, kills and starts again, with one log file over all its lives.

Signals go to the one process that was started here and to no other: these tests may run on a machine that does other work.
"""

import os
import signal
import subprocess

from harness import wait


class Daemon:
    def __init__(self, name, argv, log_path, env=None):
        self.name = name
        self.argv = [str(argument) for argument in argv]
        self.log_path = log_path
        self._env = env
        self._process = None
        # Another test's daemon of that name may have written there before.
        self._log_from = os.path.getsize(log_path) if os.path.exists(log_path) else 0

    @property
    def pid(self):
        return self._process.pid

    def start(self):
        assert not self.alive(), f"{self.name} runs already"
        with open(self.log_path, "ab") as log:
            log.write(f"--- {' '.join(self.argv)}\n".encode())
            log.flush()
            self._process = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._env, start_new_session=True
            )

    def alive(self):
        return self._process is not None and self._process.poll() is None

    def wait_ready(self, ready, seconds=60):
        """Waits until ready() is true, and gives up at once, with the end of its log, when the daemon has died."""

        def check():
            return not self.alive() or ready()

        try:
            wait.until(check, f"{self.name} is ready", seconds)
        except wait.Timeout as error:
            raise wait.Timeout(f"{error}\n{self.tail()}") from None
        if not self.alive():
            raise AssertionError(f"{self.name} ended with {self._process.returncode}\n{self.tail()}")

    def terminate(self, seconds=20):
        """SIGTERM; returns the exit status. One that does not go is killed, and that is a failure of the daemon."""
        if not self.alive():
            return self._process.returncode if self._process else None
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end {seconds} s after SIGTERM\n{self.tail()}") from None

    def kill(self):
        """SIGKILL, as when it crashes."""
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
