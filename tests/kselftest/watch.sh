#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Frees behind labyrinth's back are reported as they happen, if frees are watched.
. "${0%/*}/ktap.sh"
need_module lab_stub

let_the_log_speak

watch() { # MODES
	echo "$1" >$watch || fail "watch: $1 is refused"
}

expect_violation_kinds_only() { # KIND
	expect_equal "violations but for $1" \
		"$(awk -v seen="$violations_seen" -v kind="$1" 'NR > 1 && $1 > seen && $3 != kind' $lab/violations)" ""
	forget_reports
}

test_nothing_is_watched_by_default() {
	expect_equal watch "$(cat $watch)" off
	expect_equal "lines of dippers" "$(wc -l <$lab/dippers)" 1
}

test_modes_are_set_by_the_parameter() {
	for modes in free reserve all off; do
		watch $modes
		expect_equal watch "$(cat $watch)" $modes
	done
}

test_an_unknown_mode_is_refused_and_changes_nothing() {
	watch free
	for modes in "" on Free "free reserve" 1; do
		# shellcheck disable=SC3037 # busybox
		! echo "$modes" 2>/dev/null >$watch || fail "'$modes' is accepted"
	done
	expect_equal watch "$(cat $watch)" free
	watch off
}

test_a_free_behind_is_caught_in_each_context() {
	local in context

	expect 0 create 0 name=one budget=64
	watch free
	for in in $contexts; do
		expect 1 alloc 0 0
		pfn=$(number pfn 0)
		expect 0 put 0 0 in="$in" cpu=1
		context=$in
		[ "$in" != hrtimer ] || context=hardirq
		[ "$in" != raw ] || context=task
		expect_violation kind=freed_behind owner=one offender=- pfn="$pfn" caught=1 \
			refcount=0 alloc_caller~^stub_call_once \
			caller~'^stub_put_page[.+].*lab_stub'
		expect_owner one owned 0
	done
	watch off
	expect_owner one violations "$(echo "$contexts" | wc -w)"
}

test_the_report_names_offender_context_owner_and_both_stacks() {
	expect 0 create 0 name=stacked flags=4
	watch free
	expect 1 alloc 0 0
	expect 0 put 0 0 in=softirq cpu=1
	watch off
	expect_log "labyrinth: freed_behind: a page was freed without labyrinth"
	expect_log "labyrinth:   by: stub_put_page[.+].* \[lab_stub\], caught in the act, in $softirq on CPU 1"
	expect_log "labyrinth:   of: stacked, taken by stub_call_once[.+].*\[lab_stub\] .* in task on CPU"
	expect_log "labyrinth:   stack then: stub_call_once[.+]"
	expect_log "labyrinth:   stack of the free: stub_put_page[.+].*\[lab_stub\] < "
}

test_a_page_is_caught_once() {
	expect 0 create 0 name=one
	watch free
	expect 1 alloc 0 0
	expect 0 put 0 0
	expect_violation kind=freed_behind caught=1
	echo 1 >$lab/audit_now
	expect_no_violation
	watch off
}

test_a_ready_page_is_caught_and_not_handed_out() {
	expect 0 create 0 name=one budget=64
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	expect 0 free 0 0
	expect_rows 1 pages pfn="$pfn" state=ready
	watch free
	expect 0 put 0 0
	expect_violation kind=freed_behind owner=one pfn="$pfn" caught=1 caller~^stub_put_page
	expect 64 bulk 0 1 64
	expect_no_violation
	expect_rows 64 pages state=owned owner=one
	watch off
}

test_a_page_in_quarantine_is_caught() {
	expect 0 create 0 name=one budget=64
	expect 1 alloc 0 0
	expect 2 getref 0
	pfn=$(number pfn 0)
	expect 0 free 0 0
	expect_rows 1 pages pfn="$pfn" state=quarantined
	watch free
	expect 0 put 0 0 times=1
	expect 0 put 0 0 times=1
	expect_violation kind=freed_behind owner=one pfn="$pfn" caught=1 caller~^stub_put_page
	watch off
	sleep 2
	expect_no_violation
	expect_owner one quarantined 0
}

test_without_watch_it_is_found_later() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 0 put 0 0
	expect_no_violation
	echo 1 >$lab/audit_now
	expect_violation kind=freed_behind owner=one caught=0 caller=-
}

test_pages_that_labyrinth_frees_are_not_reported() {
	watch all
	for flags in 0 1 2 4 7; do
		expect 0 create 0 name=one budget=256 stock=32 flags=$flags
		expect 128 bulk 0 0 128
		expect 128 freebulk 0 0 128
		echo 2 >/proc/sys/vm/drop_caches
		expect 16 alloc 0 0 times=16
		expect 0 release 0 0 times=16
		expect 0 put 0 0 times=16
		# The rest of the stock, and pages that become orphans.
		expect 8 alloc 0 0 times=8
		expect 8 destroy 0
		expect_violation_kinds_only orphan
		expect 0 put 0 0 times=8
	done
	watch off
}

test_modes_are_switched_under_load_without_a_lost_or_false_report() {
	local i=0 caught=0

	on_cpus $all_cpus
	expect 0 create 0 name=one budget=64
	expect 0 timer 0 64 32 every=1000
	while [ $((i += 1)) -le 30 ]; do
		watch all
		expect 1 alloc 0 0
		expect 0 put 0 0
		[ $((i % 3)) -ne 0 ] || watch free
		watch off
	done
	say timerstop 0
	caught=$(table owners violations name=one)
	expect_equal "violations" "$caught" 30
}

test_a_module_that_left_is_not_named() {
	expect 0 create 0 name=one
	watch free
	expect 1 alloc 0 0
	expect 0 put 0 0
	watch off
	expect 0 leave 1
	rmmod lab_stub
	expect_rows 1 violations "seq>$violations_seen" kind=freed_behind caught=1 caller=gone
	forget_reports
	insmod "$modules/lab_stub.ko"
}

# On PREEMPT_RT pages can be freed in preemptible context only, and lockdep may require the same.
if grep -q PREEMPT_RT /proc/version; then
	contexts="task softirq" softirq="(task|softirq)"
elif [ -e /proc/lockdep ]; then
	contexts="task softirq" softirq=softirq
else
	contexts="task raw softirq hardirq hrtimer" softirq=softirq
fi
run_tests
