#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Link labyrinth's machine code, page_pool's and objpool's into a process, and measure them at
# the machine's own speed, in time stamp counter ticks.
#
# usage: run.sh [--kernel NAME] [--build]
#
#   --build   stop when the process is built: build/native-NAME/native

set -euo pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/../.." && pwd)
kernel=6.12 only_build=''

die() { echo "Bail out! $*"; exit 1; }

while [ $# -gt 0 ]; do
	case $1 in
	--kernel) kernel=$2; shift ;;
	--build) only_build=1 ;;
	*) sed -n '/^# usage/,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
	shift
done

out=$top/build/native-$kernel

# The kernel's own files, beside labyrinth's.
copy_kernel_parts() {
	local net lib

	net=$("$top/scripts/kernels.sh" --source "$kernel" net/core)
	lib=$("$top/scripts/kernels.sh" --source "$kernel" lib)
	mkdir -p "$out/kernel"
	cp "$net"/*.h "$net"/page_pool.c "$lib"/{objpool,ctype,find_bit}.c "$out/kernel/"
}

# As a kernel without tracing and without mitigations patches itself at boot.
build_objects() {
	OUT=native-$kernel LABYRINTH_MAKE="CC_FLAGS_FTRACE= RETHUNK_CFLAGS= RETPOLINE_CFLAGS= KCFLAGS=-DLAB_IN_PROCESS=1" \
		"$top/scripts/build.sh" "$kernel" native KBUILD_MODPOST_WARN=1
}

# Per-CPU variables of the kernel's own, as offsets into the area of a CPU.
percpu=(fixed_percpu_data=0 this_cpu_off=0x40 numa_node=0x80 pcpu_hot=0x100 const_pcpu_hot=0x100)

# The program's half; the kernel's is in Kbuild.
program=(main cpu measure growth)

defined_elsewhere() {
	printf '%s\n' "${percpu[@]%=*}"
	nm arch.o "${program[@]/%/.o}" | awk '$2 ~ /[A-TV-Z]/ { print $3 }'
	nm "$(gcc -print-file-name=libc.a)" 2>/dev/null | awk '$2 ~ /[TWVi]/ { print $3 }'
}

link() {
	local part

	for part in "${program[@]}"; do
		gcc -O2 -Wall -no-pie -fno-pie -c "$top/tests/native/$part.c" -o "$part.o"
	done
	gcc -c "$top/tests/native/arch.S" -o arch.o
	ld -r -o kernel.o labyrinth/labyrinth.o tests/native/native.o
	defined_elsewhere | sort -u >defined
	"$top/tests/native/missing.sh" kernel.o defined >missing.S
	gcc -c missing.S -o missing.o
	gcc -no-pie -static -o native "${program[@]/%/.o}" arch.o kernel.o missing.o "${percpu[@]/#/-Wl,--defsym=}" -lpthread
}

mkdir -p "$out"
{ copy_kernel_parts && build_objects && cd "$out" && link; } >"$out/build.log" 2>&1 ||
	die "the build failed: see $out/build.log"
[ -z "$only_build" ] || exit 0
"$out/native" bench
