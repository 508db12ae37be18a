#!/bin/sh
# exports.sh STATIC SHARED: whatever the rooms define outside linx::detail is exported by the shared library, so that no
# LINX_API was forgotten. The static library tells what exists; a hidden function would be a link error only for the
# first user who calls it.
set -eu
status=0
for name in linx linx-netfilter; do
  [ -e "$1/lib$name.a" ] || continue
  exported=$(mktemp)
  defined=$(mktemp)
  nm -DC --defined-only "$2/lib$name.so" | sed 's/^[0-9a-f]* . //' | sort -u >"$exported"
  nm -C --defined-only --extern-only "$1/lib$name.a" 2>/dev/null | sed -n 's/^[0-9a-f]* [TDBR] //p' \
    | grep '^linx::' | grep -v 'detail::' | grep -v '\[clone' | sort -u >"$defined"
  hidden=$(comm -13 "$exported" "$defined")
  rm -f "$exported" "$defined"
  if [ -n "$hidden" ]; then
    printf 'lib%s.so does not export (LINX_API is missing, or it belongs into detail):\n%s\n' "$name" "$hidden"
    status=1
  fi
done
exit $status
