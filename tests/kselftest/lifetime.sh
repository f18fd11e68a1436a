#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Owners, orphans and modules come and go.
. "${0%/*}/ktap.sh"
need_module lab_stub

labyrinth_users() {
	cat /sys/module/labyrinth/refcnt
}

stub_leaves() {
	expect 0 leave 1
	rmmod lab_stub || fail "lab_stub cannot leave"
}

stub_returns() {
	insmod "$modules/lab_stub.ko" || fail "lab_stub cannot return"
}

test_an_owner_keeps_labyrinth_loaded() {
	before=$(labyrinth_users)
	expect 0 create 0 name=one
	expect 0 create 1 name=two
	expect_equal "users with two owners" "$(labyrinth_users)" $((before + 2))
	expect 0 destroy 0
	expect 0 destroy 1
	expect_equal "users without" "$(labyrinth_users)" "$before"
}

test_unloading_labyrinth_is_refused_while_owners_exist() {
	expect 0 create 0 name=one
	! rmmod labyrinth 2>/dev/null || fail "it was unloaded"
	expect 1 alloc 0 0
}

test_an_orphan_is_listed_with_its_caller() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0 in=softirq cpu=1
	pfn=$(number pfn 0)
	expect 1 destroy 0
	expect_rows 1 pages pfn="$pfn" owner=one state=orphan context=softirq cpu=1 \
		caller~^stub_call_once
	expect 0 putref 0
}

test_an_orphan_is_reported() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	expect 1 destroy 0
	expect_violation kind=orphan owner=one pfn="$pfn" alloc_caller~^stub_call_once
	expect_log "labyrinth: orphan: "
	expect_log "labyrinth:   of: one, taken by stub_call_once"
	expect_log "labyrinth:   page: pfn $pfn, "
	expect 0 putref 0
}

test_an_orphan_is_an_ordinary_page_of_its_holder() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 0 fill 0 0x33
	expect 1 destroy 0
	expect 1 refs 0
	expect 1 holds 0 0x33
	expect -ENOENT query 0 0
	expect 0 putref 0
}

orphans_at_most() { # NUMBER
	[ "$(table pages count owner=many state=orphan)" -le "$1" ]
}

# One that somebody takes at once stays, so there are many.
test_orphans_that_have_been_freed_are_listed_no_more() {
	expect 0 create 0 name=many budget=200
	expect 200 alloc 0 0 times=200
	expect 200 destroy 0
	expect_rows 200 pages owner=many state=orphan
	i=0
	while [ $i -lt 200 ]; do
		echo "putref $i" >$stub/command
		i=$((i + 1))
	done
	wait_until orphans_at_most 100 || fail "$(table pages count owner=many) are still listed"
}

test_orphans_do_not_hold_up_the_unloading() {
	before=$(labyrinth_users)
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 1 destroy 0
	expect_equal "users" "$(labyrinth_users)" "$before"
	expect 0 putref 0
}

test_a_quarantined_page_of_a_destroyed_owner_is_its_holders() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 2 getref 0
	expect 0 free 0 0
	expect 0 destroy 0
	expect 1 refs 0
	expect 0 putref 0
}

# What is marked __init is freed when a module is live, and its addresses are another's then.
test_a_caller_in_an_init_function_is_named_and_gone_after_it() {
	insmod "$modules/lab_init_caller.ko" || fail "lab_init_caller cannot be loaded"
	expect_rows 1 pages owner=init_caller state=owned caller=gone
	expect_violation kind=double_free owner=init_caller caller=gone alloc_caller=gone
	expect_log "labyrinth:   of: init_caller, taken by init_caller_take+"
	! grep -q '^[^ ]* init_caller .*0xffffffff' $lab/pages || fail "an address is shown"
	rmmod lab_init_caller || fail "lab_init_caller cannot leave"
	expect_rows 0 owners name=init_caller
}

test_a_devm_owner_goes_with_its_device() {
	expect 0 create 0 name=one devm stock=4
	expect 1 alloc 0 0
	expect 0 free 0 0
	expect_rows 1 owners name=one
	expect 0 detach
	expect_rows 0 owners
	expect_no_violation
}

test_a_devm_owners_pages_out_are_orphans() {
	expect 0 create 0 name=one devm
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	expect 0 detach
	expect_violation kind=orphan owner=one pfn="$pfn"
	expect 0 putref 0
}

test_a_module_that_leaves_an_owner_behind_is_reported() {
	expect 0 create 0 name=left
	stub_leaves
	expect_violation kind=module_gone owner=left
	expect_log "labyrinth: module_gone: "
	expect_log "labyrinth:   by: left; "
	stub_returns
}

test_an_owner_that_was_left_behind_is_destroyed() {
	before=$(labyrinth_users)
	expect 0 create 0 name=left stock=4
	expect 0 create 1 name=right
	stub_leaves
	expect_rows 0 owners
	expect_equal "users" "$(labyrinth_users)" $((before - 1))
	stub_returns
}

test_pages_that_were_left_behind_are_orphans_with_their_callers_name() {
	expect 0 create 0 name=left
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	stub_leaves
	expect_rows 1 pages pfn="$pfn" owner=left state=orphan 'caller~^stub_call_once.*lab_stub'
	expect_log "labyrinth: orphan: "
	expect_log "labyrinth:   of: left, taken by stub_call_once.*lab_stub"
	stub_returns
}

test_callers_are_forgotten_when_their_module_leaves() {
	expect 0 create 0 name=one budget=1
	expect 1 alloc 0 0
	expect 0 alloc 0 1
	expect 0 free 0 0
	expect -EALREADY free 0 0
	expect_refusal owner=one caller~^stub_call_once
	expect_violation kind=double_free owner=one caller~^stub_call_once
	expect 0 destroy 0
	refusal=$(table refusals seq owner=one) violation=$(table violations seq owner=one)
	stub_leaves
	expect_rows 1 refusals seq="$refusal" owner=one caller=gone
	expect_rows 1 violations seq="$violation" owner=one alloc_caller=gone caller=gone
	# Another may be where it was.
	stub_returns
	expect_rows 1 violations seq="$violation" owner=one alloc_caller=gone caller=gone
	for file in refusals violations; do
		expect_equal "addresses in $file" "$(grep -o ' 0x[0-9a-f]*' $lab/$file)" ""
	done
	expect_log "by: one, stub_call_once"
}

test_a_destroyed_owner_is_gone_while_others_stay() {
	expect 0 create 0 name=one budget=100 stock=10
	expect 0 create 1 name=two budget=100 stock=10
	expect 50 bulk 0 0 50
	expect 50 bulk 1 100 50
	expect 0 free 0 0 times=50
	expect 0 destroy 0
	expect 0 check 1 100 times=50
	expect_owner two owned 50
	expect_rows 0 pages owner=one state=owned
	expect_rows 0 pages owner=one state=ready
}

test_pages_transferred_from_a_destroyed_owner_stay_with_the_receiver() {
	expect 0 create 0 name=one budget=500
	expect 0 create 1 name=two budget=500
	expect 400 bulk 0 0 400
	expect 0 transfer 0 1 0
	expect 0 transfer 0 1 1
	expect 0 free 0 2 times=398
	expect 0 destroy 0
	expect 0 check 1 0 times=2
	expect 0 free 1 0 times=2
	expect 0 destroy 1
	expect_rows 0 pages state=owned
}

test_owners_can_be_created_and_destroyed_many_times() {
	local times=40

	# With each of the flags, twice.
	i=0
	while [ $i -lt $times ]; do
		expect 0 create 0 name=one budget=$((100 * (i % 7) + 50)) stock=$((i % 5)) flags=$((i % 8))
		expect 1 alloc 0 0
		expect 0 free 0 0
		expect 0 destroy 0
		i=$((i + 1))
	done
	expect_rows 0 owners
	expect_rows 0 pages state=ready
}

test_a_stock_that_memory_cannot_hold_is_ENOMEM_and_kills_nobody() {
	expect -ENOMEM create 0 name=one budget=500000 stock=500000
	expect_rows 0 owners
	expect_not_in_log 'Out of memory|oom-kill'
}

test_labyrinth_unloads_with_an_orphan_out_and_says_so() {
	expect 0 create 0 name=last
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	stub_leaves
	rmmod labyrinth || fail "it cannot be unloaded"
	[ ! -e /sys/module/labyrinth ] || fail "/sys/module/labyrinth is there"
	[ ! -e $lab ] || fail "$lab is there"
	in_log "labyrinth: orphan: pfn $pfn of owner last, taken by stub_call_once.*is still out" ||
		fail "the log does not tell of the orphan"
	insmod "$modules/labyrinth.ko" || fail "it cannot be loaded again"
	stub_returns
}

# debugfs keeps the module of a file that is open.
test_labyrinth_does_not_unload_while_its_files_are_open() {
	stub_leaves
	for file in owners pages zones refusals violations verdicts audit lookup reset; do
		exec 3<$lab/$file
		! rmmod labyrinth 2>/dev/null || fail "it was unloaded with $file open"
		cat <&3 >/dev/null || fail "$file cannot be read any more"
		exec 3<&-
	done
	exec 3>$lab/reset
	! rmmod labyrinth 2>/dev/null || fail "it was unloaded with reset open"
	echo 1 >&3 || fail "reset cannot be written any more"
	exec 3>&-
	rmmod labyrinth || fail "it cannot be unloaded with no file open"
	[ ! -e $lab ] || fail "$lab is there"
	insmod "$modules/labyrinth.ko" || fail "it cannot be loaded again"
	stub_returns
}

# Each file is opened before it is gone, after, or just then.
test_labyrinth_unloads_while_its_files_are_opened_and_read() {
	on_cpus $all_cpus
	stub_leaves
	: >/tmp/busy
	rm -f /tmp/was_read
	while [ -e /tmp/busy ]; do
		cat $lab/* >/tmp/reads 2>/dev/null
		[ ! -s /tmp/reads ] || : >/tmp/was_read
	done &
	i=0 unloads=0 wanted=5
	while [ $unloads -lt $wanted ] || [ ! -e /tmp/was_read ]; do
		[ $((i += 1)) -lt 500 ] || break
		if rmmod labyrinth 2>/dev/null; then
			unloads=$((unloads + 1))
			insmod "$modules/labyrinth.ko" || fail "it cannot be loaded again"
			usleep 20000
		fi
	done
	rm /tmp/busy
	wait
	expect_at_least "unloads" $unloads $wanted
	[ -e /tmp/was_read ] || fail "nothing was read"
	stub_returns
}

test_labyrinth_loads_with_reserve_pct_in_range_only() {
	rmmod lab_stub
	rmmod labyrinth
	for pct in 0 101 x; do
		! insmod "$modules/labyrinth.ko" reserve_pct=$pct 2>/dev/null ||
			fail "it took reserve_pct=$pct"
	done
	insmod "$modules/labyrinth.ko" reserve_pct=25 || fail "it did not take reserve_pct=25"
	expect_equal reserve_pct "$(cat /sys/module/labyrinth/parameters/reserve_pct)" 25
	rmmod labyrinth
	insmod "$modules/labyrinth.ko"
	stub_returns
}

let_the_log_speak
run_tests
