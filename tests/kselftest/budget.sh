#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# An owner can have as many pages as its budget, and no more.
. "${0%/*}/ktap.sh"
need_module lab_stub

test_a_budget_of_4_gives_4_pages_and_refuses_the_fifth() {
	expect 0 create 0 name=one budget=4
	expect 4 alloc 0 0 times=5
	expect_refusal owner=one reason=budget
	expect_owner one owned 4 refused 1 peak 4
}

test_each_refusal_is_counted() {
	expect 0 create 0 name=one budget=1
	expect 1 alloc 0 0
	for i in 1 2 3; do
		expect 0 alloc 0 1
	done
	expect_owner one refused 3
	expect_rows 3 refusals "seq>$refusals_seen" owner=one reason=budget
}

test_freeing_a_page_allows_one_more() {
	expect 0 create 0 name=one budget=4
	expect 4 alloc 0 0 times=4
	expect 0 free 0 2 cpu=3
	expect 1 alloc 0 4 times=2 cpu=1
	expect_owner one owned 4
}

test_a_budget_is_not_stranded_on_the_cpu_of_the_free() {
	expect 0 create 0 name=one budget=4
	for cpu in 0 1 2 3; do
		expect 4 alloc 0 0 times=5 cpu=$cpu
		for back in 0 1 2 3; do
			expect 0 free 0 $back cpu=$back
		done
	done
	expect 4 alloc 0 0 times=5 in=hardirq cpu=2
}

test_bulk_alloc_of_40_with_a_budget_of_32_gives_32() {
	expect 0 create 0 name=one budget=32
	expect 32 bulk 0 0 40
	expect_refusal owner=one reason=budget
	expect_owner one owned 32 refused 1
	expect 0 free 0 0 times=32
	expect 32 bulk 0 0 40 in=hardirq cpu=1
}

test_bulk_alloc_leaves_unfilled_entries_unchanged() {
	expect 0 create 0 name=one budget=2
	expect 0 plain 2
	expect 0 copypage 2 3
	expect 2 bulk 0 0 3
	expect 3 find 2 3 1
	expect 2 find 3 2 1
	expect 0 putref 2
	expect 0 nullpage 2
	expect 0 nullpage 3
}

test_a_stock_is_part_of_the_budget() {
	expect 0 create 0 name=one budget=6 stock=4
	expect_owner one owned 0 stocked 4
	expect 6 alloc 0 0 times=7
	expect_owner one owned 6
	# A refill may have charged one page before these allocations.
	expect_at_most "stocked" "$(owner_cell one stocked)" 1
}

test_a_stock_of_the_whole_budget_is_reachable_from_each_cpu() {
	expect 0 create 0 name=one budget=8 stock=8
	for cpu in 0 1 2 3; do
		expect 8 alloc 0 0 times=9 cpu=$cpu
		expect 0 free 0 0 times=8 cpu=$(((cpu + 1) % 4))
	done
}

test_a_transfer_moves_the_charge_to_the_receiver() {
	expect 0 create 0 name=one budget=2
	expect 0 create 1 name=two budget=2
	expect 2 alloc 0 0 times=2
	expect 0 transfer 0 1 0
	expect 1 alloc 0 2 times=2
	expect 1 alloc 1 3 times=2
	expect_owner one owned 2
	expect_owner two owned 2
}

test_a_quarantined_page_is_charged_until_it_is_sole_referenced() {
	expect 0 create 0 name=one budget=2
	expect 2 alloc 0 0 times=2
	expect 2 getref 0
	expect 0 free 0 0
	expect 0 alloc 0 2
	expect 0 putref 0
	wait_until quarantine_empty one || fail "the page is still in quarantine"
	expect 1 alloc 0 2 times=2
}

quarantine_empty() { # OWNER
	[ "$(owner_cell "$1" quarantined)" = 0 ]
}

test_a_destroyed_owner_leaves_room_for_others() {
	for i in 1 2 3 4; do
		expect 0 create 0 name=one budget=1000
		expect 1000 bulk 0 0 1000
		expect 0 free 0 0 times=1000
		expect 0 destroy 0
	done
	expect 0 create 0 name=one budget=1000
	expect 1000 bulk 0 0 1001
}

test_sixty_owners_each_have_their_own_budget() {
	i=0
	while [ $i -lt 60 ]; do
		expect 0 create $i name=o$i budget=64
		expect 64 bulk $i $((i * 64)) 65
		i=$((i + 1))
	done
	expect_rows 60 owners owned=64
	expect_rows 3840 pages state=owned
	i=0
	while [ $i -lt 60 ]; do
		expect 0 free $i $((i * 64)) times=64
		i=$((i + 1))
	done
	expect_rows 60 owners owned=0
}

test_peak_is_the_maximum_of_owned_pages() {
	expect 0 create 0 name=one budget=16
	expect 5 alloc 0 0 times=5 cpu=0
	expect 0 free 0 0 times=5 cpu=0
	expect 2 alloc 0 0 times=2 cpu=0
	expect_owner one owned 2 peak 5 allocs 7 frees 5
}

run_tests
