#!/bin/sh
# Dependencies point one way: shim -> policy, shim -> proto. policy/ includes nothing but the standard library,
# absl/status, absl/strings and itself: no gRPC, protobuf, I/O, clock, threads or logging.
set -u
cd "$(dirname "$0")/.." || exit 2
failed=0

# check WHAT FOLDER PATTERN: no #include line under FOLDER matches PATTERN, apart from those that match ALLOWED.
check() {
  [ -d "$2" ] || return 0
  bad=$(grep -rnE --include='*.h' --include='*.cc' '^[[:space:]]*#[[:space:]]*include' "$2" |
    grep -E ":[[:space:]]*#[[:space:]]*include[[:space:]]*$3" | grep -vE "${4:-^\$}")
  if [ -n "$bad" ]; then
    echo "$1:"
    echo "$bad" | sed 's/^/  /'
    failed=1
  fi
}

check 'policy/ includes something other than itself, absl/status or absl/strings' policy '"' \
  '"(policy|absl/status|absl/strings)/[a-z0-9_]+\.h"'
# Standard headers have no slash and no suffix; those below do I/O, tell the time of day, or start threads.
check 'policy/ includes a header that is not of the standard library' policy '<[^>]*[/.][^>]*>'
check 'policy/ includes a standard header for I/O, threads, or a part of C++20 that is not used here' policy \
  '<(iostream|fstream|cstdio|filesystem|thread|mutex|shared_mutex|condition_variable|future|atomic|ctime|format|ranges)>'
check 'shim/ includes a test' shim '["<]tests/'
check 'proto/ includes something of ours' proto '["<](policy|shim|tests)/'
check 'tests of policy use more than policy' tests/policy '["<](shim|proto)/'
check 'the model uses more than policy' tests/model '["<](shim|proto)/'

clock=$(grep -rnE '(system|steady|high_resolution)_clock' policy --include='*.h' --include='*.cc')
if [ -n "$clock" ]; then
  echo "policy/ reads a clock:"
  echo "$clock" | sed 's/^/  /'
  failed=1
fi
[ "$failed" -eq 0 ] && echo "layering: ok"
exit "$failed"
