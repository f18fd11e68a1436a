#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The scope of an owner: the contexts that may use its handle.
. "${0%/*}/ktap.sh"
need_module lab_stub

# The shell that runs this is the creating task; $(number ...) is another process.


expect_of_another_process() { # ANSWER COMMAND...
	local wanted=$1 got

	shift
	got=$(number "$@")
	[ "$got" = "$wanted" ] || fail "another process, $*: got '$got', wanted '$wanted'"
}

# Every call on owner 0, which owns page 0. Page 8 is an empty slot.
expect_all_refused() { # HOW
	"$1" 0 alloc 0 8
	expect_refusal owner=one reason=scope
	"$1" 0 bulk 0 8 4
	expect_refusal owner=one reason=scope
	"$1" -EPERM check 0 0
	expect_no_violation
	"$1" -EPERM free 0 0
	expect_violation kind=wrong_scope owner=one offender=one
	"$1" -EPERM release 0 0
	expect_violation kind=wrong_scope owner=one offender=one
	"$1" -EPERM transfer 0 9 0
	expect_violation kind=wrong_scope owner=one offender=one
	expect 0 check 0 0
	expect_owner one owned 1
}

in_hardirq() {
	expect "$@" in=hardirq
}

in_softirq() {
	expect "$@" in=softirq
}

in_kworker() {
	expect "$@" cpu=1
}

scoped_owner() { # SCOPE
	expect 0 create 0 name=one budget=8 stock=4 scope="$1"
	expect 0 create 9 name=other
	expect 1 alloc 0 0
}

test_thread_scope_allows_the_creating_task_every_call() {
	scoped_owner 2
	expect 4 bulk 0 1 4
	expect 0 check 0 0 times=5
	expect 0 transfer 0 9 0
	expect 0 release 0 1
	expect 0 putref 1
	expect 0 free 0 2 times=3
	expect_owner one owned 0
	expect_no_violation
}

test_thread_scope_allows_the_creating_task_under_a_raw_spinlock() {
	scoped_owner 2
	expect 1 alloc 0 1 in=raw
	expect 0 free 0 1 in=raw
}

test_thread_scope_refuses_another_process() {
	scoped_owner 2
	expect_all_refused expect_of_another_process
}

test_thread_scope_refuses_a_kernel_thread() {
	scoped_owner 2
	expect_all_refused in_kworker
}

test_thread_scope_refuses_hardirq() {
	scoped_owner 2
	expect_all_refused in_hardirq
}

test_thread_scope_refuses_softirq() {
	scoped_owner 2
	expect_all_refused in_softirq
}

test_process_scope_allows_the_creating_process() {
	scoped_owner 1
	expect 0 check 0 0
	expect 0 free 0 0
	expect_no_violation
}

test_process_scope_refuses_another_process() {
	scoped_owner 1
	expect_all_refused expect_of_another_process
}

test_process_scope_refuses_a_kernel_thread() {
	scoped_owner 1
	expect_all_refused in_kworker
}

test_process_scope_refuses_hardirq() {
	scoped_owner 1
	expect_all_refused in_hardirq
}

test_process_scope_refuses_softirq() {
	scoped_owner 1
	expect_all_refused in_softirq
}

test_process_scope_allows_another_thread_of_the_process() {
	got=$("$modules/two_threads" $stub "create 0 name=one scope=1" "alloc 0 0" | tr '\n' ' ')
	expect_equal "created by one thread, used by the other" "$got" "0 1 "
	expect_owner one owned 1 refused 0
}

test_thread_scope_refuses_another_thread_of_the_process() {
	got=$("$modules/two_threads" $stub "create 0 name=one scope=2" "alloc 0 0" | tr '\n' ' ')
	expect_equal "created by one thread, used by the other" "$got" "0 0 "
	expect_refusal owner=one reason=scope
}

test_owner_scope_allows_every_context() {
	scoped_owner 0
	expect_of_another_process 1 alloc 0 1
	in_kworker 0 check 0 1
	in_hardirq 0 check 0 1
	expect_of_another_process 0 free 0 1
	in_softirq 1 alloc 0 2
	expect_no_violation
}

test_a_scope_violation_names_its_caller() {
	scoped_owner 2
	expect_of_another_process -EPERM free 0 0
	expect_violation kind=wrong_scope owner=one caller~stub_call
	expect_log 'labyrinth: wrong_scope: '
	expect_log 'labyrinth:   by: one, stub_call_once'
}

let_the_log_speak
run_tests
