"""Waits for a condition with a deadline.

The tests observe real daemons, for which a fixed sleep is too short on a busy machine or too long on an idle one. So they poll a
condition, and a timeout reports the last value.
"""

import time


class Timeout(AssertionError):
    """The condition did not become true in time. An AssertionError, so that unittest reports a failure, not an error."""


def until(condition, what, seconds=30, every=0.05):
    """Calls condition until it returns a true value, and returns that value.

    An exception in condition counts as false (a closed socket, a missing file); a timeout reports the last one.
    """
    deadline = time.monotonic() + seconds
    while True:
        problem = None
        value = None
        try:
            value = condition()
            if value:
                return value
        except Exception as error:  # pylint: disable=broad-except
            problem = error
        if time.monotonic() >= deadline:
            seen = repr(problem) if problem is not None else repr(value)
            raise Timeout(f"after {seconds} s still not: {what}; last seen: {seen}")
        time.sleep(every)


def holds(condition, what, seconds, every=0.1):
    """Fails if condition becomes false within that many seconds: for what must not happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not condition():
            raise Timeout(f"no longer holds: {what}")
        time.sleep(every)
