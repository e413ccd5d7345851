"""Timestamps of log lines, in nanoseconds since the epoch: of a container's log and of containerd's own."""

import datetime
import re

from harness import wait


def time_of_line(path, text, seconds=30):
    """Waits until the container log has a line with that text, and returns its timestamp."""

    def find():
        with open(path, encoding="utf-8") as log:
            return next((entry for entry in log if entry.rstrip().endswith(" " + text)), None)

    return _nanoseconds(wait.until(find, f"{path} has a line {text!r}", seconds).split()[0])


def time_in_containerd_log(log, text):
    """The timestamp of the first line with that text; `log` is the whole log of containerd."""
    line = next(line for line in log.splitlines() if text in line)
    return _nanoseconds(re.match(r'time="([^"]+)"', line).group(1))


def _nanoseconds(stamp):
    whole, fraction, zone = re.fullmatch(r"(.{19})\.(\d+)(.*)", stamp).groups()
    return int(datetime.datetime.fromisoformat(whole + zone).timestamp()) * 10**9 + int(fraction.ljust(9, "0"))
