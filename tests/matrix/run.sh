#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build labyrinth with its samples and test modules for many kernels, compilers and machines, and
# boot those that can be booted with some of the kselftests and a torture run. Prints KTAP, and a
# table at the end. Needs root for kernels of another Debian suite: see scripts/debian.sh.
#
# usage: run.sh [--build] [KERNEL...]
#
#   --build   boot none of them
#
# KERNEL is one of scripts/kernels.sh; by default all of Debian's and the one built by clang.
# Logs: build/KERNEL/. Exit status 1 if anything failed.
set -uo pipefail
export LC_ALL=C LABYRINTH_MAKE="W=1 KCFLAGS=-Werror"

top=$(cd "$(dirname "$0")/../.." && pwd)
boots=1
kernels=()
table='kernel|release|machine|compiler|built|kselftests|torture'
. "$top/tests/lib/ktap.sh"

kernel_has() { # KERNEL KEY
	"$top/scripts/kernels.sh" --print "$1" | sed -n "s/^$2=//p"
}

compiler() { # KERNEL
	grep -aoE -m1 'GCC: \([^)]*\) [0-9.]+|clang version [0-9.]+' "$top/build/$1/labyrinth/labyrinth.ko" |
		head -n 1 | sed 's/GCC: ([^)]*)/gcc/; s/ version//'
}

# Run a script that prints KTAP; set $counts to "PASSED of ALL".
nested() { # NAME COMMAND...
	local log=$top/build/matrix/$1.ktap status

	shift
	"$@" >"$log" 2>&1
	status=$?
	sed 's/^/  /' "$log"
	counts=$(awk '/^ *ok [0-9]/ { ok++ } /^ *not ok [0-9]/ { bad++ } END { print ok + 0 " of " ok + bad }' "$log")
	return $status
}

try() { # KERNEL
	local kernel=$1 log=$top/build/matrix/$1.log built=no tests=- torture=- arch

	"$top/scripts/kernels.sh" "$kernel" >"$log" 2>&1 &&
		"$top/scripts/build.sh" "$kernel" samples kselftest torture >>"$log" 2>&1 && built=yes
	[ $built = yes ] || tail -n 20 "$log" | sed 's/^/# /'
	[ $built = yes ]
	result $? "$kernel: builds without a warning"
	arch=$(kernel_has "$kernel" arch)
	if [ $built = yes ] && [ -n "$boots" ] && [ -n "$(kernel_has "$kernel" image)" ]; then
		nested "$kernel-kselftest" "$top/tests/kselftest/run-kernel.sh" "$kernel" contexts contract misuse
		result $? "$kernel: kselftests"
		tests=$counts
		nested "$kernel-torture" "$top/tests/torture/run.sh" "$kernel" smoke
		result $? "$kernel: torture"
		torture=$counts
	fi
	table+=$'\n'"$kernel|$(kernel_has "$kernel" release)|${arch:-amd64}|$(compiler "$kernel")|$built|$tests|$torture"
}

# Headers of KERNEL that tell another version, as an enterprise kernel's do: print their path.
renumbered() { # KERNEL VERSION PATCHLEVEL
	local parent=$top/build/matrix/renumbered real new

	real=$(kernel_has "$1" kdir)
	new=$parent/$(basename "$real")
	rm -rf "$parent"
	mkdir -p "$parent"
	cp -rs "$real" "$parent/"
	ln -s "$(dirname "$real")"/linux-headers-*-common "$parent/"
	rm "$new/Makefile" "$new/include/generated/uapi/linux/version.h"
	cp "$real/Makefile" "$new/"
	sed "s/^#define LINUX_VERSION_CODE .*/#define LINUX_VERSION_CODE $((($2 << 16) + ($3 << 8)))/" \
		"$real/include/generated/uapi/linux/version.h" >"$new/include/generated/uapi/linux/version.h"
	echo "$new"
}

build_renumbered() { # KERNEL VERSION PATCHLEVEL
	OUT=renumbered "$top/scripts/build.sh" "$1" "KDIR=$(renumbered "$@")" >"$top/build/matrix/renumbered.log" 2>&1
}

try_renumbered() {
	build_renumbered 7.3 6 12
	result $? "headers of 7.3 that tell 6.12: the interfaces are found all the same"
	! build_renumbered 7.3 5 14 && grep -q 'error: #error "labyrinth supports Linux 6.1 to 7.3"' "$top/build/matrix/renumbered.log"
	result $? "headers that tell 5.14: the build says which kernels are supported"
}

for word; do
	case $word in
	--build) boots='' ;;
	-*) sed -n '/^# usage/,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	*) kernels+=("$word") ;;
	esac
done
all=''
[ ${#kernels[@]} -gt 0 ] || all=1
[ -z "$all" ] ||
	kernels=(6.1 6.12 6.12-rt trixie-6.12 7.2 7.3 7.3-rt clang-6.12 arm64-6.12 arm64-16k-6.12 s390x-6.1)
mkdir -p "$top/build/matrix"
echo "KTAP version 1"
for kernel in "${kernels[@]}"; do
	try "$kernel"
done
[ -z "$all" ] || try_renumbered
echo "1..$nr"
column -t -s '|' <<<"$table" | sed 's/^/# /'
exit "$failed"
