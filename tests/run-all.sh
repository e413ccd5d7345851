#!/bin/bash
# Every test there is, from a clean clone: builds (release, ASan+UBSan, TSan), unit, model and containerd tests in all three,
# the other node tests with the release build. Ends with ctest's summaries and one line "N passed, N failed".
#   tests/run-all.sh [--quick]     --quick: no sanitizer builds
set -euo pipefail
cd "$(dirname "$0")/.."
quick=${1:-}
tests/install-deps.sh

# What a failed test has said, told again at the end: a log may be read from there, and may be cut in the middle.
said=$(mktemp)
trap 'rm -f "$said"' EXIT
presets=(release)
[[ $quick == --quick ]] || presets+=(asan tsan)
passed=0
failed=0
skipped=0

build() {
  local out
  echo "== build $1"
  if ! out=$( (cmake --preset "$1" && cmake --build --preset "$1") 2>&1); then
    printf '%s\n' "$out" >&2
    echo "the $1 build failed" >&2
    exit 1
  fi
}

run() {
  echo "== test $1"
  local log
  log=$(mktemp)
  # Two at a time: most of a node test is waiting.
  ctest --test-dir "build/$1" -j2 --output-on-failure --no-tests=error | tee "$log" || true
  passed=$((passed + $(grep -cE '^ *[0-9]+/[0-9]+ Test .* Passed ' "$log" || true)))
  failed=$((failed + $(grep -cE '^ *[0-9]+/[0-9]+ Test .*\*\*\*(Failed|Timeout|Exception|Not Run)' "$log" || true)))
  if ! grep -q 'tests passed' "$log"; then failed=$((failed + 1)); fi
  skipped=$((skipped + $(grep -cE '^ *[0-9]+/[0-9]+ Test .*\*\*\*Skipped' "$log" || true)))
  grep -E '\*\*\*Skipped' "$log" && echo "(a skipped test prints why: ctest --test-dir build/$1 -R NAME -V)" || true
  # GoogleTest's and unittest's words for it.
  grep -E -A12 ': Failure$|^(FAIL|ERROR): |^Traceback |^==[0-9]+==ERROR|: runtime error: |^WARNING: ThreadSanitizer' "$log" |
    head -n 200 | sed "s/^/$1: /" >>"$said" || true
  rm -f "$log"
}

# The Go programs take longest the first time; they are built while nothing else competes.
echo "== programs for the node tests"
tests/node/build-tools.sh all || [[ $? == 77 ]]
older=(kubelet-1.30 kubelet-1.34)
tests/node/build-tools.sh --is-built "${older[@]}" ||
  echo "tests on ${older[*]} will be skipped: they are not built yet (tests/node/build-tools.sh ${older[*]})"
for preset in "${presets[@]}"; do
  build "$preset"
  run "$preset"
done
# For the next run: where everything is built for the first time, these take minutes that the tests need more.
if [[ $quick != --quick ]] && ((SECONDS < 60 * 60)); then
  tests/node/build-tools.sh "${older[@]}" || true
fi
cat "$said"
((skipped == 0)) || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
