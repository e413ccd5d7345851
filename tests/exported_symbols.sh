#!/bin/sh
# Fails where the program exports functions of the C libraries that are linked into it.
#   tests/exported_symbols.sh PROGRAM
set -eu
symbols=$(nm -D --defined-only "$1")
if found=$(printf '%s\n' "$symbols" | grep -E ' [TW] (nghttp2|grpc|ares|gpr|upb|address_sorting)_'); then
  echo "$1 exports what is linked into it; see add_third_party() in .cmake/Dependencies.cmake:" >&2
  printf '%s\n' "$found" | head -n 20 >&2
  exit 1
fi
