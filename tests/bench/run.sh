#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Count the instructions that a page costs, from labyrinth and from the kernel,
# and report in KTAP whether labyrinth meets its goals and the committed counts.
#
# usage: run.sh [--full] [--repeat]
#
#   --full    measure by the wall clock as well, write the table and the chart to
#             Documentation/, and show the machine code of missed goals
#   --repeat  measure twice, and require that both agree to the instruction
#
# Writes to build/bench: bench.json (see report.py), counts, and a folder per virtual machine.

set -euo pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/../.." && pwd)
bench=$top/tests/bench
kernel=6.12
built=$top/build/$kernel
out=$top/build/bench
many_cpus=8
full='' repeat=''

die() { echo "Bail out! $*"; exit 1; }

run_vm() { # RUN PARTS VM-OPTION...: into $out/RUN
	local run=$1 parts=$2 part

	shift 2
	for part in $parts; do
		set -- "$@" --file "$built/tests/bench/lab_$part.ko"
	done
	"$top/scripts/vm.sh" --kernel "$kernel" --timeout 400 "$@" --out "$out/$run" --env what="$parts" \
		--file "$built/labyrinth/labyrinth.ko" "$bench/guest.sh" \
		2>"$out/$run.vm.log" || die "the measurement failed: see $out/$run and $out/$run.vm.log"
}

# The second CPU only allocates pages; of many CPUs the others are possible, not online.
measure() {
	run_vm plain "path worst bench refill" --icount --append init_on_alloc=0 \
		--possible 2 --env second_cpu=1
	run_vm zeroing "worst${full:+ bench}" --icount --append init_on_alloc=1 \
		--possible "$many_cpus" --env second_cpu=1
	[ -z "$repeat" ] || run_vm again "path worst bench refill" --icount --append init_on_alloc=0 \
		--possible 2 --env second_cpu=1
	[ -n "$full" ] || return 0
	run_vm scale scale --smp 4 --append init_on_alloc=0
	"$top/tests/driver/run.sh" --throughput >"$out/driver.log" 2>&1 ||
		die "the throughput of a driver was not measured: see $out/driver.log"
}

release() {
	sed -n 's/^release //p' "$out/plain/result.log" | tr -d '\r'
}

compiler() {
	readelf -p .comment "$built/labyrinth/labyrinth.ko" | sed -n 's/.*\(GCC: .*\|clang .*\)/\1/p' |
		head -n 1
}

collect() {
	"$bench/path.py" "$built/labyrinth/labyrinth.ko" "$out/plain/result.log" >"$out/paths" &&
		"$bench/report.py" collect "$out" \
			kernel="$(release)" \
			compiler="$(compiler)" method="QEMU TCG, -icount shift=0: a count is an instruction" \
			>"$out/bench.json" &&
		"$bench/report.py" counts "$out/bench.json" >"$out/counts"
}

splats() {
	local found

	if found=$("$top/scripts/splat.sh" "$out"/*/console.log 2>&1); then
		echo "ok - clean_log # no splat"
	else
		printf '%s\n' "$found" | sed 's/^/# /'
		echo "not ok - clean_log # splats"
	fi
}

agreement() {
	local differences

	differences=$(diff "$out/plain/result.log" "$out/again/result.log") || true
	if [ -n "$differences" ]; then
		printf '%s\n' "$differences" | sed 's/^/# /'
		echo "not ok - runs_agree # differences"
	else
		echo "ok - runs_agree # to the instruction, and every step's registers"
	fi
}

results() {
	"$bench/report.py" table "$out/bench.json"
	"$bench/report.py" gate "$out/bench.json" "$bench/counts"
	splats
	[ -z "$repeat" ] || agreement
}

# Number the result lines, and print the plan last.
number() {
	awk '/^(not )?ok - / { n++; bad += /^not/; sub(/ok - /, "ok " n " ") } { print }
		END { print "1.." n; exit bad > 0 }'
}

explain() {
	local paths

	read -r -a paths < <("$bench/report.py" unmet "$out/bench.json"; echo)
	[ "${#paths[@]}" -eq 0 ] || {
		echo
		echo "Machine code of the paths that miss their goals (L: locked, W: writes):"
		echo
		"$bench/path.py" "$built/labyrinth/labyrinth.ko" "$out/plain/result.log" "${paths[@]}"
	}
}

document() {
	"$bench/report.py" rst "$out/bench.json" >"$top/Documentation/bench-table.inc"
	"$bench/report.py" chart "$out/bench.json" >"$out/chart.data"
	gnuplot -e "data='$out/chart.data'; release='$(release)'" "$bench/chart.gp" >"$out/bench.svg"
	# The licence goes after the XML declaration.
	sed '1a <!-- SPDX-License-Identifier: GPL-2.0 -->' "$out/bench.svg" \
		>"$top/Documentation/bench.svg"
	echo "Written: build/bench/bench.json, Documentation/bench-table.inc, Documentation/bench.svg"
}

for option; do
	case $option in
	--full) full=1 ;;
	--repeat) repeat=1 ;;
	*) sed -n '/^# usage/,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
done

echo "KTAP version 1"
rm -rf "$out"
mkdir -p "$out"
"$top/scripts/build.sh" "$kernel" bench >"$out/build.log" 2>&1 || die "the build failed: see $out/build.log"
measure
collect || die "the measurement is incomplete: see $out"
status=0
results | number || status=1
if [ -n "$full" ]; then
	explain
	echo
	"$bench/report.py" goals "$out/bench.json"
	echo
	document
fi
exit "$status"
