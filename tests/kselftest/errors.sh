#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Every error of every call.
. "${0%/*}/ktap.sh"
need_module lab_stub

# free, release, transfer and check of page 0 return ANSWER.
expect_of_each_call() { # ANSWER [OWNER]
	local owner=${2:-0}

	expect "$1" check "$owner" 0
	expect "$1" release "$owner" 0
	expect "$1" transfer "$owner" 9 0
	expect "$1" free "$owner" 0
}

test_create_without_parameters_is_EINVAL() {
	expect -EINVAL create 0 null
	expect_violation kind=bad_argument
}

test_create_without_a_name_is_EINVAL() {
	expect -EINVAL create 0 budget=4
	expect -EINVAL create 0 name=
}

test_create_with_a_name_of_31_characters_succeeds() {
	expect 0 create 0 name=abcdefghijklmnopqrstuvwxyz.-_09
	expect_rows 1 owners name=abcdefghijklmnopqrstuvwxyz.-_09
}

test_create_with_a_name_of_32_characters_is_EINVAL() {
	expect -EINVAL create 0 name=abcdefghijklmnopqrstuvwxyz.-_012
}

test_create_with_invalid_characters_in_the_name_is_EINVAL() {
	for name in a/b a+b a%b a,b 'a"b' 'ä' "$(printf 'a\tb')" "$(printf 'a\001b')"; do
		expect -EINVAL create 0 "name=$name"
	done
}

test_create_with_a_name_in_use_is_EEXIST() {
	expect 0 create 0 name=one
	expect -EEXIST create 1 name=one
	expect_rows 1 owners name=one
}

test_create_without_a_budget_is_EINVAL() {
	expect -EINVAL create 0 name=one budget=0
}

test_create_with_a_stock_above_the_budget_is_EINVAL() {
	expect -EINVAL create 0 name=one budget=4 stock=5
	expect 0 create 0 name=one budget=4 stock=4
}

test_create_with_reserve_pct_out_of_range_is_EINVAL() {
	expect -EINVAL create 0 name=one pct=101
	expect -EINVAL create 0 name=one pct=-2
	expect 0 create 0 name=least pct=-1
	expect 0 create 1 name=most pct=100
}

test_create_on_a_missing_node_is_EINVAL() {
	for nid in 1 -2 100000 2147483647; do
		expect -EINVAL create 0 name=one nid=$nid
	done
	expect 0 create 0 name=one nid=0
}

test_create_with_an_unknown_scope_is_EINVAL() {
	expect -EINVAL create 0 name=one scope=3
	expect -EINVAL create 0 name=one scope=-1
}

test_create_with_unknown_flags_is_EINVAL() {
	expect -EINVAL create 0 name=one flags=0x20
	expect -EINVAL create 0 name=one flags=0x80000001
	expect 0 create 0 name=one flags=0x1f
}

test_create_with_a_budget_above_all_memory_is_ENOMEM() {
	expect -ENOMEM create 0 name=one budget=0x10000000
	expect -ENOMEM create 0 name=one budget=0x7fffffff
	expect -ENOMEM create 0 name=one budget=0xffffffff
	expect_rows 0 owners
}

test_a_refused_create_leaves_no_owner() {
	expect -EINVAL create 0 name=one stock=9 budget=4
	expect_rows 0 owners
}

test_devm_create_without_a_device_is_EINVAL() {
	expect -EINVAL create 0 name=one nodev
	expect_rows 0 owners
}

test_destroy_of_NULL_and_ERR_PTR_is_0() {
	expect 0 nullowner 0
	expect 0 destroy 0
	expect 0 errowner 0
	expect 0 destroy 0
	expect_no_violation
}

test_alloc_from_NULL_and_ERR_PTR_gives_no_page() {
	expect 0 nullowner 0
	expect 0 alloc 0 0
	expect_refusal owner=- reason=dying
	expect 0 errowner 0
	expect 0 alloc 0 0
	expect_refusal owner=- reason=dying
}

test_bulk_alloc_from_NULL_and_ERR_PTR_gives_no_page() {
	expect 0 nullowner 0
	expect 0 bulk 0 0 4
	expect 0 errowner 0
	expect 0 bulk 0 0 4
}

test_bulk_free_to_NULL_and_ERR_PTR_frees_no_page() {
	expect 0 nullowner 0
	expect 0 freebulk 0 0 4
	expect_violation kind=bad_argument owner=- offender=-
	expect 0 errowner 0
	expect 0 freebulk 0 0 4
}

test_bulk_free_skips_pages_that_are_already_free() {
	expect 0 create 0 name=one budget=8
	expect 8 bulk 0 0 8
	expect 0 free 0 3
	expect 7 freebulk 0 0 8
	expect_violation kind=double_free owner=one offender=one
	expect 0 freebulk 0 0 8
	expect_owner one owned 0 violations 9 frees 8
}

test_bulk_calls_without_an_array_do_nothing() {
	expect 0 create 0 name=one
	expect 0 bulk 0 0 4 nopages
	expect 0 freebulk 0 0 4 nopages
	expect_owner one owned 0
}

test_a_call_without_an_owner_is_EINVAL() {
	expect 0 create 9 name=other
	expect 0 plain 0
	expect 0 nullowner 0
	expect_of_each_call -EINVAL
	expect 0 errowner 0
	expect_of_each_call -EINVAL
	expect_rows 6 violations "seq>$violations_seen" kind=bad_argument offender=-
	expect 0 putref 0
}

test_a_call_without_a_page_is_EINVAL() {
	expect 0 create 0 name=one
	expect 0 create 9 name=other
	expect 0 nullpage 0
	expect_of_each_call -EINVAL
	expect -EINVAL query 0 0
	expect 0 errpage 0
	expect_of_each_call -EINVAL
	expect -EINVAL query 0 0
	expect_rows 6 violations "seq>$violations_seen" kind=bad_argument offender=one pfn=-
}

test_transfer_without_a_receiver_is_EINVAL_and_changes_nothing() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 0 nullowner 9
	expect -EINVAL transfer 0 9 0
	expect 0 errowner 9
	expect -EINVAL transfer 0 9 0
	expect 0 check 0 0
}

test_a_plain_page_is_ENOENT() {
	expect 0 create 0 name=one
	expect 0 create 9 name=other
	expect 0 plain 0
	expect_of_each_call -ENOENT
	expect -ENOENT query 0 0
	expect 1 refs 0
	expect_rows 3 violations "seq>$violations_seen" kind=plain_page offender=one
	expect 0 putref 0
}

test_a_tail_page_is_ENOENT() {
	expect 0 create 0 name=one
	expect 0 create 9 name=other
	expect 0 tailpage 0
	expect_of_each_call -ENOENT
	expect -ENOENT query 0 0
	expect 1 refs 1
	expect 0 putref 1
}

test_a_wild_pointer_is_ENOENT() {
	expect 0 create 0 name=one
	expect 0 create 9 name=other
	for kind in 0 1 2 3 4; do
		expect 0 wildpage 0 $kind
		expect_of_each_call -ENOENT
		expect -ENOENT query 0 0
	done
	expect 0 nullpage 0
}

test_another_owners_page_is_EPERM() {
	expect 0 create 0 name=one
	expect 0 create 1 name=two
	expect 0 create 9 name=other
	expect 1 alloc 1 0
	expect_of_each_call -EPERM
	expect 0 check 1 0
	expect_rows 3 violations "seq>$violations_seen" kind=foreign_free owner=two offender=one
}

test_another_owners_ready_page_is_EPERM() {
	expect 0 create 0 name=one
	expect 0 create 1 name=two
	expect 0 create 9 name=other
	expect 1 alloc 1 0
	expect 0 free 1 0
	expect_of_each_call -EPERM
}

test_a_freed_page_is_EALREADY() {
	expect 0 create 0 name=one
	expect 0 create 9 name=other
	expect 1 alloc 0 0
	expect 0 free 0 0
	expect_of_each_call -EALREADY
	expect_rows 3 violations "seq>$violations_seen" kind=double_free owner=one offender=one
	expect_owner one owned 0
}

test_a_page_freed_behind_is_EALREADY_or_ENOENT() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 0 putref 0
	say check 0 0
	expect_match "check" "$answer" "-E[AN][LO]*"
	say free 0 0
	expect_match "free" "$answer" "-E[AN][LO]*"
	expect_owner one owned 0
}

test_a_released_page_is_ENOENT() {
	expect 0 create 0 name=one
	expect 0 create 9 name=other
	expect 1 alloc 0 0
	expect 0 release 0 0
	expect_of_each_call -ENOENT
	expect 1 refs 0
	expect 0 putref 0
}

test_check_of_a_page_with_an_extra_reference_is_EBUSY() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 2 getref 0
	expect -EBUSY check 0 0
	expect 0 putref 0
	expect 0 check 0 0
	expect_no_violation
}

test_release_of_a_page_with_an_extra_reference_succeeds() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 2 getref 0
	expect 0 release 0 0
	expect 2 refs 0
	expect_owner one owned 0
	expect_no_violation
	expect 0 putref 0
	expect 0 putref 0
}

test_transfer_of_a_page_with_an_extra_reference_succeeds() {
	expect 0 create 0 name=one
	expect 0 create 1 name=two
	expect 1 alloc 0 0
	expect 2 getref 0
	expect 0 transfer 0 1 0
	expect_owner two owned 1
	expect_no_violation
	expect 0 putref 0
	expect 0 check 1 0
}

test_free_of_a_page_with_an_extra_reference_quarantines_it() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 2 getref 0
	expect 0 free 0 0
	expect_no_violation
	expect_rows 1 pages owner=one state=quarantined
	expect_owner one owned 0 quarantined 1
	expect -EALREADY free 0 0
	expect 2 refs 0
	expect 0 putref 0
}

test_an_extra_reference_on_a_freed_page_is_reported_within_two_seconds() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 2 getref 0
	expect 0 free 0 0
	sleep 2
	expect_violation kind=shared_page owner=one offender=- refcount=2
	sleep 1
	expect_owner one violations 1
	expect 0 putref 0
}

test_transfer_to_a_full_receiver_is_ENOSPC_and_changes_nothing() {
	expect 0 create 0 name=one
	expect 0 create 1 name=two budget=1
	expect 1 alloc 0 0
	expect 1 alloc 1 1
	expect -ENOSPC transfer 0 1 0
	expect_violation kind=receiver_full owner=one offender=two
	expect 0 check 0 0
	expect_owner one owned 1
	expect_owner two owned 1
}

test_transfer_to_a_destroyed_receiver_is_EINVAL_and_changes_nothing() {
	expect 0 create 0 name=one
	expect 0 create 1 name=two
	expect 1 alloc 0 0
	expect 0 destroy 1
	expect -EINVAL transfer 0 1 0
	expect_violation kind=dead_owner offender=two
	expect 0 check 0 0
}

test_a_destroyed_owner_gives_no_page() {
	expect 0 create 0 name=one stock=2
	expect 0 destroy 0
	expect 0 alloc 0 0
	expect_refusal owner=one reason=dying
	expect 0 bulk 0 0 4
	expect_refusal owner=one reason=dying
}

test_a_destroyed_owners_page_is_ENOENT() {
	expect 0 create 0 name=one
	expect 0 create 9 name=other
	expect 1 alloc 0 0
	expect 1 destroy 0
	forget_reports
	expect_of_each_call -ENOENT
	expect_rows 3 violations "seq>$violations_seen" kind=dead_owner offender=one
	expect 1 refs 0
	expect 0 putref 0
}

test_a_destroyed_owner_cannot_free_another_owners_page() {
	expect 0 create 0 name=one
	expect 0 create 1 name=two
	expect 1 alloc 1 0
	expect 0 destroy 0
	expect -EPERM free 0 0
	expect 0 check 1 0
}

test_a_second_destroy_returns_0_and_is_reported() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 1 destroy 0
	forget_reports
	expect 0 destroy 0
	expect_violation kind=dead_owner owner=one
	expect 0 putref 0
}

test_an_owner_cannot_free_pages_of_an_earlier_owner_of_its_name() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 1 destroy 0
	expect 0 create 1 name=one
	expect -ENOENT free 1 0
	expect 1 refs 0
	expect 0 putref 0
}

run_tests
