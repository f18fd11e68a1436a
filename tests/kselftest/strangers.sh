#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Pages that were freed behind labyrinth and belong to another kernel user, the stranger, now. No
# call changes such a page, and each is reported once. $long: all states and calls for all flags.
. "${0%/*}/ktap.sh"
need_module lab_stranger

stub=/sys/kernel/debug/labyrinth_stranger
plays=/tmp/plays
mkdir -p /tmp/ramfs
mount -t ramfs ramfs /tmp/ramfs

# The first call of the owner or the other owner after the stranger has the page. Before and after
# it, both check and query the page.
verbs="owner.alloc owner.bulk owner.free owner.freebulk owner.release owner.transfer
	owner.destroy audit shrink
	other.alloc other.free other.freebulk other.release other.transfer other.destroy"
# None, ZERO, POISON, STACK, all.
all_flags="0 1 2 4 7"

# Most plays give the page to the stranger at once; in some the kernel allocates it first.
tries=10

owners=0 kinds=0
new_owners() { # FLAGS
	owner=s$((owners += 1))
	say "owners $1 $owner"
	told "owners with $1"
}

# A play must not fork: the child would share the memory of the process.
begin() { # KIND STATE FLAGS: false if the stranger never gets the page
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
			# A page of these owners is in use elsewhere.
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
	audit) echo 1 >$lab/audit_now; say was audit ;;
	shrink) echo 2 >/proc/sys/vm/drop_caches; say was shrink ;;
	*) say "do ${2#*.} ${2%.*}" ;;
	esac
	told "$1: $2"
}

# If the owner still exists, it owns the good page only.
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

# Each page freed behind labyrinth was reported once, with its owner.
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

# Without $long, each verb runs with each of the flags in some kind and state.
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
				[ -n "${long-}" ] || [ $(((i + kinds) % 10)) = 0 ] || continue
				play "$1" $state "$flags" "$verb"
				# After a failure the next play would fail as well.
				[ -z "$failed" ] || return
			done
		done
		expect_each_reported_once
		forget_reports
	done
	echo "# $1: $played plays; in $elsewhere of them the page went elsewhere"
}

test_a_page_of_alloc_page_stays_unchanged() {
	expect_left_alone page
}

test_an_anonymous_page_stays_unchanged() {
	expect_left_alone anon
}

test_a_page_of_a_tmpfs_file_stays_unchanged() {
	expect_left_alone tmpfs
}

test_a_refaulted_page_cache_page_stays_unchanged() {
	expect_left_alone refaulted
}

test_a_slab_page_stays_unchanged() {
	expect_left_alone slab
}

test_a_page_of_a_page_pool_stays_unchanged() {
	expect_left_alone page_pool
}

run_tests
