#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# LABYRINTH_ZERO (1), LABYRINTH_POISON (2), LABYRINTH_STACK (4).
. "${0%/*}/ktap.sh"
need_module lab_stub

poison=0x6b

expect_pages_hold() { # BYTE FIRST NR
	local page=$2

	while [ "$page" -lt $(($2 + $3)) ]; do
		expect 1 holds "$page" "$1"
		page=$((page + 1))
	done
}

dirty() { # FIRST NR
	local page=$1

	while [ "$page" -lt $(($1 + $2)) ]; do
		expect 0 fill "$page" 0xa5
		page=$((page + 1))
	done
}

test_zero_pages_from_the_kernel_are_zero() {
	expect 0 create 0 name=one budget=64 flags=1
	expect 64 bulk 0 0 64
	expect_pages_hold 0 0 64
}

test_recycled_zero_pages_are_zero() {
	expect 0 create 0 name=one budget=8 flags=1
	for context in task softirq hardirq nmi; do
		expect 8 alloc 0 0 times=8 cpu=1 in=task
		dirty 0 8
		expect 0 free 0 0 times=8 cpu=1
		expect 8 alloc 0 0 times=8 cpu=1 in=$context
		expect_pages_hold 0 0 8
		expect 0 free 0 0 times=8 cpu=1
	done
}

test_zero_pages_recycled_on_another_cpu_are_zero() {
	expect 0 create 0 name=one budget=8 flags=1
	expect 8 alloc 0 0 times=8 cpu=1
	dirty 0 8
	expect 0 free 0 0 times=8 cpu=1
	expect 8 alloc 0 0 times=8 cpu=2 in=hardirq
	expect_pages_hold 0 0 8
}

test_zero_pages_from_the_stock_are_zero() {
	expect 0 create 0 name=one budget=8 stock=8 flags=1
	expect 8 alloc 0 0 times=8 in=hardirq
	expect_pages_hold 0 0 8
}

# Freed pages count as ready as well, so there may be more than the stock.
stock_full() {
	[ "$(owner_cell one stocked)" -ge 8 ]
}

test_zero_pages_from_a_refilled_stock_are_zero() {
	expect 0 create 0 name=one budget=8 stock=8 flags=1
	for i in 1 2 3; do
		expect 8 alloc 0 0 times=8 in=hardirq
		dirty 0 8
		expect 0 free 0 0 times=8
		wait_until stock_full || fail "the stock is not refilled"
		usleep 100000
	done
	expect 8 alloc 0 0 times=8 in=hardirq cpu=3
	expect_pages_hold 0 0 8
}

test_a_page_freed_to_a_poisoning_owner_is_poisoned() {
	expect 0 create 0 name=one flags=2
	expect 1 alloc 0 0
	dirty 0 1
	expect 0 free 0 0
	expect 1 holds 0 $poison
}

test_a_poisoned_page_is_allocated_again_without_a_report() {
	expect 0 create 0 name=one flags=2
	expect 1 alloc 0 0 cpu=1
	expect 0 free 0 0 cpu=1
	expect 1 alloc 0 1 cpu=1
	expect 1 find 0 1 1
	expect_no_violation
}

test_a_write_after_free_is_reported_and_the_page_is_not_handed_out() {
	expect 0 create 0 name=one flags=2
	expect 1 alloc 0 0 cpu=1
	pfn=$(number pfn 0)
	expect 0 free 0 0 cpu=1
	expect 0 poke 0
	expect 1 alloc 0 1 cpu=1
	expect_violation kind=use_after_free owner=one pfn="$pfn" alloc_caller~stub_call
	expect -1 find 0 1 1
	expect_rows 0 pages owner=one state=owned pfn="$pfn"
}

in_use_again() { # PFN
	[ "$(table pages state "pfn=$1")" = ready ]
}

test_a_page_written_after_free_is_used_again_after_quarantine() {
	expect 0 create 0 name=one budget=2 flags=2
	expect 1 alloc 0 0 cpu=1
	pfn=$(number pfn 0)
	expect 0 free 0 0 cpu=1
	expect 0 poke 0
	expect 1 alloc 0 1 cpu=1
	wait_until in_use_again "$pfn" || fail "page is $(table pages state "pfn=$pfn")"
	expect 1 alloc 0 2 cpu=1
	expect 2 find 0 2 1
	expect_owner one quarantined 0
}

test_poison_and_zero_can_be_combined() {
	expect 0 create 0 name=one flags=3
	expect 1 alloc 0 0 cpu=1
	dirty 0 1
	expect 0 free 0 0 cpu=1
	expect 1 holds 0 $poison
	expect 1 alloc 0 0 cpu=1
	expect_pages_hold 0 0 1
	expect 0 free 0 0 cpu=1
	expect 0 poke 0
	expect 1 alloc 0 1 cpu=1
	expect_violation kind=use_after_free owner=one
}

# Pages allocated on one CPU and freed on another are reused, whichever CPU has them.
test_zeroed_pages_stay_within_the_budget() {
	expect 0 create 0 name=one budget=8 flags=1
	i=0
	while [ $((i += 1)) -le 20 ]; do
		expect 2 alloc 0 0 times=2 cpu=1
		expect 0 free 0 0 times=2 cpu=0
	done
	expect_at_most "ready pages" "$(owner_cell one stocked)" 8
	expect_owner one owned 0 allocs 40
}

test_poison_works_in_nmi() {
	expect 0 create 0 name=one budget=2 stock=2 flags=2
	expect 2 alloc 0 0 times=2 in=nmi cpu=1
	expect 0 free 0 0 times=2 in=nmi cpu=1
	expect 0 poke 1
	expect 1 alloc 0 2 times=2 in=nmi cpu=1
	expect_violation kind=use_after_free owner=one
}

test_stack_is_accepted_in_every_context() {
	expect 0 create 0 name=one budget=8 stock=8 flags=4
	for context in task raw softirq hardirq nmi; do
		expect 8 bulk 0 0 8 in=$context
		expect 0 free 0 0 times=8 in=$context
	done
	expect_no_violation
}

test_all_flags_can_be_combined() {
	expect 0 create 0 name=one budget=8 stock=4 flags=7
	expect 8 bulk 0 0 8
	expect_pages_hold 0 0 8
	expect 0 free 0 0 times=8
	expect_no_violation
}

run_tests
