#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The calls in each context: task, raw spinlock, softirq, hard interrupt, NMI.
. "${0%/*}/ktap.sh"
need_module lab_stub

last_cpu=$(($(grep -c ^processor /proc/cpuinfo) - 1))

preempt_rt() {
	grep -q PREEMPT_RT /proc/version
}

# Needs no page from the kernel, so it must hold in any context of any kernel.
ready_pages_serve() { # CONTEXT [NAME-IN-TAG]
	local name=${2:-$1}

	expect 0 create 0 name=one budget=16 stock=16
	for cpu in 0 $last_cpu; do
		expect 16 alloc 0 0 times=16 in="$1" cpu=$cpu
		say query 0 0
		expect_match "query" "$answer" "0 owner=one state=owned context=$name cpu=$cpu *"
		expect 0 check 0 0 times=16 in="$1" cpu=$cpu
		expect 0 free 0 0 times=16 in="$1" cpu=$cpu
		expect_owner one owned 0
	done
	expect_cell "$name" pages context owner=one state=ready
	expect_no_violation
}

test_a_stock_gives_all_its_pages_in_task_context() {
	ready_pages_serve task
}

test_a_stock_gives_all_its_pages_under_a_raw_spinlock() {
	ready_pages_serve raw task
}

test_a_stock_gives_all_its_pages_in_softirq() {
	ready_pages_serve softirq
}

test_a_stock_gives_all_its_pages_in_hardirq() {
	ready_pages_serve hardirq
}

test_a_stock_gives_all_its_pages_in_a_hard_timer() {
	ready_pages_serve hrtimer hardirq
}

test_a_stock_gives_all_its_pages_in_nmi() {
	ready_pages_serve nmi
}

test_bulk_works_in_every_context() {
	expect 0 create 0 name=one budget=16 stock=16
	for context in task raw softirq hardirq hrtimer nmi; do
		expect 16 bulk 0 0 16 in=$context cpu=1
		expect 0 free 0 0 times=6 in=$context cpu=1
		expect 10 freebulk 0 6 10 in=$context cpu=1
	done
}

test_release_works_in_every_context_except_nmi() {
	expect 0 create 0 name=one budget=8
	for context in task raw softirq hardirq hrtimer; do
		expect 1 alloc 0 0
		expect 0 release 0 0 in=$context cpu=1
		expect -ENOENT query 0 0
		expect 0 putref 0
	done
	expect 1 alloc 0 0
	expect -EOPNOTSUPP release 0 0 in=nmi
	expect 0 check 0 0
}

test_transfer_works_in_every_context_except_nmi() {
	expect 0 create 0 name=one budget=8
	expect 0 create 1 name=two budget=8
	expect 1 alloc 0 0
	for context in task raw softirq hardirq hrtimer; do
		expect 0 transfer 0 1 0 in=$context cpu=1
		expect 0 check 1 0
		expect 0 transfer 1 0 0 in=$context cpu=0
		expect 0 check 0 0
	done
	expect -EOPNOTSUPP transfer 0 1 0 in=nmi
	expect 0 check 0 0
}

test_query_works_in_every_context_except_nmi() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	for context in task raw softirq hardirq hrtimer; do
		say query 0 0 in=$context
		expect_match "query in $context" "$answer" "0 owner=one state=owned *"
	done
	expect -EOPNOTSUPP query 0 0 in=nmi
}

test_a_transferred_page_can_be_freed_in_every_context() {
	expect 0 create 0 name=one budget=8
	expect 0 create 1 name=two budget=8
	for context in task raw softirq hardirq hrtimer nmi; do
		expect 1 alloc 0 0
		expect 0 scribble 0
		expect 0 transfer 0 1 0
		expect 0 free 1 0 in=$context cpu=1
		expect_owner two owned 0 stocked 0
	done
	expect_not_in_log 'Bad page'
}

test_a_shared_page_can_be_freed_in_every_context() {
	expect 0 create 0 name=one budget=8
	for context in task raw softirq hardirq hrtimer nmi; do
		expect 1 alloc 0 0
		expect 2 getref 0
		expect 0 free 0 0 in=$context cpu=1
		expect 0 putref 0
	done
}

test_violations_in_nmi_are_reported() {
	expect 0 create 0 name=one
	expect 0 create 1 name=two
	expect 1 alloc 0 0
	expect -EPERM free 1 0 in=nmi cpu=1
	expect_violation kind=foreign_free owner=one offender=two
	expect_log 'labyrinth: foreign_free: '
	expect_log 'labyrinth:   by: two, .* in nmi on CPU 1'
	expect_log 'labyrinth:   of: one, '
}

test_refusals_show_context_and_cpu() {
	expect 0 create 0 name=one budget=1
	expect 1 alloc 0 0
	for context in softirq hardirq nmi; do
		expect 0 alloc 0 1 in=$context cpu=1
		expect_refusal owner=one reason=budget context=$context cpu=1
	done
}

gets_no_page_from_the_kernel() { # CONTEXT
	expect 0 alloc 0 0 in="$1"
	expect_refusal owner=one reason=context
	expect_owner one owned 0
}

gets_a_page_from_the_kernel() { # CONTEXT
	expect 1 alloc 0 0 in="$1"
	expect 0 release 0 0
	expect 0 putref 0
}

test_nmi_gets_a_page_from_the_kernel_if_the_kernel_allows_it() {
	expect 0 create 0 name=one budget=8
	if can_try_for_pages && ! preempt_rt; then
		gets_a_page_from_the_kernel nmi
	else
		gets_no_page_from_the_kernel nmi
	fi
}

test_raw_context_gets_a_page_from_the_kernel_if_allowed() {
	expect 0 create 0 name=one budget=8
	if preempt_rt && ! can_try_for_pages; then
		gets_no_page_from_the_kernel raw
	else
		gets_a_page_from_the_kernel raw
	fi
}

test_hardirq_gets_a_page_from_the_kernel_if_allowed() {
	expect 0 create 0 name=one budget=8
	for context in hardirq hrtimer; do
		if preempt_rt; then
			gets_no_page_from_the_kernel $context
		else
			gets_a_page_from_the_kernel $context
		fi
	done
}

test_softirq_gets_a_page_from_the_kernel() {
	expect 0 create 0 name=one budget=8
	expect 1 alloc 0 0 in=softirq
}

test_pages_freed_on_one_cpu_serve_a_hardirq_on_another() {
	expect 0 create 0 name=one budget=8
	expect 8 alloc 0 0 times=8 cpu=0
	expect 0 free 0 0 times=8 cpu=0
	expect 8 alloc 0 8 times=8 in=hardirq cpu="$last_cpu"
	expect 0 alloc 0 16 in=hardirq cpu="$last_cpu"
}

test_pages_freed_on_one_cpu_serve_an_nmi_on_another() {
	expect 0 create 0 name=one budget=8
	expect 8 alloc 0 0 times=8 cpu=0
	expect 0 free 0 0 times=8 cpu=0
	expect 8 alloc 0 8 times=8 in=nmi cpu="$last_cpu"
}

stock_is() { # OWNER PAGES
	[ "$(owner_cell "$1" stocked)" -ge "$2" ]
}

test_a_stock_used_in_hardirq_is_refilled() {
	expect 0 create 0 name=one budget=64 stock=16
	expect 16 alloc 0 0 times=16 in=hardirq
	wait_until stock_is one 16 || fail "stocked: $(owner_cell one stocked)"
	expect 16 alloc 0 16 times=16 in=hardirq
	wait_until stock_is one 16 || fail "stocked: $(owner_cell one stocked)"
	expect_owner one owned 32
}

test_a_stock_used_in_nmi_is_refilled() {
	expect 0 create 0 name=one budget=64 stock=16
	expect 16 alloc 0 0 times=16 in=nmi
	wait_until stock_is one 16 || fail "stocked: $(owner_cell one stocked)"
}

let_the_log_speak
run_tests
