#!/usr/bin/env bash
# Builds the clients that linx is compared with out of Debian's packages alone, without network, into DIRECTORY.
# What is not installed is left out with a word; linx-bench runs what it finds there.
set -euo pipefail
[[ $# == 1 ]] || { echo "usage: build.sh DIRECTORY" >&2; exit 2; }
here=$(dirname "$(readlink -f "$0")")
mkdir -p "$1"
into=$(readlink -f "$1")

leave_out() { echo "peers: left out: $1: $2" >&2; rm -f "$into/$3"; }

build_go()
{
  env GO111MODULE=off GOPATH=/usr/share/gocode GOPROXY=off GOFLAGS= GOCACHE="$into/go.cache" \
    go build -o "$into/vishvananda" "$here/go/peer.go"
}

# Debian's own compiler and crates, whatever else is on the PATH.
build_rust()
{
  local registry='source.crates-io.replace-with="debian"' debian='source.debian.directory="/usr/share/cargo/registry"'
  rm -rf "$into/rust" && cp -r "$here/rust" "$into/rust"
  env -u RUSTUP_TOOLCHAIN CARGO_HOME="$into/cargo.home" RUSTC=/usr/bin/rustc CARGO_TARGET_DIR="$into/rust.target" \
    /usr/bin/cargo build --quiet --offline --release --manifest-path "$into/rust/Cargo.toml" \
      --config "$registry" --config "$debian"
  install "$into/rust.target/release/peer" "$into/rtnetlink"
}

if /usr/bin/python3 -I -c 'import pyroute2' 2>/dev/null; then
  install "$here/python/peer.py" "$into/pyroute2"
else
  leave_out pyroute2 "python3-pyroute2 is not installed" pyroute2
fi

if [[ -d /usr/share/gocode/src/github.com/vishvananda/netlink ]] && command -v go >/dev/null; then
  build_go || leave_out "Go" "it does not build" vishvananda
else
  leave_out "Go" "golang-go or golang-github-vishvananda-netlink-dev is not installed" vishvananda
fi

if compgen -G '/usr/share/cargo/registry/rtnetlink-*' >/dev/null && [[ -x /usr/bin/cargo && -x /usr/bin/rustc ]]; then
  build_rust || leave_out "Rust" "it does not build" rtnetlink
else
  leave_out "Rust" "cargo, rustc or librust-rtnetlink-dev is not installed" rtnetlink
fi
