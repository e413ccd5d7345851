"""The rules of the layout: which folder may include which, and how large a file may be. These tables are the truth: an arrow that
is not in them is an error. tests/layering.py checks them, tests/layering_test.py runs it.
"""

import re

VALUE_NAMES = ("types", "run_state", "spec", "traits", "priority", "probe_spec", "settings", "stamp", "kubelet_timing")
VALUES = {f"policy:{name}" for name in ("types", "traits", "priority", "spec", "probe_spec")}

# ROOM: the folders that it may include beside itself. "policy" is all of policy/; "policy:NAME" one header of it. "proto" stands
# for the generated headers.
ROOMS = {
    "base": set(),
    "formats": set(),
    "http": {"base"},
    "cri": {"base", "proto", "policy:events"} | VALUES,
    "kube": {"http", "formats", "base", "proto"} | VALUES,
    "driver": {"base", "policy"},
    "http2": {"base"},
    "relay": {"cri", "http2", "base"},
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
# What a room links that is neither a room nor policy nor proto.
LIBRARIES = {"abseil", "grpc", "libnghttp2", "yaml", "CURL::libcurl", "OpenSSL::Crypto", "ZLIB::ZLIB"}

# Only `base` talks to the operating system, but for these files.
OS_DOORS = {
    "shim/http2/connection.cc": "reads from and closes its socket",
    "shim/http2/output_queue.cc": "writes to a socket",
    "shim/relay/inflate.cc": "zlib.h is not the operating system's, but looks like it",
    "shim/relay/listener.cc": "accepts kubelet's connections and locks the socket's path",
    "shim/kube/node_name.cc": "the host's name",
    "shim/kube/port_owner.cc": "/proc/net/tcp, which says whose a port is",
    "shim/kube/log_symlink.h": "/var/log/containers",
    "shim/kube/kubeconfig.cc": "paths, and which of the usual ones exists",
    "shim/specs/manifest_cache.h": "the folder of static pods: when a file has changed",
    "shim/specs/manifest_cache.cc": "the folder of static pods",
    "shim/actuators/launcher.cc": "makes the symlink of a container's log",
    "shim/actuators/sigterm.cc": "the number of SIGTERM",
    "shim/app/config.cc": "paths",
    "shim/app/serve_command.cc": "signals to the daemon",
    "shim/app/daemon.cc": "returns freed memory",
    "shim/run/interrupt.cc": "signals to the command",
    "shim/run/interrupt.h": "signals to the command",
    "shim/run/pod_files.cc": "kubelet's files of a pod",
    "shim/run/pod_runner.cc": "the terminal's width",
    "shim/run/pods_api_server.cc": "the socket's owner",
    "shim/run/pods_api_server.h": "the socket's owner",
    "shim/run/volumes.cc": "kubelet's files of a pod",
}
OS_CXX_HEADERS = {"csignal", "cstdio", "filesystem", "fstream"}
# A header <NAME/...h> of one of these is not the operating system's.
LIBRARY_HEADERS = {"curl", "fmt", "google", "grpc", "grpcpp", "nghttp2", "openssl", "spdlog", "yaml-cpp"}

# Inside policy/, lowest layer first: a file may include its own layer and lower ones, and no layer has a cycle.
POLICY_LAYERS = (
    ("values", VALUE_NAMES),
    ("state", ("events", "actions", "pod_state", "invariants", "queries", "pod_index")),
    ("rules", ("gate", "launch_order", "completion", "termination", "restart_detection", "probing", "create_decision",
               "unknown_spec_completion", "unknown_spec_inversion", "unknown_spec_names", "unknown_spec_start_gate")),
    ("application", ("transitions", "call_transitions", "container_transitions", "pod_transitions", "settle")),
    ("engine", ("engine", "engine_queries")),
)
# No I/O, clock, threads or chance, and no order that depends on hashes: the same events give the same actions.
POLICY_HEADERS = {"algorithm", "array", "chrono", "cmath", "compare", "cstddef", "cstdint", "deque", "functional", "iterator",
                  "limits", "map", "memory", "numeric", "optional", "set", "span", "string", "string_view", "tuple", "type_traits",
                  "utility", "variant", "vector"}
POLICY_LIBRARIES = re.compile(r'"absl/(status|strings)/[a-z0-9_]+\.h"')
# What some of these headers bring along, or what needs none.
IMPURE = re.compile(r"\b(\w+_clock|this_thread|random_device|thread_local|__DATE__|__TIME__)\b|(?<![.>])\b"
                    r"(time|clock|clock_gettime|gettimeofday|localtime|gmtime|mktime|rand|srand|random|getenv|system)\s*\(")

# A test of a room may include what the room may, proto (it plays kubelet or the runtime) and tests/support. A test of the whole
# shim goes through tests/support, which runs it (shim_under_test, actuator_support). Beside that:
TESTS_MAY = {
    "tests/shim/kube/pod_update_test.cc": {"specs", "run"},  # reads one pod in every way there is and compares
    "tests/shim/specs/spec_resolver_test.cc": {"actuators"},  # where the resolver's warnings are counted
}
SUPPORT_MAY = ROOMS["app"] | {"app", "http2"}

MAX_FLOORS = 9
MAX_LINES = 300
MAX_MEDIAN_LINES = 80
