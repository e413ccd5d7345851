#!/bin/sh
# The main job, on this machine, with nothing left behind: installs what Debian 12 needs, builds, starts a private containerd,
# makes the images, starts the shim, runs a job with a log collector beside it and shows its timeline.
#   tests/demo.sh [--without-shim] [--sidecar-first] [--svg FILE]
# Exit status: 0 the job is complete, 1 it is not, 77 a part that the demo needs is not to be had here.
set -eu
cd "$(dirname "$0")/.."
tests/install-deps.sh --demo
# The same configuration that tests/run-all.sh builds all of: whatever is built here need not be built there, and the other way round.
if ! out=$( (cmake --preset release && cmake --build --preset release --target sidecar-shim) 2>&1); then
  echo "$out" >&2
  exit 1
fi
exec python3 tests/node/demo.py "$@"
