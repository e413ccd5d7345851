#!/bin/sh
# Installs what Debian 12 needs to build and test sidecar-shim. Prints nothing but what goes wrong.
#   tests/install-deps.sh [--demo]     --demo: only what the demo needs
set -eu

build="build-essential cmake ninja-build ccache pkg-config git ca-certificates
  libgrpc++-dev protobuf-compiler-grpc libprotobuf-dev protobuf-compiler libabsl-dev libspdlog-dev libfmt-dev
  libcli11-dev libyaml-cpp-dev nlohmann-json3-dev libc-ares-dev libre2-dev zlib1g-dev libnghttp2-dev libcurl4-openssl-dev libssl-dev"
node="containerd runc containernetworking-plugins busybox-static rsyslog iproute2 iptables python3 util-linux-extra"
test="libgtest-dev libgmock-dev clang-14 libclang-rt-14-dev clang-format-14 python3-venv etcd-server openssl"

packages="$build $node"
[ "${1:-}" = --demo ] || packages="$packages $test"
missing=
for package in $packages; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
  echo "these packages are missing; install them as root: apt-get install$missing" >&2
  exit 1
fi
echo "installing:$missing"
log=$(mktemp)
# A daemon that a package brings is not to be started on this machine.
[ -e /usr/sbin/policy-rc.d ] || { printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d && ours=1; }
if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
  cat "$log" >&2
  status=1
fi
[ -z "${ours:-}" ] || rm -f /usr/sbin/policy-rc.d
rm -f "$log"
exit "${status:-0}"
