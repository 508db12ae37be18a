#!/bin/sh
# exports.sh STATIC SHARED HEADERS: whatever the rooms define under a name that a public header declares is exported by
# the shared library, and the components find in liblinx all that they refer to. A forgotten LINX_API would be a link error
# only for the first user who calls it.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

# Names of a dynamic or static library: demangled, sorted.
names() { sed -n "s/^[0-9a-f ]* [$1] //p" | grep '^[a-z ]*linx::' | sort -u; }

for name in linx linx-mnl linx-netfilter; do
  [ -e "$1/lib$name.a" ] || continue
  nm -DC --defined-only "$2/lib$name.so" | names A-Za-z >"$work/exported"
  nm -C --defined-only --extern-only "$1/lib$name.a" 2>/dev/null | names TDBR | grep -v 'detail::' >"$work/defined"
  comm -13 "$work/exported" "$work/defined" | while read -r hidden; do
    called=$(printf '%s' "$hidden" | sed 's/(.*//; s/.*:://')
    if grep -rqw -- "$called" "$3"; then
      printf 'lib%s.so does not export %s: LINX_API is missing\n' "$name" "$hidden"
    fi
  done >"$work/complaints"
  if [ -s "$work/complaints" ]; then
    cat "$work/complaints"
    status=1
  fi
done

for name in linx-mnl linx-netfilter; do
  [ -e "$2/lib$name.so" ] || continue
  nm -DC --defined-only "$2/liblinx.so" | names A-Za-z >"$work/exported"
  nm -DC --undefined-only "$2/lib$name.so" | names Uw >"$work/wanted"
  comm -13 "$work/exported" "$work/wanted" >"$work/missing"
  if [ -s "$work/missing" ]; then
    printf 'lib%s.so refers to what liblinx.so does not export:\n' "$name"
    cat "$work/missing"
    status=1
  fi
done
exit $status
