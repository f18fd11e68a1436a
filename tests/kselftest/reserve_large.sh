#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Memory made short where a part of it lies above 4 GiB, so that zone Normal has some too.
. "${0%/*}/ktap.sh"
need_module lab_reserve
. "${0%/*}/reserve_lib.sh"

test_there_is_a_zone_Normal() {
	expect_rows 1 zones zone=Normal "free>1000"
}

test_the_kernel_refuses_exactly_where_labyrinth_says_it_will() {
	expect_sweep
}

test_an_owner_gets_no_more_than_its_40_percent_and_nothing_of_a_protected_zone() {
	expect_no_more_than_its_share 40
	expect_at_least "pages got" "$(figure got)" 500
	expect_refusal owner=share reason=floor
	expect 0 drop
}

test_nobody_was_killed_for_memory() {
	! dmesg | grep -q 'Out of memory\|oom-kill\|invoked oom' || fail "somebody was"
}

run_tests_on_one_cpu
