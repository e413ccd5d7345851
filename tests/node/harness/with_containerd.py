"""Mix-ins for test classes that need a containerd, or a containerd behind sidecar-shim, but no kubelet."""

from harness import session
from harness.containerd import Containerd
from harness.shim import Shim


class WithContainerd:
    """One containerd for all tests of a class."""

    version = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.containerd = Containerd(cls.version, session.log_dir())
        cls.addClassCleanup(cls.containerd.stop)
        cls.containerd.start()


class WithShim(WithContainerd):
    """The same with a sidecar-shim in front of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shim = Shim(cls.containerd.endpoint, session.log_dir(), name="shim-" + cls.version)
        cls.addClassCleanup(cls.shim.stop)
        cls.shim.start()
