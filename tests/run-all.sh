#!/bin/bash
# Every test there is, from a clean clone: runs the demo, builds (release, ASan+UBSan, TSan), runs unit, model and containerd tests in
# all three and the other node tests with the release build. Ends with ctest's summaries, why tests were skipped, what failed tests
# printed, and one line "N passed, N failed".
#   tests/run-all.sh [--quick]     --quick: no sanitizer builds
set -euo pipefail
cd "$(dirname "$0")/.."
quick=${1:-}

# What a failed test has printed, repeated at the end: a log may be read from there, and may be cut in the middle.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
touch "$work"/{failures,skips}
presets=(release)
[[ $quick == --quick ]] || presets+=(asan tsan)
passed=0
failed=0
skipped=0

demo() {
  echo "== demo"
  local status=0
  tests/demo.sh 2>&1 | tee "$work/log" || status=$?
  case $status in
    0) passed=$((passed + 1)) ;;
    77)
      skipped=$((skipped + 1))
      sed -n '$s/^/demo: /p' "$work/log" >>"$work/skips"
      ;;
    *)
      failed=$((failed + 1))
      tail -n 40 "$work/log" | sed 's/^/demo: /' >>"$work/failures"
      ;;
  esac
}

build() {
  local out
  echo "== build $1"
  if ! out=$( (cmake --preset "$1" && cmake --build --preset "$1") 2>&1); then
    printf '%s\n' "$out" >&2
    echo "the $1 build failed" >&2
    exit 1
  fi
}

# What each skipped test printed, from ctest's own log.
reasons_of_skips() {
  sed -nE 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: ([^ ]+) .*\*\*\*Skipped.*/\1/p' "$work/log" | while read -r name; do
    awk -v name="$name" '
      /^ *[0-9]+\/[0-9]+ Testing: / { ours = ($3 == name); body = 0 }
      /^<end of output>/ { body = 0 }
      ours && body && NF { last = $0 }
      /^Output:$/ { body = 1 }
      END { print name ": " (last ~ /^-*$/ ? "no reason given" : last) }
    ' "build/$1/Testing/Temporary/LastTest.log"
  done
}

run() {
  echo "== test $1"
  local log=$work/log
  # Two at a time: most of a node test is waiting. A unit test that passes is not worth two lines.
  ctest --test-dir "build/$1" -j2 --output-on-failure --no-tests=error | tee "$log" |
    grep --line-buffered -vE '^ *Start +[0-9]+: |^ *[0-9]+/[0-9]+ Test +#[0-9]+: [a-z]+/.* Passed ' || true
  passed=$((passed + $(grep -cE '^ *[0-9]+/[0-9]+ Test .* Passed ' "$log" || true)))
  failed=$((failed + $(grep -cE '^ *[0-9]+/[0-9]+ Test .*\*\*\*(Failed|Timeout|Exception|Not Run)' "$log" || true)))
  if ! grep -q 'tests passed' "$log"; then failed=$((failed + 1)); fi
  skipped=$((skipped + $(grep -cE '^ *[0-9]+/[0-9]+ Test .*\*\*\*Skipped' "$log" || true)))
  reasons_of_skips "$1" | sed "s/^/$1: /" >>"$work/skips"
  # GoogleTest's and unittest's words for it.
  grep -E -A12 ': Failure$|^(FAIL|ERROR): |^Traceback |^==[0-9]+==ERROR|: runtime error: |^WARNING: ThreadSanitizer' "$log" |
    head -n 200 | sed "s/^/$1: /" >>"$work/failures" || true
}

# First, and with no more packages than it installs by itself: what the README has people try first, in the same clone.
demo
tests/install-deps.sh

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
cat "$work/failures"
if ((skipped > 0)); then
  echo "$skipped skipped:"
  sed 's/^/  /' "$work/skips"
fi
echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
