"""Builds pods for the tests: manifests for kubelet and the API server, and CRI configs for crictl."""

import uuid

from harness import images

PRIORITY = "KRUISE_CONTAINER_PRIORITY"
TERMINATE = "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT"
ORDERED = {"apps.kruise.io/container-launch-priority": "Ordered"}


def container(name, command, env=None, image=images.BUSYBOX, **more):
    """A container of a pod manifest; `command` is a shell script."""
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "Never",
        "command": ["/bin/sh", "-c", command],
        "env": [{"name": key, "value": str(value)} for key, value in (env or {}).items()],
        **more,
    }


def pod(name, containers, restart_policy="Never", annotations=None, labels=None, **spec):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "annotations": annotations or {}, "labels": labels or {}},
        "spec": {
            "restartPolicy": restart_policy,
            "hostNetwork": True,
            "terminationGracePeriodSeconds": 30,
            "containers": containers,
            **spec,
        },
    }


def sandbox_config(name, annotations=None, labels=None, log_directory=""):
    """A config for `crictl runp`: a sandbox on the host network."""
    uid = str(uuid.uuid4())
    return {
        "metadata": {"name": name, "namespace": "default", "uid": uid, "attempt": 0},
        "log_directory": log_directory,
        "labels": labels or {},
        "annotations": annotations or {},
        "linux": {"security_context": {"namespace_options": {"network": 2}}},
    }


def container_config(name, command, env=None, image=images.BUSYBOX, attempt=0):
    """A config for `crictl create`; `command` is a shell script."""
    return {
        "metadata": {"name": name, "attempt": attempt},
        "image": {"image": image},
        "command": ["/bin/sh", "-c", command],
        "envs": [{"key": key, "value": str(value)} for key, value in (env or {}).items()],
        "log_path": f"{name}.{attempt}.log",
        "linux": {"security_context": {"namespace_options": {"network": 2}}},
    }


def job(name, pod_manifest, node_name, **spec):
    """A batch/v1 Job with that pod as its template, bound to the node because there is no scheduler."""
    template = {
        "metadata": {"annotations": pod_manifest["metadata"]["annotations"]},
        "spec": {**pod_manifest["spec"], "nodeName": node_name, "automountServiceAccountToken": False},
    }
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"template": template, **spec}}
