"""A private Kubernetes node for tests: real containerd, kubelet, crictl and critest around sidecar-shim.

tests/node/README.md says how to run the tests and what they need.
"""
