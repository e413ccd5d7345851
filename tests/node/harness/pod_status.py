"""Reads a pod object, from wherever it came: what `kubectl describe` would show of its status."""

import json

from harness import wait


def phase(pod):
    return pod["status"]["phase"] if pod else None


def containers(pod, kind="containerStatuses"):
    """{container name: its status}."""
    return {status["name"]: status for status in (pod or {}).get("status", {}).get(kind, [])}


def waiting(pod):
    """{container name: (reason, message)} of those that wait."""
    reasons = {}
    for name, status in containers(pod).items():
        state = status["state"].get("waiting")
        if state is not None:
            reasons[name] = (state.get("reason", ""), state.get("message", ""))
    return reasons


def wait_phase(get, name, wanted, seconds):
    """Until get() is a pod in that phase; returns it as it was then."""

    def reached():
        pod = get()
        return pod if phase(pod) == wanted else _Not(pod)

    return wait.until(reached, f"pod {name} is {wanted}", seconds, every=0.1)


class _Not:
    """False to a condition, but tells in a failed wait what a pod's status was."""

    def __init__(self, pod):
        self._status = (pod or {}).get("status")

    def __bool__(self):
        return False

    def __repr__(self):
        return json.dumps(self._status)
