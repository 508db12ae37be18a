#!/usr/bin/env bash
# Boots a Debian cloud kernel in an emulated machine and runs a script in it:  boot.sh 6.1|6.12 WORKDIR SCRIPT
#
# The guest's root is this machine's own file system, read-only by virtiofs, under an overlay in memory: every program
# and every build tree is there under its own path, and nothing the guest does reaches this machine. What SCRIPT prints
# comes out on stdout; its exit status is this script's, or 77 where the kernel cannot be fetched. All cgroup controllers
# are on the v2 tree. No kernel is installed: the package is only unpacked in WORKDIR.
#
# Emulated (TCG): some 30 times slower than the machine, so for what is correct and never for what is fast. One
# processor: two take 2.5 times as long in all, for each waits for the other. no_timer_check, because the kernel panics
# when its timer seems dead, and it does where the emulator itself has to wait for a processor.
set -euo pipefail

kernel=$1 work=$2/$1 script=$(readlink -f "$3")
case $kernel in
  6.1) meta=linux-image-cloud-amd64 ;;
  6.12) meta=linux-image-6.12-cloud-amd64 ;;
  *) echo "boot.sh: no kernel '$kernel'; there are 6.1 and 6.12" >&2; exit 2 ;;
esac
((EUID == 0)) || { echo "boot.sh: needs root, for virtiofsd" >&2; exit 2; }
mkdir -p "$work"
work=$(readlink -f "$work")

fetch()
{
  local package
  package=$(apt-cache depends "$meta" 2>/dev/null | awk '/Depends:/ { print $2; exit }')
  rm -rf "$work/package" "$work/root"
  mkdir "$work/package"
  [[ $package ]] && (cd "$work/package" && apt-get -qq -o APT::Sandbox::User=root download "$package")
}

unpack()
{
  # The package lists may be missing, or so old that they name packages which are no longer there.
  if ! fetch && ! { apt-get -qq update && fetch; }; then
    echo "skipped: Debian's package $meta cannot be fetched"
    exit 77
  fi
  dpkg -x "$work"/package/*.deb "$work/root"
  depmod -b "$work/root" "$(ls "$work/root/lib/modules")"
  rm -r "$work/package"
  touch "$work/unpacked"
}

[[ -e $work/unpacked ]] || unpack
version=$(ls "$work/root/lib/modules")

# The first root: busybox, and the modules without which the real one cannot be mounted.
initramfs()
{
  local tree=$work/initramfs module file
  rm -rf "$tree"
  mkdir -p "$tree"/{bin,proc,modules,memory,host,new}
  cp "$(command -v busybox)" "$tree/bin/"
  for module in virtio_pci virtio_rng virtiofs overlay; do
    modprobe -d "$work/root" -S "$version" --show-depends "$module" | awk '$1 == "insmod" { print $2 }'
  done | awk '!seen[$0]++' | while read -r file; do
    case $file in
      *.xz) xz -dc "$file" >"$tree/modules/$(basename "$file" .xz)" && basename "$file" .xz ;;
      *) cp "$file" "$tree/modules/" && basename "$file" ;;
    esac
  done >"$tree/modules/order"
  cp "$(dirname "${BASH_SOURCE[0]}")/init" "$tree/init"
  (cd "$tree" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/initramfs.gz"
}
initramfs

socket=$(mktemp -u /tmp/linx-vm-XXXXXX.sock)
/usr/lib/qemu/virtiofsd --socket-path="$socket" -o source=/ -o sandbox=chroot -o cache=always -o readdirplus >"$work/virtiofsd.log" 2>&1 &
daemon=$!
rm -f "$work/qemu.pid"
leave()
{
  kill "$daemon" 2>/dev/null || true
  if [[ -s $work/qemu.pid ]]; then kill "$(<"$work/qemu.pid")" 2>/dev/null || true; fi # gone with qemu itself
  rm -f "$socket" "$socket.pid"
}
trap leave EXIT
trap 'exit 130' INT TERM
for _ in {1..100}; do
  [[ -S $socket ]] && break
  sleep 0.05
done

timeout "${LINX_VM_SECONDS:-1500}" qemu-system-x86_64 \
  -machine q35,accel=tcg,memory-backend=memory -cpu max -smp 1 -m 2048 \
  -object memory-backend-memfd,id=memory,size=2048M,share=on \
  -nodefaults -no-user-config -display none -no-reboot -serial stdio \
  -chardev "socket,id=files,path=$socket" -device vhost-user-fs-pci,chardev=files,tag=host \
  -device virtio-rng-pci -pidfile "$work/qemu.pid" \
  -kernel "$work/root/boot/vmlinuz-$version" -initrd "$work/initramfs.gz" \
  -append "console=ttyS0 quiet panic=-1 cgroup_no_v1=all nokaslr tsc=reliable no_timer_check random.trust_cpu=on \
linx.script=$script linx.modules=$work/root/lib/modules" </dev/null \
  | stdbuf -oL tr -d '\r' | tee "$work/console.log" | awk '/^linx-vm: / { over = 1 } !over' &
wait $! || true # a trap can interrupt wait, but not a pipeline in the foreground

status=$(sed -n 's/^linx-vm: the script ended with //p' "$work/console.log" | tail -1)
[[ $status ]] || { echo "boot.sh: the guest ended before its script did: see $work/console.log" >&2; exit 1; }
exit "$status"
