#!/bin/bash
# No function of policy/ and shim/ has a cyclomatic complexity above 15, as lizard counts it. Takes seconds; ctest runs it too.
#   tests/complexity.sh [FOLDER|FILE...]     default: policy shim
# Debian 12 has no package of lizard. The first run installs it from PyPI, pinned by tests/lizard.txt, into a virtual environment
# outside the tree, in ${SIDECAR_SHIM_TOOLS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/sidecar-shim-tools}. Exit status 77: that cannot be
# done here.
set -euo pipefail
pins=$(cd "$(dirname "$0")" && pwd)/lizard.txt
cache=${SIDECAR_SHIM_TOOLS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/sidecar-shim-tools}
version=$(sed -nE 's/^lizard==([0-9.]+) .*/\1/p' "$pins")
# The hash: with other pins it is another environment.
installed=$cache/lizard-$version-$(sha256sum "$pins" | cut -c1-12)

skip() {
  echo "skipped: $1" >&2
  exit 77
}

# The file `complete` is made last: an installation that was interrupted is begun again.
install() (
  mkdir -p "$cache" 2>/dev/null && [[ -w $cache ]] || skip "$cache cannot be written"
  exec {lock}>"$cache/.lock-lizard"
  flock "$lock"
  [[ -e $installed/complete ]] && exit
  rm -rf "$installed"
  python3 -m venv "$installed" >/dev/null 2>&1 || skip "no virtual environment can be made (apt-get install python3-venv)"
  "$installed/bin/python3" -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 20 --only-binary :all: \
    --require-hashes --requirement "$pins" >"$installed/log" 2>&1 ||
    skip "lizard $version cannot be installed: $(tail -n 1 "$installed/log")"
  touch "$installed/complete"
)

[[ -e $installed/complete ]] || install
if [[ $# == 0 ]]; then
  cd "$(dirname "$0")/.."
  set -- policy shim
fi
exec "$installed/bin/python3" -m lizard -l cpp -C 15 -w "$@"
