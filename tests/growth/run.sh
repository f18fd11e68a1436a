#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Count the cost of a page, an owner and a table as their number grows, and report
# in KTAP whether labyrinth keeps its limits.
#
# usage: run.sh [--long] [--scaling]
#
#   --long     up to a million pages, and 64 possible CPUs instead of 8
#   --scaling  two CPUs at once against one, by the clock: needs an idle machine
#
# All but --scaling count instructions, with the same result in each run. The logs
# are in build/6.12/growth/.
set -euo pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/../.." && pwd)
kernel=6.12
built=$top/build/$kernel
out=$built/growth
long='' scaling='' most_cpus=8 most_pages=100,000

# Limits, in percent, of the growth of a pair's median and mean over all owners and pages.
median_limit=5
mean_limit=10
# The same for the median of any one owner: more than half of its few pages may have found
# their buckets taken.
owner_limit=10
# Cost of creating an owner, in percent of allocating its pages from the kernel.
create_limit=20
bytes_a_page=64
bytes_a_cpu=128
# Of an owner, without its pages and CPUs.
bytes_an_owner=2048
# Of its folder: the kernel's inodes and dentries, which no owner counts.
bytes_a_folder=8192
# Difference, in percent, between the memory used and what an owner reports; and what many
# owners report: a new table has room for a quarter of all before it, for later owners.
memory_limit=5
many_memory_limit=25
# Growth of the cost of a table's line, in percent, as the table gets longer.
line_limit=25
# The same for orphans, because each read counts those before.
orphan_limit=50
# Instructions: a call in an interrupt, and the latency of the interrupt. A tick of the
# kernel's own timer, which may run just before, takes some thousands.
call_limit=300
late_limit=50000
# A call in an interrupt with its event on; the event takes no lock and goes into the ring
# buffer.
traced_limit=1500
# Instructions per page that the shrinker frees, the kernel's own part included.
shrink_limit=4000
# Pairs of two CPUs in percent of one CPU's, and the least that the host must allow.
scaling_limit=180
ideal_limit=150

script=guest.sh
nr_done=0
failed=

die() { echo "Bail out! $*"; exit 1; }

measure() { # RUN STEPS [VM-OPTION...]: into $out/RUN, by $script
	local run=$1 steps=$2

	shift 2
	mkdir -p "$out/$run"
	"$top/scripts/vm.sh" --kernel "$kernel" --append init_on_alloc=0 --timeout 900 "$@" \
		--out "$out/$run" --file "$built/labyrinth/labyrinth.ko" --env steps="$steps" \
		--file "$built/tests/growth/lab_growth.ko" "$top/tests/growth/$script" \
		2>"$out/$run/vm.log" ||
		die "the measurement failed: $(tail -n 2 "$out/$run/result.log" | head -n 1)" \
			"(see $out/$run)"
}

# ---- figures

figures() { # RUN NAME: its lines, without both
	tr -d '\r' <"$out/$1/result.log" | sed -n "s/^growth $2 //p" | grep . || die "no $2 in $1"
}

# Field N of the line that begins with KEY; field 1 is the one after KEY.
figure() { # RUN NAME KEY N
	figures "$1" "$2" | awk -v key="$3" -v n="$4" '$1 == key { print $(n + 1); exit }' | grep . ||
		die "no $2 of $3 in $1"
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# Percent by which the largest number exceeds the first, with two decimals.
growth() {
	awk 'NR == 1 { first = $1 } $1 > most { most = $1 }
		END { printf "%.2f", (most - first) * 100 / first }'
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

# NAME passes if GOT, which may have decimals, is at most LIMIT.
at_most() { # NAME GOT LIMIT DETAILS
	local status=0

	awk -v got="$2" -v limit="$3" 'BEGIN { exit !(got <= limit) }' || status=1
	result "$status" "$1" "$2, at most $3: $4"
}

# ---- tables and gates

pair_lines() { # RUN NAME WHAT
	figures "$1" "$2" | awk -v what="$3" \
		'{ printf "# %9d %-34s %6d %6d %6d %6d %6d\n", $1, what, $2, $3, $4, $5, $6 }'
}

tell_pairs() {
	echo "# a pair of free and alloc, instructions   least median   mean    p99   most"
	pair_lines scale owners "owners of 16 pages, all out"
	pair_lines many owners "owners, with $most_cpus possible CPUs"
	[ -z "$long" ] || pair_lines some owners "owner, with 8 possible CPUs"
	pair_lines one pages_neighbours "pages of one owner, all out"
	pair_lines one pages_scattered "the same, memory fragmented"
	[ -z "$long" ] || pair_lines million 'pages_[a-z]*' "the same, both kinds"
	echo "# of one owner alone: the first, the one in the middle, and the last"
	pair_lines scale owner ""
	pair_lines many owner "with $most_cpus possible CPUs"
	echo "# an alloc that is refused"
	pair_lines scale refused "owners"
	[ -z "$long" ] || pair_lines some refused "owner, with 8 possible CPUs"
	pair_lines many refused "owners, with $most_cpus possible CPUs"
	echo "# a page from the kernel and back to it, of the newest owner"
	pair_lines scale cold "owners"
}

# Each in ascending order.
owner_figures() { # FIELD
	figures scale owners | awk -v n="$1" '{ print $n }'
}

page_figures() { # FIELD
	figures one 'pages_[a-z]*' | sort -n | awk -v n="$1" '{ print $n }'
	[ -z "$long" ] || figures million 'pages_[a-z]*' | awk -v n="$1" '{ print $n }'
}

cpu_figures() { # FIELD
	figure scale owners 1 $(($1 - 1))
	[ -z "$long" ] || figure some owners 1 $(($1 - 1))
	figures many owners | awk -v n="$1" '{ print $n }'
}

gate_pairs() {
	local what
	local -A from_to=([owner]="1 to 4096 owners" [page]="16 to $most_pages pages"
		[cpu]="1 to $most_cpus possible CPUs")

	for what in owner page cpu; do
		at_most "pair_by_${what}s" "$(${what}_figures 3 | growth)" $median_limit \
			"percent that the median grows from ${from_to[$what]}"
		at_most "pair_mean_by_${what}s" "$(${what}_figures 4 | growth)" $mean_limit \
			"percent that the mean grows"
	done
	at_most pair_of_any_owner "$({ figure scale owners 1 2
		figures scale owner | awk '{ print $3 }'
		figures many owner | awk '{ print $3 }'; } | growth)" $owner_limit \
		"percent for the first, middle or last owner"
}

gate_create() {
	local ours theirs

	ours=$(figures one create | awk '$2 > most { most = $2 } END { printf "%.0f", most }')
	theirs=$(figures one create | awk '{ print $3 }' | median)
	echo "# creating an owner of 100,000 pages, and allocating them from the kernel:"
	figures one create | awk '{ printf "# %12.0f %12.0f\n", $2, $3 }'
	at_most create "$(awk "BEGIN { printf \"%.2f\", $ours * 100 / $theirs }")" $create_limit \
		"percent, the most of five, $ours of $theirs instructions"
}

gate_memory() {
	local nr budget said gone a_page off limit

	echo "# memory that owners report, and memory used: bytes, and bytes per page of the budget"
	while read -r nr budget said gone; do
		a_page=$(((said - nr * (bytes_an_owner + bytes_a_cpu)) / (nr * budget)))
		off=$(((gone - nr * bytes_a_folder - said) * 100 / said))
		awk -v nr="$nr" -v budget="$budget" -v said="$said" -v gone="$gone" 'BEGIN {
			printf "# %5d owners of %8d: %10d reported, %6.2f; %10d used, %6.2f\n", nr, budget,
				said, said / nr / budget, gone, gone / nr / budget }'
		at_most "bytes_per_page_of_$budget" "$a_page" $bytes_a_page "without its fixed part"
		limit=$memory_limit
		[ "$nr" -eq 1 ] || limit=$many_memory_limit
		at_most "memory_used_of_$budget" "${off#-}" "$limit" \
			"percent from what it reports, without its folder"
	done < <(figures one memory)
	at_most bytes_per_cpu \
		$((($(figure many bytes 1 1) - $(figure scale bytes 1 1)) / (most_cpus - 1))) \
		$bytes_a_cpu \
		"bytes per owner and possible CPU"
}

# Instructions per line, of two columns: lines, instructions; from short tables to long.
a_line() { awk '{ printf "%.1f\n", $2 / $1 }'; }

gate_table() { # RUN NAME LIMIT
	at_most "$2" "$(figures "$1" "$2" | a_line | growth)" "$3" \
		"percent that a line's cost grows, $(figures "$1" "$2" | a_line | xargs) instructions"
}

gate_tables() {
	local run

	echo "# tables: lines, instructions, the interrupt's latency and longest call meanwhile"
	for run in one scale many ${long:+million}; do
		tr -d '\r' <"$out/$run/result.log" | awk -v run="$run" '
			/^growth (table_|orphans|kallsyms|shrink|plain)/ {
				printf "# %-8s %-15s %8d %12.0f %10.1f %7d %5d\n", run,
					$2, $3, $4, $4 / $3, $5, $6 }'
	done
	gate_table one table_pages $line_limit
	gate_table scale table_owners $line_limit
	gate_table one orphans $orphan_limit
	[ -z "$long" ] || at_most table_pages_of_a_million "$({ figures one table_pages | head -n 1
		figures million table_pages; } | a_line | growth)" $line_limit \
		"percent that a line's cost grows from 10,000"
}

interrupts() { # FIELD LINES: the largest value
	cat "$out"/{one,scale,many,million}/result.log 2>/dev/null | tr -d '\r' | awk -v n="$1" '
		$1 == "growth" && $2 ~ /^('"$2"')$/ && $n > most { most = $n } END { print most }'
}

# No table and no shrinker delays an interrupt.
gate_interrupts() {
	local kernels

	at_most interrupt_late_by_table "$(interrupts 5 'table_.*')" $late_limit \
		"instructions while a table is read"
	# The kernel empties a full per-CPU list with interrupts off.
	kernels=$(figure many plain 32768 2)
	at_most interrupt_late_by_shrinker "$(interrupts 5 'shrink.*')" \
		$((kernels * 5 / 4 + late_limit)) \
		"instructions while pages are freed ($kernels without labyrinth)"
	at_most interrupt_call "$(interrupts 6 'table_.*|shrink.*')" $call_limit \
		"instructions the longest alloc or free meanwhile"
}

# Tracing slows down traced calls, delays nothing else, and leaves no cost behind.
gate_traced() {
	local before after slow

	echo "# the first of 4096 owners' pair, without and with events:" \
		"least median   mean    p99   most"
	tr -d '\r' <"$out/scale/result.log" | awk '$1 == "growth" && $2 ~ /^(un)?traced$/ {
		printf "# %-12s %-12s %6d %6d %6d %6d %6d\n", $2, $3, $4, $5, $6, $7, $8 }'
	before=$(figure scale untraced before 1)
	slow=$(figures scale traced | awk -v least="$before" '$2 < least * 2 { n++ } END { print n + 0 }')
	at_most traced_pair_is_slow "$slow" 0 "combinations of events that leave the fast path open"
	after=$(figures scale untraced | awk '{ print $2 }' | growth)
	at_most untraced_pair "$after" 0 "percent that a pair is slower after tracing"
	at_most interrupt_late_by_tracing "$(interrupts 5 'tracing.*')" $late_limit \
		"instructions while events are toggled, and while tables are read with events on"
	at_most interrupt_call_traced "$(interrupts 6 'tracing.*')" $traced_limit \
		"instructions the longest alloc or free meanwhile"
}

gate_shrink() {
	at_most shrinker "$(figures many shrink | a_line)" $shrink_limit \
		"instructions per page, of 4096 owners with $most_cpus possible CPUs"
}

tell_makes() {
	echo "# creating owners of 16 pages each: instructions per owner since the line above"
	figures scale make | awk '{ printf "# %5d %10.0f\n", $1, $2 / ($1 - last); last = $1 }'
	[ -z "$long" ] || echo "# destroying 4096: $(($(figures million empty | tail -n 1) / 4096))" \
		"instructions or ns each, mostly waiting"
}

# Two CPUs' pairs in percent of one CPU's. HOW is the second argument of the command "race".
race_ratio() { # HOW
	figures scaling race | awk -v how="$1" '$1 == 1 && $2 == how { one = $3 }
		$1 == 2 && $2 == how && one { print int($3 * 100 / one) }' | median
}

# The host may not have two CPUs to spare: a loop without labyrinth measures what it has.
gate_scaling() {
	local how ratio ideal

	ideal=$(race_ratio 2)
	echo "# two CPUs in a loop without labyrinth do $ideal percent of what one does"
	for how in "0 separate_owners" "1 one_shared_owner"; do
		ratio=$(race_ratio "${how% *}")
		if [ "$ideal" -lt $ideal_limit ]; then
			result 0 "two_cpus_${how#* }" "SKIP no second CPU to use: $ratio, of $ideal"
			continue
		fi
		# More is better here.
		result $((ratio * 200 / ideal < scaling_limit)) "two_cpus_${how#* }" \
			"$ratio percent of one CPU's pairs, $ideal possible; at least $scaling_limit of 200"
	done
}

gate_log() {
	local splats

	if splats=$("$top/scripts/splat.sh" "$out"/*/console.log 2>&1); then
		result 0 clean_log "no splat"
	else
		printf '%s\n' "$splats" | sed 's/^/# /'
		result 1 clean_log "splats"
	fi
}

for option; do
	case $option in
	--long) long=1 most_cpus=64 most_pages=1,000,000 ;;
	--scaling) scaling=1 ;;
	*) sed -n '/^# usage/,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
done

echo "KTAP version 1"
rm -rf "$out"
mkdir -p "$out"
"$top/scripts/build.sh" "$kernel" growth >"$out/build.log" 2>&1 || die "the build failed: see $out/build.log"

# Each begins with the smallest number, in a kernel that has not had more.
measure one "pages:16:neighbours empty create:100000 \
	memory:64:1000 memory:1:100000 memory:1:1000000 \
	pages:1000:scattered empty pages:30000:scattered empty orphans:1000 orphans:8000 \
	pages:10000:scattered table:pages:10000 kallsyms empty \
	pages:100000:neighbours table:pages:100000 empty" --icount --mem 2G
script=traced.sh measure scale "owners:1 owners:16 owners:256 table:owners:256 owners:4096 \
	table:owners:4096 traced" --icount --file "$top/tests/growth/guest.sh"
measure many "owners:1 owners:4096 table:owners:4096 shrink:8 plain:32768" \
	--icount --possible $most_cpus
[ -z "$long" ] || measure some "owners:1" --icount --possible 8
[ -z "$long" ] || measure million "pages:1000000:scattered table:pages:1000000 empty \
	pages:1000000:neighbours empty owners:4096 empty" --icount --mem 11G
[ -z "$scaling" ] || measure scaling "race:40" --smp 2

tell_pairs
gate_pairs
gate_create
gate_memory
tell_makes
gate_tables
gate_interrupts
gate_traced
gate_shrink
[ -z "$scaling" ] || gate_scaling
gate_log
echo "1..$nr_done"

[ -z "$failed" ]
