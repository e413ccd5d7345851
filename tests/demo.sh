#!/bin/sh
# The main job, on this machine, with nothing left behind: installs what Debian 12 needs, builds, starts a private containerd,
# makes the images, starts the shim, runs a job with a log collector beside it and shows its timeline.
#   tests/demo.sh [--without-shim] [--sidecar-first] [--svg FILE]
set -eu
cd "$(dirname "$0")/.."
tests/install-deps.sh --demo
if ! out=$( (cmake --preset release -DSIDECAR_SHIM_TESTS=OFF && cmake --build --preset release --target sidecar-shim) 2>&1); then
  echo "$out" >&2
  exit 1
fi
exec python3 tests/node/demo.py "$@"
