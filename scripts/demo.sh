#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Demonstrate labyrinth in a virtual machine. Nothing is loaded on this machine.
#
# usage: demo.sh
#
# Installs missing packages, fetches a stock Debian kernel, builds labyrinth for it and the
# command labyrinth, and runs scripts/demo-guest.sh in the virtual machine. Exit status 0 only
# if every expectation held. Logs: build/demo/.

set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
kernel=6.12
logs=$top/build/demo
vm='' tail=''

say() { echo "==> $*"; }

die() { # WORDS LOG
	echo "demo.sh: $1" >&2
	[ ! -s "${2:-}" ] || { echo "Last lines of $2:" >&2; tail -n 15 "$2" >&2; }
	exit 1
}

cleanup() {
	[ -z "$tail" ] || kill "$tail" 2>/dev/null || true
	[ -z "$vm" ] || kill "$vm" 2>/dev/null || true
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

build() {
	local module

	say "building labyrinth and its samples for Linux $kernel"
	"$top/scripts/build.sh" "$kernel" samples >"$logs/build.log" 2>&1 ||
		die "the build failed" "$logs/build.log"
	say "building the command labyrinth"
	make -s -C "$top/tools/labyrinth" O="$logs/command" STATIC=1 >"$logs/command.log" 2>&1 ||
		die "the build of the command failed" "$logs/command.log"
	files=(--file "$logs/command/labyrinth:/bin/")
	for module in labyrinth/labyrinth samples/lab_{sample,pressure,misuse}; do
		files+=(--file "$top/build/$kernel/$module.ko")
	done
}

# Print the guest's output while it runs, without the status line.
run_guest() {
	: >"$logs/result.log"
	say "booting it (about 10 seconds without KVM)"
	"$top/scripts/vm.sh" --kernel "$kernel" --mem 512M --smp 2 --timeout 300 --out "$logs" \
		"${files[@]}" "$top/scripts/demo-guest.sh" >"$logs/vm.log" 2>&1 </dev/null &
	vm=$!
	tail -n +1 -s 0.2 -f --pid="$vm" "$logs/result.log" 2>/dev/null |
		sed -u '/^# vm: exit status/d' &
	tail=$!
	status=0
	wait "$vm" || status=$?
	vm=
	wait "$tail" || true
	tail=
}

start=$SECONDS
mkdir -p "$logs"
"$top/scripts/setup.sh" demo || die "scripts/setup.sh could not install the missing packages"
"$top/scripts/kernels.sh" "$kernel" || die "scripts/kernels.sh could not get Linux $kernel"
build
run_guest

echo
if [ "$status" -ge 124 ]; then
	tail -n 1 "$logs/vm.log" >&2
	die "the virtual machine did not finish" "$logs/console.log"
fi
if ! "$top/scripts/splat.sh" "$logs/console.log"; then
	die "kernel splat: see the lines above and $logs/console.log"
fi
[ "$status" -eq 0 ] ||
	die "not every expectation held: see [FAIL] above; the kernel's log is $logs/console.log"
say "the demo succeeded in $((SECONDS - start)) s; the kernel's log is $logs/console.log"
