#!/usr/bin/env python3
"""The essentials on older kubelets, which do not have the PodsAPI: specs come from kubelet's /pods and the static manifests, or
only container names from kubelet's podresources socket.

The tests do not build these kubelets, which takes minutes: `build-tools.sh kubelet-1.30 kubelet-1.34` does, once per machine.
"""

from essentials import Essentials
from harness import session
from harness.node import Node
from names_only import NamesOnly


class Kubelet130(Essentials, Node):
    kubelet_version = "1.30"
    containerd_version = "1.6"

    def test_runs_the_expected_version(self):
        self.assertIn('kubeletVersion="v1.30.14"', self.kubelet.daemon.log())


class Kubelet130Names(NamesOnly, Node):
    kubelet_version = "1.30"
    containerd_version = "1.6"


class Kubelet134(Essentials, Node):
    kubelet_version = "1.34"
    containerd_version = "2.4"

    def test_runs_the_expected_version(self):
        self.assertIn('kubeletVersion="v1.34.4"', self.kubelet.daemon.log())


class Kubelet134Names(NamesOnly, Node):
    kubelet_version = "1.34"
    containerd_version = "2.4"


if __name__ == "__main__":
    session.main(shim=True, needs_built=("kubelet-1.30", "kubelet-1.34"))
