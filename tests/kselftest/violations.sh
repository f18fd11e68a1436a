#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Each kind of misuse is reported with both parties in the table and in the log.
. "${0%/*}/ktap.sh"
need_module lab_stub

test_double_free_is_reported() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	expect 0 free 0 0
	expect -EALREADY free 0 0 in=hardirq cpu=1
	expect_violation kind=double_free owner=one offender=one pfn="$pfn" refcount=1 mapcount=0 \
		alloc_caller~stub_call_once caller~stub_call_once
	expect_log "labyrinth: double_free: a page was given back that had been given back before"
	expect_log "labyrinth:   by: one, stub_call_once.* \[lab_stub\], in hardirq on CPU 1"
	expect_log "labyrinth:   of: one, taken by stub_call_once.* ms before, in task on CPU"
	expect_log "labyrinth:   page: pfn $pfn, refcount 1, mapcount 0"
	expect_owner one violations 1
}

test_foreign_free_is_reported_with_both_parties() {
	expect 0 create 0 name=holder
	expect 0 create 1 name=intruder
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	expect -EPERM free 1 0
	expect_violation kind=foreign_free owner=holder offender=intruder pfn="$pfn" \
		alloc_caller~stub_call_once caller~stub_call_once
	expect_log "labyrinth: foreign_free: "
	expect_log "labyrinth:   by: intruder, stub_call_once"
	expect_log "labyrinth:   of: holder, taken by stub_call_once"
	expect_owner intruder violations 1
	expect_owner holder violations 0 owned 1
}

test_free_of_a_plain_page_is_reported() {
	expect 0 create 0 name=one
	expect 0 plain 0
	pfn=$(number pfn 0)
	expect -ENOENT free 0 0
	expect_violation kind=plain_page owner=- offender=one pfn="$pfn" alloc_caller=- \
		caller~stub_call_once
	expect_log "labyrinth: plain_page: "
	expect_log "labyrinth:   by: one, stub_call_once"
	expect_log "labyrinth:   of: -\$"
	expect_log "labyrinth:   page: pfn $pfn, refcount 1"
	expect 0 putref 0
}

test_free_of_a_shared_page_is_reported_with_its_references() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 2 getref 0
	expect 3 getref 0
	expect 0 free 0 0
	sleep 2
	expect_violation kind=shared_page owner=one offender=- refcount=3
	expect_log "labyrinth: shared_page: "
	expect_log "labyrinth:   page: .*, refcount 3"
	expect 0 putref 0
	expect 0 putref 0
}

not_quarantined() { # PFN
	[ "$(table pages state "pfn=$1")" != quarantined ]
}

test_a_quarantined_page_is_not_used_until_it_is_sole_referenced() {
	expect 0 create 0 name=one budget=64
	expect 1 alloc 0 0
	expect 2 getref 0
	pfn=$(number pfn 0)
	expect 0 free 0 0
	expect 63 bulk 0 1 64
	expect -1 find 0 1 63
	sleep 2
	expect_rows 1 pages state=quarantined pfn="$pfn"
	expect 0 putref 0
	wait_until not_quarantined "$pfn" || fail "the page is still in quarantine"
	expect 1 alloc 0 64
	expect 64 find 0 64 1
}

test_put_page_behind_is_reported_when_the_page_is_freed() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	expect -114 putfree 0 0	# -EALREADY
	expect_violation kind=freed_behind owner=one offender=- pfn="$pfn" refcount=0 \
		alloc_caller~stub_call_once caller~stub_put_and_free
	expect_log "labyrinth: freed_behind: "
	expect_log "labyrinth:   of: one, taken by stub_call_once"
	expect_owner one owned 0
}

# Page 0 of owner 0 is freed behind labyrinth; owner 1 allocates pages until it gets page 0.
come_back() {
	expect 0 create 1 name=next budget=128
	say comeback 0 1 1
	[ "$answer" != -1 ] || fail "owner 1 did not get the page"
	back=$answer
}

test_an_owned_page_returned_by_the_kernel_is_reported() {
	expect 0 create 0 name=loser
	expect 0 takeloose 0 0
	pfn=$(number pfn 0)
	come_back
	expect_rows 1 violations "seq>$violations_seen" kind=freed_behind owner=loser pfn="$pfn" \
		alloc_caller~stub_take_loose
	expect_owner loser owned 0
	expect_rows 1 pages pfn="$pfn" state=owned
	expect_cell next pages owner pfn="$pfn"
}

test_both_owners_can_allocate_after_a_page_was_freed_behind() {
	expect 0 create 0 name=loser budget=4
	expect 0 takeloose 0 0
	come_back
	expect -EPERM free 0 0
	expect 0 check 1 "$back"
	expect 4 alloc 0 2000 times=5
	expect 0 free 0 2000 times=4
	expect 0 free 1 1 times=$back
	expect_owner loser owned 0
	expect_owner next owned 0
}

test_a_ready_page_that_is_freed_behind_is_not_handed_out() {
	expect 0 create 0 name=one budget=2
	expect 1 alloc 0 0 cpu=1
	expect 0 free 0 0 cpu=1
	expect 0 putref 0
	expect 1 alloc 0 1 cpu=1
	expect 1 refs 1
	expect_rows 1 violations "seq>$violations_seen" kind=freed_behind owner=one
	expect 1 alloc 0 2 times=2 cpu=1
	expect_owner one owned 2
}

test_a_ready_page_returned_by_the_kernel_is_handed_out_once() {
	expect 0 create 0 name=loser budget=4
	expect 0 create 1 name=next budget=128
	expect 0 takeloose 0 0
	pfn=$(number pfn 0)
	expect 0 free 0 0
	say comeback 0 1 1
	expect_rows 1 violations "seq>$violations_seen" kind=freed_behind owner=loser pfn="$pfn"
	say alloc 0 2000 times=5
	got=$answer
	wait_until not_quarantined "$pfn" || fail "the page stays in quarantine"
	expect $((4 - got)) alloc 0 $((2000 + got)) times=5
	expect_owner loser owned 4
	expect_equal "pages owned twice" \
		"$(awk '$3 == "owned" { print $1 }' $lab/pages | sort | uniq -d)" ""
}

test_a_ready_page_with_an_extra_reference_is_not_handed_out() {
	expect 0 create 0 name=one budget=4
	expect 1 alloc 0 0 cpu=1
	expect 0 free 0 0 cpu=1
	expect 2 getref 0
	expect 3 alloc 0 1 times=4 cpu=1
	expect -1 find 0 1 3
	expect_rows 1 pages owner=one state=quarantined
	expect_no_violation
	sleep 2
	expect_rows 1 violations "seq>$violations_seen" kind=shared_page owner=one
	expect 0 putref 0
}

test_use_of_a_destroyed_handle_is_reported() {
	expect 0 create 0 name=late
	expect 1 alloc 0 0
	expect 1 destroy 0
	forget_reports
	expect -ENOENT free 0 0
	expect_violation kind=dead_owner offender=late caller~stub_call_once
	expect_log "labyrinth: dead_owner: "
	expect_log "labyrinth:   by: late, .* in task"
	expect 0 putref 0
}

test_a_full_receiver_is_reported_as_the_offender() {
	expect 0 create 0 name=giver
	expect 0 create 1 name=full budget=1
	expect 1 alloc 1 1
	expect 1 alloc 0 0
	expect -ENOSPC transfer 0 1 0
	expect_violation kind=receiver_full owner=giver offender=full
	expect_log "labyrinth: receiver_full: "
	expect_log "labyrinth:   by: giver, to full, stub_call_once"
	expect_log "labyrinth:   of: giver, "
}

test_bad_arguments_are_reported_with_their_caller() {
	expect -EINVAL create 0 name=one budget=0
	expect_violation kind=bad_argument caller~stub_create
	expect_log "labyrinth: bad_argument: "
	expect_log "labyrinth:   by: -, stub_create"
}

let_the_log_speak
run_tests
