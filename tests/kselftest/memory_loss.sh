#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Pages with failed memory: labyrinth no longer hands out pages that the kernel has marked HWPoison.
. "${0%/*}/ktap.sh"
need_module lab_stub

hard_offline=/sys/devices/system/memory/hard_offline_page

# Report a memory error in the page. The kernel answers that it cannot take the page offline.
spoil() { # PFN
	! echo $(($1 * page_size)) 2>/dev/null >$hard_offline || fail "pfn $1 was taken offline"
}

told() { # PFN NAME
	echo "pfn $1" >$lab/lookup || fail "lookup refuses pfn $1"
	awk -v name="$2" 'NF == 0 { exit } $1 == name { print $2 }' $lab/lookup
}

expect_left() { # PFN: the page has no owner, and the kernel does not use it
	expect_equal "owner" "$(told "$1" owner)" -
	expect_equal "hwpoison" "$(told "$1" hwpoison)" 1
	wait_until has_no_reference "$1" || fail "pfn $1 has $(told "$1" refcount) references"
	expect_rows 0 pages pfn="$1"
	expect_equal "hwpoison in stats" "$(awk '$1 == "hwpoison" { print $2 }' $lab/owner/one/stats)" 1
	expect_no_violation
}

has_no_reference() { # PFN
	[ "$(told "$1" refcount)" = 0 ]
}

# The owner's whole budget does not include the page.
expect_never_again() { # PFN BUDGET
	expect "$2" alloc 0 0 times="$2"
	expect_rows 0 pages pfn="$1"
	expect 0 free 0 0 times="$2"
}

test_an_owned_page_with_bad_memory_stays_owned() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	expect_equal "before" "$(told "$pfn" hwpoison)" 0
	spoil "$pfn"
	expect_equal "after" "$(told "$pfn" hwpoison)" 1
	expect_equal "owner" "$(told "$pfn" owner)" one
	expect_equal "state" "$(told "$pfn" state)" owned
	expect 0 check 0 0
	expect_no_violation
}

test_an_owned_page_leaves_when_it_is_freed() {
	expect 0 create 0 name=one budget=500
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	spoil "$pfn"
	expect 0 free 0 0
	expect_owner one owned 0 stocked 0 frees 1
	expect_left "$pfn"
	expect_never_again "$pfn" 500
}

test_an_owned_page_leaves_when_it_is_freed_in_bulk() {
	expect 0 create 0 name=one
	expect 8 bulk 0 0 8
	pfn=$(number pfn 3)
	spoil "$pfn"
	expect 8 freebulk 0 0 8
	expect_owner one owned 0 stocked 7
	expect_left "$pfn"
}

test_an_owned_page_leaves_when_it_is_freed_in_nmi() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	spoil "$pfn"
	expect 0 free 0 0 in=nmi
	expect_owner one owned 0 stocked 0
	expect_left "$pfn"
}

two_are_ready() {
	[ "$(owner_cell one stocked)" = 2 ]
}

test_a_ready_page_is_not_handed_out() {
	for context in task hardirq nmi; do
		expect 0 create 0 name=one budget=500 stock=1
		expect 1 alloc 0 0
		expect 0 free 0 0
		pfn=$(number pfn 0)
		# In NMI only the stock is available.
		wait_until two_are_ready || fail "the stock is not refilled"
		spoil "$pfn"
		expect 1 alloc 0 0 in=$context
		[ "$(number pfn 0)" != "$pfn" ] || fail "the page was handed out in $context"
		expect_left "$pfn"
		expect 0 free 0 0
		expect_never_again "$pfn" 500
		expect 0 destroy 0
	done
}

test_a_ready_page_is_not_handed_out_in_bulk() {
	expect 0 create 0 name=one
	expect 8 bulk 0 0 8
	pfn=$(number pfn 3)
	expect 8 freebulk 0 0 8
	spoil "$pfn"
	expect 8 bulk 0 0 8
	expect_left "$pfn"
}

test_a_page_in_stock_is_not_handed_out() {
	expect 0 create 0 name=one stock=1
	pfn=$(table pages pfn owner=one)
	spoil "$pfn"
	expect 1 alloc 0 0
	[ "$(number pfn 0)" != "$pfn" ] || fail "the page was handed out"
	expect_left "$pfn"
}

test_bad_memory_is_not_checked_for_poison() {
	expect 0 create 0 name=one flags=2
	expect 1 alloc 0 0
	expect 0 free 0 0
	pfn=$(number pfn 0)
	expect 0 poke 0
	spoil "$pfn"
	usleep 100000
	echo 1 >$lab/audit_now
	expect_no_violation
	expect 1 alloc 0 1
	expect_left "$pfn"
}

quarantine_is_empty() {
	[ "$(owner_cell one quarantined)" = 0 ]
}

test_a_quarantined_page_leaves_when_it_is_sole_referenced() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	expect 2 getref 0
	expect 0 free 0 0
	spoil "$pfn"
	expect_owner one quarantined 1
	expect 0 putref 0
	wait_until quarantine_is_empty || fail "the page is still in quarantine"
	expect_left "$pfn"
}

test_a_ready_page_leaves_by_the_shrinker() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 0 free 0 0
	pfn=$(number pfn 0)
	spoil "$pfn"
	echo 2 >/proc/sys/vm/drop_caches
	expect_left "$pfn"
}

test_a_transferred_page_leaves_when_the_receiver_frees_it() {
	expect 0 create 0 name=one
	expect 0 create 1 name=giver
	expect 1 alloc 1 0
	pfn=$(number pfn 0)
	spoil "$pfn"
	expect 0 transfer 1 0 0
	expect_equal "owner" "$(told "$pfn" owner)" one
	expect 0 free 0 0
	expect_left "$pfn"
}

test_a_released_page_leaves_when_its_holder_frees_it() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	spoil "$pfn"
	expect 0 release 0 0
	expect_equal "references" "$(told "$pfn" refcount)" 1
	expect 0 putref 0
	expect_left "$pfn"
}

test_destroy_handles_pages_with_bad_memory_in_every_state() {
	expect 0 create 0 name=one stock=1
	expect 3 alloc 0 0 times=3 cpu=1
	# The first came from the stock, the last is an orphan.
	ready=$(number pfn 0) orphan=$(number pfn 2)
	expect 0 free 0 0 cpu=1
	for pfn in "$ready" "$(number pfn 1)" "$orphan"; do
		spoil "$pfn"
	done
	expect 2 destroy 0
	expect_rows 0 pages state=ready
	expect_equal "references" "$(told "$ready" refcount)" 0
	expect_equal "state" "$(told "$orphan" state)" orphan
	expect_equal "hwpoison" "$(told "$orphan" hwpoison)" 1
	expect 0 putref 1
	expect 0 putref 2
	expect_rows 0 pages pfn="$orphan"
}

run_tests
