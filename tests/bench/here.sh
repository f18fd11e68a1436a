#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Measure on this machine, in cycles of its clock and on several CPUs at once:
# labyrinth, lab_bench and lab_scale are built for the running kernel, loaded, and
# unloaded again.
#
# usage: here.sh [KERNEL-HEADERS]	as root; nothing is installed
#        here.sh --built FOLDER		with these three .ko from FOLDER
#
# If labyrinth is already loaded, that module is measured and stays loaded.

set -euo pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/../.." && pwd)
built=$top/build/here
modules=''
ours=''

say() { echo "==> $*"; }
die() { echo "bench-here: $*" >&2; exit 1; }

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	for module in lab_bench lab_scale; do
		! is_loaded "$module" || rmmod "$module" || true
	done
	[ -z "$ours" ] || rmmod labyrinth || true
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

is_loaded() { # MODULE
	[ -d "/sys/module/$1" ]
}

# Build in a copy, like the other tests: the checkout stays clean.
build() { # KERNEL-HEADERS
	local headers=$1

	[ -e "$headers/Makefile" ] || die "no kernel headers at $headers:" \
		"sudo apt-get install linux-headers-$(uname -r)"
	mkdir -p "$built"
	(cd "$top" && find Kbuild include labyrinth tests/bench \( -name '*.[ch]' -o -name Kbuild -o -name '*.mk' \) \
		! -name '*.mod.c' -print0 | tar -cf - --null -T -) | tar -C "$built" -xf -
	printf 'obj-m := labyrinth/ tests/bench/\n' >"$built/Kbuild"
	say "building for $(uname -r); the log is $built.log"
	make -C "$headers" M="$built" modules >"$built.log" 2>&1 || {
		tail -n 15 "$built.log" >&2
		die "the build failed"
	}
	[ -z "${SUDO_UID-}" ] || chown -R "$SUDO_UID" "$built" "$built.log"
	modules=$built/modules
	mkdir -p "$modules"
	cp "$built/labyrinth/labyrinth.ko" "$built"/tests/bench/lab_{bench,scale}.ko "$modules/"
}

# If the loaded module differs from this one, the kernel refuses to load lab_bench.
load() {
	if is_loaded labyrinth; then
		say "labyrinth is already loaded: that module is measured and stays loaded"
		return
	fi
	insmod "$modules/labyrinth.ko"
	ours=1
}

# Load MODULE and print its lines of the kernel log after $mark.
measure() { # MODULE
	local mark="bench-here $$.$RANDOM"

	echo "$mark" >/dev/kmsg
	insmod "$modules/$1.ko" || return
	dmesg | awk -v mark="$mark" 'index($0, mark) { seen = 1 } seen' |
		sed -n "s/.*$1: //p"
}

show_cycles() {
	awk '
		$1 == "bench" { printf "%-28s %8d %8d\n", $2, $3, $4; n++ }
		$1 == "tsc_khz" { khz = $2 }
		$1 != "bench" && $1 != "tsc_khz" { print "! " $0; bad = 1 }
		BEGIN { printf "%-28s %8s %8s\n", "cycles", "least", "median" }
		END {
			printf "\nA cycle is a tick of the time stamp counter, at %.0f MHz here: not of the\n", khz / 1000
			print "core, whose frequency varies. Least: all data in the cache. A bulk is"
			print "per page. Each sample is one call with interrupts off, less an empty sample."
			exit bad || !n
		}'
}

show_rates() {
	awk '
		BEGIN { print "\nMillion pairs per second and CPU, on as many CPUs that do nothing else" }
		$1 == "scale" { printf "%-28s %3d CPUs %8.2f\n", $2, $3, $4 / 1e6; next }
		{ print "! " $0; bad = 1 }
		END { exit bad }'
}

[ "$(id -u)" -eq 0 ] || die "only root may load a module: sudo make bench-here"
case $(uname -m) in
x86_64) ;;
*) die "labyrinth is for x86-64" ;;
esac
! is_loaded lab_bench && ! is_loaded lab_scale || die "the bench is already loaded: rmmod it first"
say "this loads labyrinth, lab_bench and lab_scale into the running kernel, and keeps up to"
say "8 CPUs busy for some seconds"
if [ "${1-}" = --built ]; then
	modules=$2
else
	build "${1:-/lib/modules/$(uname -r)/build}"
fi
load
figures=$(measure lab_bench) || die "nothing was measured"
show_cycles <<<"$figures"
figures=$(measure lab_scale) || die "the rates were not measured"
show_rates <<<"$figures"
