#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The effect of each call when it is used correctly.
. "${0%/*}/ktap.sh"
need_module lab_stub

test_an_allocated_page_has_one_owner_and_one_reference() {
	expect 0 create 0 name=one budget=4
	expect 1 alloc 0 0
	expect 0 check 0 0
	expect 1 refs 0
	expect_owner one owned 1 allocs 1 frees 0 peak 1
}

test_a_freed_page_is_no_longer_owned() {
	expect 0 create 0 name=one budget=4
	expect 1 alloc 0 0
	expect 0 free 0 0
	expect -EALREADY check 0 0
	expect_owner one owned 0 allocs 1 frees 1 peak 1
}

test_a_freed_page_is_allocated_again() {
	expect 0 create 0 name=one budget=4
	expect 1 alloc 0 0 cpu=1
	expect 0 free 0 0 cpu=1
	expect 1 alloc 0 1 cpu=1
	expect 1 find 0 1 1
	expect 0 check 0 1
}

test_two_allocated_pages_are_different_pages() {
	expect 0 create 0 name=one budget=4
	expect 2 alloc 0 0 times=2
	expect -1 find 0 1 1
}

test_bulk_alloc_gives_as_many_pages_as_requested() {
	expect 0 create 0 name=one budget=16
	expect 10 bulk 0 0 10
	expect_owner one owned 10
	expect 0 check 0 0 times=10
	expect 0 free 0 0 times=10
	expect_owner one owned 0
}

test_bulk_free_frees_all_pages() {
	expect 0 create 0 name=one budget=100
	expect 100 bulk 0 0 100
	expect 100 freebulk 0 0 100
	expect_owner one owned 0 frees 100 stocked 100 violations 0
	expect 100 bulk 0 0 100
	expect 0 check 0 0 times=100
	expect 100 freebulk 0 0 100
}

test_bulk_calls_of_0_pages_do_nothing() {
	expect 0 create 0 name=one
	expect 0 bulk 0 0 0
	expect 0 freebulk 0 0 0
	expect_owner one owned 0 refused 0
}

test_a_released_page_is_an_ordinary_page() {
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

test_a_transferred_page_belongs_to_the_receiver() {
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

test_a_transfer_to_the_same_owner_changes_nothing() {
	expect 0 create 0 name=one budget=4
	expect 1 alloc 0 0
	expect 0 transfer 0 0 0
	expect_owner one owned 1
	expect 0 free 0 0
	expect_owner one owned 0
}

test_a_transfer_makes_room_by_freeing_a_ready_page() {
	expect 0 create 0 name=giver budget=4
	expect 0 create 1 name=taker budget=2
	expect 2 alloc 1 1 times=2
	expect 0 free 1 1 times=2
	expect_owner taker stocked 2
	expect 1 alloc 0 0
	expect 0 transfer 0 1 0
	expect_owner taker owned 1 stocked 1
}

test_a_full_stock_does_not_block_transfers() {
	expect 0 create 0 name=giver budget=4
	expect 0 create 1 name=taker budget=2 stock=2
	expect 2 alloc 0 0 times=2
	expect 0 transfer 0 1 0
	expect 0 transfer 0 1 1
	expect 0 alloc 1 4
	expect_refusal owner=taker reason=budget
}

test_query_returns_owner_context_and_caller() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0 cpu=2
	say query 0 0
	expect_match "query" "$answer" \
		"0 owner=one state=owned context=task cpu=2 node=0 from_reserve=0 age_ms=*"
	expect_match "query" "$answer" "*caller=stub_call_once+*lab_stub*"
}

test_query_returns_the_state_of_a_ready_page() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 0 free 0 0
	say query 0 0
	expect_match "query" "$answer" "0 owner=one state=ready *"
}

test_query_returns_the_age() {
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

test_the_owner_may_use_private_lru_mapping_and_index() {
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

test_scribbled_pages_cause_no_bad_page_report() {
	expect 0 create 0 name=one
	expect 4 alloc 0 0 times=4
	for page in 0 1 2 3; do
		expect 0 scribble $page
	done
	expect 0 free 0 0 times=4
	expect 0 destroy 0
	expect_not_in_log 'Bad page'
}

test_destroy_returns_the_number_of_pages_still_owned() {
	expect 0 create 0 name=one
	expect 3 alloc 0 0 times=3
	expect 0 free 0 0
	expect 2 destroy 0
	expect 0 putref 1
	expect 0 putref 2
}

# nr_free_pages does not include the free pages on per-CPU lists.
free_pages() {
	awk '$1 == "nr_free_pages" || $1 == "count:" { n += $2 } END { print n }' /proc/zoneinfo
}

test_destroy_frees_the_ready_pages() {
	free_pages_before=$(free_pages)
	for i in 1 2 3 4 5 6 7 8 9 10; do
		expect 0 create 0 name=one budget=8000 stock=8000
		expect 0 destroy 0
	done
	# 80000 pages were allocated and freed.
	expect_at_most "free pages lost" $((free_pages_before - $(free_pages))) 4000
}

test_the_name_of_a_destroyed_owner_can_be_used_again() {
	expect 0 create 0 name=one
	expect -EEXIST create 1 name=one
	expect 0 destroy 0
	expect 0 create 1 name=one
}

run_tests
