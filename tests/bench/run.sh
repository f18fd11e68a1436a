#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Count the instructions that a page costs, from labyrinth and from the kernel,
# and say in KTAP whether labyrinth keeps to its limits.
#
# usage: run.sh [--repeat]
#
#   --repeat  measure twice, and require that both agree to the instruction

set -euo pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/../.." && pwd)
kernel=6.12
built=$top/build/$kernel
out=$built/bench
repeat=

# The most that a pair may cost of a page that labyrinth has ready.
recycled_limit=161
# Percent that labyrinth may add to a page that does come from the kernel.
cold_limit=10

# One alloc in NMI where a page is ready here or in stock; one call of any kind.
worst_alloc_limit=300
worst_call_limit=2500
worst_paths=11
many_cpus=8

nr_tests=6
nr_done=0
failed=

die() { echo "Bail out! $*"; exit 1; }

measure() { # RUN MODULE INIT_ON_ALLOC [VM-OPTION...]: into $out/RUN
	local run=$1 module=$2 zeroing=$3

	shift 3
	rm -rf "${out:?}/$run"
	mkdir -p "$out/$run"
	"$top/tools/vm.sh" --kernel "$kernel" --icount --append "init_on_alloc=$zeroing" "$@" \
		--out "$out/$run" --file "$built/labyrinth/labyrinth.ko" --env what="$module" \
		--file "$built/tests/bench/lab_$module.ko" "$top/tests/bench/guest.sh" \
		2>"$out/$run/vm.log" || die "the measuring failed: see $out/$run"
}

figures() { # RUN: lines of "NAME MIN MEDIAN"
	sed -n 's/^bench \([a-z0-9_]* [0-9]* [0-9]*\)\r\{0,1\}$/\1/p' "$out/$1/result.log"
}

figure() { # RUN NAME: the least
	figures "$1" | awk -v name="$2" '$1 == name { print $2 }' | grep .
}

table() {
	echo "# instructions, $kernel          init_on_alloc=0     init_on_alloc=1"
	echo "#                              least    median     least    median"
	join <(figures plain | sort) <(figures zeroing | sort) |
		join -1 2 -2 1 <(figures plain | awk '{ print NR, $1 }' | sort -k2) - |
		sort -n -k2 |
		awk '{ printf "# %-26s %7d %9d %9d %9d\n", $1, $3, $4, $5, $6 }'
}

result() { # STATUS NAME DETAILS
	nr_done=$((nr_done + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $nr_done $2 # $3"
	else
		failed=1
		echo "not ok $nr_done $2 # $3"
	fi
}

at_most() { # NAME GOT LIMIT DETAILS
	local status=0

	[ "$2" -le "$3" ] || status=1
	result "$status" "$1" "$2 instructions, at most $3$4"
}

# A pair from the kernel by way of labyrinth, against one by no way.
gate_cold() { # NAME OURS THEIRS
	local ours theirs

	ours=$(figure plain "$2") || die "no figure for $2"
	theirs=$(figure plain "$3") || die "no figure for $3"
	at_most "$1" "$ours" $((theirs * (100 + cold_limit) / 100)) \
		" ($cold_limit % more than $theirs)"
}

# No gate: there the kernel saves its look at the task's memory policy, which
# labyrinth never takes, so that the same page seems dearer.
tell_softirqs_off() {
	local ours theirs

	ours=$(figure plain lab_cold_pair_bh) || die "no figure for lab_cold_pair_bh"
	theirs=$(figure plain buddy_pair_bh) || die "no figure for buddy_pair_bh"
	echo "# cold_pair with softirqs off: $ours instructions," \
		"$(((ours - theirs) * 100 / theirs)) % more than $theirs"
}

gate_recycled() {
	local ours

	ours=$(figure plain lab_recycled_pair) || die "no figure for lab_recycled_pair"
	at_most recycled_pair "$ours" "$recycled_limit" ""
}

worst_figures() { # RUN: lines of "NAME MAXIMUM"
	sed -n 's/^worst \([a-z0-9_]* [0-9]*\)\r\{0,1\}$/\1/p' "$out/$1/result.log"
}

worst_table() {
	echo "# the most that one call costs in NMI, with 1 and with $many_cpus possible CPUs"
	join <(worst_figures worst | sort) <(worst_figures worst_of_many_cpus | sort) |
		awk '$1 != "nothing" { printf "# %-26s %7d %9d\n", $1, $2, $3 }'
}

# Of the paths that an owner within its rights takes, or that name a misuse.
gate_worst() {
	local got

	got=$(worst_figures worst_of_many_cpus | wc -l)
	[ "$got" -eq "$worst_paths" ] || die "$got of $worst_paths worst paths: see $out"
	at_most worst_alloc "$(worst_figures worst | awk '/^alloc_(stock|recycled) / \
		&& $2 > most { most = $2 } END { print most }')" "$worst_alloc_limit" ""
	at_most worst_call "$(worst_figures worst_of_many_cpus | awk '$2 > most { most = $2 }
		END { print most }')" "$worst_call_limit" " with $many_cpus possible CPUs"
}

gate_log() {
	local splats

	if splats=$("$top/tools/splat.sh" "$out"/*/console.log 2>&1); then
		result 0 clean_log "no splat"
	else
		printf '%s\n' "$splats" | sed 's/^/# /'
		result 1 clean_log "splats"
	fi
}

gate_repeat() {
	if diff <(figures plain) <(figures again) | sed -n 's/^[<>]/#&/p' | grep .; then
		result 1 runs_agree "differences"
	else
		result 0 runs_agree "to the instruction"
	fi
}

case ${1-} in
'') ;;
--repeat) repeat=1 nr_tests=$((nr_tests + 1)) ;;
*) sed -n '/^# usage/,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac

echo "KTAP version 1"
echo "1..$nr_tests"

mkdir -p "$out"
"$top/tools/build.sh" "$kernel" >"$out/build.log" 2>&1 || die "the build failed: see $out/build.log"
rm -rf "$out/again"
measure plain bench 0
measure zeroing bench 1
measure worst worst 0
measure worst_of_many_cpus worst 0 --possible $many_cpus
[ -z "$repeat" ] || measure again bench 0

table
gate_cold cold_pair lab_cold_pair buddy_pair
tell_softirqs_off
gate_cold stream_pair lab_stream_pair buddy_pair_bh
gate_recycled
worst_table
gate_worst
gate_log
[ -z "$repeat" ] || gate_repeat

[ -z "$failed" ]
