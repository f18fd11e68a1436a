#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Let stock network drivers drain a virtual machine with Debian's 6.12 kernel: the refusal of an
# owner must name the driver, with pages that agree with the packets that it counts. Prints KTAP.
#
# usage: run.sh [DRIVER...]
#
# DRIVER is e1000 or virtio_net, by default both. The drivers are those of the kernel's package.
# Logs: build/6.12/watch/. Exit status 1 if anything failed.
set -uo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/tests/watch
kernel=6.12
build=$top/build/$kernel
out=$build/watch
frames=6000 bytes=1000
# Of each driver, the modules that it needs, and QEMU's name of its card.
declare -A depends=([e1000]='' [virtio_net]='failover net_failover')
declare -A card=([e1000]=e1000 [virtio_net]=virtio-net-pci)
. "$top/tests/lib/ktap.sh"

bail() { # WORDS...
	echo "Bail out! $*"
	exit 1
}

# Boot a machine with DRIVER's card. Report its exit status and its kernel log.
boot() { # DRIVER
	local vm=$out/$1 status sender module modules=()

	# shellcheck disable=SC2086 # one word a module
	for module in $("$top/scripts/kernels.sh" --modules "$kernel" "$1" ${depends[$1]}); do
		modules+=(--file "$module")
	done
	[ ${#modules[@]} -gt 0 ] || bail "the kernel's module $1 is missing"
	mkdir -p "$vm"
	echo "here=/lib/labyrinth/watch sh /lib/labyrinth/kselftest/run.sh guest" >"$vm/boot.sh"
	# A socket's path must be short.
	(cd "$vm" && exec "$here/frames.py" frames.sock console.log "$frames" "$bytes") >"$vm/frames.log" 2>&1 &
	sender=$!
	"$top/scripts/vm.sh" --kernel "$kernel" --smp 1 --mem 512M --timeout 600 --out "$vm" \
		--qemu "-netdev stream,id=cable,server=on,addr.type=unix,addr.path=frames.sock" \
		--qemu "-device ${card[$1]},netdev=cable,mac=52:54:00:00:00:01" \
		--env driver="$1" --env depends="${depends[$1]}" --env frames="$frames" \
		--file "$here/guest.sh:/lib/labyrinth/watch/" \
		--file "$top/tests/kselftest/ktap.sh:/lib/labyrinth/watch/" \
		--file "$top/tests/kselftest/reserve_lib.sh:/lib/labyrinth/watch/" \
		--file "$top/tests/kselftest/run.sh:/lib/labyrinth/kselftest/" \
		--file "$build/labyrinth/labyrinth.ko" --file "$build/tests/kselftest/lab_reserve.ko" \
		--file "$build/tests/watch/sink" "${modules[@]}" "$vm/boot.sh"
	status=$?
	kill $sender 2>/dev/null
	wait $sender
	sed 's/^/# /' "$vm/frames.log"
	vm_results $status "$vm" "$1: a refusal names the driver that drains the machine" "$1"
}

[ $# -gt 0 ] || set -- e1000 virtio_net
for driver; do
	[ -n "${card[$driver]-}" ] || { sed -n '/^# usage/,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
done
echo "KTAP version 1"
echo "1..$((2 * $#))"
rm -rf "$out"
mkdir -p "$out"
"$top/scripts/build.sh" "$kernel" kselftest watch >"$out/build.log" 2>&1 || {
	tail -n 20 "$out/build.log" | sed 's/^/# /'
	bail "it does not build for $kernel"
}
for driver; do
	boot "$driver"
done
exit $failed
