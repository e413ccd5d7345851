"""Runs the real critest, the conformance test of the runtime interface, and tells how each of its specs went.

Only specs that can pass here are run: there is no registry to pull from, and of the images that critest names itself (httpd and
such) this machine has none. What is left out for that is named in SKIPPED, so that a spec which fails is news.
"""

import os
import subprocess
import xml.etree.ElementTree

from harness import images, namespaces, tools

SKIPPED = {
    "Image Manager": "pulls from a registry",
    "Multiple Containers": "an httpd image of critest's own",
    "NamespaceOption runtime should support (HostPID|PodPID|ContainerPID)": "an nginx image of critest's own",
    "NoNewPrivs": "a set-uid image of critest's own",
    "primary UID belongs to some groups": "an image of critest's own with groups",
    "portforward in host network": "an nginx image of critest's own",
    "runtime should support MaskedPaths": "a shell that runs /bin/ls as a program; busybox has it built in",
}


def run(endpoint, log_dir, name, skip=(), focus=(), seconds=600):
    """Returns {spec: "passed" | "failed" | "skipped"} of a whole run against the endpoint."""
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
        "--ginkgo.seed=1",  # The same order in every run, so that two runs can be compared.
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
        if case.get("name").startswith("[It] "):  # The others are the suite's set-up.
            specs[case.get("name").removeprefix("[It] ")] = _outcome(case)
    return specs


def _outcome(case):
    if case.find("skipped") is not None or case.get("status") in ("skipped", "pending"):
        return "skipped"
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "passed"
