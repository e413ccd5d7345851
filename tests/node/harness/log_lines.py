"""When a container said something: the runtime stamps each line of its log with nanoseconds."""

import datetime
import re

from harness import wait


def time_of_line(path, text, seconds=30):
    """Waits for that line; ns since the epoch."""

    def find():
        with open(path, encoding="utf-8") as log:
            return next((entry for entry in log if entry.rstrip().endswith(" " + text)), None)

    stamp = wait.until(find, f"{path} has a line {text!r}", seconds).split()[0]
    whole, fraction, zone = re.fullmatch(r"(.{19})\.(\d+)(.*)", stamp).groups()
    return int(datetime.datetime.fromisoformat(whole + zone).timestamp()) * 10**9 + int(fraction.ljust(9, "0"))
