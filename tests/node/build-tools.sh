#!/usr/bin/env bash
# Builds the real programs that the node tests run, each from pinned sources, once per machine.
#
#   build-tools.sh [--print-path | --is-built] [TOOL|all]...
#
# TOOL is kubelet, control-plane (kube-apiserver, kube-controller-manager), kubelet-1.34, kubelet-1.30, cri-tools, containerd,
# pause, grpc-health, h2spec, interop, grpcio, cri-descriptors or go-proxy. `all` is everything but the older kubelets, whose tests
# are optional, and go-proxy, which only tests/bench needs. cri-descriptors are .proto files of pinned Go modules, with which
# tests/cri_descriptors compares proto/. grpcio is a Python with that package from PyPI.
#
# Programs are kept outside the tree, in ${SIDECAR_SHIM_TOOLS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/sidecar-shim-tools}. The name of
# their folder contains a hash of the pins (go.mod, go.sum) and of the recipe below, so that a change of either rebuilds them and an
# older checkout finds its own. --print-path prints only the folder with the programs; --is-built builds nothing and exits with 0
# if everything is built. Exit status 77: cannot be built here (no suitable toolchain); tests are then skipped.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${SIDECAR_SHIM_TOOLS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/sidecar-shim-tools}

# The recipes: each runs in its tools/ folder and writes programs to $1. Its text is part of the hash in the folder's name.
kubernetes_program() {
  local stamp=k8s.io/component-base/version version minor
  version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
  minor=${version#v1.}
  go build -ldflags "-s -w -X $stamp.gitVersion=$version -X $stamp.gitMajor=1 -X $stamp.gitMinor=${minor%.*}" \
    -o "$1/$2" "k8s.io/kubernetes/cmd/$2"
}
recipe_kubelet() {
  kubernetes_program "$1" kubelet
}
recipe_kubelet_1_34() {
  kubernetes_program "$1" kubelet
}
recipe_kubelet_1_30() {
  kubernetes_program "$1" kubelet
}
recipe_control_plane() {
  kubernetes_program "$1" kube-apiserver
  kubernetes_program "$1" kube-controller-manager
}
recipe_cri_tools() {
  local source=github.com/kubernetes-sigs/cri-tools
  local flags="-s -w -X $source/pkg/version.Version=1.30.0"
  go build -ldflags "$flags" -o "$1/crictl" "$source/cmd/crictl"
  go test -c -ldflags "$flags" -o "$1/critest" "$source/cmd/critest"
}
recipe_containerd() {
  local source=github.com/containerd/containerd/v2 program
  for program in containerd containerd-shim-runc-v2 ctr; do
    go build -ldflags "-s -w -X $source/version.Version=2.4.2" -o "$1/$program" "$source/cmd/$program"
  done
}
recipe_grpc_health() {
  CGO_ENABLED=0 go build -ldflags "-s -w" -o "$1/grpc-health" .
}
recipe_go_proxy() {
  CGO_ENABLED=0 go build -ldflags "-s -w" -o "$1/go-proxy" .
}
recipe_h2spec() {
  CGO_ENABLED=0 go build -ldflags "-s -w" -o "$1/h2spec" github.com/summerwind/h2spec/cmd/h2spec
}
recipe_interop() {
  CGO_ENABLED=0 go build -ldflags "-s -w" -o "$1/interop" .
}
# 77 for whatever fails: no wheel for this Python or this processor, no PyPI.
recipe_grpcio() {
  python3 -m venv "$(dirname "$1")" || return 77
  "$1/python3" -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 20 --only-binary :all: \
    --require-hashes --requirement requirements.txt || return 77
}
recipe_cri_descriptors() {
  local from module
  while read -r from module; do
    (
      cd "$from"
      go mod download "$module"
      cd "$(go list -m -f '{{.Dir}}' "$module")"
      mkdir -p "$1/$from/$module"
      find . -name '*.proto' -exec cp --parents --no-preserve=mode -t "$1/$from/$module" {} +
    )
  done <<<". k8s.io/api
. k8s.io/apimachinery
. k8s.io/cri-api
. k8s.io/kubelet
oldest k8s.io/cri-api
oldest github.com/gogo/protobuf"
}
recipe_pause() {
  "${CC:-gcc}" -std=gnu17 -O2 -Wall -Wextra -static -s -o "$1/pause" pause.c
}

folder_of() {
  case $1 in
    kubelet | control-plane) echo kubernetes-1.37 ;;
    kubelet-*) echo "kubernetes-${1#*-}" ;;
    cri-descriptors) echo ../../cri_descriptors/modules ;;
    go-proxy) echo ../../bench/go_proxy ;;
    *) echo "$1" ;;
  esac
}

version_of() {
  case $1 in
    kubelet | control-plane) echo 1.37.2 ;;
    kubelet-1.34) echo 1.34.4 ;;
    kubelet-1.30) echo 1.30.14 ;;
    cri-tools) echo 1.30.0 ;;
    containerd) echo 2.4.2 ;;
    pause | grpc-health | interop | go-proxy) echo 1 ;;
    h2spec) echo 2.2.1 ;;
    grpcio) echo 1.83.2 ;;
    cri-descriptors) echo 0.37.2 ;;
  esac
}

recipe_of() {
  echo "recipe_${1//[-.]/_}"
}

# The folder of a tool's programs, whether they are built or not.
path_of() {
  local folder hash
  folder=$here/tools/$(folder_of "$1")
  hash=$(
    {
      find "$folder" -type f | LC_ALL=C sort | xargs cat
      declare -f "$(recipe_of "$1")"
      [ "${folder#*/kubernetes-}" = "$folder" ] || declare -f kubernetes_program
    } | sha256sum | cut -c1-12
  )
  echo "$cache/$1-$(version_of "$1")-$hash/bin"
}

# Prints what is missing to build a tool, or nothing. GOTOOLCHAIN=local, because a downloaded toolchain would not be pinned.
missing_for() {
  local needed found
  if [ "$1" = pause ]; then
    command -v "${CC:-gcc}" >/dev/null || echo "no C compiler"
    return
  fi
  if [ "$1" = grpcio ]; then
    python3 -c "import ensurepip" 2>/dev/null || echo "no python3 that can make a virtual environment (Debian package python3-venv)"
    return
  fi
  needed=$(awk '$1 == "go" { print $2 }' "$here/tools/$(folder_of "$1")/go.mod")
  found=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null | sed 's/^go//') || true
  if [ -z "$found" ]; then
    echo "no Go toolchain (needs Go $needed)"
  elif [ "$(printf '%s\n%s\n' "$needed" "$found" | sort -V | head -n 1)" != "$needed" ]; then
    echo "Go $found is too old (needs Go $needed)"
  fi
}

# Builds one tool and prints one line. Builds in a temporary folder that is renamed, so that a folder is always complete.
build() {
  local tool=$1 bin work missing status lock began=$SECONDS
  bin=$(path_of "$tool")
  if [ -d "$bin" ]; then
    say "$tool: already built ($bin)"
    return 0
  fi
  missing=$(missing_for "$tool")
  if [ -n "$missing" ]; then
    echo "$tool: not built: $missing" >&2
    return 77
  fi
  mkdir -p "$cache"
  exec {lock}>"$cache/.lock-$tool"
  flock "$lock"
  if [ ! -d "$bin" ]; then
    rm -rf "$cache/.building-$tool-"*
    work=$(mktemp -d "$cache/.building-$tool-XXXXXX")
    mkdir "$work/bin"
    set +e # Not "if (...)" or "(...) ||", in which bash ignores set -e.
    (
      set -e
      cd "$here/tools/$(folder_of "$tool")"
      export GOTOOLCHAIN=local GOWORK=off GOFLAGS="-mod=readonly -trimpath -buildvcs=false"
      "$(recipe_of "$tool")" "$work/bin"
    ) >"$work/log" 2>&1
    status=$?
    set -e
    if [ "$status" -eq 77 ]; then
      echo "$tool: not built: $(tail -n 1 "$work/log")" >&2
      return 77
    fi
    if [ "$status" -ne 0 ]; then
      tail -n 25 "$work/log" >&2
      echo "$tool: build failed; the complete output is in $work/log" >&2
      return 1
    fi
    mv -T "$work" "$(dirname "$bin")"
  fi
  exec {lock}>&-
  say "$tool: built in $((SECONDS - began)) s ($bin)"
}

say() {
  [ -n "$print_path" ] || echo "$1"
}

print_path=
is_built=
all=(pause cri-descriptors grpc-health h2spec interop grpcio cri-tools containerd kubelet control-plane)
tools=()
for argument in "$@"; do
  case $argument in
    --print-path) print_path=1 ;;
    --is-built) is_built=1 ;;
    all) tools+=("${all[@]}") ;;
    *)
      if [ -z "$(version_of "$argument")" ]; then
        echo "usage: build-tools.sh [--print-path | --is-built] [TOOL|all]..." >&2
        exit 64
      fi
      tools+=("$argument")
      ;;
  esac
done
[ ${#tools[@]} -gt 0 ] || tools=("${all[@]}")

if [ -n "$is_built" ]; then
  for tool in "${tools[@]}"; do
    [ -d "$(path_of "$tool")" ] || exit 1
  done
  exit 0
fi

result=0
for tool in "${tools[@]}"; do
  set +e # For the same reason as in build.
  (
    set -e
    build "$tool"
  )
  status=$?
  set -e
  if [ "$status" -ne 0 ]; then
    [ "$result" -eq 1 ] || result=$status
    [ "$status" -eq 77 ] || result=1
  elif [ -n "$print_path" ]; then
    path_of "$tool"
  fi
done
exit "$result"
