#!/bin/bash
# How the code is written: clang-format over all of it, clang-tidy over policy/ and shim/ (needs a configured release preset;
# a quarter of an hour on 2 cores). Version 14 of both, as Debian 12 has them: others format otherwise.
#   tests/lint.sh [--format]     --format: clang-format only
set -euo pipefail
cd "$(dirname "$0")/.."
for tool in clang-format-14 clang-tidy-14; do
  command -v "$tool" >/dev/null && continue
  [[ $tool == clang-tidy-14 && ${1:-} == --format ]] && continue
  echo "skipped: $tool is not installed (apt-get install $tool)" >&2
  exit 77
done
find policy shim tests -name '*.cc' -o -name '*.h' | xargs clang-format-14 --dry-run -Werror
[[ ${1:-} == --format ]] && exit
if [[ ! -f build/release/compile_commands.json ]]; then
  echo "clang-tidy needs build/release: cmake --preset release && cmake --build --preset release" >&2
  exit 2
fi
find policy shim -name '*.cc' | sort | xargs -P "$(nproc)" -n 4 clang-tidy-14 -p build/release --quiet
