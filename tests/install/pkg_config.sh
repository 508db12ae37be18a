#!/bin/sh
# pkg_config.sh PREFIX LIBDIR CXX CONSUMER WORK: the consumer by pkg-config alone.
set -eu
# Only what linx installs: linx itself requires no other package.
# shellcheck disable=SC2046 # the flags are words
"$3" -std=c++20 "$4/main.cpp" -o "$5/pkg-config-readme" \
  $(PKG_CONFIG_PATH='' PKG_CONFIG_LIBDIR="$1/$2/pkgconfig" pkg-config --cflags --libs linx)
"$5/pkg-config-readme"
# shellcheck disable=SC2046
"$3" -std=c++20 "$4/ruleset.cpp" -o "$5/pkg-config-ruleset" \
  $(PKG_CONFIG_PATH="$1/$2/pkgconfig" pkg-config --cflags --libs linx-netfilter)
"$5/pkg-config-ruleset"
