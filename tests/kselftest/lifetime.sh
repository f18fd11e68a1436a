#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The lifetime of owners, orphans and modules.
. "${0%/*}/ktap.sh"
need_module lab_stub

labyrinth_users() {
	cat /sys/module/labyrinth/refcnt
}

stub_leaves() {
	expect 0 leave 1
	rmmod lab_stub || fail "lab_stub cannot be unloaded"
}

stub_returns() {
	insmod "$modules/lab_stub.ko" || fail "lab_stub cannot be loaded again"
}

test_an_owner_keeps_labyrinth_loaded() {
	before=$(labyrinth_users)
	expect 0 create 0 name=one
	expect 0 create 1 name=two
	expect_equal "users with two owners" "$(labyrinth_users)" $((before + 2))
	expect 0 destroy 0
	expect 0 destroy 1
	expect_equal "users without owners" "$(labyrinth_users)" "$before"
}

test_unloading_labyrinth_is_refused_while_owners_exist() {
	expect 0 create 0 name=one
	! rmmod labyrinth 2>/dev/null || fail "labyrinth was unloaded"
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

test_an_orphan_is_an_ordinary_page() {
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

# A freed page that is allocated again at once stays listed, so there are many.
test_freed_orphans_are_no_longer_listed() {
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

test_an_orphan_holds_no_module_reference() {
	before=$(labyrinth_users)
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 1 destroy 0
	expect_equal "users" "$(labyrinth_users)" "$before"
	expect 0 putref 0
}

test_destroy_drops_the_reference_to_a_quarantined_page() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 2 getref 0
	expect 0 free 0 0
	expect 0 destroy 0
	expect 1 refs 0
	expect 0 putref 0
}

# __init code is freed when the module is live, and its addresses may be reused.
test_a_caller_in_freed_init_code_is_logged_by_name_and_listed_as_gone() {
	insmod "$modules/lab_init_caller.ko" || fail "lab_init_caller cannot be loaded"
	expect_rows 1 pages owner=init_caller state=owned caller=gone
	expect_violation kind=double_free owner=init_caller caller=gone alloc_caller=gone
	expect_log "labyrinth:   of: init_caller, taken by init_caller_take+"
	! grep -q '^[^ ]* init_caller .*0xffffffff' $lab/pages || fail "an address is shown"
	rmmod lab_init_caller || fail "lab_init_caller cannot be unloaded"
	expect_rows 0 owners name=init_caller
}

test_a_devm_owner_is_destroyed_with_its_device() {
	expect 0 create 0 name=one devm stock=4
	expect 1 alloc 0 0
	expect 0 free 0 0
	expect_rows 1 owners name=one
	expect 0 detach
	expect_rows 0 owners
	expect_no_violation
}

test_owned_pages_of_a_detached_devm_owner_are_orphans() {
	expect 0 create 0 name=one devm
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	expect 0 detach
	expect_violation kind=orphan owner=one pfn="$pfn"
	expect 0 putref 0
}

test_a_module_unloaded_with_a_live_owner_is_reported() {
	expect 0 create 0 name=left
	stub_leaves
	expect_violation kind=module_gone owner=left
	expect_log "labyrinth: module_gone: "
	expect_log "labyrinth:   by: left; "
	stub_returns
}

test_a_leaked_owner_is_destroyed_with_its_module() {
	before=$(labyrinth_users)
	expect 0 create 0 name=left stock=4
	expect 0 create 1 name=right
	stub_leaves
	expect_rows 0 owners
	expect_equal "users" "$(labyrinth_users)" $((before - 1))
	stub_returns
}

test_pages_of_a_leaked_owner_are_orphans_with_their_callers_name() {
	expect 0 create 0 name=left
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	stub_leaves
	expect_rows 1 pages pfn="$pfn" owner=left state=orphan 'caller~^stub_call_once.*lab_stub'
	expect_log "labyrinth: orphan: "
	expect_log "labyrinth:   of: left, taken by stub_call_once.*lab_stub"
	stub_returns
}

test_callers_of_an_unloaded_module_are_shown_as_gone() {
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
	# Another module may be loaded at the same address.
	stub_returns
	expect_rows 1 violations seq="$violation" owner=one alloc_caller=gone caller=gone
	for file in refusals violations; do
		expect_equal "addresses in $file" "$(grep -o ' 0x[0-9a-f]*' $lab/$file)" ""
	done
	expect_log "by: one, stub_call_once"
}

test_destroying_an_owner_does_not_affect_other_owners() {
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

	# Every combination of flags, five times.
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

test_a_stock_larger_than_memory_is_ENOMEM_without_an_oom_kill() {
	expect -ENOMEM create 0 name=one budget=500000 stock=500000
	expect_rows 0 owners
	expect_not_in_log 'Out of memory|oom-kill'
}

test_labyrinth_logs_orphans_when_it_is_unloaded() {
	expect 0 create 0 name=last
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	stub_leaves
	rmmod labyrinth || fail "labyrinth cannot be unloaded"
	[ ! -e /sys/module/labyrinth ] || fail "/sys/module/labyrinth still exists"
	[ ! -e $lab ] || fail "$lab still exists"
	in_log "labyrinth: orphan: pfn $pfn of owner last, taken by stub_call_once.*is still out" ||
		fail "the orphan is not in the log"
	insmod "$modules/labyrinth.ko" || fail "labyrinth cannot be loaded again"
	stub_returns
}

# An open debugfs file holds a reference to its module.
test_labyrinth_does_not_unload_while_its_files_are_open() {
	stub_leaves
	for file in owners pages zones refusals violations verdicts audit lookup reset; do
		exec 3<$lab/$file
		! rmmod labyrinth 2>/dev/null || fail "labyrinth was unloaded with $file open"
		cat <&3 >/dev/null || fail "$file can no longer be read"
		exec 3<&-
	done
	exec 3>$lab/reset
	! rmmod labyrinth 2>/dev/null || fail "labyrinth was unloaded with reset open"
	echo 1 >&3 || fail "reset can no longer be written"
	exec 3>&-
	rmmod labyrinth || fail "labyrinth cannot be unloaded with no file open"
	[ ! -e $lab ] || fail "$lab still exists"
	insmod "$modules/labyrinth.ko" || fail "labyrinth cannot be loaded again"
	stub_returns
}

# Files are opened before, after and during their removal.
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
			insmod "$modules/labyrinth.ko" || fail "labyrinth cannot be loaded again"
			usleep 20000
		fi
	done
	rm /tmp/busy
	wait
	expect_at_least "unloads" $unloads $wanted
	[ -e /tmp/was_read ] || fail "nothing was read"
	stub_returns
}

test_labyrinth_loads_only_with_reserve_pct_in_range() {
	rmmod lab_stub
	rmmod labyrinth
	for pct in 0 101 x; do
		! insmod "$modules/labyrinth.ko" reserve_pct=$pct 2>/dev/null ||
			fail "reserve_pct=$pct is accepted"
	done
	insmod "$modules/labyrinth.ko" reserve_pct=25 || fail "reserve_pct=25 is refused"
	expect_equal reserve_pct "$(cat /sys/module/labyrinth/parameters/reserve_pct)" 25
	rmmod labyrinth
	insmod "$modules/labyrinth.ko"
	stub_returns
}

let_the_log_speak
run_tests
