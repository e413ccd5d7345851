"""Waiting for a condition with a deadline.

Every test here watches real daemons, and a fixed sleep is either too short on a busy machine or too long on an idle one. So
nothing in these tests sleeps for a time: it asks until the answer is there, and says what it last saw when it never came.
"""

import time


class Timeout(AssertionError):
    """What was waited for did not happen; an AssertionError, because to a test that is a failed expectation."""


def until(condition, what, seconds=30, every=0.05):
    """Calls condition until it returns something true, and returns that.

    An exception inside condition counts as "not yet" (a socket that does not answer, a file that is not there) and is named
    when time is up.
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
    """The opposite: fails as soon as condition turns false within that many seconds (for "this must not happen")."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not condition():
            raise Timeout(f"no longer holds: {what}")
        time.sleep(every)
