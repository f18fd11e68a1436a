#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The shares of the atomic reserve when memory is short, and the kernel's own limit.
. "${0%/*}/ktap.sh"
need_module lab_reserve

. "${0%/*}/reserve_lib.sh"

test_the_kernel_refuses_exactly_as_labyrinth_predicts() {
	expect_sweep
}

test_an_owner_with_40_percent_gets_40_percent_of_the_reserve() {
	expect_share 40
	expect_refusal owner=share reason=floor
	expect 0 drop
}

test_an_owner_with_80_percent_gets_80_percent_of_the_reserve() {
	expect_share 80
	expect_refusal owner=share reason=floor
	expect 0 drop
}

test_an_owner_with_100_percent_gets_what_GFP_ATOMIC_gets() {
	expect_share 100
	expect_refusal owner=share reason=buddy
	expect_at_most "pages left for GFP_ATOMIC" "$(figure rest)" "$(figure tolerance)"
	expect 0 drop
}

test_an_owner_without_reserve_gets_no_page_below_min() {
	ask share -1
	expect_equal "pages from the reserve" "$(figure from_reserve)" 0
	expect_at_most "pages got" "$(figure got)" "$(figure tolerance)"
	expect_refusal owner=share reason=floor
	expect 0 drop
}

test_a_PF_MEMALLOC_caller_with_100_percent_gets_what_alloc_page_gets() {
	ask memalloc 100
	expect_equal "pages of the plain call" "$(figure plain)" 64
	expect_equal "pages got without PF_MEMALLOC" "$(figure ordinary)" 0
	expect_equal "pages got in a task" "$(figure task)" 64
	expect_equal "pages got in a softirq" "$(figure softirq)" 64
	expect_equal "pages from the reserve" "$(figure from_reserve)" 128
	expect_owner memalloc from_reserve 128
	expect 0 drop
}

test_a_PF_MEMALLOC_caller_with_99_percent_stops_at_its_floor() {
	ask memalloc 99
	expect_equal "pages of the plain call" "$(figure plain)" 64
	expect_equal "pages got in a task" "$(figure task)" 0
	expect_equal "pages got in a softirq" "$(figure softirq)" 0
	expect_refusal owner=memalloc reason=floor
	expect 0 drop
}

test_an_owner_leaves_the_rest_of_the_reserve_to_GFP_ATOMIC() {
	ask share 40
	# The owner used 40 percent, 60 percent are left.
	expected=$(($(figure wanted) * 60 / 40))
	expect_at_least "pages left for GFP_ATOMIC" "$(figure rest)" \
		$((expected - 2 * $(figure tolerance)))
	expect_at_most "pages left for GFP_ATOMIC" "$(figure rest)" \
		$((expected + 2 * $(figure tolerance)))
	expect 0 drop
}

test_pages_from_the_reserve_are_counted_until_they_are_freed() {
	ask share 40
	marked=$(figure from_reserve)
	expect_at_least "pages from the reserve" "$marked" 1
	expect_owner share from_reserve "$marked"
	expect_rows "$marked" pages owner=share state=owned from_reserve=1
	in_zones=$(awk 'NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
		{ n += $column["from_reserve"] } END { print n }' $lab/zones)
	expect_equal "from_reserve over all zones" "$in_zones" "$marked"
	expect 0 drop
	expect_rows 0 pages from_reserve=1
	expect_rows 0 zones "from_reserve>0"
}

test_a_refusal_at_the_floor_shows_the_floor() {
	ask share 40
	min=$(table zones min zone=DMA32)
	expect_refusal owner=share reason=floor
	expect_cell $((min - (min - $(table zones atomic_floor zone=DMA32)) * 40 / 100)) \
		refusals floor owner=share zone=DMA32
	expect 0 drop
}

test_a_stock_gives_all_its_pages_when_the_kernel_has_none() {
	ask stock 500
	expect_equal "pages got" "$(figure got)" 500
	expect_equal "pages from the reserve" "$(figure from_reserve)" 0
}

test_the_oom_killer_was_not_invoked() {
	! dmesg | grep -q 'Out of memory\|oom-kill\|invoked oom' || fail "the OOM killer was invoked"
}

test_all_memory_is_freed() {
	expect_rows 0 owners
	expect_rows 0 pages
	free=$(awk '/^nr_free_pages/ { print $2 }' /proc/vmstat)
	expect_at_least "free pages" "$free" $((all_free - 3000))
}

all_free=$(awk '/^nr_free_pages/ { print $2 }' /proc/vmstat)
run_tests_on_one_cpu
