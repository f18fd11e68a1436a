#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The part of scripts/demo.sh that runs in the virtual machine, under busybox sh: labyrinth, its
# samples, a shortage of memory, common mistakes, and the command labyrinth.
#
# While memory is short, use only the shell's built-in commands: starting a program needs memory.

lab=/sys/kernel/debug/labyrinth
sample=/sys/module/lab_sample/parameters
pressure=/sys/module/lab_pressure/parameters

reserve_pct=50 rate=125 burst=16 budget=16384 stock=64
failed=0 passed=0

step() { # TITLE
	steps=$((steps + 1))
	printf '\n--- %d. %s\n' "$steps" "$1"
}

expect() { # WORDS 1-OR-0
	if [ "$2" = 1 ]; then
		passed=$((passed + 1))
		echo "  [ok]   $1"
	else
		failed=$((failed + 1))
		echo "  [FAIL] $1"
	fi
}

# Print the named columns of a table, aligned, at most LINES rows.
table() { # FILE LINES COLUMN...
	file=$1 lines=$2
	shift 2
	awk -v want="$*" -v lines="$lines" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; n = split(want, col, " ") }
		NR <= lines + 1 {
			rows = NR
			for (i = 1; i <= n; i++) {
				cell[NR, i] = $at[col[i]]
				if (length(cell[NR, i]) > width[i])
					width[i] = length(cell[NR, i])
			}
		}
		END {
			for (r = 1; r <= rows; r++) {
				line = "   "
				for (i = 1; i <= n; i++)
					line = line sprintf(" %-" width[i] "s ", cell[r, i])
				sub(/ +$/, "", line)
				print line
			}
			if (NR > rows)
				print "    ... and " NR - rows " more"
		}' "$file"
}

# The sum of COLUMN over rows whose KEY-COLUMN is KEY.
cell() { # FILE KEY-COLUMN KEY COLUMN
	awk -v key="$2" -v is="$3" -v want="$4" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at[key] == is { sum += $at[want] }
		END { print sum + 0 }' "$1"
}

count() { # FILE COLUMN VALUE
	awk -v col="$2" -v is="$3" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at[col] == is { n++ }
		END { print n + 0 }' "$1"
}

is_there() { # FILE
	[ ! -e "$1" ]
	echo $?
}

counter() { # NAME: read a counter into the variable of that name
	read -r "$1" <"$sample/$1"
}

nap() { # SECONDS, without starting a program
	# shellcheck disable=SC3045 # busybox has it
	read -r -t "$1" _ <>/tmp/nap || true
}

# ---- readings under pressure: built-in commands only

# Read how far the zones are below min. Keeps the deepest value of all readings.
read_zones() {
	while read -r _ zone free min _ _ _ _ _ _ depth _; do
		[ "$zone" != zone ] || continue
		[ "$depth" -le "$deepest" ] || deepest=$depth
		[ "$zone" = DMA ] || level="$free $min $depth"
	done <"$lab/zones"
}

read_owners() {
	while read -r _ name _ _ _ owned stocked _ _ from_reserve _; do
		case $name in
		lab_sample.producer) ready=$stocked ;;
		lab_sample.consumer)
			backlog=$owned reserve=$from_reserve
			[ "$reserve" -le "$most_reserve" ] || most_reserve=$reserve ;;
		esac
	done <"$lab/owners"
}

# Keep the current table of zones in $dry_zones.
keep_zones() {
	dry_zones=
	while read -r line; do
		dry_zones="$dry_zones$line
"
	done <"$lab/zones"
}

row() { # TIME FREE MIN DEPTH STOCK BACKLOG FROM-RESERVE REFUSED
	printf '    %8s  %6s  %6s  %9s  %5s  %7s  %12s  %7s\n' "$@"
}

row_names() {
	row time free min depth_pct stock backlog from_reserve refused
}

readings() { # HOW-MANY
	left=$1
	while [ "$left" -gt 0 ]; do
		read_zones
		read_owners
		counter taken
		counter refused
		read -r now _ </proc/uptime
		# shellcheck disable=SC2086 # three figures
		row "$now s" $level "$ready" "$backlog" "$reserve" "$refused"
		nap 0.5
		left=$((left - 1))
	done
}

readings_until_refused() {
	tries=60
	while [ "$refused" = 0 ] && [ "$tries" -gt 0 ]; do
		readings 1
		tries=$((tries - 1))
	done
}

# ---- steps

show_machine() {
	step "The machine, and its emergency reserve"
	echo 65536 >/proc/sys/vm/min_free_kbytes
	echo 1024 >/proc/sys/vm/percpu_pagelist_high_fraction
	echo "  Linux $(uname -r), $(nproc) CPUs, $(awk '/MemTotal/ { print int($2 / 1024) }' \
		/proc/meminfo) MiB. Two settings make the effect visible: a"
	echo "  large reserve (vm.min_free_kbytes), and short per-CPU lists of free pages, which"
	echo "  the kernel does not count (vm.percpu_pagelist_high_fraction)."
	insmod labyrinth.ko
	expect "labyrinth is loaded" "$(is_there "$lab/zones")"
	echo "  The emergency reserve begins below \"min\". GFP_ATOMIC may use it down to"
	echo "  \"atomic_floor\"; \"depth_pct\" is the share that is used. In pages of 4 KiB:"
	table "$lab/zones" 9 zone free min atomic_floor depth_pct
}

# One refill of a per-CPU list ignores the watermarks. On each CPU it takes at most what the list
# holds, and at most 32 batches.
work_out_tolerance() {
	tolerance=$(awk -v cpus="$(nproc)" '
		NR == FNR { if (FNR > 1) atomic[$2] = $4 - $10; next }
		/^Node/ { zone = $4 }
		$1 == "high:" { high = $2 }
		$1 == "batch:" && atomic[zone] > 0 {
			refill = high - $2 > $2 ? high - $2 : $2
			refill = refill < $2 * 32 ? refill : $2 * 32
			pct = int(refill * cpus * 100 / atomic[zone]) + 1
			if (pct > most) most = pct
		}
		END { print most + 0 }' "$lab/zones" /proc/zoneinfo)
}

show_traffic() {
	step "A driver at work"
	echo "  lab_sample: $rate times a second, in a hard interrupt, a producer takes $burst"
	echo "  pages, fills them and transfers them to a consumer, which checks and frees them."
	insmod lab_sample.ko rate=$rate burst=$burst budget=$budget stock=$stock \
		reserve_pct=$reserve_pct
	sleep 3
	table "$lab/owners" 9 name budget owned stocked from_reserve allocs refused violations \
		reserve_pct
	show_counters
	expect "pages are transferred, and none is refused or damaged" \
		$((taken > 0 && consumed > 0 && refused == 0 && wrong == 0))
}

show_counters() {
	for name in consumed taken refused wrong; do
		counter $name
	done
	echo "  Taken $taken, given back $consumed, refused $refused, damaged $wrong."
}

show_pages() {
	step "Every page has an owner"
	echo "  The consumer sleeps for a moment, so pages pile up. Their owners and callers are:"
	echo 1 >$sample/stall
	sleep 1
	cat "$lab/pages" >/tmp/pages
	echo 0 >$sample/stall
	grep -E '^pfn| owned ' /tmp/pages >/tmp/owned
	table /tmp/owned 4 pfn owner state age_ms context cpu zone caller
	out=$(count /tmp/pages state owned)
	named=$(grep -cE 'lab_sample.consumer owned .* hardirq .*\[lab_sample\]' /tmp/owned)
	# The table may be read during the interrupt that transfers the 16 pages of one tick.
	underway=$(grep -cE 'lab_sample.producer owned .* hardirq .*\[lab_sample\]' /tmp/owned)
	ready=$(count /tmp/pages state ready)
	echo "  In all, $out pages are owned, and $ready are ready in the stock."
	expect "all owned pages are the consumer's, taken in a hard interrupt by lab_sample" \
		$((named > 16 && underway <= 16 && named + underway == out))
}

show_pressure() {
	step "Memory runs short"
	echo "  lab_pressure takes all memory down to \"min\", as on an overloaded machine."
	insmod lab_pressure.ko
	work_out_tolerance
	counter taken
	before=$taken
	echo 1 >$pressure/hold
	row_names
	readings 4
	expect "the driver still got its pages: $((taken - before)) since" $((taken > before))

	echo "  Now the consumer stalls as well. The driver uses the reserve down to its own floor"
	echo "  (reserve_pct=$reserve_pct), and is refused from there on:"
	echo 1 >$sample/stall
	row_names
	readings_until_refused
	readings 4
	keep_zones
	refused_before=$refused
	read -r left_over <$pressure/reserve_left
	read -r held <$pressure/held
	echo 0 >$pressure/hold
	save_tables
	echo "  The rest was left for others: plain alloc_page(GFP_ATOMIC) still got $left_over"
	echo "  pages before it failed, too."
}

# Save the tables for the command, which runs after the modules are unloaded. Zones and refusals
# are those of the deepest point. Refusals during the test of alloc_page() are left out: the
# reserve was empty then, so their reason differs.
save_tables() {
	awk -v last="$refused_before" 'NR == 1 || $1 <= last' "$lab/refusals" >/tmp/before
	labyrinth save /tmp/dry
	saved=$?
	[ $saved = 0 ] || return
	printf '%s' "$dry_zones" >/tmp/dry/zones
	cat /tmp/before >/tmp/dry/refusals
}

show_refusals() {
	step "The refusals and their reasons"
	cat "$lab/refusals" >/tmp/refusals
	table /tmp/refusals 3 owner reason context zone free min floor caller
	kept=$(($(wc -l </tmp/before) - 1))
	by_floor=$(count /tmp/before reason floor)
	expect "the driver took $most_reserve pages of the reserve" $((most_reserve > 0))
	expect "then it was refused $refused_before times, and \"floor\" was the reason" \
		$((refused_before > 0 && kept > 0 && by_floor == kept))
	expect "no zone went deeper than $reserve_pct %, tolerance $tolerance %: $deepest %" \
		$((deepest > 0 && deepest <= reserve_pct + tolerance))
	expect "the rest was left for others: $left_over pages" $((left_over > 0))
	echo "  (Tolerance: one refill of the per-CPU list on each CPU ignores the marks.)"
}

show_recovery() {
	step "Memory is free again, and the consumer runs"
	counter refused
	before=$refused
	echo 0 >$sample/stall
	sleep 2
	table "$lab/owners" 9 name owned stocked from_reserve allocs refused
	table "$lab/zones" 9 zone free min depth_pct
	show_counters
	killed=$(dmesg | grep -c 'Out of memory\|page allocation failure')
	backlog=$(cell "$lab/owners" name lab_sample.consumer owned)
	reserve=$(cell "$lab/owners" module lab_sample from_reserve)
	expect "no refusal since" $((refused == before))
	expect "every page of the reserve was freed" $((reserve == 0))
	expect "the backlog is consumed, and no page was damaged" \
		$((backlog < burst * 100 && wrong == 0))
	expect "no process was killed, no allocation failure logged" $((killed == 0))
	rmmod lab_pressure
}

show_mistakes() {
	step "Deliberate mistakes"
	echo "  lab_misuse makes common mistakes, each once. labyrinth reports:"
	insmod lab_misuse.ko
	status=$?
	sleep 1
	table "$lab/violations" 20 kind owner offender pfn refcount caller
	echo "  The kernel's log and \"verdicts\" describe one of them like this:"
	sed -n '/^double_free:/,/^$/p' "$lab/verdicts" | sed '/^$/q' | fold -s -w 84 |
		sed 's/^/    /; s/ *$//'
	expect "each wrong call returned the documented error" $((status == 0))
	unseen=
	for kind in bad_argument double_free foreign_free plain_page shared_page freed_behind \
		use_after_free orphan dead_owner; do
		[ "$(count "$lab/violations" kind $kind)" -gt 0 ] || unseen="$unseen $kind"
	done
	mistakes=$(($(wc -l <"$lab/violations") - 1))
	expect "each of the $mistakes mistakes was reported${unseen:+, but not:$unseen}" \
		"$([ -n "$unseen" ]; echo $?)"
	rmmod lab_misuse
}

show_unload() {
	step "Unloading"
	echo "  rmmod labyrinth while the driver still has owners:"
	rmmod labyrinth >/tmp/rmmod 2>&1
	status=$?
	sed 's/^/    /' /tmp/rmmod
	expect "is refused" $((status != 0))
	rmmod lab_sample
	dmesg | sed -n 's/^\[[^]]*\] \(lab_sample: taken .*\)/\1/p' | tail -n 1 >/tmp/last
	sed 's/^/    /' /tmp/last
	taken=$(sed 's/.* taken \([0-9]*\).*/\1/' /tmp/last)
	consumed=$(sed 's/.* consumed \([0-9]*\).*/\1/' /tmp/last)
	out=$(grep -c ' lab_sample\.' "$lab/pages")
	expect "the driver was unloaded with every page freed" \
		$((taken > 0 && consumed == taken && out == 0))
	rmmod labyrinth
	expect "labyrinth was unloaded, too" $((1 - $(is_there "$lab")))
}

# Run the command; set $said to its output and $status to its exit status.
run_command() { # ARGS...
	echo "  # labyrinth $*"
	said=$(labyrinth "$@" --from=/tmp/dry 2>&1)
	status=$?
}

show_said() {
	echo "$said" | fold -s -w 96 | sed 's/^/    /; s/ *$//'
}

show_command() {
	step "The same, shown by the command labyrinth"
	echo "  It reads a saved folder (--from=FOLDER, omitted here), which works on any machine."
	echo "  Zones and refusals are those of the deepest point in step 4."
	expect "it saved the tables of the live module" $((saved == 0))
	run_command zones
	show_said
	gone=$(echo "$said" | sed -n 's/.* taken; \([0-9]*\) % of the.*/\1/p' | sort -n | tail -n 1)
	expect "its gauges show that ${gone:-0} % of the reserve is used" \
		$((status == 0 && ${gone:-0} > 0 && ${gone:-0} <= reserve_pct + tolerance))
	run_command advise
	show_said
	advised=$(echo "$said" | grep -c '^lab_sample.producer of module lab_sample: refused [0-9]* times, .*"floor"')
	expect "it names the refused owner, and the setting that would have sufficed" \
		$((status == 0 && advised > 0))
	run_command verdicts
	said=$(echo "$said" | sed -n '/^floor: lab_sample.producer/,/^$/p' | sed '/^$/q')
	show_said
	expect "its verdict names the caller, the reason and the change" \
		$((status == 0 && $(echo "$said" | grep -cE '^  (by|change): ') == 2))
}

show_summary() {
	echo
	echo "=== Summary"
	lost=$((taken - consumed))
	echo "  $taken pages went from an interrupt to their consumer; $wrong damaged, $lost lost."
	echo "  With all other memory taken ($held pages), the driver got $most_reserve pages of"
	echo "  the emergency reserve, at most $deepest % of it. Then it was refused $refused_before"
	echo "  times, each time with a reason; $left_over pages were left for others."
	echo "  $mistakes deliberate mistakes were made; each was reported."
	echo "  $passed expectations held, $failed did not."
}

cd /lib/labyrinth || exit 1
mkfifo /tmp/nap
steps=0 deepest=0 most_reserve=0 taken=0 consumed=0 refused=0 wrong=0

show_machine
show_traffic
show_pages
show_pressure
show_refusals
show_recovery
show_mistakes
show_unload
show_command
show_summary
[ "$failed" = 0 ]
