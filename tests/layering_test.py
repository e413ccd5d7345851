#!/usr/bin/env python3
"""Applies the rules of tests/layering_rules.py to the tree, then to copies of it in each of which one fault is planted.

    tests/layering_test.py [-v]        -v: prints the floors too
"""

import sys
import unittest
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True  # the tree may be another user's

import layering
from layering_rules import MAX_FLOORS, MAX_LINES, OS_DOORS, ROOMS, TESTS_MAY

TREE = layering.read_tree(Path(__file__).resolve().parent.parent)


class Tree(unittest.TestCase):
    def test_tree_keeps_the_rules(self):
        self.assertEqual("", "\n".join(layering.faults(TREE)))

    def test_table_has_no_cycle(self):
        graph = {room: {to for to in may if to in ROOMS} for room, may in ROOMS.items()}
        self.assertLessEqual(max(layering.floors(graph).values()), MAX_FLOORS)

    def test_exceptions_are_needed(self):
        for check, exceptions in ((layering.check_doors, OS_DOORS), (layering.check_tests, TESTS_MAY)):
            names = set(exceptions)
            with mock.patch.dict(exceptions, clear=True):
                self.assertEqual(names, {fault.split(":")[0] for fault in check(TREE)})


class Planted(unittest.TestCase):
    """A fault in a copy of the tree is found, with its file."""

    def assert_found(self, path, line, expected, *, instead=False):
        tree = dict(TREE)
        tree[path] = ("" if instead else tree.get(path, "")) + line + "\n"
        found = layering.faults(tree)
        self.assertTrue(any(expected in fault for fault in found), f"{expected!r} is not in {found}")

    def test_upward_include(self):
        self.assert_found("shim/base/clock.h", '#include "shim/cri/convert.h"', "shim/base/clock.h: base -> cri is not allowed")
        self.assert_found("shim/relay/relay.h", '#include "shim/driver/policy_driver.h"', "relay -> driver")
        self.assert_found("shim/driver/actuators.h", '#include "shim/specs/spec_resolver.h"', "driver -> specs")
        self.assert_found("shim/base/clock.h", '#include "cri.pb.h"', "base -> proto")

    def test_unusual_spellings_of_an_include(self):
        for line in ('#  include "shim/app/daemon.h"', '/**/ #include "shim/app/daemon.h"', "#include <shim/app/daemon.h>",
                     '#include "shim/app/daemon.h" // why', '# /* \n */ include "shim/app/daemon.h"',
                     '#inc\\\nlude "shim/app/daemon.h"', '#include \\ \n"shim/app/daemon.h"',
                     """char c = L'"'; auto s = "/*";\n#include "shim/app/daemon.h"\n/* */"""):
            with self.subTest(line):
                self.assert_found("shim/base/clock.h", line, "shim/base/clock.h: base -> app is not allowed")

    def test_includes_that_are_not_understood(self):
        for line in ("#include MACRO", '#import "shim/app/daemon.h"', '#include_next "shim/app/daemon.h"',
                     '%:include "shim/app/daemon.h"', "#include <shim//app/daemon.h>",
                     'import "shim/app/daemon.h";', "export import app;",
                     '#include "shim/app/daemon.h" MACRO'):
            with self.subTest(line):
                self.assert_found("shim/base/clock.h", line, "shim/base/clock.h: an include that is not understood")

    def test_paths_that_are_not_plain(self):
        for name in ("<./shim/app/daemon.h>", "<../shim/app/daemon.h>", '"shim/base/../app/daemon.h"', "<shim/base/.clock.h>",
                     "</src/shim/app/daemon.h>", '"absl/../shim/app/daemon.h"'):
            with self.subTest(name):
                self.assert_found("shim/base/clock.h", f"#include {name}", "base -> a path that is not plain")
        self.assert_found("shim/base/clock.h", '#include "loop.h"', "does not begin with policy/ or shim/")

    def test_what_is_no_include(self):
        for line in ('// #include "shim/app/daemon.h"', '/*\n#include "shim/app/daemon.h"\n*/',
                     'auto s = R"(\n#include MACRO\n)";'):
            with self.subTest(line):
                tree = TREE | {"shim/base/clock.h": TREE["shim/base/clock.h"] + line + "\n"}
                self.assertEqual([], layering.faults(tree))

    def test_files_that_no_room_has(self):
        for name in ("shim/base/box.hpp", "shim/base/box.inc", "shim/base/box.cpp", "shim/base/box.txt", "policy/box.hpp",
                     "policy/box.inc", "policy/box.cpp"):
            with self.subTest(name):
                self.assert_found(name, "", f"{name}: a room has .cc and .h files only")
        self.assert_found("shim/base/clock.cc", '#include "shim/base/clock.inc"', "base -> what is no header of a room")
        self.assert_found("shim/base/clock.cc", '#include "shim/base/worker.cc"', "base -> what is no header of a room")

    def test_cycle_of_rooms(self):
        self.assert_found("shim/base/clock.h", '#include "shim/relay/relay.h"', "include cycle: ")

    def test_cycle_of_headers_in_a_room(self):
        self.assert_found("shim/base/clock.h", '#include "shim/base/backoff.h"', "cycle: shim/base/clock.h -> shim/base/backoff.h")

    def test_tool_and_daemon(self):
        self.assert_found("shim/run/events.cc", '#include "shim/cri/convert.h"', "run -> cri")
        self.assert_found("shim/app/daemon.cc", '#include "shim/run/events.h"', "app -> run")

    def test_operating_system_outside_base(self):
        for line in ("#include <sys/socket.h>", "#include <unistd.h>", "#include <fcntl.h>", "#include <netinet/in.h>",
                     "#include <fstream>"):
            with self.subTest(line):
                self.assert_found("shim/handlers/mask.cc", line, "shim/handlers/mask.cc: <")

    def test_more_of_policy_than_its_values(self):
        self.assert_found("shim/kube/manifest.cc", '#include "policy/engine.h"', "kube -> policy:engine")
        self.assert_found("shim/base/loop.h", '#include "policy/types.h"', "base -> policy:types")

    def test_policy_includes_what_is_outside(self):
        self.assert_found("policy/types.h", '#include "shim/base/clock.h"', "policy -> base")
        self.assert_found("policy/types.h", '#include "cri.pb.h"', "policy -> proto")
        self.assert_found("policy/types.h", '#include "absl/time/clock.h"', "policy -> \"absl/time/clock.h\"")
        for name in ("thread", "random", "cstdlib", "ctime", "iostream", "unordered_map", "sys/socket.h", "unistd.h"):
            with self.subTest(name):
                self.assert_found("policy/gate.cc", f"#include <{name}>", f"policy/gate.cc: policy -> <{name}>")

    def test_policy_uses_a_clock_or_chance(self):
        for line in ("auto now = std::chrono::steady_clock::now();", "auto now = std::chrono::utc_clock::now();",
                     "auto now = time(nullptr);", "auto now = std::time(nullptr);", "int roll = rand();",
                     'const char* home = getenv("HOME");'):
            with self.subTest(line):
                self.assert_found("policy/spec.cc", line, "policy/spec.cc: policy uses ")

    def test_upward_include_inside_policy(self):
        self.assert_found("policy/spec.h", '#include "policy/engine.h"', "policy/spec.h: values -> engine is not allowed")
        self.assert_found("policy/queries.h", '#include "policy/gate.h"', "state -> rules")
        self.assert_found("policy/gate.cc", '#include "policy/settle.h"', "rules -> application")
        self.assert_found("policy/box.h", "", "policy/box.h: a file of policy that POLICY_LAYERS")

    def test_cycle_inside_policy(self):
        self.assert_found("policy/traits.h", '#include "policy/spec.h"', "include cycle: policy/")
        self.assert_found("policy/launch_order.cc", '#include "policy/gate.h"', "include cycle: policy/")

    def test_loose_file_and_unknown_room(self):
        self.assert_found("shim/loose.cc", "", "only main.cc")
        self.assert_found("shim/attic/box.h", "", "shim/attic: a room that")
        self.assert_found("shim/base/box.py", "", "shim/base/box.py: a room has .cc and .h files only")
        self.assert_found("shim/base/deep/box.h", "", "a room has no folders")
        self.assert_found("tests/shim/attic/box_test.cc", "", "tests/shim/attic: shim/ has no such room")
        self.assert_found("tests/shim/box_test.cc", "", "a test stands in the folder of its room")

    def test_tests_include_what_their_room_may_not(self):
        self.assert_found("tests/shim/base/loop_test.cc", '#include "shim/app/daemon.h"', "tests/shim/base -> app is not allowed")
        self.assert_found("tests/shim/kube/manifest_test.cc", '#include "shim/run/pod_offer.h"', "tests/shim/kube -> run")
        self.assert_found("tests/shim/relay/relay_test.cc", '#include "policy/engine.h"', "tests/shim/relay -> policy:engine")
        self.assert_found("tests/shim/base/loop_test.cc", '#include "tests/shim/run/fake_cri.h"', "tests/shim/base -> tests")
        self.assert_found("tests/support/model.h", '#include "tests/shim/run/fake_cri.h"', "tests/support -> tests")
        self.assert_found("tests/support/model.h", '#include "shim/run/events.h"', "tests/support -> run")
        self.assert_found("tests/policy/gate_test.cc", '#include "shim/base/clock.h"', "tests/policy -> base")
        self.assert_found("tests/model/world.h", '#include "tests/support/model.h"', "tests/model -> tests")

    def test_linked_room(self):
        lists = "shim/base/CMakeLists.txt"
        self.assert_found(lists, "add_room(shim_base grpc shim_cri)", "shim_cri is not allowed in add_room", instead=True)
        self.assert_found(lists, "", "no add_room(shim_base ...)", instead=True)
        self.assert_found(lists, "target_link_libraries(shim_base PUBLIC shim_app)", "is not allowed in target_link_libraries")
        self.assert_found(lists, "target_link_libraries(shim_base PUBLIC $<IF:(x),shim_app>)", "is not understood")
        self.assert_found(lists, "include(more.cmake)", "is not allowed in include")
        self.assert_found("shim/CMakeLists.txt", "target_link_libraries(shim_base shim_app)", "shim_base is not allowed")
        self.assert_found("policy/CMakeLists.txt", "target_link_libraries(policy shim_base)", "is not allowed in target_link")
        self.assert_found("tests/shim/base/CMakeLists.txt", "add_test_folder(base shim_run)", "shim_run is not allowed")

    def test_long_file(self):
        self.assert_found("shim/base/clock.h", "\n" * MAX_LINES, f"at most {MAX_LINES}")


if __name__ == "__main__":
    if "-v" in sys.argv:
        by_floor = {}
        for room, floor in layering.floors(layering.arrows(TREE)).items():
            by_floor.setdefault(floor, []).append(room)
        for floor in sorted(by_floor, reverse=True):
            print(f"floor {floor}: {' '.join(sorted(by_floor[floor]))}")
        sys.stdout.flush()
    unittest.main()
