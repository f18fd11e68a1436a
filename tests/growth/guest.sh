#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: run the $steps one after another, each a function below with its
# arguments after colons. The results are lines "growth NAME FIGURE...".
lab=/sys/kernel/debug/labyrinth
growth=/sys/kernel/debug/labyrinth_growth

say() { # COMMAND...: the reply is in $answer
	echo "$*" >$growth/command && read -r answer <$growth/answer
	case $answer in
	failed*)
		echo "$*: $answer"
		exit 1
		;;
	esac
}

tell() { echo "growth $*"; }

# The sum of a column of "owners".
sum() { # COLUMN
	awk -v column="$1" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		{ total += $at[column] } END { print total + 0 }' $lab/owners
}

# Free memory, the pages in the per-CPU lists included.
free_kb() {
	awk '/^ *(nr_free_pages|count:) / { free += $2 } END { print 4 * free }' /proc/zoneinfo
}

# Run COMMAND with a timer interrupt: its cycles are in $cycles, the timer's latency and
# longest call in $late and $call. The overhead of running a command is subtracted.
timed() { # COMMAND...
	say timer 200
	say clock
	dd if=/dev/null of=/dev/null bs=64k 2>/dev/null
	say clock
	cycles=$answer
	"$@"
	say clock
	cycles=$((answer - cycles))
	say stop
	late=${answer#* } call=${answer##* }
	late=${late% *}
}

read_all() { # FILE
	dd if="$1" of=/dev/null bs=64k 2>/dev/null
}

# ---- steps

# An owner of BUDGET pages, against as many pages from the kernel.
create() { # BUDGET
	for _ in 1 2 3 4 5; do
		say create "$1"
		tell create "$1" "$answer"
	done
}

# The memory that NR owners of BUDGET report, and what is really used.
memory() { # NR BUDGET
	local before after

	say make 1 1	# allocates what labyrinth has only once
	say empty
	before=$(free_kb)
	say make "$1" "$2"
	after=$(free_kb)
	tell memory "$1" "$2" "$(sum bytes)" $(((before - after) * 1024))
	say empty
}

# NR pages of one owner, neighbours or not.
pages() { # NR scattered|neighbours
	[ "$2" = neighbours ] || say scatter "$1"
	say make 1 "$1"
	say take "$1"
	say gather
	say pairs 0 0
	tell "pages_$2" "$1" "$answer"
}

# Grow to NR owners of 16 pages each.
owners() { # NR
	local index

	say make "$1" 16
	tell make "$1" "$answer"
	say take 16
	say pairs 0 $(($1 - 1))
	tell owners "$1" "$answer"
	for index in 0 $(($1 / 2)) $(($1 - 1)); do
		say pairs $index $index
		tell owner "$1" "$answer"
	done
	say refused $(($1 - 1))
	tell refused "$1" "$answer"
	say cold
	tell cold "$1" "$answer"
	tell bytes "$1" "$(sum bytes)"
}

# Read a table of labyrinth's, which has ROWS rows.
table() { # NAME ROWS
	timed read_all "$lab/$1"
	tell "table_$1" "$2" "$cycles" "$late" "$call"
}

# The kernel's own longest table, for comparison.
kallsyms() {
	timed read_all /proc/kallsyms
	tell kallsyms "$(wc -l </proc/kallsyms)" "$cycles" "$late" "$call"
}

orphans() { # NR
	say make 1 "$1"
	say take "$1"
	say orphan
	table pages "$1" | sed s/table_pages/orphans/
	say empty
	read_all $lab/pages	# notices that the orphans are free
}

drop_caches() { echo 2 >/proc/sys/vm/drop_caches; }

# Run the shrinkers when each owner has NR recycled pages.
shrink() { # NR
	local before after

	echo 4 >/proc/sys/vm/drop_caches	# no message in the log from now on
	drop_caches				# frees the kernel's own caches
	timed drop_caches
	tell shrink_nothing "$(wc -l <$lab/owners)" "$cycles" "$late" "$call"
	say recycle "$1"
	before=$(sum stocked)
	timed drop_caches
	after=$(sum stocked)
	[ "$after" -lt "$before" ] || { echo "the shrinker freed nothing"; exit 1; }
	tell shrink $((before - after)) "$cycles" "$late" "$call"
}

# Free NR ordinary pages to the kernel, for comparison.
plain() { # NR
	say scatter "$1"
	timed say gather
	tell plain "$1" "$cycles" "$late" "$call"
}

empty() {
	say clock
	say empty
	tell empty "$answer"
}

# Alternate between the kinds, because the host may be busy with other work.
race() { # SLICES
	for _ in $(seq "$1"); do
		for how in "1 0" "2 0" "1 1" "2 1" "1 2" "2 2"; do
			say race "$how" 100
			tell race "$how" "$answer"
		done
	done
}

insmod /lib/labyrinth/labyrinth.ko && insmod /lib/labyrinth/lab_growth.ko || exit
for step in $steps; do
	# shellcheck disable=SC2046 # one word an argument
	set -- $(echo "$step" | tr : ' ')
	"$@"
done
