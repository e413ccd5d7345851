#!/usr/bin/env bash
# Compares proto/ with the published .proto files of CRI, PodsAPI and core/v1: run.sh PATH_OF_cri_subset
# Exit 77, with the reason printed, where they are not to be had.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
status=0
published=$("$here/../node/build-tools.sh" --print-path cri-descriptors) || status=$?
if [ "$status" -ne 0 ]; then
  [ "$status" -ne 77 ] || echo "skipped: no published .proto files to compare with"
  exit "$status"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# An option that protoc before 22 does not know, and that says nothing about the wire.
cp -r "$published/." "$work/protos"
sed -i 's/ *\[ *debug_redact *= *true *\]//' "$work/protos/k8s.io/cri-api/pkg/apis/runtime/v1/api.proto"
protoc --include_imports -I "$work/protos" -o "$work/newest" \
  k8s.io/cri-api/pkg/apis/runtime/v1/api.proto k8s.io/kubelet/pkg/apis/pods/v1alpha1/api.proto \
  k8s.io/api/core/v1/generated.proto k8s.io/api/batch/v1/generated.proto
protoc --include_imports -I "$work/protos/oldest" -o "$work/oldest" k8s.io/cri-api/pkg/apis/runtime/v1/api.proto
"$1" "$work/newest" "$work/oldest"
