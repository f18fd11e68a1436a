#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A shortage on a machine with memory above 4 GiB, so that zone Normal has pages as well.
. "${0%/*}/ktap.sh"
need_module lab_reserve
. "${0%/*}/reserve_lib.sh"

test_there_is_a_zone_Normal() {
	expect_rows 1 zones zone=Normal "free>1000"
}

test_the_kernel_refuses_exactly_as_labyrinth_predicts() {
	expect_sweep
}

test_an_owner_with_40_percent_gets_no_more_and_no_page_of_a_protected_zone() {
	expect_no_more_than_its_share 40
	expect_at_least "pages got" "$(figure got)" 500
	expect_refusal owner=share reason=floor
	expect 0 drop
}

test_the_oom_killer_was_not_invoked() {
	! dmesg | grep -q 'Out of memory\|oom-kill\|invoked oom' || fail "the OOM killer was invoked"
}

run_tests_on_one_cpu
