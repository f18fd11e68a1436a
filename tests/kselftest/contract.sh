#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What each call does when it is called rightly.
. "${0%/*}/ktap.sh"
need_module lab_stub

test_a_page_taken_is_owned_by_its_owner_alone() {
	expect 0 create 0 name=one budget=4
	expect 1 alloc 0 0
	expect 0 check 0 0
	expect 1 refs 0
	expect_owner one owned 1 allocs 1 frees 0 peak 1
}

test_a_page_given_back_is_owned_no_more() {
	expect 0 create 0 name=one budget=4
	expect 1 alloc 0 0
	expect 0 free 0 0
	expect -EALREADY check 0 0
	expect_owner one owned 0 allocs 1 frees 1 peak 1
}

test_a_page_given_back_is_handed_out_again() {
	expect 0 create 0 name=one budget=4
	expect 1 alloc 0 0 cpu=1
	expect 0 free 0 0 cpu=1
	expect 1 alloc 0 1 cpu=1
	expect 1 find 0 1 1
	expect 0 check 0 1
}

test_two_pages_taken_are_two_pages() {
	expect 0 create 0 name=one budget=4
	expect 2 alloc 0 0 times=2
	expect -1 find 0 1 1
}

test_bulk_takes_as_many_as_asked_for() {
	expect 0 create 0 name=one budget=16
	expect 10 bulk 0 0 10
	expect_owner one owned 10
	expect 0 check 0 0 times=10
	expect 0 free 0 0 times=10
	expect_owner one owned 0
}

test_bulk_free_gives_all_back() {
	expect 0 create 0 name=one budget=100
	expect 100 bulk 0 0 100
	expect 100 freebulk 0 0 100
	expect_owner one owned 0 frees 100 stocked 100 violations 0
	expect 100 bulk 0 0 100
	expect 0 check 0 0 times=100
	expect 100 freebulk 0 0 100
}

test_bulk_of_none_takes_none() {
	expect 0 create 0 name=one
	expect 0 bulk 0 0 0
	expect 0 freebulk 0 0 0
	expect_owner one owned 0 refused 0
}

test_a_released_page_is_an_ordinary_page_of_its_holder() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 0 release 0 0
	expect 1 refs 0
	expect -ENOENT check 0 0
	expect -ENOENT query 0 0
	expect_owner one owned 0
	expect_rows 0 pages owner=one state=owned
	expect 0 putref 0
	expect_no_violation
}

test_a_released_page_makes_room_in_the_budget() {
	expect 0 create 0 name=one budget=2
	expect 2 alloc 0 0 times=2
	expect 0 alloc 0 2
	expect 0 release 0 0
	expect 1 alloc 0 2
	expect 0 putref 0
}

test_a_transferred_page_is_the_receivers() {
	expect 0 create 0 name=giver budget=4
	expect 0 create 1 name=taker budget=4
	expect 1 alloc 0 0
	expect 0 fill 0 0x77
	expect 0 transfer 0 1 0
	expect 0 check 1 0
	expect -EPERM check 0 0
	expect 1 holds 0 0x77
	expect_owner giver owned 0
	expect_owner taker owned 1
	expect_rows 1 pages owner=taker state=owned
	expect_rows 0 pages owner=giver state=owned
	expect 0 free 1 0
	expect_owner taker owned 0
	expect_no_violation
}

test_a_transfer_to_oneself_leaves_the_page_owned_once() {
	expect 0 create 0 name=one budget=4
	expect 1 alloc 0 0
	expect 0 transfer 0 0 0
	expect_owner one owned 1
	expect 0 free 0 0
	expect_owner one owned 0
}

test_a_transfer_makes_room_by_giving_up_a_ready_page() {
	expect 0 create 0 name=giver budget=4
	expect 0 create 1 name=taker budget=2
	expect 2 alloc 1 1 times=2
	expect 0 free 1 1 times=2
	expect_owner taker stocked 2
	expect 1 alloc 0 0
	expect 0 transfer 0 1 0
	expect_owner taker owned 1 stocked 1
}

test_a_full_stock_leaves_the_budget_free() {
	expect 0 create 0 name=giver budget=4
	expect 0 create 1 name=taker budget=2 stock=2
	expect 2 alloc 0 0 times=2
	expect 0 transfer 0 1 0
	expect 0 transfer 0 1 1
	expect 0 alloc 1 4
	expect_refusal owner=taker reason=budget
}

test_query_tells_owner_context_and_caller() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0 cpu=2
	say query 0 0
	expect_match "query" "$answer" \
		"0 owner=one state=owned context=task cpu=2 node=0 from_reserve=0 age_ms=*"
	expect_match "query" "$answer" "*caller=stub_call_once+*lab_stub*"
}

test_query_tells_of_a_page_that_is_ready() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 0 free 0 0
	say query 0 0
	expect_match "query" "$answer" "0 owner=one state=ready *"
}

test_query_tells_a_pages_age() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	sleep 1
	say query 0 0
	age=${answer#*age_ms=}
	expect_at_least "age in ms" "${age%% *}" 960
	expect_at_most "age in ms" "${age%% *}" 3000
}

test_check_changes_and_reports_nothing() {
	expect 0 create 0 name=one
	expect 0 create 1 name=two
	expect 1 alloc 0 0
	expect -EPERM check 1 0
	expect 0 check 0 0
	expect_no_violation
	expect_owner one owned 1 violations 0
	expect_owner two violations 0
}

test_private_lru_mapping_and_index_are_the_holders_to_use() {
	expect 0 create 0 name=one
	expect 0 create 1 name=two
	expect 1 alloc 0 0
	expect 0 scribble 0
	expect 0 check 0 0
	expect 0 transfer 0 1 0
	expect 1 scribbled 0
	expect 0 free 1 0
	expect_no_violation
}

test_scribbled_pages_go_back_to_the_kernel_clean() {
	expect 0 create 0 name=one
	expect 4 alloc 0 0 times=4
	for page in 0 1 2 3; do
		expect 0 scribble $page
	done
	expect 0 free 0 0 times=4
	expect 0 destroy 0
	expect_not_in_log 'Bad page'
}

test_destroy_returns_the_pages_still_out() {
	expect 0 create 0 name=one
	expect 3 alloc 0 0 times=3
	expect 0 free 0 0
	expect 2 destroy 0
	expect 0 putref 1
	expect 0 putref 2
}

# The kernel's per-CPU lists hold free pages that its count leaves out.
free_pages() {
	awk '$1 == "nr_free_pages" || $1 == "count:" { n += $2 } END { print n }' /proc/zoneinfo
}

test_destroy_gives_the_ready_pages_back_to_the_kernel() {
	free_pages_before=$(free_pages)
	for i in 1 2 3 4 5 6 7 8 9 10; do
		expect 0 create 0 name=one budget=8000 stock=8000
		expect 0 destroy 0
	done
	# Of 80000.
	expect_at_most "free pages lost" $((free_pages_before - $(free_pages))) 4000
}

test_a_destroyed_owners_name_is_free_again() {
	expect 0 create 0 name=one
	expect -EEXIST create 1 name=one
	expect 0 destroy 0
	expect 0 create 1 name=one
}

run_tests
