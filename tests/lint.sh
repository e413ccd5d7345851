#!/bin/bash
# How the code is written.
#   tests/lint.sh [--quick]
# --quick, which ctest runs too as `style`: clang-format over all of it; no test's name above 60 letters; no comment in policy/,
# shim/, proto/ and tests/ cites a document that is not in the repository; every file that a document names is there.
# Without it also tests/complexity.sh and clang-tidy over policy/ and shim/, which no automatic run does: it reads build/dev
# (cmake --workflow --preset dev), whose units hold eight files each, and takes some minutes on 2 cores.
# Version 14 of both tools, as Debian 12 has them: others format otherwise. Exit status 77: a tool is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
quick=${1:-}
status=0

require() {
  command -v "$1" >/dev/null && return
  echo "skipped: $1 is not installed (apt-get install $1)" >&2
  exit 77
}

# complain TEXT FINDINGS: nothing where there are none.
complain() {
  [[ -z $2 ]] && return
  printf '%s:\n%s\n' "$1" "$2" | sed '2,$s/^/  /'
  status=1
}

require clang-format-14
find policy shim tests -name '*.cc' -o -name '*.h' | xargs clang-format-14 --dry-run -Werror || status=1

names=$(find tests -name '*.cc' -print0 | xargs -0 grep -hPzo 'TEST(_F|_P)?\(\s*\w+,\s*\K\w{61,}' | tr '\0' '\n' || true)$'\n'
names+=$(find tests -name '*.py' -print0 | xargs -0 grep -hoP 'def test_\K\w{61,}' || true)
complain 'names of tests above 60 letters' "$(sed '/^$/d' <<<"$names")"

cited=$(grep -rnoE --include='*.cc' --include='*.h' --include='*.proto' '//.*' policy shim proto tests |
  grep -oP '^[^:]+:[0-9]+:|[A-Za-z0-9_./-]+(/|\.md\b)[A-Za-z0-9_./-]*' |
  awk '/:[0-9]+:$/ { at = $0; next } /\.md$/ { print at, $0 }' |
  while read -r at file; do
    [[ -e $file || -e $(dirname "$at")/$file ]] || echo "$at $file"
  done)
complain 'comments cite files that are not in the repository' "$cited"

# `folder/name` in a document is a file, or one with its suffix left out.
named=$(find . -name '*.md' -not -path './build/*' | sort | while read -r document; do
  grep -noP '(?<=`)(policy|shim|tests|proto|\.cmake|systemd|packaging|\.github)/[\w./-]*(?=`)' "$document" |
    while IFS=: read -r line path; do
      compgen -G "$path" >/dev/null || compgen -G "$path.*" >/dev/null || echo "$document:$line: $path"
    done || true
done)
complain 'documents name files that are not there' "$named"

[[ $quick == --quick ]] && exit "$status"
require clang-tidy-14
tests/complexity.sh || [[ $? == 77 ]] || status=1
if [[ ! -f build/dev/compile_commands.json ]]; then
  echo "clang-tidy needs build/dev: cmake --preset dev && cmake --build --preset dev" >&2
  exit 2
fi
# A unit includes sources, which is what it is for.
python3 - <<'PY' | xargs -P "$(nproc)" -n 1 clang-tidy-14 -p build/dev --quiet --checks=-bugprone-suspicious-include || status=1
import json
for entry in json.load(open("build/dev/compile_commands.json")):
    if "/units/" in entry["file"] or entry["file"].endswith("/shim/main.cc"):
        print(entry["file"])
PY
exit "$status"
