#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A stock gives its pages when the machine has no free page. For a small machine of several CPUs.
. "${0%/*}/ktap.sh"
need_module lab_reserve

. "${0%/*}/reserve_lib.sh"

contexts=6
cpus=$(grep -c ^processor /proc/cpuinfo)

expect_guarantee() { # STOCK FLAGS
	ask guarantee "$1" "$2"
	expect_match guarantee "$answer" "0 *"
	expect_equal "runs, one by one and in bulk, for each context on each CPU" "$(figure runs)" \
		$((2 * contexts * cpus))
	expect_equal "runs with too few pages" "$(figure too_few)" 0
	expect_equal "errors" "$(figure errors)" 0
	expect_equal "pages still out" "$(figure out)" 0
	# A run is only meaningful if the page allocator has no page.
	expect_at_most "runs in which the kernel had a page" "$(figure kernel_gave)" $((cpus / 2))
	expect_no_violation
}

test_a_stock_of_64_gives_all_its_pages_on_any_CPU_in_any_context() {
	expect_guarantee 64 0
}

test_a_stock_of_1_gives_its_page_on_any_CPU_in_any_context() {
	expect_guarantee 1 0
}

test_a_stock_of_2000_gives_all_its_pages_on_any_CPU_in_any_context() {
	expect_guarantee 2000 0
}

test_a_zeroed_stock_gives_all_its_pages_on_any_CPU_in_any_context() {
	expect_guarantee 64 1
}

test_a_poisoned_stock_gives_all_its_pages_on_any_CPU_in_any_context() {
	expect_guarantee 64 2
}

test_the_oom_killer_was_not_invoked() {
	! dmesg | grep -q 'Out of memory\|oom-kill\|invoked oom' || fail "the OOM killer was invoked"
}

run_tests
