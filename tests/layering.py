"""Checks a tree of sources by the tables of tests/layering_rules.py. A check yields its complaints, each with the file.

Includes are checked, and what a CMakeLists.txt says: a linker takes static libraries that need each other, so linking proves
nothing.
"""

import functools
import os
import re
import statistics
from pathlib import Path

from layering_rules import (IMPURE, LIBRARIES, LIBRARY_HEADERS, MAX_FLOORS, MAX_LINES, MAX_MEDIAN_LINES, OS_CXX_HEADERS,
                            OS_DOORS, POLICY_HEADERS, POLICY_LAYERS, POLICY_LIBRARIES, ROOMS, SUPPORT_MAY, TESTS_MAY)

LEXEME = re.compile(r'(?P<comment>//[^\n]*|/\*.*?\*/)'
                    r'|(?<!\w)(?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"'
                    r'''|"(?:\\.|[^"\\\n])*"|(?:\b(?:u8|[uUL])|(?<!\w))'(?:\\.|[^'\\\n])*\'''', re.DOTALL)
DIRECTIVE = re.compile(r"^\s*(?:#|%:|\?\?=)\s*(?:include|include_next|import|embed)\b.*$"
                       r"|^\s*(?:export\s+)?(?:import|module)\b.*$", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s*(<[^<>"]+>|"[^"]+")\s*$')
COMMAND = re.compile(r"^\s*(\w+)\s*\(([^()]*)\)", re.MULTILINE)


def read_tree(root):
    """{path: text} of what is checked. The tests' scripts and the node tests are not C++."""
    tree = {}
    for top in ("policy", "shim", "tests"):
        for folder, subfolders, names in os.walk(root / top):
            subfolders[:] = sorted(set(subfolders) - ({"node", "__pycache__"} if top == "tests" else set()))
            for name in sorted(names):
                path = Path(folder, name)
                if not name.startswith(".") and (top != "tests" or path.suffix not in (".py", ".sh")):
                    tree[path.relative_to(root).as_posix()] = path.read_text(errors="replace")
    return tree


def _as_preprocessed(lexeme):
    if lexeme["comment"]:
        return " "
    return lexeme[0] if lexeme["mark"] is None else '""'  # a raw string may have lines that look like directives


@functools.lru_cache(maxsize=None)
def directives(text):
    """(what is included, the lines that include something in a way that INCLUDE does not understand), as the preprocessor sees the
    text: spliced lines joined, each comment a space."""
    spliced = re.sub(r"\\[ \t]*\r?\n", "", text)
    lines = DIRECTIVE.findall(LEXEME.sub(_as_preprocessed, spliced))
    understood = [match[1] for match in map(INCLUDE.match, lines) if match]
    return understood, [line.strip() for line in lines if not INCLUDE.match(line)]


def includes(text):
    return directives(text)[0]


def sources(tree, folder):
    return {path: text for path, text in tree.items() if path.startswith(folder + "/") and path.endswith((".cc", ".h"))}


@functools.lru_cache(maxsize=None)
def target(include):
    """The folder that an include leads to: a room, "policy:NAME", "proto", "tests", or None for what is not ours."""
    name = include[1:-1]
    parts = name.split("/")
    if any(part == "" or part.startswith(".") for part in parts):
        return "a path that is not plain"
    if name.endswith(".pb.h") and len(parts) == 1:
        return "proto"
    if parts[0] == "tests" and name.endswith(".h"):
        return "tests"
    if parts[0] in ("shim", "policy", "tests"):
        if parts[0] == "tests" or len(parts) != {"shim": 3, "policy": 2}[parts[0]] or not name.endswith(".h"):
            return "what is no header of a room"
        return parts[1] if parts[0] == "shim" else "policy:" + parts[1].removesuffix(".h")
    if include.startswith('"') and parts[0] not in ("absl", "gmock", "gtest"):
        return "a path that does not begin with policy/ or shim/"
    return None


def room_of(path):
    return "main" if path == "shim/main.cc" else path.split("/")[1]


def allowed(may, to):
    return to in may or (to.startswith("policy:") and "policy" in may)


def check_files(tree):
    """What stands where, and that every line that includes something is understood."""
    for path in tree:
        parts = path.split("/")
        if parts[0] == "shim":
            if len(parts) == 2 and parts[1] not in ("main.cc", "CMakeLists.txt", "README.md"):
                yield f"{path}: only main.cc stands outside the rooms"
            elif len(parts) > 2 and parts[1] not in ROOMS:
                yield f"shim/{parts[1]}: a room that the table in tests/layering_rules.py does not know"
            elif len(parts) > 3:
                yield f"{path}: a room has no folders"
        elif parts[0] == "policy" and len(parts) > 2:
            yield f"{path}: policy has no folders"
        elif parts[:2] == ["tests", "shim"]:
            if len(parts) == 3 and parts[2] != "CMakeLists.txt":
                yield f"{path}: a test stands in the folder of its room"
            elif len(parts) > 3 and parts[2] not in ROOMS:
                yield f"tests/shim/{parts[2]}: shim/ has no such room"
        if parts[0] != "tests" and parts[-1] not in ("CMakeLists.txt", "README.md") and not path.endswith((".cc", ".h")):
            yield f"{path}: a room has .cc and .h files only"
        if path.endswith((".cc", ".h")):
            for line in directives(tree[path])[1]:
                yield f"{path}: an include that is not understood: {line}"


def check_rooms(tree):
    for path, text in sources(tree, "shim").items():
        room = room_of(path)
        for include in includes(text) if room in ROOMS else ():
            to = target(include)
            if to not in (None, room) and not allowed(ROOMS[room], to):
                yield f"{path}: {room} -> {to} is not allowed (includes {include})"


def check_doors(tree):
    """base is the one door to the operating system."""
    for path, text in sources(tree, "shim").items():
        for include in includes(text):
            name = include[1:-1]
            of_system = include.startswith("<") and target(include) is None and (
                name in OS_CXX_HEADERS or (name.endswith(".h") and name.split("/")[0] not in LIBRARY_HEADERS))
            if of_system and room_of(path) != "base" and path not in OS_DOORS:
                yield f"{path}: {include} is the operating system's, which base speaks to (OS_DOORS has the exceptions)"


@functools.lru_cache(maxsize=None)
def impurities(text):
    return [match[0] for match in IMPURE.finditer(LEXEME.sub('""', text))]


def check_policy(tree):
    layer_of = {name: index for index, (_, names) in enumerate(POLICY_LAYERS) for name in names}
    for path, text in sources(tree, "policy").items():
        name = Path(path).stem
        if name not in layer_of:
            yield f"{path}: a file of policy that POLICY_LAYERS in tests/layering_rules.py does not know"
        for include in includes(text):
            to = target(include)
            if to is not None and to.startswith("policy:"):
                other = to.removeprefix("policy:")
                if layer_of.get(other, 0) > layer_of.get(name, len(layer_of)):
                    yield (f"{path}: {POLICY_LAYERS[layer_of[name]][0]} -> {POLICY_LAYERS[layer_of[other]][0]} is not allowed "
                           f"(includes {include})")
            elif include.startswith('"') or to is not None:
                if not POLICY_LIBRARIES.fullmatch(include):
                    yield f"{path}: policy -> {to or include} is not allowed (includes {include})"
            elif include[1:-1] not in POLICY_HEADERS:
                yield f"{path}: policy -> {include} is not allowed: POLICY_HEADERS has what pure decisions need"
        for word in impurities(text):
            yield f"{path}: policy uses {word}: time and all else comes with the event"


def check_tests(tree):
    for path, text in sources(tree, "tests").items():
        parts = path.split("/")
        if parts[1] in ("policy", "model"):
            may, folders = {"policy"}, ("tests/policy/", "tests/model/")
        elif parts[1] == "support":
            may, folders = SUPPORT_MAY, ("tests/support/",)
        elif parts[1] == "shim" and len(parts) == 4 and parts[2] in ROOMS:
            may = ROOMS[parts[2]] | {parts[2], "proto"} | TESTS_MAY.get(path, set())
            folders = ("tests/support/", f"tests/shim/{parts[2]}/")
        else:
            continue
        for include in includes(text):
            to = target(include)
            if to is not None and not (include[1:-1].startswith(folders) if to == "tests" else allowed(may, to)):
                yield f"{path}: {'/'.join(parts[:-1])} -> {to} is not allowed (includes {include})"


def check_commands(tree, path, may):
    """A CMakeLists.txt has no commands but those of `may`, {command: a pattern that each of its arguments matches}."""
    text = re.sub(r"#[^\n]*", "", tree.get(path, ""))
    for match in COMMAND.finditer(text):
        for argument in match[2].split() or [""]:
            if not re.fullmatch(may.get(match[1].lower(), "(?!)"), argument):
                yield f"{path}: {argument or match[1]} is not allowed in {match[1]}({match[2]})"
    if COMMAND.sub("", text).strip():
        yield f"{path}: a command that is not understood: {COMMAND.sub('', text).strip()}"


def check_targets(tree):
    """Each room is a target of its own that links the rooms that it may include, and its tests link it and test_support."""
    for room in sorted(ROOMS.keys() - {"main"}):
        others = {other.split(":")[0] for other in ROOMS[room] | {room}}
        links = "|".join(sorted({f"shim_{other}" if other in ROOMS else other for other in others} | LIBRARIES))
        path = f"shim/{room}/CMakeLists.txt"
        if f"add_room(shim_{room}" not in tree.get(path, ""):
            yield f"{path}: no add_room(shim_{room} ...)"
        yield from check_commands(tree, path, {
            "add_room": links, "target_compile_definitions": rf'shim_{room}|PUBLIC|PRIVATE|[A-Z_]+(="\$\{{version\}}")?'})
        tested = {other for test, to in TESTS_MAY.items() if test.startswith(f"tests/shim/{room}/") for other in to} | {room}
        links = "|".join(f"shim_{other}" for other in sorted(tested))
        yield from check_commands(tree, f"tests/shim/{room}/CMakeLists.txt", {"add_test_folder": f"{room}|test_support|{links}"})
    yield from check_commands(tree, "policy/CMakeLists.txt", {
        "add_room": "policy|abseil", "if": "SIDECAR_SHIM_SANITIZE", "endif": "", "target_compile_options": r"policy|PRIVATE|-O\d"})
    yield from check_commands(tree, "shim/CMakeLists.txt", {
        "foreach": r"\w+", "endforeach": "", "add_subdirectory": r"\$\{room\}", "add_executable": r"sidecar-shim|main\.cc",
        "target_link_libraries": "sidecar-shim|PRIVATE|shim_app|shim_run",
        "target_compile_definitions": r'sidecar-shim|PRIVATE|[A-Z_]+="\$\{version\}"',
        "set_target_properties": r"sidecar-shim|PROPERTIES|RUNTIME_OUTPUT_DIRECTORY|\$\{PROJECT_BINARY_DIR\}", "install": ".*"})


def arrows(tree):
    """What each room includes, as it is."""
    found = {"policy": set(), "proto": set()}
    for path, text in sources(tree, "shim").items():
        to = {target(include) for include in includes(text)} - {None}
        found.setdefault(room_of(path), set()).update(name.split(":")[0] for name in to)
    return {room: {other for other in to if other in found} - {room} for room, to in found.items()}


def header_arrows(tree):
    """What each header of policy/ and shim/ includes, and in policy/ each file together with its header."""
    found = {}
    for folder in ("policy", "shim"):
        for path, text in sources(tree, folder).items():
            if path.endswith(".h") or folder == "policy":
                name = re.sub(r"\.cc$", ".h", path)
                found.setdefault(name, set()).update(include[1:-1] for include in includes(text))
    return {name: {other for other in to if other in found} - {name} for name, to in found.items()}


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


def check_floors(tree):
    for graph, limit in ((arrows(tree), MAX_FLOORS), (header_arrows(tree), None)):
        try:
            highest = max(floors(graph).values())
            if limit and highest > limit:
                yield f"shim/ has {highest} floors; at most {limit} are allowed"
        except ValueError as cycle:
            yield str(cycle)


def check_sizes(tree):
    lines = {path: text.count("\n") for folder in ("policy", "shim") for path, text in sources(tree, folder).items()}
    for path, count in lines.items():
        if count > MAX_LINES:
            yield f"{path}: {count} lines; at most {MAX_LINES} are allowed"
    median = statistics.median(lines.values())
    if median >= MAX_MEDIAN_LINES:
        yield f"the median file of policy/ and shim/ has {median:g} lines; it must stay below {MAX_MEDIAN_LINES}"


def faults(tree):
    checks = (check_files, check_rooms, check_doors, check_policy, check_tests, check_targets, check_floors, check_sizes)
    return list(dict.fromkeys(fault for check in checks for fault in check(tree)))
