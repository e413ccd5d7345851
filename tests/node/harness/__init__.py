"""A private, real Kubernetes node for tests: containerd, kubelet, crictl and critest around sidecar-shim.

Each file does one thing; tests/node/README.md tells how the tests are run and what they need.
"""
