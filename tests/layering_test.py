#!/usr/bin/env python3
"""Which folder may include which, and how large a file may be. The table below is the truth: an arrow that is not in it is an error.

    tests/layering_test.py            checks the tree, then itself (a planted include must be found); prints the floors with -v

Includes are checked, not what is linked: a linker takes static libraries that need each other.
"""

import re
import shutil
import statistics
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# ROOM: the folders that it may include beside itself. "policy" is all of policy/; "policy:NAME" one header of it. "proto" stands for
# the generated headers.
VALUES = {f"policy:{name}" for name in ("types", "traits", "priority", "spec", "probe_spec")}
ROOMS = {
    "base": set(),
    "formats": set(),
    "http": {"base"},
    "cri": {"base", "proto", "policy:events"} | VALUES,
    "kube": {"http", "formats", "base", "proto"} | VALUES,
    "driver": {"base", "policy"},
    "relay": {"cri", "base"},
    "specs": {"driver", "kube", "cri", "http", "formats", "base", "policy", "proto"},
    "actuators": {"driver", "kube", "cri", "http", "formats", "base", "policy", "proto"},
    "observers": {"specs", "driver", "cri", "base", "policy", "proto"},
    "handlers": {"observers", "specs", "actuators", "driver", "relay", "cri", "base", "policy", "proto"},
    "app": {"handlers", "observers", "specs", "actuators", "driver", "relay", "kube", "cri", "http", "formats", "base", "policy",
            "proto"},
    # kubelet's loop as a tool, beside the daemon: neither knows the other.
    "run": {"kube", "formats", "base", "proto", "policy:settings"} | VALUES,
    # shim/main.cc alone.
    "main": {"app", "run", "base"},
}
POLICY_LIBRARIES = re.compile(r'"absl/(status|strings)/[a-z0-9_]+\.h"')
# These do I/O, tell the time of day, start threads, or are a part of C++20 that is not used here.
POLICY_FORBIDDEN = {"iostream", "fstream", "cstdio", "filesystem", "thread", "mutex", "shared_mutex", "condition_variable", "future",
                    "atomic", "ctime", "format", "ranges"}
MAX_FLOORS = 9
MAX_LINES = 300
MAX_MEDIAN_LINES = 80

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<][^">]+[">])', re.MULTILINE)
CLOCK = re.compile(r"(system|steady|high_resolution)_clock")


def sources(root, folder):
    return sorted(path for path in (root / folder).rglob("*") if path.suffix in (".cc", ".h"))


def includes(path):
    return INCLUDE.findall(path.read_text())


def target(include):
    """The folder that an include leads to: a room, "policy:NAME", "proto", "tests", or None for what is not ours."""
    name = include[1:-1]
    parts = name.split("/")
    if name.endswith(".pb.h") and len(parts) == 1:
        return "proto"
    if parts[0] == "shim" and len(parts) == 3:
        return parts[1]
    if parts[0] == "policy" and len(parts) == 2:
        return "policy:" + parts[1].removesuffix(".h")
    if parts[0] == "tests":
        return "tests"
    if include.startswith('"') and parts[0] != "absl":
        return "a path that does not begin with policy/ or shim/"
    return None


def room_of(path, root):
    parts = path.relative_to(root).parts
    return "main" if parts == ("shim", "main.cc") else parts[1]


def allowed(room, to):
    may = ROOMS[room]
    return to == room or to in may or (to.startswith("policy:") and "policy" in may)


def check_rooms(root):
    for entry in sorted((root / "shim").iterdir()):
        if entry.is_file() and entry.name not in ("main.cc", "CMakeLists.txt", "README.md"):
            yield f"shim/{entry.name}: only main.cc stands outside the rooms"
        if entry.is_dir() and entry.name not in ROOMS:
            yield f"shim/{entry.name}: a room that the table in tests/layering_test.py does not know"
    for path in sources(root, "shim"):
        room = room_of(path, root)
        if room not in ROOMS:
            continue
        where = path.relative_to(root)
        if len(where.parts) > 3:
            yield f"{where}: a room has no folders"
        for include in includes(path):
            to = target(include)
            if to is not None and not allowed(room, to):
                yield f"{where}: {room} -> {to} is not allowed (includes {include})"


def check_policy(root):
    for path in sources(root, "policy"):
        where = path.relative_to(root)
        for include in includes(path):
            to = target(include)
            if include.startswith('"'):
                if (to is None or not to.startswith("policy:")) and not POLICY_LIBRARIES.fullmatch(include):
                    yield f"{where}: policy -> {to or include} is not allowed (includes {include})"
            elif re.search(r"[/.]", include) or include[1:-1] in POLICY_FORBIDDEN:
                yield f"{where}: policy -> {include} is not allowed: pure decisions do no I/O and have no threads"
        if CLOCK.search(path.read_text()):
            yield f"{where}: policy reads a clock; the time comes with the event"


def check_tests(root):
    for folder in ("policy", "model"):
        for path in sources(root, f"tests/{folder}"):
            for include in includes(path):
                if target(include) in ROOMS or target(include) == "proto":
                    yield f"{path.relative_to(root)}: tests/{folder} -> {target(include)} is not allowed (includes {include})"
    for path in sources(root, "tests/support"):
        for include in includes(path):
            if include.startswith('"tests/') and not include.startswith('"tests/support/'):
                yield f"{path.relative_to(root)}: tests/support -> {include} is not allowed"
    for entry in sorted((root / "tests/shim").iterdir()):
        if entry.is_dir() and entry.name not in ROOMS:
            yield f"tests/shim/{entry.name}: shim/ has no such room"
        if entry.is_file() and entry.name != "CMakeLists.txt":
            yield f"tests/shim/{entry.name}: a test stands in the folder of its room"


def check_targets(root):
    """Each room is a target of its own that links none but the rooms it may include."""
    for room in sorted(ROOMS.keys() - {"main"}):
        lists = root / "shim" / room / "CMakeLists.txt"
        text = lists.read_text() if lists.exists() else ""
        added = re.search(rf"add_room\(shim_{room}\b([^)]*)\)", text)
        if not added:
            yield f"shim/{room}/CMakeLists.txt: no add_room(shim_{room} ...)"
            continue
        for other in re.findall(r"shim_([a-z]+)", added[1]):
            if other not in ROOMS[room]:
                yield f"shim/{room}/CMakeLists.txt: {room} -> {other} is not allowed (links shim_{other})"


def arrows(root):
    """What each room includes, as it is."""
    found = {"policy": set(), "proto": set()}
    for path in sources(root, "shim"):
        to = {target(include) for include in includes(path)} - {None}
        found.setdefault(room_of(path, root), set()).update(name.split(":")[0] for name in to)
    return {room: {other for other in to if other in found} - {room} for room, to in found.items()}


def floors(graph):
    """The floor of each room: 1 for what includes nothing, else one above the highest that it includes."""
    known, open_rooms = {}, []

    def floor(room):
        if room in open_rooms:
            raise ValueError("include cycle: " + " -> ".join(open_rooms[open_rooms.index(room):] + [room]))
        if room not in known:
            open_rooms.append(room)
            known[room] = 1 + max((floor(other) for other in sorted(graph[room])), default=0)
            open_rooms.pop()
        return known[room]

    for room in sorted(graph):
        floor(room)
    return known


def check_floors(root):
    try:
        highest = max(floors(arrows(root)).values())
        if highest > MAX_FLOORS:
            yield f"shim/ has {highest} floors; at most {MAX_FLOORS} are allowed"
    except ValueError as cycle:
        yield str(cycle)


def check_sizes(root):
    lines = {path: path.read_text().count("\n") for folder in ("policy", "shim") for path in sources(root, folder)}
    for path, count in lines.items():
        if count > MAX_LINES:
            yield f"{path.relative_to(root)}: {count} lines; at most {MAX_LINES} are allowed"
    median = statistics.median(lines.values())
    if median >= MAX_MEDIAN_LINES:
        yield f"the median file of policy/ and shim/ has {median:g} lines; it must stay below {MAX_MEDIAN_LINES}"


def faults(root):
    checks = (check_rooms, check_policy, check_tests, check_targets, check_floors, check_sizes)
    return [fault for check in checks for fault in check(root)]


class Tree(unittest.TestCase):
    def test_rooms_and_arrows(self):
        self.assertEqual("", "\n".join(faults(ROOT)))

    def test_table_has_no_cycle(self):
        graph = {room: {to for to in may if to in ROOMS} for room, may in ROOMS.items()}
        self.assertLessEqual(max(floors(graph).values()), MAX_FLOORS)


class Planted(unittest.TestCase):
    """A forbidden include in a copy of the tree is found, with its file and its arrow."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.copy = Path(folder.name)
        keep = shutil.ignore_patterns("*.py", "*.sh", "node", "__pycache__")
        for name in ("policy", "shim", "tests"):
            shutil.copytree(ROOT / name, self.copy / name, ignore=keep)

    def plant(self, path, line):
        where = self.copy / path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text((where.read_text() if where.exists() else "") + line + "\n")

    def assert_found(self, path, line, expected):
        before = faults(self.copy)
        self.plant(path, line)
        new = [fault for fault in faults(self.copy) if fault not in before]
        self.assertTrue(any(path in fault and expected in fault for fault in new), new)

    def test_upward_arrow(self):
        self.assert_found("shim/driver/actuators.h", '#include "shim/specs/spec_resolver.h"', "driver -> specs")

    def test_cycle(self):
        self.plant("shim/base/clock.h", '#include "shim/relay/relay.h"')
        self.assertTrue(any("include cycle: " in fault for fault in faults(self.copy)))

    def test_tool_and_daemon(self):
        self.assert_found("shim/run/events.cc", '#include "shim/cri/convert.h"', "run -> cri")
        self.assert_found("shim/app/daemon.cc", '#  include "shim/run/events.h"', "app -> run")

    def test_more_of_policy_than_its_values(self):
        self.assert_found("shim/kube/manifest.cc", '#include "policy/engine.h"', "kube -> policy:engine")
        self.assert_found("shim/base/loop.h", '#include "policy/types.h"', "base -> policy:types")

    def test_impure_policy(self):
        self.assert_found("policy/types.h", '#include "shim/base/clock.h"', "policy -> base")
        self.assert_found("policy/gate.cc", "#include <thread>", "policy -> <thread>")
        self.assert_found("policy/gate.cc", "#include <sys/socket.h>", "policy -> <sys/socket.h>")
        self.assert_found("policy/spec.cc", "auto now = std::chrono::steady_clock::now();", "reads a clock")

    def test_loose_file_and_unknown_room(self):
        self.assert_found("shim/loose.cc", "", "only main.cc")
        self.plant("shim/attic/box.h", "")
        self.plant("tests/shim/attic/box_test.cc", "")
        found = "\n".join(faults(self.copy))
        self.assertIn("shim/attic: a room that", found)
        self.assertIn("tests/shim/attic: shim/ has no such room", found)

    def test_linked_room(self):
        self.plant("shim/base/CMakeLists.txt", "")
        text = (self.copy / "shim/base/CMakeLists.txt").read_text()
        (self.copy / "shim/base/CMakeLists.txt").write_text(text.replace("shim_base", "shim_base shim_cri", 1))
        self.assertTrue(any("base -> cri" in fault for fault in faults(self.copy)))

    def test_long_file(self):
        self.assert_found("shim/base/clock.h", "\n" * MAX_LINES, f"at most {MAX_LINES}")


if __name__ == "__main__":
    if "-v" in sys.argv:
        by_floor = {}
        for room, floor in floors(arrows(ROOT)).items():
            by_floor.setdefault(floor, []).append(room)
        for floor in sorted(by_floor, reverse=True):
            print(f"floor {floor}: {' '.join(sorted(by_floor[floor]))}")
        sys.stdout.flush()
    unittest.main()
