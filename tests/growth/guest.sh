#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: the $steps one after another, each a function here with its
# arguments after colons. What they find are lines "growth NAME FIGURE...".
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

# What one column of "owners" adds up to.
sum() { # COLUMN
	awk -v column="$1" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		{ total += $at[column] } END { print total + 0 }' $lab/owners
}

# Those that wait in the CPUs' lists are free as well.
free_kb() {
	awk '/^ *(nr_free_pages|count:) / { free += $2 } END { print 4 * free }' /proc/zoneinfo
}

# Cycles that COMMAND takes, and how a timer fares meanwhile: in $cycles, $late and
# $call. What it takes to run a command at all is not counted.
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

# An owner of BUDGET pages, against so many pages from the kernel.
create() { # BUDGET
	for _ in 1 2 3 4 5; do
		say create "$1"
		tell create "$1" "$answer"
	done
}

# What NR owners of BUDGET say that they cost, and what is gone.
memory() { # NR BUDGET
	local before after

	say make 1 1	# so that what labyrinth has but once is there
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

# The scale grows to NR owners, of 16 pages each.
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

# A table of labyrinth's with ROWS of them.
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
	read_all $lab/pages	# sees that they are free
}

drop_caches() { echo 2 >/proc/sys/vm/drop_caches; }

# Memory is short, and each owner has NR pages recycled.
shrink() { # NR
	local before after

	echo 4 >/proc/sys/vm/drop_caches	# without a word in the log from now on
	drop_caches				# what is not ours
	timed drop_caches
	tell shrink_nothing "$(wc -l <$lab/owners)" "$cycles" "$late" "$call"
	say recycle "$1"
	before=$(sum stocked)
	timed drop_caches
	after=$(sum stocked)
	[ "$after" -lt "$before" ] || { echo "nothing was given back"; exit 1; }
	tell shrink $((before - after)) "$cycles" "$late" "$call"
}

# NR pages that labyrinth has nothing to do with go back to the kernel, for comparison.
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

# By turns, for the machine under us has other things to do as well.
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
