"""Reads the status of a Pod object, whether it comes from kubelet or from the API server."""

import json

from harness import wait


def phase(pod):
    return pod["status"]["phase"] if pod else None


def containers(pod, kind="containerStatuses"):
    """{container name: status}."""
    return {status["name"]: status for status in (pod or {}).get("status", {}).get(kind, [])}


def waiting(pod):
    """{container name: (reason, message)} of the containers in state waiting."""
    reasons = {}
    for name, status in containers(pod).items():
        state = status["state"].get("waiting")
        if state is not None:
            reasons[name] = (state.get("reason", ""), state.get("message", ""))
    return reasons


def wait_phase(get, name, wanted, seconds):
    """Waits until get() returns a pod in that phase, and returns that pod."""

    def reached():
        pod = get()
        return pod if phase(pod) == wanted else _NotReached(pod)

    return wait.until(reached, f"pod {name} is {wanted}", seconds, every=0.1)


class _NotReached:
    """A false value whose text is the pod's status, for the error message of a wait that times out."""

    def __init__(self, pod):
        self._status = (pod or {}).get("status")

    def __bool__(self):
        return False

    def __repr__(self):
        return json.dumps(self._status)
