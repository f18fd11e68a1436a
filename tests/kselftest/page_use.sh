#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What a page is used for at present: "use" in lookup and pages, "page now" in the reports.
. "${0%/*}/ktap.sh"
need_module lab_stub lab_stranger

labyrinth_stub=$stub
stranger=/sys/kernel/debug/labyrinth_stranger
mkdir -p /tmp/ramfs
mount -t ramfs ramfs /tmp/ramfs

# The "use" of a page in $use. No fork: a child would share the memory of the process.
look() { # PFN
	local name value

	use=
	echo "pfn $1" >$lab/lookup
	while read -r name value; do
		[ "$name" != use ] || use=$value
	done <$lab/lookup
}

expect_use() { # PFN PATTERN
	look "$1"
	expect_match "use of pfn $1" "$use" "$2"
}

# A page that the kernel gave to another user, in $page.
play() { # KIND
	local try=0

	page=
	stub=$stranger
	say "owners 0 used"
	while [ -z "$page" ] && [ $((try += 1)) -le 10 ]; do
		say "play $1 owned"
		case $answer in
		"0 "*) page=${answer#* } ;;
		*) say "owners 0 used.$try" ;;
		esac
	done
	[ -n "$page" ] || fail "$1: $answer"
}

end_play() {
	say end
	# The stranger compares its page with what it was.
	expect_equal "end" "$answer" 0
	say reset
	stub=$labyrinth_stub
}

expect_use_of() { # KIND PATTERN
	play "$1"
	[ -z "$page" ] || expect_use "$page" "$2"
	end_play
}

# The line "page now" of the last report of this kind with the page, in $now.
verdict() { # KIND PFN
	now=$(awk -v kind="$1:" -v pfn="$2," '/^[a-z]/ { is = $1 == kind; mine = 0 }
		is && $1 == "page:" { mine = $3 == pfn }
		is && mine && sub(/^  page now: /, "") { now = $0 }
		END { print now }' $lab/verdicts)
	[ -n "$now" ]
}

expect_verdict() { # KIND PFN PATTERN
	wait_until verdict "$1" "$2"
	expect_match "page now" "$now" "$3"
}

# The page frame at an address of this shell, or nothing.
pfn_at() { # ADDRESS
	dd if=/proc/$$/pagemap bs=8 skip=$(($1 / page_size)) count=1 2>/dev/null | words |
		while read -r word; do
			echo $((0x$word & 0x7fffffffffffff))
		done
}

# 64-bit words in hexadecimal, one a line.
words() {
	od -v -A n -t x8 -w8 | tr -d ' '
}

# The first address of the shell's line in maps that matches.
address_of() { # REGEX
	sed -n "s|^\([0-9a-f]*\)-.*$1\$|0x\1|p" /proc/$$/maps | head -n 1
}

test_a_page_of_the_shells_program_is_of_its_file() {
	program=$(readlink /proc/$$/exe)
	pfn=$(pfn_at "$(address_of "$program")")
	expect_at_least "pfn" "$pfn" 1
	expect_use "$pfn" "file:${program##*/}"
}

test_a_tmpfs_page_has_the_name_of_its_file() {
	expect_use_of tmpfs "file:#[0-9]*"
}

test_a_ramfs_page_has_the_name_of_its_file() {
	expect_use_of refaulted "file:#[0-9]*"
}

test_an_anonymous_page_is_anon() {
	expect_use_of anon anon
}

test_a_slab_page_is_slab() {
	expect_use_of slab slab
}

test_a_page_of_a_page_pool_is_page_pool() {
	expect_use_of page_pool page_pool
}

test_a_page_that_a_driver_holds_is_unknown() {
	expect_use_of page unknown
}

# Bit 10 of a word in kpageflags: the first page of a free block.
free_pfn() {
	dd if=/proc/kpageflags bs=8k skip=16 2>/dev/null | words |
		awk 'substr($1, 14, 1) ~ /[4567cdef]/ { print NR - 1 + 16 * 1024; exit }'
}

test_a_free_page_is_free() {
	expect_at_least "pfn" "$(free_pfn)" 1
	for try in 1 2 3 4 5; do
		look "$(free_pfn)"
		[ "$use" != free ] || break
	done
	expect_equal "use" "$use" free
}

test_an_owned_page_is_labyrinths() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect_use "$(number pfn 0)" labyrinth
	expect_cell - pages use owner=one
}

test_the_holder_of_an_orphan_is_unknown() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	expect 1 destroy 0
	expect_use "$pfn" unknown
	expect_cell unknown pages use pfn="$pfn" state=orphan
	expect_verdict orphan "$pfn" "cannot be told*"
	expect 0 putref 0
}

test_the_holder_of_a_page_in_quarantine_is_unknown() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	expect 2 getref 0
	expect 0 free 0 0
	expect_cell unknown pages use pfn="$pfn" state=quarantined
	expect_verdict shared_page "$pfn" "cannot be told*"
	expect 0 putref 0
}

run_tests
