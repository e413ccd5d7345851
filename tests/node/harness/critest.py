"""Runs the real critest, the conformance test suite of CRI, and returns the outcome of each spec.

Specs that cannot pass here are listed in SKIPPED: there is no registry to pull from, and critest's own images (httpd and others)
are not available.
"""

import os
import subprocess
import xml.etree.ElementTree

from harness import images, namespaces, tools

SKIPPED = {
    "Image Manager": "pulls from a registry",
    "Multiple Containers": "needs critest's httpd image",
    "NamespaceOption runtime should support (HostPID|PodPID|ContainerPID)": "needs critest's nginx image",
    "NoNewPrivs": "needs critest's set-uid image",
    "primary UID belongs to some groups": "needs critest's image with groups",
    "portforward in host network": "needs critest's nginx image",
    "runtime should support MaskedPaths": "needs a shell that executes /bin/ls; busybox runs its own ls",
}


def run(endpoint, log_dir, name, skip=(), focus=(), seconds=600):
    """Runs critest on the endpoint; returns {spec: "passed" | "failed" | "skipped"}."""
    folder = namespaces.work_dir("critest-" + name)
    report = os.path.join(folder, "junit.xml")
    image_list = os.path.join(folder, "images.yaml")
    with open(image_list, "w", encoding="utf-8") as file:
        file.write(f"defaultTestContainerImage: {images.CRITEST}\nwebServerTestImage: {images.CRITEST}\n")
    argv = [
        tools.built("cri-tools", "critest"),
        "--config=/dev/null",
        f"--runtime-endpoint={endpoint}",
        f"--image-endpoint={endpoint}",
        f"--test-images-file={image_list}",
        f"--ginkgo.junit-report={report}",
        "--ginkgo.no-color",
        "--ginkgo.seed=1",  # The same order in each run, so that two runs can be compared.
    ]
    argv += [f"--ginkgo.skip={pattern}" for pattern in [*SKIPPED, *skip]]
    argv += [f"--ginkgo.focus={pattern}" for pattern in focus]
    log_path = os.path.join(log_dir, f"critest-{name}.log")
    with open(log_path, "wb") as log:
        subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, timeout=seconds, check=False)
    if not os.path.exists(report):
        with open(log_path, encoding="utf-8", errors="replace") as log:
            raise AssertionError("critest wrote no report:\n" + log.read()[-3000:])
    return _read(report)


def _read(report):
    specs = {}
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        if case.get("name").startswith("[It] "):  # The others are the suite's set-up and clean-up.
            specs[case.get("name").removeprefix("[It] ")] = _outcome(case)
    return specs


def _outcome(case):
    if case.find("skipped") is not None or case.get("status") in ("skipped", "pending"):
        return "skipped"
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "passed"
