#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Pages that were freed behind labyrinth's back and that a stranger has by now: whatever is done
# then, he keeps them as they were, and it is reported once. $long: with each of the owner's flags.
. "${0%/*}/ktap.sh"
need_module lab_stranger

stub=/sys/kernel/debug/labyrinth_stranger
plays=/tmp/plays
mkdir -p /tmp/ramfs
mount -t ramfs ramfs /tmp/ramfs

# What the owner or another does first, once the stranger has the page. Before and after they
# ask for it.
verbs="owner.alloc owner.bulk owner.free owner.freebulk owner.release owner.transfer
	owner.destroy audit shrink
	other.alloc other.free other.freebulk other.release other.transfer other.destroy"
# None, ZERO, POISON, STACK, all.
all_flags="0 1 2 4 7"

# Most often a page comes to the stranger at once; now and then the kernel has it taken.
tries=10

owners=0 kinds=0
new_owners() { # FLAGS
	owner=s$((owners += 1))
	say "owners $1 $owner"
	told "owners with $1"
}

# Nothing in a play may fork: a process that does lets its child have its memory, too.
begin() { # KIND STATE FLAGS: false where the page never comes
	local try=0

	while [ $((try += 1)) -le $tries ]; do
		say "play $1 $2"
		case $answer in
		*" "[0-9]*) echo "$owner ${answer#* }" >>$plays ;;
		esac
		case $answer in
		"0 "*) return ;;
		"elsewhere "*)
			elsewhere=$((elsewhere + 1))
			say end
			# One page of theirs is lost to somebody else.
			new_owners "$3" ;;
		*) break ;;
		esac
	done
	fail "$1 $2 $3: play: $answer"
	new_owners "$3"
	return 1
}

told() { # WHAT: the answer is "0"
	[ "$answer" = 0 ] || fail "$1: $answer"
}

do_verb() { # NAME BY.VERB
	case $2 in
	audit) echo 1 >$lab/audit; say was audit ;;
	shrink) echo 2 >/proc/sys/vm/drop_caches; say was shrink ;;
	*) say "do ${2#*.} ${2%.*}" ;;
	esac
	told "$1: $2"
}

# The good page is left, if the owner is.
expect_books() { # WHAT
	local id name module scope budget owned stocked stock peak reserve allocs frees refused
	local violations quarantined rest

	while read -r id name module scope budget owned stocked stock peak reserve allocs frees \
		refused violations quarantined rest; do
		[ "$name" != "$owner" ] ||
			expect_equal "$1: budget, owned, from_reserve, quarantined" \
				"$budget $owned $reserve $quarantined" "8 1 0 0"
	done <$lab/owners
}

play() { # KIND STATE FLAGS BY.VERB
	played=$((played + 1))
	begin "$1" "$2" "$3" || return
	do_verb "$*" "$4"
	say go_on
	told "$*: go on"
	expect_books "$*"
	say end
	told "$*: end"
	case $4 in
	*.destroy) new_owners "$3" ;;
	esac
}

# Each time that a page was freed behind it was reported, with its owner, and once.
expect_each_reported_once() {
	local amiss

	amiss=$(awk -v seen="$violations_seen" '
		FILENAME ~ /plays$/ { plays[$1 " " $2]++; mine[$1] = 1; next }
		FNR == 1 {
			for (i = 1; i <= NF; i++)
				column[$i] = i
			next
		}
		$(column["seq"]) > seen && $(column["kind"]) == "freed_behind" {
			if ($(column["owner"]) in mine)
				reports[$(column["owner"]) " " $(column["pfn"])]++
		}
		END {
			for (page in plays)
				if (reports[page] != plays[page])
					print "page " page ": " reports[page] + 0 " reports, not " plays[page]
			for (page in reports)
				if (!(page in plays))
					print "page " page ": reported"
		}' $plays $lab/violations)
	[ -z "$amiss" ] || fail "$amiss"
}

# Over all kinds and states each verb meets each of the flags.
expect_left_alone() { # KIND
	local state verb flags i=0

	kinds=$((kinds + 1)) played=0 elsewhere=0
	for flags in $all_flags; do
		: >$plays
		new_owners "$flags"
		i=$((i + 1))
		for state in owned ready quarantined; do
			i=$((i + 1))
			for verb in $verbs; do
				i=$((i + 1))
				[ -n "${long-}" ] || [ $(((i + kinds) % 5)) = 0 ] || continue
				play "$1" $state "$flags" "$verb"
				# The next would fail for what is left of this one.
				[ -z "$failed" ] || return
			done
		done
		expect_each_reported_once
		forget_reports
	done
	echo "# $1: $played plays; in $elsewhere of them the page went elsewhere"
}

test_a_page_that_alloc_page_gave_to_somebody_is_left_alone() {
	expect_left_alone page
}

test_a_page_of_a_process_is_left_alone() {
	expect_left_alone anon
}

test_a_page_of_a_file_in_tmpfs_is_left_alone() {
	expect_left_alone tmpfs
}

test_a_page_of_a_file_that_looks_refaulted_is_left_alone() {
	expect_left_alone refaulted
}

test_a_slab_is_left_alone() {
	expect_left_alone slab
}

test_a_page_of_a_page_pool_is_left_alone() {
	expect_left_alone page_pool
}

run_tests
