#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What a stock is good for when the whole machine has no page. For a small machine of several CPUs.
. "${0%/*}/ktap.sh"
need_module lab_reserve

. "${0%/*}/reserve_lib.sh"

contexts=6
cpus=$(grep -c ^processor /proc/cpuinfo)

expect_guarantee() { # STOCK FLAGS
	ask guarantee "$1" "$2"
	expect_match guarantee "$answer" "0 *"
	expect_equal "contexts on CPUs" "$(figure runs)" $((contexts * cpus))
	expect_equal "of these with too few pages" "$(figure too_few)" 0
	expect_equal "errors" "$(figure errors)" 0
	expect_equal "pages still out" "$(figure out)" 0
	# It means something only where nobody else gets a page.
	expect_at_most "pages that the kernel had" "$(figure kernel_gave)" $((cpus / 2))
	expect_no_violation
}

test_a_stock_gives_all_its_pages_on_any_CPU_in_any_context() {
	expect_guarantee 64 0
}

test_a_stock_of_one_page_does_too() {
	expect_guarantee 1 0
}

test_a_large_stock_does_too() {
	expect_guarantee 2000 0
}

test_a_stock_of_zeroed_pages_does_too() {
	expect_guarantee 64 1
}

test_a_stock_of_poisoned_pages_does_too() {
	expect_guarantee 64 2
}

test_nobody_was_killed_for_memory() {
	! dmesg | grep -q 'Out of memory\|oom-kill\|invoked oom' || fail "somebody was"
}

run_tests
