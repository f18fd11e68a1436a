#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Link labyrinth's machine code, page_pool's and objpool's into a process, and measure them at
# the machine's own speed, in time stamp counter ticks. Speed is no test: a goal that is missed
# is said, and is no failure. Or torture labyrinth at that speed.
#
# usage: run.sh [--kernel NAME] [--build | --code] [--chart]
#        run.sh [--kernel NAME] torture [CALLS [SEED]]
#
#   --build   stop when the process is built: build/native-NAME/native
#   --code    print the machine code of a pair and of a bulk pair, as executed, and stop
#   --chart   draw Documentation/native.svg
#   torture   see torture.c; CALLS is 1e8 by default, minutes
#
# Writes to build/native-NAME: native.samples, native.json (see report.py).

set -euo pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/../.." && pwd)
kernel=6.12 only_build='' code='' chart='' torture=()

die() { echo "Bail out! $*"; exit 1; }

while [ $# -gt 0 ]; do
	case $1 in
	--kernel) kernel=$2; shift ;;
	--build) only_build=1 ;;
	--code) code=1 ;;
	--chart) chart=1 ;;
	torture) torture=("$1" "${2-1e8}" "${@:3}"); break ;;
	*) sed -n '/^# usage/,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
	shift
done

out=$top/build/native-$kernel
report=$top/tests/native/report.py

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
percpu=(fixed_percpu_data=0 this_cpu_off=0x40 numa_node=0x80 native_irqs_off=0xc0 pcpu_hot=0x100 const_pcpu_hot=0x100)

# The program's half; the kernel's is in Kbuild.
program=(main code cpu turns measure growth torture_main)

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
	# The text of labyrinth is between two symbols.
	for part in start end; do
		printf '.text; .globl native_text_%s; native_text_%s:\n.section .note.GNU-stack, "", @progbits\n' \
			$part $part | gcc -c -x assembler - -o text_$part.o
	done
	# Where its lock prefixes are.
	objcopy --rename-section .smp_locks=lab_locks labyrinth/labyrinth.o labyrinth.o
	ld -r -o kernel.o text_start.o labyrinth.o text_end.o tests/native/native.o
	defined_elsewhere | sort -u >defined
	"$top/tests/native/missing.sh" kernel.o defined >missing.S
	gcc -c missing.S -o missing.o
	# The kernel code first: where it is does not depend on the program.
	gcc -no-pie -static -o native kernel.o "${program[@]/%/.o}" arch.o missing.o "${percpu[@]/#/-Wl,--defsym=}" -lpthread
}

# A symbol without a stand-in is named, see missing.sh.
names_what_is_missing() {
	local said

	! said=$("$out/native" missing 2>&1) && [[ $said == *" native_no_stand_in:"* ]]
}

model() {
	lscpu | awk -F ': +' '{ has[$1] = $2 } END {
		printf "%s (family %s, model %s)", has["Model name"], has["CPU family"], has["Model"] }'
}

release() {
	"$top/scripts/kernels.sh" --print "$kernel" | sed -n 's/^release=//p'
}

compiler() {
	readelf -p .comment "$out/labyrinth/labyrinth.o" | sed -n 's/.*\(GCC: .*\|clang .*\)/\1/p' |
		head -n 1
}

measure() {
	"$out/native" bench >"$out/native.samples" || die "the measurement failed: see above"
	"$report" collect "$out/native.samples" model="$(model)" cpus="$(nproc)" kernel="$(release)" \
		compiler="$(compiler)" >"$out/native.json"
}

draw() {
	local two=0

	"$report" bars "$out/native.json" >"$out/bars"
	"$report" curves "$out/native.json" >"$out/curves"
	! grep -q '^part2' "$out/bars" || two=1
	gnuplot -e "data='$out/bars'; growth='$out/curves'; two=$two; machine='$(model)'; \
		release='$(release)'" "$top/tests/native/chart.gp" >"$out/native.svg"
	# The licence goes after the XML declaration.
	sed '1a <!-- SPDX-License-Identifier: GPL-2.0 -->' "$out/native.svg" \
		>"$top/Documentation/native.svg"
	echo "Written: Documentation/native.svg"
}

[ -z "$chart" ] || command -v gnuplot >/dev/null || die "no gnuplot: run scripts/setup.sh bench"
mkdir -p "$out"
{ copy_kernel_parts && build_objects && cd "$out" && link; } >"$out/build.log" 2>&1 ||
	die "the build failed: see $out/build.log"
names_what_is_missing || die "a symbol that has no stand-in is not named: see missing.sh"
[ -z "$only_build" ] || exit 0
[ -z "$code" ] || { "$out/native" code >"$out/native.code"; exec "$report" code "$out/native" "$out/native.code"; }
[ ${#torture[@]} -eq 0 ] || exec "$out/native" "${torture[@]}"
measure
"$report" table "$out/native.json"
[ -z "$chart" ] || draw
