#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# With init_on_free=1, a freed page keeps no old contents while it is ready.
. "${0%/*}/ktap.sh"
need_module lab_stub

expect_cleared_by() { # CONTEXT FLAGS BYTE
	local page=0

	expect 0 create 0 name=one budget=8 flags="$2"
	expect 8 alloc 0 0 times=8
	while [ $page -lt 8 ]; do
		expect 0 fill $page 0xa5
		page=$((page + 1))
	done
	expect 0 free 0 0 times=8 in="$1"
	expect_owner one owned 0 stocked 8
	while [ $page -gt 0 ]; do
		page=$((page - 1))
		expect 1 holds $page "$3"
	done
	expect 8 alloc 0 0 times=8 in="$1"
	expect 0 free 0 0 times=8
	expect 0 destroy 0
}

test_the_kernel_was_booted_with_init_on_free() {
	grep -qw init_on_free=1 /proc/cmdline || fail "no init_on_free=1 in /proc/cmdline"
}

test_a_page_freed_in_any_context_is_cleared() {
	for context in task raw softirq hardirq nmi; do
		expect_cleared_by $context 0 0
	done
}

test_pages_freed_in_bulk_are_cleared() {
	expect 0 create 0 name=one budget=8
	expect 8 bulk 0 0 8
	expect 0 fill 0 0xa5
	expect 0 fill 7 0xa5
	expect 8 freebulk 0 0 8
	expect 1 holds 0 0
	expect 1 holds 7 0
}

test_a_zeroing_owners_page_is_cleared() {
	expect_cleared_by hardirq 1 0
}

test_a_poisoning_owners_page_is_poisoned() {
	expect_cleared_by hardirq 2 0x6b
}

test_a_page_leaving_quarantine_is_cleared() {
	expect 0 create 0 name=one budget=1
	expect 1 alloc 0 0
	expect 0 fill 0 0xa5
	expect 2 getref 0
	expect 0 free 0 0
	expect_owner one quarantined 1
	expect 0 putref 0
	wait_until out_of_quarantine || fail "the page stays in quarantine"
	expect 1 holds 0 0
}

out_of_quarantine() {
	[ "$(table owners quarantined name=one)" = 0 ]
}

test_an_owned_page_is_not_cleared() {
	expect 0 create 0 name=one budget=8
	expect 2 alloc 0 0 times=2
	expect 0 fill 0 0xa5
	expect 0 free 0 1
	expect 1 holds 0 0xa5
	expect 0 check 0 0
}

run_tests
